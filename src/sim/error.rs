//! What the server refuses, with the codes and words of a real one.

use crate::version::{Change, ServerVersion};
use std::fmt;

const UNKNOWN_ITEM: &str = "unknown catalog item";

/// An error as it goes over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlError {
    pub code: &'static str,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
}

pub type SqlResult<T> = Result<T, SqlError>;

impl SqlError {
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            detail: None,
            hint: None,
        }
    }

    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// A planning error: Materialize has no finer code for most of them (recorded: 01, 02, 03).
    pub fn plan(message: impl Into<String>) -> Self {
        Self::new("XX000", message)
    }

    pub fn syntax(message: impl Into<String>) -> Self {
        Self::new("42601", message)
    }

    /// What the simulator does not do; never answered with an empty result instead.
    pub fn unsupported(what: impl fmt::Display) -> Self {
        Self::new(
            "0A000",
            format!("the simulated Materialize does not support {what}"),
        )
    }

    /// What a real server does not do. Its code is recorded for 26.9 (03) alone; that it is another since is a belief.
    pub fn not_yet_supported(what: &str, version: ServerVersion) -> Self {
        let code = if version.has(Change::UnsupportedCode) {
            "0A000"
        } else {
            "XX000"
        };
        Self::new(code, format!("{what} not yet supported"))
    }

    pub fn unknown_item(name: impl fmt::Display) -> Self {
        Self::plan(format!("{UNKNOWN_ITEM} '{name}'"))
    }

    /// The same error of a SUBSCRIBE: what does not exist has a code of its own there (no recording).
    #[must_use]
    pub fn of_a_subscribe(mut self, version: ServerVersion) -> Self {
        let is_of_nothing = self.message.starts_with(UNKNOWN_ITEM);
        if is_of_nothing && version.has(Change::SubscribeOfNothing) {
            self.code = "42704";
        }
        self
    }

    pub fn unknown_schema(name: impl fmt::Display) -> Self {
        Self::plan(format!("unknown schema '{name}'"))
    }

    pub fn unknown_cluster(name: impl fmt::Display) -> Self {
        Self::plan(format!("unknown cluster '{name}'"))
    }

    pub fn unknown_role(name: impl fmt::Display) -> Self {
        Self::plan(format!("unknown role '{name}'"))
    }

    /// Recorded: 01 (`select nothing`), 02 (an index on a missing column).
    pub fn unknown_column(name: impl fmt::Display) -> Self {
        Self::plan(format!("column \"{name}\" does not exist"))
    }

    /// The right is missing; `on` is `SCHEMA "materialize.blue"` and the like (recorded: 04).
    pub fn denied(on: &str, role: &str, privileges: &str) -> Self {
        Self::new("42501", format!("permission denied for {on}")).detail(format!(
            "The '{role}' role needs {privileges} privileges on {on}"
        ))
    }

    /// `objects` is `SCHEMA materialize.blue, CLUSTER compute` (recorded: 04, 14).
    pub fn not_owner(objects: &str) -> Self {
        Self::new("42501", format!("must be owner of {objects}"))
    }

    /// Recorded: 03 and 08 (features that a server may have switched off).
    pub fn unavailable(what: &str, flag: &str) -> Self {
        Self::plan(format!("{what} is not available"))
            .detail(format!(
                "The requested feature ({flag}) is in private preview."
            ))
            .hint("Contact support to discuss enabling the feature in your Materialize region.")
    }

    /// Recorded: 05, another session changed the catalog meanwhile.
    pub fn serialization() -> Self {
        Self::new(
            "40001",
            "another session modified the catalog while this DDL transaction was open",
        )
        .hint("Currently, DDL transactions fail when any other DDL happens concurrently, even on unrelated schemas/clusters.")
    }

    /// Recorded: 11.
    pub fn cancelled() -> Self {
        Self::new("57014", "canceling statement due to user request")
    }

    pub fn timed_out() -> Self {
        Self::new("57014", "canceling statement due to statement timeout")
    }
}

impl fmt::Display for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for SqlError {}

impl From<rusqlite::Error> for SqlError {
    /// Errors of our own SQL functions keep their message; anything else is the simulator's own fault.
    fn from(error: rusqlite::Error) -> Self {
        match &error {
            rusqlite::Error::SqliteFailure(_, Some(message)) => Self::plan(message.clone()),
            _ => Self::plan(format!("internal error of the simulator: {error}")),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    Notice,
    Warning,
}

/// A message beside the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub severity: Severity,
    pub code: &'static str,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
}

impl Notice {
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Notice,
            code: "00000",
            message: message.into(),
            detail: None,
            hint: None,
        }
    }

    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            code,
            ..Self::new(message)
        }
    }

    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
