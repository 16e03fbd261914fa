//! Asking on a connection: every answer has a deadline; past it comes a cancel, and then the end of the connection.

use super::client::{Connection, StatementResult};
use crate::domain::failure::{Cause, told};
use crate::materialize::error::{Class, Error};
use crate::materialize::notices::Received;
use crate::materialize::waiting::{Ask, Waited};
use futures_util::future::join_all;
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

    /// Sends readings one behind the other, without waiting for the answers between them: one round trip for all. The answers have no tags
    /// and no notices.
    ///
    /// # Errors
    /// As [`Connection::ask`], of the first that was not answered, with its place in the list.
    pub async fn ask_all(
        &self,
        statements: &[String],
    ) -> Result<Vec<StatementResult>, (usize, Error)> {
        let answering = join_all(statements.iter().map(|statement| self.rows(statement)));
        let answers = match self.within(answering, Ask::Reading, None).await {
            Ok(answers) => answers,
            Err((Some(answers), waited)) => answers
                .into_iter()
                .zip(statements)
                .map(|(answer, statement)| self.judge(Some(answer), waited, statement))
                .collect(),
            Err((None, waited)) => statements
                .iter()
                .map(|statement| self.judge(None, waited, statement))
                .collect(),
        };
        // What came along is nobody's.
        self.received.take();
        let placed = answers.into_iter().enumerate();
        placed
            .map(|(at, answer)| answer.map_err(|error| (at, error)))
            .collect()
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
        stop: Option<Interruption<'_>>,
    ) -> Result<StatementResult, Error> {
        match self.within(self.send(statement), ask, stop).await {
            Ok(answer) => answer,
            Err((last_word, waited)) => self.judge(last_word, waited, statement),
        }
    }

    /// What is asked for, within its deadline. Past it a cancel is sent, and the last word is waited for a little longer: that, where there
    /// is one, and how long the wait was.
    async fn within<T>(
        &self,
        answering: impl Future<Output = T>,
        ask: Ask,
        mut stop: Option<Interruption<'_>>,
    ) -> Result<T, (Option<T>, Waited)> {
        let deadlines = self.settings().deadlines;
        let _waiting = self.connector.inner.waits.begin(ask);
        let since = Instant::now();
        let mut until = since + ask.deadline(&deadlines);
        tokio::pin!(answering);
        loop {
            tokio::select! {
                biased;
                answer = &mut answering => return Ok(answer),
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
        Err((last_word, waited))
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
        self.received.take();
        let rows = self.rows(statement).await?;
        let (tags, notices) = self.received.take();
        Ok(StatementResult {
            tag: tags.into_iter().next_back().unwrap_or_default(),
            notices,
            ..rows
        })
    }

    async fn rows(&self, statement: &str) -> Result<StatementResult, Error> {
        self.must_be_open(statement)?;
        let messages = self
            .client
            .simple_query(statement)
            .await
            .map_err(|error| Error::from_driver(&error, statement))?;
        let mut answer = StatementResult::default();
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
