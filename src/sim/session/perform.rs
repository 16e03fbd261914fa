//! One statement.

use super::Session;
use super::cursor::no_cursor;
use super::transaction::{Act, Transaction, Work, aborted};
use crate::catalog::id::Id;
use crate::error::{Notice, SqlError, SqlResult};
use crate::select::{Plan, Planner};
use crate::statement::tokens::{self, shown};
use crate::statement::{self, Statement};
use crate::value::Value;
use crate::wire::{Ended, Reply};
use sqlparser::ast::Query;

impl Session {
    pub(super) async fn perform(
        &mut self,
        statement: &tokens::Statement,
        parameters: &[Value],
        reply: &mut dyn Reply,
    ) -> Result<(), Ended> {
        let parsed = statement::parse(&statement.tokens)?;
        let ends = matches!(parsed, Statement::Commit | Statement::Rollback);
        if matches!(self.transaction, Transaction::Failed) && !ends {
            return Err(aborted().into());
        }
        self.take_time(&parsed).await?;
        match parsed {
            Statement::Begin => self.begin(reply).await,
            Statement::Commit => self.commit(reply).await,
            Statement::Rollback => self.rollback(reply).await,
            Statement::Set { name, value, local } => {
                self.set(&name, value.as_deref(), local, reply).await
            }
            Statement::Reset(name) => {
                self.variables.set(&name, None, false)?;
                reply.complete("RESET").await
            }
            Statement::SetTransaction => reply.complete("SET").await,
            Statement::DiscardAll => {
                self.variables.discard();
                self.cursors.clear();
                reply.complete("DISCARD ALL").await
            }
            Statement::Show(show) => {
                let query = self.show_query(&show)?;
                self.select(&query, &[], reply).await
            }
            Statement::Select(query) => {
                self.admit(Act::Read, "")?;
                self.select(&query, parameters, reply).await
            }
            Statement::CopySelect(query) => {
                self.admit(Act::Read, "")?;
                self.copy(&query, reply).await
            }
            Statement::Subscribe(subscribe) => {
                self.admit(Act::Subscribe, "")?;
                self.subscribe(&subscribe, parameters, reply).await
            }
            Statement::CopySubscribe(subscribe) => {
                self.admit(Act::Subscribe, "")?;
                self.copy_subscribe(&subscribe, reply).await
            }
            Statement::Declare { cursor, of } => self.declare(cursor, of, reply).await,
            Statement::Fetch {
                cursor,
                count,
                timeout,
            } => self.fetch(&cursor, count, timeout, reply).await,
            Statement::CloseCursor(cursor) => {
                if self.cursors.remove(&cursor).is_none() {
                    return Err(no_cursor(&cursor).into());
                }
                reply.complete("CLOSE CURSOR").await
            }
            Statement::Dml(dml) => self.dml(&dml, parameters, reply).await,
            Statement::Ddl(ddl) => {
                let (tag, notices) = self.change(*ddl, &shown(&statement.tokens)).await?;
                for notice in &notices {
                    reply.notice(notice).await?;
                }
                reply.complete(&tag).await
            }
        }
    }

    /// Notes in the transaction what a statement does to it.
    pub(super) fn admit(&mut self, act: Act, shown: &str) -> SqlResult<()> {
        self.transaction.admit(act, shown)?;
        if let Some(work) = self.transaction.work()
            && matches!(work, Work::Nothing)
        {
            match act {
                Act::Read => *work = Work::Reads,
                Act::Subscribe => *work = Work::Subscribes,
                Act::Write | Act::Rename | Act::OtherDdl => {}
            }
        }
        Ok(())
    }

    pub(super) fn plan(&self, query: &Query) -> SqlResult<Plan> {
        let catalog = self.shared.engine().catalog();
        Planner::new(&catalog, &self.viewer(), &[]).plan(query)
    }

