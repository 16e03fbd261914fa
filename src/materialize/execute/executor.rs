//! One connection that runs statements in turn and tells of each.

use crate::domain::failure::told;
use crate::domain::plan::{Rename, Statement, Swap};
use crate::materialize::connection::{
    Connection, Connector, Interruption, Notice, Purpose, StatementResult,
};
use crate::materialize::error::Error;
use crate::materialize::waiting::Ask;
use std::time::{Duration, SystemTime};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// What happened to a statement, told before and after it runs, for the audit trail.
#[derive(Debug, Clone, PartialEq)]
pub enum StatementEvent {
    Started {
        statement: String,
        at: SystemTime,
    },
    Finished {
        statement: String,
        at: SystemTime,
        took: Duration,
        outcome: Result<Done, Error>,
    },
    /// The operator asked to stop while the statement is under way; told once.
    AskedToStop {
        statement: String,
        /// How long the answer is waited for from now on.
        at_most: Duration,
    },
}

/// A statement that the server completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// The command tag, e.g. `CREATE SCHEMA`.
    pub tag: String,
    pub notices: Vec<Notice>,
    pub took: Duration,
}

/// How the transaction of a swap ended. Each case needs another reaction.
#[derive(Debug, Clone, PartialEq)]
pub enum TransactionOutcome {
    /// COMMIT was answered with the tag COMMIT.
    Committed { took: Duration },
    /// Nothing changed: a statement or the COMMIT itself was refused.
    NotCommitted {
        /// The statement that was refused, counted from 0; `None` for BEGIN and COMMIT.
        failed: Option<usize>,
        error: Error,
    },
    /// COMMIT was sent and no answer came: only reading ids and records back can tell.
    Unknown { error: Error },
}

/// A statement of a transaction that was not answered with a yes; what came before it is undone.
pub(super) struct Refused {
    /// Counted from 0; `None` for BEGIN.
    pub(super) failed: Option<usize>,
    pub(super) error: Error,
}

/// A connection that changes things, and who hears of each statement.
pub struct Executor<F> {
    connection: Connection,
    listener: F,
    stop: Option<CancellationToken>,
    /// Whether a wish to stop cuts statements short.
    pub(super) cuts: bool,
    told: bool,
}

impl<F: FnMut(StatementEvent) + Send> Executor<F> {
    /// # Errors
    /// As [`Connector::connect`].
    pub async fn connect(connector: &Connector, listener: F) -> Result<Self, Error> {
        Ok(Self {
            connection: connector.connect(Purpose::Execute).await?,
            listener,
            stop: None,
            cuts: true,
            told: false,
        })
    }

    /// Hears of an operator's wish to stop. With `cuts` it ends what is under way, before a COMMIT; without, it is only told of.
    #[must_use]
    pub fn stopped_by(mut self, stop: CancellationToken, cuts: bool) -> Self {
        self.stop = Some(stop);
        self.cuts = cuts;
        self
    }

    pub(super) fn must_stop(&self) -> bool {
        let asked = |stop: &CancellationToken| stop.is_cancelled();
        self.cuts && self.stop.as_ref().is_some_and(asked)
    }

    /// Runs one statement that changes something and waits for its end.
    ///
    /// # Errors
    /// As [`Connection::ask`]; see [`Error::is_outcome_unknown`].
    pub async fn statement(&mut self, statement: &Statement) -> Result<Done, Error> {
        self.done(statement.sql(), Ask::Change).await
    }

    /// As [`Self::statement`], with the deadline of sinks.
    ///
    /// # Errors
    /// As [`Connection::ask`].
    pub async fn move_sink(&mut self, statement: &Statement) -> Result<Done, Error> {
        self.done(statement.sql(), Ask::Sink).await
    }

    /// Runs a reading statement and returns its rows: for validation queries on a user's cluster.
    ///
    /// # Errors
    /// As [`Connection::ask`].
    pub async fn read(&mut self, statement: &str) -> Result<StatementResult, Error> {
        self.heard(statement, Ask::Validation)
            .await
            .map(|(_, answer)| answer)
    }

    pub(super) async fn done(&mut self, statement: &str, ask: Ask) -> Result<Done, Error> {
        self.heard(statement, ask).await.map(|(done, _)| done)
    }

    /// The transaction of a swap with ROLLBACK in place of COMMIT: the server checks names, ownership and conflicts and changes
    /// nothing (recorded: 14).
    ///
    /// # Errors
    /// What the server refuses, or the connection.
    pub async fn rehearse(&mut self, swap: &Swap) -> Result<(), Error> {
        let (first, rest) = ends(swap);
        self.begin(first).await.map_err(|refused| refused.error)?;
        self.rename(rest, first.len())
            .await
            .map_err(|refused| refused.error)?;
        self.done("ROLLBACK", Ask::Swap).await.map(|_| ())
    }

    /// BEGIN and the first rename: from its answer on, the DDL of anybody makes the COMMIT fail (recorded: v26.39/16).
    pub(super) async fn begin(&mut self, first: &[Rename]) -> Result<(), Refused> {
        match self.done("BEGIN", Ask::Swap).await {
            Ok(_) => self.rename(first, 0).await,
            Err(error) => Err(Refused {
                failed: None,
                error,
            }),
        }
    }

    /// Each is awaited, so that a connection lost around COMMIT is told from an earlier failure. `at` is the number of the first.
    pub(super) async fn rename(&mut self, renames: &[Rename], at: usize) -> Result<(), Refused> {
        for (index, rename) in renames.iter().enumerate() {
            if let Err(error) = self.done(rename.sql(), Ask::Swap).await {
                self.give_up().await;
                return Err(Refused {
                    failed: Some(at + index),
                    error,
                });
            }
        }
        Ok(())
    }

    /// Ends a transaction that failed; the session ends it by itself where the connection is gone.
    pub(super) async fn give_up(&mut self) {
        if self.connection.is_closed() {
            return;
        }
        if let Err(error) = self.done("ROLLBACK", Ask::Swap).await {
            tracing::warn!(error = told(&error), "ROLLBACK after a refusal failed");
        }
    }

    async fn heard(&mut self, statement: &str, ask: Ask) -> Result<(Done, StatementResult), Error> {
        (self.listener)(StatementEvent::Started {
            statement: statement.to_owned(),
            at: SystemTime::now(),
        });
        let started = Instant::now();
        let wanted = self.cuts || !self.told;
        let (listener, told) = (&mut self.listener, &mut self.told);
        let mut tell = |at_most: Duration| {
            if !std::mem::replace(told, true) {
                listener(StatementEvent::AskedToStop {
                    statement: statement.to_owned(),
                    at_most,
                });
            }
        };
        let stop = self.stop.as_ref().filter(|_| wanted);
        let stop = stop.map(|token| Interruption {
            token,
            cuts: self.cuts,
            told: &mut tell,
        });
        let outcome = self.connection.ask_or_stop(statement, ask, stop).await;
        let took = started.elapsed();
        let outcome = outcome.map(|answer| {
            let done = Done {
                tag: answer.tag.clone(),
                notices: answer.notices.clone(),
                took,
            };
            (done, answer)
        });
        (self.listener)(StatementEvent::Finished {
            statement: statement.to_owned(),
            at: SystemTime::now(),
            took,
            outcome: match &outcome {
                Ok((done, _)) => Ok(done.clone()),
                Err(error) => Err(error.clone()),
            },
        });
        outcome
    }
}

/// The rename that opens the fence, and the others.
pub(super) fn ends(swap: &Swap) -> (&[Rename], &[Rename]) {
    let renames = swap.renames();
    renames.split_at(renames.len().min(1))
}
