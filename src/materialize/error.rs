//! What can go wrong between us and a server, classed by what to do next.

use super::waiting::Waited;
use std::fmt;

/// An error with the statement that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    pub class: Class,
    /// The statement, where one was running. Passwords are never part of our statements.
    pub statement: Option<String>,
}

/// The server's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerError {
    /// Five characters, e.g. `42501`. Most planning errors of Materialize are `XX000` (recorded: 01 to 06).
    pub sqlstate: String,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
}

/// Classes of errors: each needs another reaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Class {
    /// The settings can't be used as they are (a certificate file is missing, ...).
    Settings { reason: String },
    /// Nobody answers at the address.
    Unreachable { address: String, reason: String },
    /// The encrypted connection was refused, by us or by the server.
    Tls { address: String, reason: String },
    /// 28xxx.
    Authentication {
        role: String,
        server: Box<ServerError>,
    },
    /// 42501: a privilege or the ownership is missing; `detail` names it.
    Permission(Box<ServerError>),
    /// 40001: the catalog changed under the transaction. The only class that is ever retried.
    Serialization(Box<ServerError>),
    /// 57014: cancelled, by us or by another session.
    Cancelled(Box<ServerError>),
    /// 42601.
    Syntax(Box<ServerError>),
    /// The server does not do this: 0A000, or a feature that is switched off.
    Unsupported(Box<ServerError>),
    /// Any other refusal.
    Server(Box<ServerError>),
    /// The link broke. With `statement_sent`, nobody here knows whether the statement took effect.
    LinkLost {
        statement_sent: bool,
        reason: String,
    },
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

impl Error {
    #[must_use]
    pub fn new(class: Class) -> Self {
        Self {
            class,
            statement: None,
        }
    }

    #[must_use]
    pub fn of_statement(mut self, statement: &str) -> Self {
        self.statement.get_or_insert_with(|| statement.to_owned());
        self
    }

    /// An answer that can't be read: where, and what was there.
    #[must_use]
    pub fn decode(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::new(Class::Decode {
            place: place.into(),
            problem: problem.into(),
        })
    }

    /// The server's own words, where it refused.
    #[must_use]
    pub fn server(&self) -> Option<&ServerError> {
        match &self.class {
            Class::Authentication { server, .. }
            | Class::Permission(server)
            | Class::Serialization(server)
            | Class::Cancelled(server)
            | Class::Syntax(server)
            | Class::Unsupported(server)
            | Class::Server(server) => Some(server.as_ref()),
            _ => None,
        }
    }

    /// The SQLSTATE, where the server answered.
    #[must_use]
    pub fn sqlstate(&self) -> Option<&str> {
        let server = match &self.class {
            Class::Overdue { server, .. } => Some(server.as_ref()),
            _ => self.server(),
        };
        server.map(|server| server.sqlstate.as_str())
    }

    /// Whether the same transaction, planned again from a new observation, may succeed.
    #[must_use]
    pub fn is_serialization(&self) -> bool {
        matches!(self.class, Class::Serialization(_))
    }

    /// Whether the statement may have taken effect although no answer came.
    #[must_use]
    pub fn is_outcome_unknown(&self) -> bool {
        match &self.class {
            Class::LinkLost { statement_sent, .. } => *statement_sent,
            Class::Timeout { waited } => waited.ask.changes(),
            _ => false,
        }
    }

