//! One step of a plan.

use super::{Promise, Statement, Swap, request};
use crate::domain::name::ObjectId;
use serde::Serialize;

/// One step of a plan, in the order of execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// One statement on its own.
    Run(Statement),
    /// `BEGIN`, these, `COMMIT`, behind a fence: all or nothing. Only renames and swaps may stand together (recorded: 05).
    Transaction(Swap),
    /// `ALTER SINK ... SET FROM`, which may hang past any `statement_timeout` (recorded: 10): under a deadline of ours.
    MoveSink {
        sink: ObjectId,
        statement: Statement,
    },
    /// The statements that make one model with its indexes and comments.
    Build {
        model: String,
        statements: Vec<Statement>,
    },
    /// A `dbt` process.
    Dbt(DbtCommand),
    /// Sends nothing: the catalog must show what the build promised before its record says that it is whole.
    Verify(Promise),
}

/// A dbt command line: the arguments as a vector, never for a shell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DbtCommand {
    pub program: String,
    pub arguments: Vec<String>,
    /// The models that it will build, for the picture and the fingerprint.
    pub models: Vec<String>,
}

impl Step {
    /// Whether names change with it.
    #[must_use]
    pub fn is_swap(&self) -> bool {
        matches!(self, Self::Transaction(_))
    }
}

impl DbtCommand {
    /// The command as a person would type it.
    #[must_use]
    pub fn display(&self) -> String {
        let words = std::iter::once(&self.program).chain(&self.arguments);
        request::typed(words.map(String::as_str))
    }
}
