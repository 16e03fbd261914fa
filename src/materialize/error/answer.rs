//! The server's own words, and the class that they belong to.

use std::fmt;

/// The server's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerError {
    /// Five characters, e.g. `42501`. Most planning errors of Materialize are `XX000` (recorded: 01 to 06).
    pub sqlstate: String,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
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

/// Without the server's hint, which is a remedy.
impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.sqlstate)?;
        let detail = self.detail.as_ref();
        detail.map_or(Ok(()), |detail| write!(f, "; {detail}"))
    }
}
