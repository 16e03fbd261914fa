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
    pub fn statement_started(&mut self, at: jiff::civil::DateTime, sql: String) {
        self.log(at, ThemeRole::SqlKeyword, sql.clone());
        self.statements.push(StatementLine { sql, outcome: None });
    }

    /// Whether it worked, the server's answer, seconds.
    pub fn statement_finished(
        &mut self,
        at: jiff::civil::DateTime,
        sql: String,
        outcome: (bool, String, f64),
    ) {
        let (ok, answer, seconds) = &outcome;
        let role = if *ok {
            ThemeRole::Ready
        } else {
            ThemeRole::Failing
        };
        let text = format!("  {answer} ({seconds:.1} s)");
        self.log(at, role, text);
        let mut newest_first = self.statements.iter_mut().rev();
        match newest_first.find(|line| line.sql == sql && line.outcome.is_none()) {
            Some(line) => line.outcome = Some(outcome),
            None => self.statements.push(StatementLine {
                sql,
                outcome: Some(outcome),
            }),
        }
    }

    /// What a model has come to, in its line and in the log.
    pub fn model(&mut self, at: jiff::civil::DateTime, line: ModelLine) {
        let (role, word) = match line.state {
            ModelState::Running => (ThemeRole::Hydrating, "running"),
            ModelState::Done => (ThemeRole::Ready, "done"),
            ModelState::Failed => (ThemeRole::Failing, "FAILED"),
            ModelState::Skipped => (ThemeRole::Muted, "skipped"),
        };
        let message = line
            .message
            .as_ref()
            .map(|message| format!(": {message}"))
            .unwrap_or_default();
        self.log(at, role, format!("{word} {}{message}", line.name));
        let known = self.models.iter_mut().find(|known| known.name == line.name);
        match known {
            Some(known) => *known = line,
            None => self.models.push(line),
        }
    }
}
