//! The operation that runs or ran last: its statements, models and log.

use crate::domain::action::Operation;
use crate::ops::progress::{ModelState, Outcome};
use crate::tui::event::Now;
use crate::tui::state::{Cursor, TextField};
use crate::tui::theme::ThemeRole;
use std::collections::VecDeque;

/// How many log lines are kept on the screen; statements are in the audit file, and what dbt says in its own log.
pub const MOST_LOG_LINES: usize = 5_000;

#[derive(Debug, Clone, PartialEq)]
pub struct StatementLine {
    pub sql: String,
    /// `None` while it runs: whether it worked, the server's answer, seconds.
    pub outcome: Option<(bool, String, f64)>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ModelLine {
    pub name: String,
    pub state: ModelState,
    pub seconds: Option<f64>,
    pub message: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    pub at: jiff::civil::DateTime,
    pub role: ThemeRole,
    pub text: String,
}

#[derive(Debug, Clone, Default)]
pub struct RunState {
    pub operation: Option<Operation>,
    pub label: String,
    pub started: Now,
    pub ended: Option<Now>,
    pub steps: usize,
    pub statements: Vec<StatementLine>,
    pub models: Vec<ModelLine>,
    /// Models done, of all.
    pub models_done: (usize, usize),
    /// Hydrated, of all, and what is missing.
    pub waiting: Option<(usize, usize, Vec<String>)>,
    pub committed: bool,
    pub outcome: Option<Outcome>,
    pub log: VecDeque<LogLine>,
    /// Lines that no longer fit.
    pub dropped: usize,
    pub following: bool,
    pub wrapped: bool,
    pub cursor: Cursor,
    pub search: TextField,
}

impl RunState {
    /// A clean slate for an operation; how the log is shown stays.
    pub fn begin(&mut self, operation: Operation, label: &str, now: Now) {
        *self = Self {
            operation: Some(operation),
            label: label.to_owned(),
            started: now,
            following: true,
            wrapped: self.wrapped,
            search: std::mem::take(&mut self.search),
            ..Self::default()
        };
    }

    pub fn log(&mut self, at: jiff::civil::DateTime, role: ThemeRole, text: impl Into<String>) {
        if self.log.len() == MOST_LOG_LINES {
            self.log.pop_front();
            self.dropped += 1;
        }
        self.log.push_back(LogLine {
            at,
            role,
            text: text.into(),
        });
        if self.following {
            self.cursor.at = self.log.len() - 1;
        }
    }
}