    async fn select(
        &mut self,
        query: &Query,
        parameters: &[Value],
        reply: &mut dyn Reply,
    ) -> Result<(), Ended> {
        let plan = self.plan(query)?;
        self.await_replica(&plan).await?;
        self.read_in_time(&plan).await?;
        let reading = self.variables.reading();
        let rows = self.shared.engine().select(&plan, parameters, reading)?;
        reply.columns(&plan.columns).await?;
        for row in &rows {
            reply.row(row).await?;
        }
        reply.complete(&format!("SELECT {}", rows.len())).await
    }

    async fn copy(&mut self, query: &Query, reply: &mut dyn Reply) -> Result<(), Ended> {
        let plan = self.plan(query)?;
        self.await_replica(&plan).await?;
        self.read_in_time(&plan).await?;
        let reading = self.variables.reading();
        let rows = self.shared.engine().select(&plan, &[], reading)?;
        reply.copy_begin(plan.columns.len()).await?;
        for row in &rows {
            reply
                .copy_line(&super::stream::copy_line(row, &plan.columns))
                .await?;
        }
        reply.copy_end().await?;
        reply.complete(&format!("COPY {}", rows.len())).await
    }

    /// Reading users' data takes the session's cluster; what the catalog knows is answered without (it is routed to
    /// `mz_catalog_server`). A cluster without replicas answers when it gets one.
    async fn await_replica(&self, plan: &Plan) -> SqlResult<()> {
        if !plan.references.iter().any(|id| id.is_user()) {
            return Ok(());
        }
        let cluster = self.cluster()?;
        if self.has_replica(cluster) {
            return Ok(());
        }
        let wait = self.until(|session| session.has_replica(cluster));
        match self.variables.statement_timeout() {
            Some(limit) => tokio::select! {
                waited = wait => waited,
                () = self.pass(limit) => Err(SqlError::timed_out()),
            },
            None => wait.await,
        }
    }

    /// The session's cluster.
    pub(super) fn cluster(&self) -> SqlResult<Id> {
        let catalog = self.shared.engine().current();
        let (id, _) = catalog.cluster(&self.variables.get("cluster"))?;
        catalog.require_on_cluster(self.role, id, crate::catalog::acl::Privileges::USAGE)?;
        Ok(id)
    }

    pub(super) fn has_replica(&self, cluster: Id) -> bool {
        let catalog = self.shared.engine().current();
        // A cluster that is gone waits for nothing: what asks next says so.
        !catalog.clusters.contains_key(&cluster)
            || catalog.replicas.values().any(|r| r.cluster == cluster)
    }

    async fn set(
        &mut self,
        name: &str,
        value: Option<&[String]>,
        local: bool,
        reply: &mut dyn Reply,
    ) -> Result<(), Ended> {
        let local = local && !matches!(self.transaction, Transaction::None);
        self.variables.set(name, value, local)?;
        if let Some(notice) = self.missing_object(name) {
            reply.notice(&notice).await?;
        }
        reply.complete("SET").await
    }

    /// Recorded: 01.
    fn missing_object(&self, name: &str) -> Option<Notice> {
        if !self.variables.is_on("current_object_missing_warnings") {
            return None;
        }
        let catalog = self.shared.engine().current();
        let value = self.variables.get(name);
        match name {
            "cluster" if catalog.cluster_named(&value).is_none() => Some(
                Notice::new(format!("cluster \"{value}\" does not exist")).hint(
                    "Create the cluster with CREATE CLUSTER or pick an extant cluster with SET CLUSTER = name. List available clusters with SHOW CLUSTERS.",
                ),
            ),
            "database" if catalog.database_named(&value).is_none() => Some(
                Notice::new(format!("database \"{value}\" does not exist")).hint(
                    "Create the database with CREATE DATABASE or pick an extant database with SET DATABASE = name. List available databases with SHOW DATABASES.",
                ),
            ),
            _ => None,
        }
    }
}
