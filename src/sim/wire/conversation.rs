//! What the wire asks of a session, and what a session says back.

use crate::Value;
use crate::error::{Notice, SqlError, SqlResult};
use crate::types::{Column, SqlType};
use async_trait::async_trait;
use std::net::SocketAddr;

/// Who may log in as a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// Anyone.
    Trusted,
    Password(String),
}

/// What a client wants to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Startup {
    pub role: String,
    /// Settings from the start packet and its `options`, in order: `database`, `application_name`, `search_path`, ...
    pub settings: Vec<(String, String)>,
    pub peer: SocketAddr,
}

/// A session that begins.
pub struct Opened {
    pub conversation: Box<dyn Conversation>,
    /// What the server tells about itself, in order.
    pub parameters: Vec<(String, String)>,
    /// Names the session in a cancel request and for `pg_cancel_backend`.
    pub process_id: i32,
    pub secret_key: i32,
    pub notices: Vec<Notice>,
}

/// A server, seen from its sockets.
#[async_trait]
pub trait Host: Send + Sync {
    fn login(&self, role: &str) -> Login;

    /// Begins a session.
    ///
    /// # Errors
    /// When the role or a setting is not known; the client is told and the connection ends.
    async fn open(&self, startup: Startup) -> SqlResult<Opened>;

    /// Ends what the session is doing, if the key is its own.
    fn cancel(&self, process_id: i32, secret_key: i32);
}

/// Why no more of an answer comes.
#[derive(Debug)]
pub enum Ended {
    Refused(SqlError),
    /// The link is cut, or is to be cut now: the client gets no answer.
    Hangup,
}

impl From<SqlError> for Ended {
    fn from(error: SqlError) -> Self {
        Self::Refused(error)
    }
}

/// How the session's transaction stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Idle,
    Open,
    Failed,
}

/// A statement, described before it runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    pub parameters: Vec<SqlType>,
    /// `None` for a statement without rows.
    pub columns: Option<Vec<Column>>,
}

/// One session.
#[async_trait]
pub trait Conversation: Send {
    /// Performs all statements of a query string. The error of the one that fails ends it.
    async fn query(&mut self, sql: &str, reply: &mut dyn Reply) -> Result<(), Ended>;

    /// What parameters and columns one statement has. A type that the client names stands.
    async fn describe(
        &mut self,
        sql: &str,
        parameters: &[Option<SqlType>],
    ) -> SqlResult<Description>;

    /// Performs one statement with its parameters.
    async fn execute(
        &mut self,
        sql: &str,
        parameters: &[Value],
        reply: &mut dyn Reply,
    ) -> Result<(), Ended>;

    fn status(&self) -> Status;

    /// Settings that changed since the last call and that the client is told of.
    fn changed_parameters(&mut self) -> Vec<(String, String)>;
}

/// Where a session says its answers. Nothing leaves before [`Reply::flush`], or before all is said.
#[async_trait]
pub trait Reply: Send {
    async fn columns(&mut self, columns: &[Column]) -> Result<(), Ended>;

    /// A row of the columns named last.
    async fn row(&mut self, row: &[Value]) -> Result<(), Ended>;

    async fn copy_begin(&mut self, columns: usize) -> Result<(), Ended>;

    /// Without its line end.
    async fn copy_line(&mut self, line: &str) -> Result<(), Ended>;

    async fn copy_end(&mut self) -> Result<(), Ended>;

    async fn notice(&mut self, notice: &Notice) -> Result<(), Ended>;

    /// A statement is done; `SELECT 3`.
    async fn complete(&mut self, tag: &str) -> Result<(), Ended>;

    /// Lets everything said so far leave.
    async fn flush(&mut self) -> Result<(), Ended>;
}
