//! One session: statements in order, transactions, variables, cursors.
//!
//! | module | is |
//! |---|---|
//! | `login` | who may come in |
//! | `variables` | SET and SHOW |
//! | `transaction` | what may share a transaction |
//! | `perform` | one statement |
//! | `change` | DDL, COMMIT |
//! | `rows` | INSERT, UPDATE, DELETE |
//! | `show` | SHOW, as queries |
//! | `subscription` | the differences of a query over time |
//! | `stream` | SUBSCRIBE and cursors |
//! | `script` | statements without a connection |

mod change;
pub mod login;
mod perform;
mod rows;
pub mod script;
mod show;
mod stream;
mod subscription;
mod transaction;
pub mod variables;

#[cfg(test)]
mod tests;

use super::catalog::id::{Id, Space};
use super::catalog::names::Path;
use super::engine::Shared;
use super::error::{SqlError, SqlResult};
use super::select::{Planner, Viewer};
use super::statement::tokens::{self, split};
use super::statement::{self, Statement};
use super::types::SqlType;
use super::value::Value;
use super::wire::{Conversation, Description, Ended, Reply, Status};
use super::world::{LinkCut, Outcome, Refusal};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;
use stream::Cursor;
use tokio_util::sync::CancellationToken;
use transaction::{Transaction, Work};
use variables::Variables;

pub struct Session {
    shared: Shared,
    connection: u32,
    role: Id,
    variables: Variables,
    transaction: Transaction,
    cursors: BTreeMap<String, Cursor>,
    /// Ends the statement that runs now.
    cancel: CancellationToken,
    /// Whether armed faults concern it.
    faulty: bool,
}

impl Session {
    #[must_use]
    pub fn new(shared: Shared, connection: u32, role: Id, variables: Variables) -> Self {
        Self {
            shared,
            connection,
            role,
            variables,
            transaction: Transaction::None,
            cursors: BTreeMap::new(),
            cancel: CancellationToken::new(),
            faulty: true,
        }
    }

    /// For statements that no client sends.
    #[must_use]
    pub fn beyond_faults(mut self) -> Self {
        self.faulty = false;
        self
    }

    fn viewer(&self) -> Viewer {
        Viewer {
            path: Path {
                database: self.variables.get("database"),
                schemas: self.variables.search_path(),
                temporary: Id {
                    space: Space::Transient,
                    number: u64::from(self.connection),
                },
            },
            role: self.role,
            session_role: self.role,
            connection: self.connection,
            variables: self
                .variables
                .all()
                .map(|(name, value)| (name.to_lowercase(), value))
                .collect(),
        }
    }

    /// Makes the session's statements cancellable from here on by a token of their own.
    fn renew_cancel(&mut self) {
        self.cancel = CancellationToken::new();
        let mut engine = self.shared.engine();
        if let Some(live) = engine.live.sessions.get_mut(&self.connection) {
            live.cancel = self.cancel.clone();
        }
    }

    /// Waits for something, unless the statement is cancelled first.
    async fn cancellable<T>(&self, future: impl Future<Output = T>) -> SqlResult<T> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(SqlError::cancelled()),
            done = future => Ok(done),
        }
    }

    /// Lets this much time pass: the world's, or time here where the world stands still until it is moved.
    async fn pass(&self, time: Duration) {
        let clock = self.shared.clock();
        if clock.speed().is_some() {
            clock.sleep(time).await;
        } else {
            tokio::time::sleep(time).await;
        }
    }

    /// Waits until `ready`, looking again at every change of the server.
    async fn until(&self, ready: impl Fn(&Self) -> bool) -> SqlResult<()> {
        let mut changes = self.shared.changes();
        loop {
            if ready(self) {
                return Ok(());
            }
            if self.cancellable(changes.changed()).await?.is_err() {
                // The server is gone; nothing will ever change again.
                return Err(SqlError::new("57P01", "the server is shutting down"));
            }
        }
    }

    async fn statements(
        &mut self,
        sql: &str,
        parameters: &[Value],
        reply: &mut dyn Reply,
    ) -> Result<(), Ended> {
        let statements = split(sql)?;
        let alone = statements.len() == 1;
        for statement in &statements {
            if !alone && matches!(self.transaction, Transaction::None) {
                self.transaction = Transaction::Implicit(Work::Nothing);
            }
            if let Err(ended) = self.one(statement, parameters, reply).await {
                self.transaction.fail();
                self.variables.end_transaction();
                return Err(ended);
            }
        }
        if matches!(self.transaction, Transaction::Implicit(_)) {
            self.commit_implicit()?;
        }
        Ok(())
    }

    /// One statement, with whatever a fault does to it.
    async fn one(
        &mut self,
        statement: &tokens::Statement,
        parameters: &[Value],
        reply: &mut dyn Reply,
    ) -> Result<(), Ended> {
        // A COMMIT that only ends reading changes nothing, so no race and no cut is worth a fault there.
        let ends_reading = is_commit(statement)
            && matches!(
                self.transaction,
                Transaction::Explicit(Work::Reads | Work::Nothing)
            );
        if !self.faulty || ends_reading {
            return self.perform(statement, parameters, reply).await;
        }
        let interference = self.shared.faults().strike(&statement.text);
        if !interference.delay.is_zero() {
            let clock = self.shared.clock();
            self.cancellable(clock.sleep(interference.delay)).await?;
        }
        for (role, sql) in &interference.meanwhile {
            if let Err(error) = self.shared.execute(role, sql) {
                tracing::warn!(sql, %error, "a statement of another person was refused");
            }
        }
        match interference.outcome {
            Outcome::Normal => self.perform(statement, parameters, reply).await,
            Outcome::Refused(refusal) => {
                let error = refused(refusal);
                if error.code == "40001" && is_commit(statement) {
                    // A real server has ended the transaction by then (recorded: 05).
                    self.end_transaction();
                }
                Err(error.into())
            }
            Outcome::Wedged => {
                self.cancellable(std::future::pending::<()>()).await?;
                Ok(())
            }
            Outcome::Cut(LinkCut::BeforePerforming) => Err(Ended::Hangup),
            Outcome::Cut(LinkCut::PerformingLater(by)) => {
                if is_commit(statement) {
                    self.commit_later(by);
                }
                Err(Ended::Hangup)
            }
            Outcome::Cut(LinkCut::AfterPerforming) => {
                let mut unheard = stream::Unheard;
                let _ = self.perform(statement, parameters, &mut unheard).await;
                Err(Ended::Hangup)
            }
        }
    }
}

