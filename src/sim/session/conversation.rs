//! What a client says to a session: statements in order, with whatever a fault does to them.

use super::transaction::{Transaction, Work};
use super::{stream, subscription};
use crate::error::{SqlError, SqlResult};
use crate::select::Planner;
use crate::statement::tokens::{self, split};
use crate::statement::{self, Statement};
use crate::types::SqlType;
use crate::value::Value;
use crate::wire::{Conversation, Description, Ended, Reply, Status};
use crate::world::{LinkCut, Outcome, Refusal};
use async_trait::async_trait;

use super::state::Session;

impl Session {
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
