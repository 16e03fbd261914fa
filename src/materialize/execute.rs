//! Running statements that change something. Nothing here retries: whoever plans observes again first.

use super::connection::{Answer, Connector, Link, Notice, Purpose, Stop};
use super::error::{Class, Error};
use super::waiting::Ask;
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

/// How a transaction ended. Each case needs another reaction.
#[derive(Debug, Clone, PartialEq)]
pub enum TransactionOutcome {
    /// COMMIT was answered with the tag COMMIT.
    Committed { took: Duration },
    /// The rehearsal passed: every statement was accepted and all were undone.
    Rehearsed { took: Duration },
    /// Nothing changed: a statement or the COMMIT itself was refused.
    NotCommitted {
        /// The statement that was refused, counted from 0; `None` for BEGIN and COMMIT.
        failed: Option<usize>,
        error: Error,
    },
    /// COMMIT was sent and no answer came: only reading ids and records back can tell.
    Unknown { error: Error },
}

impl TransactionOutcome {
    /// Whether a fresh observation and plan may be tried: nothing changed, and only a race was in the way.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::NotCommitted { error, .. } if error.is_serialization())
    }
}

/// How a transaction is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Commit,
    Rollback,
}

/// Whether the server says that it did not do it. An interrupted server (57xxx, 58xxx, 08xxx) may have done it first.
fn refuses(error: &Error) -> bool {
    error.sqlstate().is_some_and(|code| {
        !["57", "58", "08"]
            .iter()
            .any(|class| code.starts_with(class))
    })
}

/// A connection that changes things, and who hears of each statement.
pub struct Executor<F> {
    link: Link,
    listener: F,
    stop: Option<CancellationToken>,
    /// Whether a wish to stop cuts statements short.
    cuts: bool,
    told: bool,
}

impl<F: FnMut(StatementEvent) + Send> Executor<F> {
    /// # Errors
    /// As [`Connector::connect`].
    pub async fn connect(connector: &Connector, listener: F) -> Result<Self, Error> {
        Ok(Self {
            link: connector.connect(Purpose::Execute).await?,
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

    fn must_stop(&self) -> bool {
        let asked = |stop: &CancellationToken| stop.is_cancelled();
        self.cuts && self.stop.as_ref().is_some_and(asked)
    }

    #[must_use]
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// Runs one statement that changes something and waits for its end.
    ///
    /// # Errors
    /// As [`Link::ask`]; see [`Error::is_outcome_unknown`].
    pub async fn statement(&mut self, statement: &str) -> Result<Done, Error> {
        self.done(statement, Ask::Change).await
    }

    /// As [`Self::statement`], with the deadline of sinks.
    ///
    /// # Errors
    /// As [`Link::ask`].
    pub async fn move_sink(&mut self, statement: &str) -> Result<Done, Error> {
        self.done(statement, Ask::Sink).await
    }

    /// Runs a reading statement and returns its rows: for validation queries on a user's cluster.
    ///
    /// # Errors
    /// As [`Link::ask`].
    pub async fn read(&mut self, statement: &str) -> Result<Answer, Error> {
        self.heard(statement, Ask::Validation)
            .await
            .map(|(_, answer)| answer)
    }

    async fn done(&mut self, statement: &str, ask: Ask) -> Result<Done, Error> {
        self.heard(statement, ask).await.map(|(done, _)| done)
    }

    /// Runs the statements in one transaction, each awaited, so that a link lost around COMMIT is told from an earlier failure.
    pub async fn transaction(&mut self, statements: &[impl AsRef<str>]) -> TransactionOutcome {
        self.whole(statements, Ending::Commit).await
    }

    /// The same transaction with ROLLBACK in place of COMMIT: the server checks names, ownership and conflicts and changes
    /// nothing (recorded: 14).
    pub async fn rehearse(&mut self, statements: &[impl AsRef<str>]) -> TransactionOutcome {
        self.whole(statements, Ending::Rollback).await
    }

    async fn whole(
        &mut self,
        statements: &[impl AsRef<str>],
        ending: Ending,
    ) -> TransactionOutcome {
        let started = Instant::now();
        if let Err(error) = self.done("BEGIN", Ask::Swap).await {
            return TransactionOutcome::NotCommitted {
                failed: None,
                error,
            };
        }
        for (index, statement) in statements.iter().enumerate() {
            if let Err(error) = self.done(statement.as_ref(), Ask::Swap).await {
                self.give_up().await;
                return TransactionOutcome::NotCommitted {
                    failed: Some(index),
                    error,
                };
            }
        }
        match ending {
            Ending::Commit if self.must_stop() => {
                self.give_up().await;
                TransactionOutcome::NotCommitted {
                    failed: None,
                    error: Error::new(Class::Stopped).of_statement("COMMIT"),
                }
            }
            Ending::Commit => self.commit(started).await,
            Ending::Rollback => match self.done("ROLLBACK", Ask::Swap).await {
                Ok(_) => TransactionOutcome::Rehearsed {
                    took: started.elapsed(),
                },
                Err(error) => TransactionOutcome::NotCommitted {
                    failed: None,
                    error,
                },
            },
        }
    }

    async fn commit(&mut self, started: Instant) -> TransactionOutcome {
        // From here on a wish to stop is only told of.
        self.cuts = false;
        match self.done("COMMIT", Ask::Commit).await {
            Ok(done) if done.tag == "COMMIT" => TransactionOutcome::Committed {
                took: started.elapsed(),
            },
            // The server ends a failed transaction with this tag and without an error (recorded: 05).
            Ok(done) if done.tag == "ROLLBACK" => TransactionOutcome::NotCommitted {
                failed: None,
                error: Error::new(Class::RolledBack).of_statement("COMMIT"),
            },
            Ok(done) => TransactionOutcome::Unknown {
                error: Error::decode("the answer to COMMIT", format!("its tag is `{}`", done.tag))
                    .of_statement("COMMIT"),
            },
            Err(error) if refuses(&error) => TransactionOutcome::NotCommitted {
                failed: None,
                error,
            },
            Err(error)
                if matches!(
                    error.class,
                    Class::LinkLost {
                        statement_sent: false,
                        ..
                    }
                ) =>
            {
                TransactionOutcome::NotCommitted {
                    failed: None,
                    error,
                }
            }
            Err(error) => TransactionOutcome::Unknown { error },
        }
    }

    /// Ends a transaction that failed; the session ends it by itself where the link is gone.
    async fn give_up(&mut self) {
        if self.link.is_closed() {
            return;
        }
        if let Err(error) = self.done("ROLLBACK", Ask::Swap).await {
            tracing::warn!(%error, "ROLLBACK after a refusal failed");
        }
    }

    async fn heard(&mut self, statement: &str, ask: Ask) -> Result<(Done, Answer), Error> {
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
        let stop = stop.map(|token| Stop {
            token,
            cuts: self.cuts,
            told: &mut tell,
        });
        let outcome = self.link.ask_or_stop(statement, ask, stop).await;
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
