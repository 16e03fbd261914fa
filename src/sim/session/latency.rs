//! How long statements take: nothing, a set time each, or what they took on a real server.

use super::Session;
use super::transaction::{Transaction, Work};
use crate::engine::Reading;
use crate::error::SqlResult;
use crate::select::Plan;
use crate::statement::object::ObjectKind;
use crate::statement::show::Show;
use crate::statement::{Ddl, Statement};
use crate::world::{Latency, Timestamp};
use std::time::Duration;

impl Session {
    /// Lets a statement take its time. That of a query is [`Session::read_in_time`]'s.
    pub(super) async fn take_time(&self, statement: &Statement) -> SqlResult<()> {
        let time = match self.latency() {
            Latency::None => return Ok(()),
            Latency::Each(time) => time,
            Latency::Real => Duration::from_millis(self.recorded(statement)),
        };
        self.cancellable(tokio::time::sleep(time)).await
    }

    /// What a server took for it, in milliseconds: the median of the kind on a server built for use (recorded: v26.39; for what is not
    /// there, what is most like it).
    fn recorded(&self, statement: &Statement) -> u64 {
        match statement {
            Statement::Commit => match &self.transaction {
                Transaction::Explicit(Work::Renames { .. }) => 18,
                Transaction::Explicit(Work::Single(ddl)) => of_ddl(ddl),
                _ => 0,
            },
            Statement::Show(Show::List { .. }) => 10,
            Statement::Show(Show::Create { .. }) => 3,
            Statement::Dml(_) => 8,
            // Done at the end where a transaction holds it; renames are worked out at once.
            Statement::Ddl(ddl) if ddl.is_rename() => 6,
            Statement::Ddl(_) if self.transaction.is_open() => 1,
            Statement::Ddl(ddl) => of_ddl(ddl),
            _ => 0,
        }
    }

    /// Brings what a query reads to where its session's isolation wants it, and lets it take its time: under `strict serializable` what is
    /// told once a second waits for its tick, and the catalog until it shows the last DDL (recorded: v26.39/22).
    pub(super) async fn read_in_time(&self, plan: &Plan) -> SqlResult<()> {
        let clock = self.shared.clock();
        let reading = self.variables.reading();
        if self.latency() != Latency::Real {
            if reading == Reading::AtHand && self.shared.engine().is_trailing() {
                self.shared.pump();
            }
            return Ok(());
        }
        let (told, relations, shown) = {
            let engine = self.shared.engine();
            let told = plan.reads.iter().any(|id| engine.is_told(*id));
            (told, plan.reads.len(), engine.shown(plan))
        };
        if reading == Reading::Newest {
            let tick = told.then(|| self.shared.next_tick(clock.now()));
            let until = tick.unwrap_or_default().max(Timestamp(shown));
            self.cancellable(clock.wait_until(until)).await?;
        }
        self.shared.pump();
        let time = Duration::from_millis(of_relations(relations));
        self.cancellable(tokio::time::sleep(time)).await
    }

    fn latency(&self) -> Latency {
        // Who has no connection can't wait.
        if self.faulty {
            self.shared.latency()
        } else {
            Latency::None
        }
    }
}

/// One relation takes about 10 ms and twelve take 32 to 45 (recorded: v26.39/22); what reads none takes 2.
fn of_relations(relations: usize) -> u64 {
    let relations = u64::try_from(relations).unwrap_or(u64::MAX);
    match relations {
        0 => 2,
        more => (8 + more.saturating_mul(2)).min(60),
    }
}

fn of_ddl(ddl: &Ddl) -> u64 {
    match ddl {
        Ddl::CreateCluster { .. } | Ddl::CreateReplica { .. } => 79,
        Ddl::CreateTable(_) => 61,
        Ddl::CreateView(_) => 24,
        Ddl::CreateMaterializedView(_) => 45,
        Ddl::CreateIndex(_) => 51,
        Ddl::CreateSource(_) | Ddl::CreateConnection(_) => 74,
        Ddl::CreateSink(_) => 156,
        Ddl::AlterCluster { .. } => 21,
        // 20 without a broker to ask, 40 to 170 with one.
        Ddl::MoveSink { .. } => 60,
        Ddl::AlterSystem { .. } => 27,
        Ddl::Swap { .. } | Ddl::Rename { .. } => 18,
        Ddl::Drop { kind, .. } => match kind {
            ObjectKind::Cluster | ObjectKind::ClusterReplica => 50,
            ObjectKind::Schema | ObjectKind::Index => 23,
            ObjectKind::MaterializedView => 39,
            ObjectKind::Sink | ObjectKind::Source => 45,
            ObjectKind::Table => 32,
            _ => 19,
        },
        _ => 16,
    }
}
