//! Running statements that change something. Nothing here retries: whoever plans observes again first.

use super::connection::{Answer, Connector, Link, Notice, Purpose};
use super::error::{Class, Error};
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

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
}

impl<F: FnMut(StatementEvent)> Executor<F> {
    /// # Errors
    /// As [`Connector::connect`].
    pub async fn connect(connector: &Connector, listener: F) -> Result<Self, Error> {
        Ok(Self {
            link: connector.connect(Purpose::Execute).await?,
            listener,
        })
    }

    #[must_use]
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// Runs one statement and waits for its end, however long that takes.
    ///
    /// # Errors
    /// What the server answers; see [`Error::is_outcome_unknown`].
    pub async fn statement(&mut self, statement: &str) -> Result<Done, Error> {
        self.heard(statement, None).await.map(|(done, _)| done)
    }

    /// As [`Self::statement`], with a deadline of ours and a cancel.
    ///
    /// # Errors
    /// As [`Link::run_within`].
    pub async fn statement_within(
        &mut self,
        statement: &str,
        deadline: Duration,
    ) -> Result<Done, Error> {
        self.heard(statement, Some(deadline))
            .await
            .map(|(done, _)| done)
    }

    /// Runs a reading statement and returns its rows beside: for validation queries on a user's cluster.
    ///
    /// # Errors
    /// As [`Self::statement_within`].
    pub async fn read_within(
        &mut self,
        statement: &str,
        deadline: Duration,
    ) -> Result<Answer, Error> {
        self.heard(statement, Some(deadline))
            .await
            .map(|(_, answer)| answer)
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
        if let Err(error) = self.statement("BEGIN").await {
            return TransactionOutcome::NotCommitted {
                failed: None,
                error,
            };
        }
        for (index, statement) in statements.iter().enumerate() {
            if let Err(error) = self.statement(statement.as_ref()).await {
                self.give_up().await;
                return TransactionOutcome::NotCommitted {
                    failed: Some(index),
                    error,
                };
            }
        }
        match ending {
            Ending::Commit => self.commit(started).await,
            Ending::Rollback => match self.statement("ROLLBACK").await {
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
        match self.statement("COMMIT").await {
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
        if let Err(error) = self.statement("ROLLBACK").await {
            tracing::warn!(%error, "ROLLBACK after a refusal failed");
        }
    }

    async fn heard(
        &mut self,
        statement: &str,
        deadline: Option<Duration>,
    ) -> Result<(Done, Answer), Error> {
        (self.listener)(StatementEvent::Started {
            statement: statement.to_owned(),
            at: SystemTime::now(),
        });
        let started = Instant::now();
        let outcome = match deadline {
            Some(deadline) => self.link.run_within(statement, deadline).await,
            None => self.link.run(statement).await,
        };
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
