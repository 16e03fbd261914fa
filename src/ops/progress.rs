//! What an operation tells while it runs, and how it ended. The cockpit and the command line read the same events.

use crate::domain::action::Operation;
use serde::Serialize;
use std::path::PathBuf;

/// One thing that happened during an operation, in order.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Progress {
    /// The first event: how many steps there are.
    Started {
        operation: Operation,
        steps: usize,
    },
    StatementStarted {
        sql: String,
    },
    /// `outcome` is the server's command tag, or its error with the SQLSTATE.
    StatementFinished {
        sql: String,
        ok: bool,
        outcome: String,
        seconds: f64,
    },
    /// A model of a deploy or sync changed its state.
    Model {
        name: String,
        state: ModelState,
        seconds: Option<f64>,
        message: Option<String>,
        done: usize,
        total: usize,
    },
    /// A line of output, of dbt or of the server.
    Log {
        line: String,
    },
    /// What is still missing, when it changes.
    Waiting {
        hydrated: usize,
        total: usize,
        missing: Vec<String>,
    },
    /// COMMIT is on its way: from here on the answer is waited for.
    Committing,
    Committed,
    /// The COMMIT that was on its way did not take effect: from here on the operation can be stopped again.
    NotCommitted,
    /// Something an operator should know, as a sentence.
    Note {
        text: String,
    },
    /// The last event.
    Finished(Outcome),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelState {
    Running,
    Done,
    Failed,
    Skipped,
}

/// How an operation ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    pub outcome: OutcomeKind,
    /// What happened, with what lies behind it.
    pub message: String,
    /// What to do next, in words: one clause without a full stop.
    pub remedy: Option<String>,
    /// The command to type next, where there is one.
    pub next: Option<String>,
    /// The audit file of this operation, where one was written.
    pub audit: Option<PathBuf>,
}

impl Outcome {
    #[must_use]
    pub fn new(outcome: OutcomeKind, message: impl Into<String>) -> Self {
        Self {
            outcome,
            message: message.into(),
            remedy: None,
            next: None,
            audit: None,
        }
    }

    #[must_use]
    pub fn with_remedy(self, remedy: Option<String>) -> Self {
        Self { remedy, ..self }
    }

    /// With the command that tells where things stand to type next.
    #[must_use]
    pub fn and_look(self) -> Self {
        Self {
            next: Some("cutover status".to_owned()),
            ..self
        }
    }

    /// With the command of an operation to type next.
    #[must_use]
    pub fn and_next(self, operation: Operation) -> Self {
        Self {
            next: Some(format!("cutover {}", operation.command())),
            ..self
        }
    }
}

/// The classes of ends; each has an exit code of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeKind {
    Done,
    /// Nothing changed, or what changed was undone.
    Failed,
    /// Usage, configuration, or not confirmed.
    Refused,
    NotReadyInTime,
    /// A finding, `--expect`, or a promote without `--wait` while not ready.
    Blocked,
    /// The connection was lost around COMMIT and the catalog could not be read back.
    Unknown,
    /// A cluster can't become ready.
    Failing,
    /// Done in the main, with something left that `next` finishes.
    Unfinished,
    Interrupted,
}

impl OutcomeKind {
    /// The word of JSON output and of the audit trail.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::NotReadyInTime => "not_ready_in_time",
            Self::Blocked => "blocked",
            Self::Unknown => "unknown",
            Self::Failing => "failing",
            Self::Unfinished => "unfinished",
            Self::Interrupted => "interrupted",
        }
    }

    /// The process exit code; part of the command line's contract.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Refused => 2,
            Self::NotReadyInTime => 3,
            Self::Blocked => 4,
            Self::Unknown => 5,
            Self::Failing => 6,
            Self::Unfinished => 7,
            Self::Interrupted => 130,
        }
    }
}