    /// Whether connecting again later can help, without anybody changing anything here.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match &self.class {
            Class::Unreachable { .. }
            | Class::LinkLost { .. }
            | Class::Timeout { .. }
            | Class::Overdue { .. }
            | Class::Gap { .. } => true,
            Class::Server(server) => {
                server.sqlstate.starts_with("57P") || server.sqlstate.starts_with("53")
            }
            _ => false,
        }
    }

    /// From the driver, for a statement that was sent.
    pub(super) fn from_driver(error: &tokio_postgres::Error, statement: &str) -> Self {
        let class = match error.as_db_error() {
            Some(answer) => Box::new(ServerError::from(answer)).classify(),
            None => Class::LinkLost {
                statement_sent: true,
                reason: causes(error),
            },
        };
        Self::new(class).of_statement(statement)
    }

    /// From the driver, while it connected.
    pub(super) fn from_connect(error: &tokio_postgres::Error, address: &str, role: &str) -> Self {
        let Some(answer) = error.as_db_error() else {
            return Self::new(unanswered(error, address, role));
        };
        let server = Box::new(ServerError::from(answer));
        Self::new(if server.sqlstate.starts_with("28") {
            Class::Authentication {
                role: role.to_owned(),
                server,
            }
        } else {
            server.classify()
        })
    }
}

/// The class of a connection that failed without an answer of the server. The driver tells its kinds by their words only.
fn unanswered(error: &tokio_postgres::Error, address: &str, role: &str) -> Class {
    let reason = causes(error);
    let address = address.to_owned();
    if error.to_string().contains("TLS") || is_of_encryption(error) {
        return Class::Tls { address, reason };
    }
    let message = if reason.contains("password missing") {
        "it asks for a password and none is set".to_owned()
    } else if reason.contains("authentication") {
        reason
    } else {
        return Class::Unreachable { address, reason };
    };
    Class::Authentication {
        role: role.to_owned(),
        server: Box::new(ServerError {
            sqlstate: "28000".to_owned(),
            message,
            detail: None,
            hint: None,
        }),
    }
}

/// Whether encryption failed after the handshake seemed complete: with TLS 1.3 a refused client certificate is told only then.
fn is_of_encryption(error: &tokio_postgres::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(one) = cause {
        let inner = one
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref);
        if inner.is_some_and(|inner| inner.is::<rustls::Error>()) {
            return true;
        }
        cause = one.source();
    }
    false
}

/// An error with all its causes, in one line.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = error.source();
    }
    text
}

impl From<&tokio_postgres::error::DbError> for ServerError {
    fn from(answer: &tokio_postgres::error::DbError) -> Self {
        Self {
            sqlstate: answer.code().code().to_owned(),
            message: answer.message().to_owned(),
            detail: answer.detail().map(str::to_owned),
            hint: answer.hint().map(str::to_owned),
        }
    }
}

impl ServerError {
    /// The class by SQLSTATE; switched-off features answer XX000 and are known by their words (recorded: 07, 08).
    fn classify(self: Box<Self>) -> Class {
        match self.sqlstate.as_str() {
            "42501" => Class::Permission(self),
            "40001" => Class::Serialization(self),
            "57014" => Class::Cancelled(self),
            "42601" => Class::Syntax(self),
            "0A000" => Class::Unsupported(self),
            "XX000" if self.message.ends_with("is not available") => Class::Unsupported(self),
            _ => Class::Server(self),
        }
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.sqlstate)?;
        for more in [&self.detail, &self.hint].into_iter().flatten() {
            write!(f, "; {more}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settings { reason } => {
                write!(f, "the connection settings can't be used: {reason}")
            }
            Self::Unreachable { address, reason } => write!(
                f,
                "no server answers at {address} ({reason}): check host, port and network"
            ),
            Self::Tls { address, reason } => write!(
                f,
                "no trusted encrypted connection to {address} ({reason}): check sslmode and sslrootcert"
            ),
            Self::Authentication { role, server } => write!(
                f,
                "the server does not let role `{role}` in: {server}: check user and password"
            ),
            Self::Permission(server) => write!(
                f,
                "not permitted: {server}: ask the owner or an administrator for it"
            ),
            Self::Serialization(server) => write!(
                f,
                "the catalog changed at the same moment: {server}: observe again, then retry"
            ),
            Self::Cancelled(server) => write!(f, "cancelled: {server}"),
            Self::Syntax(server) => write!(f, "the server can't read the statement: {server}"),
            Self::Unsupported(server) => write!(f, "this server does not offer it: {server}"),
            Self::Server(server) => write!(f, "the server refused: {server}"),
            Self::LinkLost {
                statement_sent: true,
                reason,
            } => write!(
                f,
                "the link broke after the statement was sent ({reason}): whether it took effect must be read back"
            ),
            Self::LinkLost {
                statement_sent: false,
                reason,
            } => write!(
                f,
                "the link broke before the statement was sent ({reason}): nothing happened, connect again"
            ),
            Self::Overdue { waited, server } => {
                write!(f, "{waited}, so it was cancelled ({server})")
            }
            Self::Timeout { waited } if waited.ask.changes() => write!(
                f,
                "{waited}, nor to its cancelling; the connection was closed: whether it took effect must be read back"
            ),
            Self::Timeout { waited } => write!(
                f,
                "{waited}, nor to its cancelling; the connection was closed: the server holds it and says nothing"
            ),
            Self::Stopped => write!(f, "asked to stop before it was sent: nothing happened"),
            Self::RolledBack => write!(
                f,
                "the server rolled the transaction back at COMMIT: nothing changed, observe again"
            ),
            Self::Gap { reason } => write!(f, "{reason}: the streams are read anew"),
            Self::Decode { place, problem } => write!(
                f,
                "{place} is not as expected: {problem}: the server may be newer than this program"
            ),
        }
    }
}

