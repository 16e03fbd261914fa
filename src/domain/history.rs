//! Past operations, as the audit trail tells them.

use super::action::Operation;

/// One operation of the audit trail.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    pub operation: Operation,
    /// `database/target`.
    pub environment: String,
    /// When it began, by the writer's clock: RFC 3339.
    pub started: String,
    /// The database role, and the person or job where that is known.
    pub by: String,
    /// How it ended, in a word of the command line (`done`, `blocked`, ...). `None`: the file ends before the operation did.
    pub outcome: Option<String>,
    /// One sentence about the end.
    pub message: String,
    pub seconds: Option<f64>,
    pub statements: Vec<AuditStatement>,
    /// The file that holds it.
    pub file: String,
}

/// One statement of an operation.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditStatement {
    /// When it was sent: RFC 3339.
    pub at: String,
    pub sql: String,
    /// `None`: no answer is recorded.
    pub seconds: Option<f64>,
    pub sqlstate: Option<String>,
    /// The command tag, or the server's message.
    pub outcome: String,
}