fn is_commit(statement: &tokens::Statement) -> bool {
    matches!(statement::parse(&statement.tokens), Ok(Statement::Commit))
}

fn refused(refusal: Refusal) -> SqlError {
    const CODES: [&str; 10] = [
        "40001", "42501", "57014", "XX000", "25006", "0A000", "53000", "57P01", "08006", "28P01",
    ];
    let code = CODES
        .into_iter()
        .find(|code| *code == refusal.sqlstate)
        .unwrap_or("XX000");
    SqlError {
        code,
        message: refusal.message,
        detail: refusal.detail,
        hint: refusal.hint,
    }
}

#[async_trait]
impl Conversation for Session {
    async fn query(&mut self, sql: &str, reply: &mut dyn Reply) -> Result<(), Ended> {
        self.renew_cancel();
        self.statements(sql, &[], reply).await
    }

    async fn describe(
        &mut self,
        sql: &str,
        parameters: &[Option<SqlType>],
    ) -> SqlResult<Description> {
        let mut statements = split(sql)?;
        let (Some(statement), true) = (statements.pop(), statements.is_empty()) else {
            return Err(SqlError::syntax(
                "cannot insert multiple commands into a prepared statement",
            ));
        };
        let parsed = statement::parse(&statement.tokens)?;
        self.description(&parsed, parameters)
    }

    async fn execute(
        &mut self,
        sql: &str,
        parameters: &[Value],
        reply: &mut dyn Reply,
    ) -> Result<(), Ended> {
        self.renew_cancel();
        self.statements(sql, parameters, reply).await
    }

    fn status(&self) -> Status {
        match self.transaction {
            Transaction::None | Transaction::Implicit(_) => Status::Idle,
            Transaction::Explicit(_) => Status::Open,
            Transaction::Failed => Status::Failed,
        }
    }

    fn changed_parameters(&mut self) -> Vec<(String, String)> {
        self.variables.take_changed()
    }
}

impl Session {
    fn description(
        &self,
        statement: &Statement,
        parameters: &[Option<SqlType>],
    ) -> SqlResult<Description> {
        let catalog = self.shared.engine().catalog();
        let viewer = self.viewer();
        let planner = Planner::new(&catalog, &viewer, parameters);
        let (parameters, columns) = match statement {
            Statement::Select(query) => {
                let plan = planner.plan(query)?;
                (plan.parameters, Some(plan.columns))
            }
            Statement::Subscribe(subscribe) => {
                let plan = planner.plan(&subscribe.query)?;
                let columns = subscription::columns(subscribe, &plan.columns)?;
                (plan.parameters, Some(columns))
            }
            Statement::Show(show) => {
                let query = self.show_query(show)?;
                (Vec::new(), Some(planner.plan(&query)?.columns))
            }
            Statement::Dml(dml) => (self.dml_parameters(dml, parameters)?, None),
            Statement::Fetch { cursor, .. } => {
                let columns = self
                    .cursors
                    .get(cursor)
                    .map(|cursor| cursor.columns.clone());
                (Vec::new(), columns)
            }
            _ => (Vec::new(), None),
        };
        Ok(Description {
            parameters,
            columns,
        })
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let temporary = self.viewer().path.temporary;
        self.cursors.clear();
        self.shared.engine().live.close(self.connection);
        // What was temporary goes without a trace; a failure would only leave it behind.
        let has_temporary = self
            .shared
            .engine()
            .current()
            .items_in(temporary)
            .next()
            .is_some();
        if has_temporary {
            let _ = self.shared.change(|catalog, _| {
                let ids: Vec<Id> = catalog.items_in(temporary).map(|item| item.id).collect();
                for id in ids {
                    catalog.remove_item(id);
                }
                Ok(())
            });
        }
    }
}
