//! DDL, and the ends of transactions.

use super::Session;
use super::transaction::{Act, Transaction, Work, not_in_block};
use crate::catalog::Catalog;
use crate::ddl;
use crate::error::{Notice, SqlError, SqlResult};
use crate::inventory::Millis;
use crate::statement::Ddl;
use crate::wire::{Ended, Reply};
use std::time::Duration;

type Done = (String, Vec<Notice>);

impl Session {
    /// Carries a statement out, or notes it for the end of the transaction.
    pub(super) async fn change(&mut self, ddl: Ddl, shown: &str) -> SqlResult<Done> {
        let act = if ddl.is_rename() {
            Act::Rename
        } else {
            Act::OtherDdl
        };
        if matches!(self.transaction, Transaction::None) {
            return self.change_now(&ddl).await;
        }
        if matches!(ddl, Ddl::MoveSink { .. }) {
            return Err(not_in_block(shown));
        }
        self.transaction.admit(act, shown)?;
        if act == Act::OtherDdl {
            return self.note(ddl);
        }
        self.rename_in_transaction(&ddl)
    }

    async fn change_now(&mut self, ddl: &Ddl) -> SqlResult<Done> {
        if let Ddl::MoveSink { sink, from } = ddl {
            let catalog = self.shared.engine().current();
            let (sink, _) = ddl::sink_to_move(&catalog, &self.viewer(), sink, from)?;
            // Recorded in 11: it waits for the sink past any statement_timeout; only a cancel ends it.
            self.until(|session| session.shared.engine().sink_can_move(sink))
                .await?;
        }
        self.shared
            .change(|catalog, now| self.apply(ddl, catalog, now))
    }

    pub(super) fn apply(&self, ddl: &Ddl, catalog: &mut Catalog, now: Millis) -> SqlResult<Done> {
        let viewer = self.viewer();
        let cluster = self.variables.get("cluster");
        let mut work = ddl::Work {
            catalog,
            viewer: &viewer,
            cluster: &cluster,
            now,
            notices: Vec::new(),
        };
        let tag = work.apply(ddl)?;
        Ok((tag, work.notices))
    }

    /// A statement that has a transaction for itself is carried out at its end; only its tag is needed now.
    fn note(&mut self, ddl: Ddl) -> SqlResult<Done> {
        let engine = self.shared.engine();
        let mut copy = Catalog::clone(&engine.current());
        let now = engine.now();
        drop(engine);
        let (tag, _) = self.apply(&ddl, &mut copy, now)?;
        if let Some(work) = self.transaction.work() {
            *work = Work::Single(Box::new(ddl));
        }
        Ok((tag, Vec::new()))
    }

    fn rename_in_transaction(&mut self, ddl: &Ddl) -> SqlResult<Done> {
        let engine = self.shared.engine();
        let current = engine.current();
        let now = engine.now();
        drop(engine);
        let (base, mut copy) = match self.transaction.work().map(std::mem::take) {
            Some(Work::Renames { base, catalog }) => (base, catalog),
            _ => (current.revision, Box::new(Catalog::clone(&current))),
        };
        if base != current.revision {
            return Err(SqlError::serialization());
        }
        let done = self.apply(ddl, &mut copy, now)?;
        if let Some(work) = self.transaction.work() {
            *work = Work::Renames {
                base,
                catalog: copy,
            };
        }
        Ok(done)
    }

    pub(super) async fn begin(&mut self, reply: &mut dyn Reply) -> Result<(), Ended> {
        if matches!(self.transaction, Transaction::Explicit(_)) {
            let notice = Notice::warning("25001", "there is already a transaction in progress");
            reply.notice(&notice).await?;
        } else {
            let work = match std::mem::take(&mut self.transaction) {
                Transaction::Implicit(work) => work,
                _ => Work::Nothing,
            };
            self.transaction = Transaction::Explicit(work);
        }
        reply.complete("BEGIN").await
    }

    pub(super) async fn commit(&mut self, reply: &mut dyn Reply) -> Result<(), Ended> {
        if !self.transaction.is_open() {
            let notice = Notice::warning("25P01", "there is no transaction in progress");
            reply.notice(&notice).await?;
        }
        let transaction = self.end_transaction();
        match transaction {
            // A COMMIT after a refused statement says ROLLBACK and no more (recorded: 05).
            Transaction::Failed => reply.complete("ROLLBACK").await,
            Transaction::None => reply.complete("COMMIT").await,
            Transaction::Implicit(work) | Transaction::Explicit(work) => {
                for notice in self.finish(work)? {
                    reply.notice(&notice).await?;
                }
                reply.complete("COMMIT").await
            }
        }
    }

    /// Ends the transaction after this much time, whatever became of the session.
    pub(super) fn commit_later(&mut self, by: Duration) {
        let shared = self.shared.clone();
        let Transaction::Explicit(Work::Renames { base, catalog }) = self.end_transaction() else {
            return;
        };
        tokio::spawn(async move {
            shared.clock().sleep(by).await;
            if let Err(error) = shared.commit(base, *catalog) {
                tracing::info!(%error, "a late COMMIT was refused");
            }
        });
    }

    pub(super) fn commit_implicit(&mut self) -> SqlResult<()> {
        if let Transaction::Implicit(work) = self.end_transaction() {
            self.finish(work)?;
        }
        Ok(())
    }

    fn finish(&self, work: Work) -> SqlResult<Vec<Notice>> {
        match work {
            Work::Nothing | Work::Reads | Work::Subscribes => Ok(Vec::new()),
            Work::Writes(writes) => {
                for (table, rows) in writes {
                    self.shared.engine().insert(table, &rows)?;
                }
                self.shared.wake();
                Ok(Vec::new())
            }
            Work::Renames { base, catalog } => {
                self.shared.commit(base, *catalog)?;
                Ok(Vec::new())
            }
            Work::Single(ddl) => {
                let (_, notices) = self
                    .shared
                    .change(|catalog, now| self.apply(&ddl, catalog, now))?;
                Ok(notices)
            }
        }
    }

    pub(super) async fn rollback(&mut self, reply: &mut dyn Reply) -> Result<(), Ended> {
        if !self.transaction.is_open() {
            let notice = Notice::warning("25P01", "there is no transaction in progress");
            reply.notice(&notice).await?;
        }
        self.end_transaction();
        reply.complete("ROLLBACK").await
    }

    /// Takes the transaction away, with what lives only in it.
    pub(super) fn end_transaction(&mut self) -> Transaction {
        self.cursors.clear();
        self.variables.end_transaction();
        std::mem::take(&mut self.transaction)
    }
}
