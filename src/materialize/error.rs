//! What can go wrong between us and a server, classed by what to do next.

mod answer;
mod class;
#[cfg(test)]
mod tests;

pub use answer::ServerError;
pub use class::Class;

use super::waiting::Ask;
use crate::domain::failure::{Cause, Failure, Remedy, told};
use std::fmt;

/// An error with the statement that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    pub class: Class,
    /// The statement, where one was running. Passwords are never part of our statements.
    pub statement: Option<String>,
    /// What lies behind it on our side of the wire.
    cause: Option<Cause>,
}

impl Error {
    #[must_use]
    pub fn new(class: Class) -> Self {
        Self {
            class,
            statement: None,
            cause: None,
        }
    }

    #[must_use]
    pub fn because(self, cause: Cause) -> Self {
        Self {
            cause: Some(cause),
            ..self
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
            | Class::Busy(server)
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
    pub fn is_retried(&self) -> bool {
        matches!(self.class, Class::Serialization(_) | Class::Busy(_))
    }

    /// Whether the statement may have taken effect although no answer came.
    #[must_use]
    pub fn is_outcome_unknown(&self) -> bool {
        match &self.class {
            Class::LinkLost { statement_sent, .. } => *statement_sent,
            Class::Timeout { waited } => waited.ask.changes(),
            Class::Cancelled(_) | Class::Overdue { .. } => false,
            _ => self.sqlstate().is_some() && !self.is_refusal(),
        }
    }

    /// Whether the server says that it did not do it. An interrupted server (57xxx, 58xxx, 08xxx) may have done it first.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        self.sqlstate().is_some_and(|code| {
            !["57", "58", "08"]
                .iter()
                .any(|class| code.starts_with(class))
        })
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

    /// Whether it is a relation of the catalog that can't be read, which anybody may.
    fn is_of_catalog(&self, server: &ServerError) -> bool {
        let names = |text: &str| text.contains("mz_catalog.") || text.contains("mz_internal.");
        names(&server.message) || self.statement.as_deref().is_some_and(names)
    }

    /// From the driver, for a statement that was sent.
    pub(super) fn from_driver(error: &tokio_postgres::Error, statement: &str) -> Self {
        let lost = || {
            Self::new(Class::LinkLost {
                statement_sent: true,
            })
            .because(Cause::of(error))
        };
        let answer = error.as_db_error();
        answer
            .map_or_else(lost, |answer| {
                Self::new(Box::new(ServerError::from(answer)).classify())
            })
            .of_statement(statement)
    }

    /// From the driver, while it connected.
    pub(super) fn from_connect(error: &tokio_postgres::Error, address: &str, role: &str) -> Self {
        let Some(answer) = error.as_db_error() else {
            return unanswered(error, address, role);
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

/// A connection that failed without an answer of the server. The driver tells its kinds by their words only.
fn unanswered(error: &tokio_postgres::Error, address: &str, role: &str) -> Error {
    let cause = Cause::of(error);
    let reason = told(&cause);
    let address = address.to_owned();
    if error.to_string().contains("TLS") || is_of_encryption(error) {
        return Error::new(Class::Tls { address }).because(cause);
    }
    let message = if reason.contains("password missing") {
        "it asks for a password and none is set".to_owned()
    } else if reason.contains("authentication") {
        reason
    } else {
        return Error::new(Class::Unreachable { address }).because(cause);
    };
    Error::new(Class::Authentication {
        role: role.to_owned(),
        server: Box::new(ServerError {
            sqlstate: "28000".to_owned(),
            message,
            detail: None,
            hint: None,
        }),
    })
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

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        Self {
            cause: Cause::of(error),
            remedy: error.remedy(),
            is_of_settings: matches!(error.class, Class::Settings { .. }),
        }
    }
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        let ours = match &self.class {
            Class::Settings { remedy, .. } => remedy.as_str(),
            Class::Unreachable { .. } => "check host, port and network",
            Class::Tls { .. } => "check sslmode and sslrootcert",
            Class::Authentication { .. } => "check user and password",
            Class::Permission(server) if self.is_of_catalog(server) => HIDDEN,
            Class::Permission(_) => "ask the owner or an administrator for it",
            Class::Busy(_) => "wait until SHOW CLUSTERS shows no activity, and try again",
            Class::Serialization(_) => "try again: each try looks at everything anew",
            Class::LinkLost {
                statement_sent: true,
            } => "if it was to change something, read back whether it did before trying again",
            Class::Timeout { waited } if waited.ask.changes() => {
                "read back whether it took effect before trying again"
            }
            Class::LinkLost {
                statement_sent: false,
            } => "connect again",
            Class::Timeout { waited } | Class::Overdue { waited, .. }
                if waited.ask == Ask::Reading =>
            {
                CATALOG_SERVER
            }
            Class::Timeout { .. } => "look at the server: it holds the connection and says nothing",
            Class::Overdue { .. } => "look at what keeps the server busy, or set a longer deadline",
            Class::RolledBack => "look at the plan again",
            Class::Decode { .. } => {
                "the server may be newer than this program: look for a newer one"
            }
            Class::Cancelled(_)
            | Class::Syntax(_)
            | Class::Unsupported(_)
            | Class::Server(_)
            | Class::Stopped
            | Class::Gap { .. } => "",
        };
        // The server's own advice is about this very statement.
        let server = self.server().and_then(|server| server.hint.as_deref());
        let all: Vec<&str> = server
            .into_iter()
            .chain((!ours.is_empty()).then_some(ours))
            .collect();
        (!all.is_empty()).then(|| all.join("; "))
    }
}

/// Who has it on reads no relation of the catalog (26.29, by its design; no server was seen to refuse so).
const HIDDEN: &str = "everybody may read the catalog unless `restrict_to_user_objects` is on: see SHOW restrict_to_user_objects, and switch it off for the role (ALTER ROLE ... RESET restrict_to_user_objects) or ask an administrator";

/// Readings of the catalog wait for it after an upgrade, and while it runs out of memory.
const CATALOG_SERVER: &str = "readings of the catalog are answered by the server's cluster `mz_catalog_server`: look whether it is unhealthy, or still rehydrates after an upgrade; else set a longer deadline";

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

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let cause = self.cause.as_ref()?;
        Some(cause)
    }
}
