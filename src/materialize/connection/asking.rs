//! Asking on a connection: every answer has a deadline; past it comes a cancel, and then the end of the connection.

use super::client::{Connection, StatementResult};
use crate::domain::failure::{Cause, told};
use crate::materialize::error::{Class, Error};
use crate::materialize::notices::Received;
use crate::materialize::waiting::{Ask, Waited};
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};
use tokio_postgres::SimpleQueryMessage;
use tokio_util::sync::CancellationToken;

/// An operator's wish to stop, while a statement is under way.
pub struct Interruption<'a> {
    pub token: &'a CancellationToken,
    /// Whether the statement may be cut short for it; a COMMIT and what comes after it may not.
    pub cuts: bool,
    /// Hears once that stopping was asked for, and how long the answer is waited for from then on.
    pub told: &'a mut (dyn FnMut(Duration) + Send),
}

impl Connection {
    /// Runs one statement and waits for its whole answer. Never for a SUBSCRIBE, which has no end.
    ///
    /// # Errors
    /// What the server answers; [`Class::LinkLost`] tells whether the statement was sent; [`Class::Overdue`] when it was cancelled
    /// past the deadline of what is asked; [`Class::Timeout`] when not even the cancel was answered: then the connection is closed.
    pub async fn ask(&self, statement: &str, ask: Ask) -> Result<StatementResult, Error> {
        self.ask_or_stop(statement, ask, None).await
    }

    /// As [`Connection::ask`] for a statement that changes something.
    ///
    /// # Errors
    /// As [`Connection::ask`].
    pub async fn run(&self, statement: &str) -> Result<StatementResult, Error> {
        self.ask(statement, Ask::Change).await
    }

    /// As [`Connection::ask`]; when the operator asks to stop, the answer is waited for a little longer only, where that does no harm.
    ///
    /// A stalled `ALTER SINK` outlives the server's `statement_timeout`; a cancel ends it without harm (recorded: 10).
    ///
    /// # Errors
    /// As [`Connection::ask`].
    pub async fn ask_or_stop(
        &self,
        statement: &str,
        ask: Ask,
        mut stop: Option<Interruption<'_>>,
    ) -> Result<StatementResult, Error> {
        let deadlines = self.settings().deadlines;
        let _waiting = self.connector.inner.waits.begin(ask);
        let since = Instant::now();
        let mut until = since + ask.deadline(&deadlines);
        let answering = self.send(statement);
        tokio::pin!(answering);
        loop {
            tokio::select! {
                biased;
                answer = &mut answering => return answer,
                () = sleep_until(until) => break,
                () = asked(stop.as_ref().map(|stop| stop.token)), if stop.is_some() => {
                    if let Some(stop) = stop.take() {
                        if stop.cuts {
                            until = until.min(Instant::now() + deadlines.cancel);
                        }
                        (stop.told)(until - Instant::now());
                    }
                }
            }
        }
        let waited = Waited {
            ask,
            after: since.elapsed(),
        };
        let last_word = tokio::select! {
            biased;
            answer = &mut answering => Some(answer),
            () = self.cancelled() => None,
            () = sleep_until(Instant::now() + deadlines.cancel) => None,
        };
        self.judge(last_word, waited, statement)
    }

    fn judge(
        &self,
        last_word: Option<Result<StatementResult, Error>>,
        waited: Waited,
        statement: &str,
    ) -> Result<StatementResult, Error> {
        match last_word {
            Some(Err(Error {
                class: Class::Cancelled(server),
                ..
            })) => Err(Error::new(Class::Overdue { waited, server }).of_statement(statement)),
            Some(answer) => answer,
            None => {
                self.close();
                Err(Error::new(Class::Timeout { waited }).of_statement(statement))
            }
        }
    }

    /// Asks for the cancelling; never comes back, since only the statement's own last word counts.
    async fn cancelled(&self) {
        if let Err(error) = self.cancel().await {
            tracing::warn!(
                error = told(&error),
                "the cancel request did not reach the server"
            );
        }
        std::future::pending().await
    }

    async fn send(&self, statement: &str) -> Result<StatementResult, Error> {
        self.must_be_open(statement)?;
        self.received.take();
        let messages = self
            .client
            .simple_query(statement)
            .await
            .map_err(|error| Error::from_driver(&error, statement))?;
        let (tags, notices) = self.received.take();
        let mut answer = StatementResult {
            tag: tags.into_iter().next_back().unwrap_or_default(),
            notices,
            ..StatementResult::default()
        };
        for message in messages {
            match message {
                SimpleQueryMessage::RowDescription(columns) => {
                    answer.columns = columns.iter().map(|c| c.name().to_owned()).collect();
                }
                SimpleQueryMessage::Row(row) => answer.rows.push(
                    (0..row.len())
                        .map(|index| row.get(index).map(str::to_owned))
                        .collect(),
                ),
                _ => {}
            }
        }
        Ok(answer)
    }

    /// Ends the connection: what is on its way on it is never answered.
    fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.driver.abort();
    }

    pub(super) fn must_be_open(&self, statement: &str) -> Result<(), Error> {
        if self.is_closed() {
            return Err(Error::new(Class::LinkLost {
                statement_sent: false,
            })
            .because(Cause::new("the connection is closed"))
            .of_statement(statement));
        }
        Ok(())
    }

    /// Asks the server, over a second connection, to cancel what runs on this one. Success only means that it was asked.
    ///
    /// # Errors
    /// When the second connection fails, or does not come about within `connect_timeout`.
    pub async fn cancel(&self) -> Result<(), Error> {
        let settings = self.settings();
        let token = self.client.cancel_token();
        let request = async {
            let stream = self.connector.stream(&Received::default()).await?;
            let tls = self.connector.inner.tls.connect(&settings.host)?;
            token
                .cancel_query_raw(stream, tls)
                .await
                .map_err(|error| Error::from_connect(&error, &settings.address(), &settings.user))
        };
        let after = settings.connect_timeout;
        tokio::time::timeout(after, request)
            .await
            .unwrap_or_else(|_| Err(self.connector.silent("took the cancel request", after)))
    }
}

async fn asked(stop: Option<&CancellationToken>) {
    match stop {
        Some(stop) => stop.cancelled().await,
        None => std::future::pending().await,
    }
}