/// Statements longer than this many characters are cut in messages.
const SHOWN_CHARACTERS: usize = 200;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.class)?;
        let Some(statement) = &self.statement else {
            return Ok(());
        };
        let one_line = statement.split_whitespace().collect::<Vec<_>>().join(" ");
        match one_line.char_indices().nth(SHOWN_CHARACTERS) {
            Some((end, _)) => write!(f, " [{}...]", &one_line[..end]),
            None => write!(f, " [{one_line}]"),
        }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(sqlstate: &str, message: &str) -> Box<ServerError> {
        Box::new(ServerError {
            sqlstate: sqlstate.to_owned(),
            message: message.to_owned(),
            detail: None,
            hint: None,
        })
    }

    #[test]
    fn classes_follow_the_recorded_codes() {
        assert!(matches!(
            answer("40001", "x").classify(),
            Class::Serialization(_)
        ));
        assert!(matches!(
            answer("42501", "must be owner of SCHEMA a").classify(),
            Class::Permission(_)
        ));
        assert!(matches!(
            answer("XX000", "`WITHIN TIMESTAMP ORDER BY ..` is not available").classify(),
            Class::Unsupported(_)
        ));
        assert!(matches!(
            answer("XX000", "unknown schema 'a'").classify(),
            Class::Server(_)
        ));
    }

    #[test]
    fn only_a_sent_statement_leaves_the_outcome_open() {
        let lost = |statement_sent| {
            Error::new(Class::LinkLost {
                statement_sent,
                reason: "closed".to_owned(),
            })
        };
        assert!(lost(true).is_outcome_unknown());
        assert!(!lost(false).is_outcome_unknown());
        assert!(lost(true).is_transient());
    }

    #[test]
    fn a_message_is_one_line_and_keeps_the_detail() {
        let mut server = answer("42501", "permission denied for SYSTEM");
        server.detail = Some("needs CREATECLUSTER".to_owned());
        let error = Error::new(server.classify()).of_statement("CREATE\n  CLUSTER c");
        let shown = error.to_string();
        assert!(shown.contains("needs CREATECLUSTER"));
        assert!(shown.ends_with("[CREATE CLUSTER c]"));
        assert!(!shown.contains('\n'));
    }

    #[test]
    fn long_statements_are_cut_between_characters() {
        let error = Error::decode("a row", "it is short").of_statement(&"ä".repeat(500));
        assert!(error.to_string().ends_with("ä...]"));
    }
}
