//! Kinds of errors, by what can be done about them.

use super::answer::ServerError;
use crate::materialize::waiting::Waited;
use std::fmt;

/// Classes of errors: each needs another reaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Class {
    /// The settings can't be used as they are (a certificate file is missing, ...).
    Settings { reason: String, remedy: String },
    /// Nobody answers at the address.
    Unreachable { address: String },
    /// The encrypted connection was refused, by us or by the server.
    Tls { address: String },
    /// 28xxx.
    Authentication {
        role: String,
        server: Box<ServerError>,
    },
    /// 42501: a privilege or the ownership is missing; `detail` names it.
    Permission(Box<ServerError>),
    /// 40001: the catalog changed under the transaction. With [`Class::Busy`] the only class that is ever retried.
    Serialization(Box<ServerError>),
    /// 55006: what it is about is busy with something that ends by itself, a reconfiguration or a burst (26.35, by its source). Retried as a
    /// race is.
    Busy(Box<ServerError>),
    /// 57014: cancelled, by us or by another session.
    Cancelled(Box<ServerError>),
    /// 42601.
    Syntax(Box<ServerError>),
    /// The server does not do this: 0A000, or a feature that is switched off.
    Unsupported(Box<ServerError>),
    /// Any other refusal.
    Server(Box<ServerError>),
    /// The connection broke. With `statement_sent`, nobody here knows whether the statement took effect.
    LinkLost { statement_sent: bool },
    /// No answer within a deadline of ours, and the server confirmed that it cancelled the statement.
    Overdue {
        waited: Waited,
        server: Box<ServerError>,
    },
    /// No answer within a deadline of ours, nor to the cancel request; the connection was closed.
    Timeout { waited: Waited },
    /// The operator asked to stop before the statement was sent: nothing happened.
    Stopped,
    /// COMMIT was answered with the tag ROLLBACK: a statement before it had failed (recorded: 05). Nothing changed.
    RolledBack,
    /// The live streams contradict themselves; they are read anew from the start.
    Gap { reason: String },
    /// An answer that can't be read: where, and what was there.
    Decode { place: String, problem: String },
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settings { reason, .. } => {
                write!(f, "the connection settings can't be used: {reason}")
            }
            Self::Unreachable { address } => write!(f, "no server answers at {address}"),
            Self::Tls { address } => write!(f, "no trusted encrypted connection to {address}"),
            Self::Authentication { role, server } => {
                write!(f, "the server does not let role `{role}` in: {server}")
            }
            Self::Permission(server) => write!(f, "not permitted: {server}"),
            Self::Serialization(server) => {
                write!(f, "the catalog changed at the same moment: {server}")
            }
            Self::Busy(server) => write!(f, "busy on the server: {server}"),
            Self::Cancelled(server) => write!(f, "cancelled: {server}"),
            Self::Syntax(server) => write!(f, "the server can't read the statement: {server}"),
            Self::Unsupported(server) => write!(f, "this server does not offer it: {server}"),
            Self::Server(server) => write!(f, "the server refused: {server}"),
            Self::LinkLost {
                statement_sent: true,
            } => f.write_str("the link broke after the statement was sent"),
            Self::LinkLost {
                statement_sent: false,
            } => f.write_str("the link broke before the statement was sent, so nothing happened"),
            Self::Overdue { waited, server } => {
                write!(f, "{waited}, so it was cancelled ({server})")
            }
            Self::Timeout { waited } => {
                write!(
                    f,
                    "{waited}, nor to its cancelling; the connection was closed"
                )
            }
            Self::Stopped => f.write_str("asked to stop before it was sent: nothing happened"),
            Self::RolledBack => {
                f.write_str("the server rolled the transaction back at COMMIT: nothing changed")
            }
            Self::Gap { reason } => write!(f, "{reason}: the streams are read anew"),
            Self::Decode { place, problem } => write!(f, "{place} is not as expected: {problem}"),
        }
    }
}

impl ServerError {
    /// The class by SQLSTATE; switched-off features answer XX000 and are known by their words (recorded: 07, 08).
    pub(super) fn classify(self: Box<Self>) -> Class {
        match self.sqlstate.as_str() {
            "42501" => Class::Permission(self),
            "40001" => Class::Serialization(self),
            "55006" => Class::Busy(self),
            "57014" => Class::Cancelled(self),
            "42601" => Class::Syntax(self),
            "0A000" => Class::Unsupported(self),
            "XX000" if self.message.ends_with("is not available") => Class::Unsupported(self),
            _ => Class::Server(self),
        }
    }
}
