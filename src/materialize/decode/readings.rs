//! What the dataflows report of one object. Every function is asked only for objects whose rows came or went.

use super::catalog::GlobalIds;
use super::store::CatalogRows;
use crate::domain::id_map::IdMap;
use crate::domain::name::{ObjectId, ReplicaId};
use crate::domain::snapshot::{
    ConnectorState, ConnectorStatus, Frontier, HydrationStatus, LogicalTime, OfflineReason,
    ProcessState, RefreshSchedule, ReplicaHealth, SourceProgress,
};
use crate::materialize::error::Error;
use crate::materialize::queries::rows;
use crate::materialize::row::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One status per replica, in the order of their ids; `None` when there is none.
///
/// # Errors
/// When a replica's id can't be read.
pub fn hydration(
    told: &CatalogRows,
    ids: &GlobalIds,
    object: ObjectId,
) -> Result<Option<Arc<[HydrationStatus]>>, Error> {
    let mut statuses = Vec::new();
    for row in told.about::<rows::Hydration>(object) {
        let replica: Option<ReplicaId> = row.replica_id().optional_id()?;
        let is_same = |cell: Cell<'_>| cell.get() == row.replica_id().get();
        let mut times = ids
            .globals(object)
            .flat_map(|global| told.about::<rows::HydrationTimes>(global))
            .filter(|time| is_same(time.replica_id()));
        let mut operators = ids
            .globals(object)
            .flat_map(|global| told.about::<rows::Operators>(global))
            .filter(|operators| is_same(operators.replica_id()));
        statuses.push(HydrationStatus {
            replica,
            hydrated: row.hydrated().truth(),
            hydration_seconds: times.find_map(|time| time.seconds().number()),
            operators: operators
                .find_map(|counted| counted.hydrated().number().zip(counted.total().number())),
        });
    }
    statuses.sort_by_key(|status| status.replica);
    Ok((!statuses.is_empty()).then(|| statuses.into()))
}

/// `None` when it is unknown.
#[must_use]
pub fn frontier(told: &CatalogRows, ids: &GlobalIds, object: ObjectId) -> Option<Frontier> {
    let mut newest_first = ids.globals(object);
    let row = newest_first.find_map(|global| told.about::<rows::Frontiers>(global).next())?;
    match row.write_frontier().get() {
        None => Some(Frontier::Complete),
        // Unreadable is unknown.
        Some(_) => row.write_frontier().logical_time().map(Frontier::At),
    }
}

/// # Errors
/// When there is no status in its row.
pub fn connector(told: &CatalogRows, object: ObjectId) -> Result<Option<ConnectorStatus>, Error> {
    let source = told.about::<rows::SourceStatuses>(object);
    let sink = told.about::<rows::SinkStatuses>(object);
    source
        .map(|row| (row.status(), row.error(), row.since()))
        .chain(sink.map(|row| (row.status(), row.error(), row.since())))
        .next()
        .map(|(state, error, since)| {
            Ok(ConnectorStatus {
                state: ConnectorState::from(state.text()?),
                error: error.owned(),
                since: since.time(),
            })
        })
        .transpose()
}

/// Summed over replicas.
#[must_use]
pub fn source(told: &CatalogRows, object: ObjectId) -> Option<SourceProgress> {
    let progress = told
        .about::<rows::SourceStatistics>(object)
        .map(|row| SourceProgress {
            messages_received: row.messages_received().number().unwrap_or(0),
            snapshot_known: row.snapshot_records_known().number(),
            snapshot_staged: row.snapshot_records_staged().number(),
            snapshot_committed: row.snapshot_committed().truth().unwrap_or(false),
            offset_known: row.offset_known().number(),
            offset_committed: row.offset_committed().number(),
        });
    progress.reduce(|one, other| added(&one, &other))
}

fn added(one: &SourceProgress, other: &SourceProgress) -> SourceProgress {
    let sum = |one: Option<u64>, other: Option<u64>| match (one, other) {
        (Some(one), Some(other)) => Some(one.saturating_add(other)),
        (one, other) => one.or(other),
    };
    SourceProgress {
        snapshot_known: sum(one.snapshot_known, other.snapshot_known),
        snapshot_staged: sum(one.snapshot_staged, other.snapshot_staged),
        snapshot_committed: one.snapshot_committed && other.snapshot_committed,
        messages_received: one
            .messages_received
            .saturating_add(other.messages_received),
        offset_known: sum(one.offset_known, other.offset_known),
        offset_committed: sum(one.offset_committed, other.offset_committed),
    }
}

/// `None` for what refreshes on every commit.
#[must_use]
pub fn refresh(told: &CatalogRows, view: ObjectId) -> Option<RefreshSchedule> {
    let mut known = told.about::<rows::Refreshes>(view);
    let known = known.next().map(|row| RefreshSchedule {
        last_completed: row.last_completed_refresh().logical_time(),
        next: row.next_refresh().logical_time(),
    });
    let mut strategies = told.about::<rows::RefreshStrategies>(view);
    known.or_else(|| strategies.next().map(|_| RefreshSchedule::default()))
}

/// How far back interruptions are counted, in milliseconds.
const INTERRUPTION_WINDOW: u64 = 24 * 60 * 60 * 1000;

/// # Errors
/// When a row lacks its replica.
pub fn replicas(
    told: &CatalogRows,
    now: LogicalTime,
) -> Result<IdMap<ReplicaId, ReplicaHealth>, Error> {
    let mut replicas: BTreeMap<ReplicaId, ReplicaHealth> = BTreeMap::new();
    for row in told.all::<rows::ReplicaStatuses>() {
        let health = replicas.entry(row.replica_id().id()?).or_default();
        health.processes += 1;
        match ProcessState::from(row.status().text()?) {
            ProcessState::Online => health.online += 1,
            state => {
                health.unwell = Some(state);
                let reason = row.reason().get().map(OfflineReason::from);
                health.reason = reason.or(health.reason.take());
            }
        }
        health.since = health.since.max(row.since().time());
    }
    for row in told.all::<rows::ReplicaUtilization>() {
        let health = replicas.entry(row.replica_id().id()?).or_default();
        health.cpu_percent = highest(health.cpu_percent, row.cpu_percent().number());
        health.memory_percent = highest(health.memory_percent, row.memory_percent().number());
    }
    for row in told.all::<rows::ReplicaInterruptions>() {
        let recent = |at: &LogicalTime| now.millis_since(*at) <= INTERRUPTION_WINDOW;
        let Some(at) = row.occurred_at().time().filter(recent) else {
            continue;
        };
        // A replica that was dropped leaves its history behind, but no status.
        let Some(health) = replicas.get_mut(&row.replica_id().id()?) else {
            continue;
        };
        health.interruptions.push(at);
        if row.reason().get().map(OfflineReason::from) == Some(OfflineReason::OutOfMemory) {
            health.oom_kills.push(at);
        }
    }
    for health in replicas.values_mut() {
        health.interruptions.sort_unstable();
        health.oom_kills.sort_unstable();
    }
    Ok(replicas.into_iter().collect())
}

/// The busiest process speaks for its replica.
fn highest(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.max(other)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::materialize::queries::CatalogQuery;
    use crate::materialize::row::TextRow;

    fn told(rows: &[(CatalogQuery, &[Option<&str>])]) -> CatalogRows {
        let mut told = CatalogRows::default();
        for (query, cells) in rows {
            assert_eq!(cells.len(), query.definition().columns.len(), "{query:?}");
            told.change(*query, TextRow::new(cells.iter().copied()), 1);
        }
        told
    }

    #[test]
    fn hydration_gathers_time_and_operators_per_replica() {
        let told = told(&[
            (
                CatalogQuery::Hydration,
                &[Some("u27"), Some("u11"), Some("f")],
            ),
            (
                CatalogQuery::Hydration,
                &[Some("u27"), Some("u10"), Some("true")],
            ),
            (CatalogQuery::Hydration, &[Some("u29"), None, Some("f")]),
            (
                CatalogQuery::HydrationTimes,
                &[Some("u27"), Some("u10"), Some("2.5")],
            ),
            (
                CatalogQuery::Operators,
                &[Some("u27"), Some("u11"), Some("3"), Some("7")],
            ),
        ]);
        let of = |id| {
            let statuses = hydration(&told, &GlobalIds::default(), ObjectId::user(id));
            statuses.unwrap().unwrap()
        };
        let heavy = of(27);
        assert_eq!(heavy[0].hydration_seconds, Some(2.5));
        assert_eq!(heavy[1].operators, Some((3, 7)));
        assert_eq!(heavy[1].hydrated, Some(false));
        assert_eq!(of(29)[0].replica, None);
    }

    #[test]
    fn an_empty_frontier_is_complete_and_an_unreadable_one_unknown() {
        let told = told(&[
            (CatalogQuery::Frontiers, &[Some("u4"), None]),
            (
                CatalogQuery::Frontiers,
                &[Some("u11"), Some("1795167749820")],
            ),
            (CatalogQuery::Frontiers, &[Some("u12"), Some("soon")]),
        ]);
        let of = |id| frontier(&told, &GlobalIds::default(), ObjectId::user(id));
        assert_eq!(of(4), Some(Frontier::Complete));
        let time = LogicalTime(1_795_167_749_820);
        assert_eq!(of(11), Some(Frontier::At(time)));
        assert_eq!(of(12), None);
        assert_eq!(of(13), None);
    }

    #[test]
    fn the_newest_global_id_speaks_for_the_object() {
        let told = told(&[
            (CatalogQuery::GlobalIds, &[Some("u5"), Some("u9")]),
            (CatalogQuery::GlobalIds, &[Some("u5"), Some("u12")]),
            (CatalogQuery::Frontiers, &[Some("u9"), Some("100")]),
            (CatalogQuery::Frontiers, &[Some("u12"), Some("200")]),
        ]);
        let ids = GlobalIds::read(&told).unwrap();
        let item = ids.item(ObjectId::user(9));
        assert_eq!(item, ObjectId::user(5));
        let newest = Some(Frontier::At(LogicalTime(200)));
        assert_eq!(frontier(&told, &ids, item), newest);
    }

    #[test]
    fn a_replica_is_online_only_with_all_its_processes() {
        let told = told(&[
            (
                CatalogQuery::ReplicaStatuses,
                &[Some("u3"), Some("0"), Some("online"), None, Some("10")],
            ),
            (
                CatalogQuery::ReplicaStatuses,
                &[
                    Some("u3"),
                    Some("1"),
                    Some("offline"),
                    Some("oom-killed"),
                    Some("20"),
                ],
            ),
            (
                CatalogQuery::ReplicaInterruptions,
                &[Some("u3"), Some("1"), Some("oom-killed"), Some("20")],
            ),
            (
                CatalogQuery::ReplicaInterruptions,
                &[Some("u9"), Some("0"), None, Some("20")],
            ),
            (
                CatalogQuery::ReplicaUtilization,
                &[Some("u3"), Some("0"), Some("4.1e-9"), Some("13.5")],
            ),
        ]);
        let replicas_at = |now| replicas(&told, LogicalTime(now)).unwrap();
        let now = replicas_at(30_000);
        let health = now.get(&ReplicaId::user(3)).unwrap();
        assert!(!health.is_online());
        assert_eq!((health.online, health.processes), (1, 2));
        assert_eq!(health.unwell, Some(ProcessState::Offline));
        assert_eq!(health.reason, Some(OfflineReason::OutOfMemory));
        assert_eq!(health.oom_kills, [LogicalTime(20_000)]);
        assert_eq!(health.memory_percent, Some(13.5));
        assert!(!replicas_at(30_000).contains_key(&ReplicaId::user(9)));
        let later = 30_000 + INTERRUPTION_WINDOW;
        let later = replicas_at(later);
        let health = later.get(&ReplicaId::user(3)).unwrap();
        assert!(health.oom_kills.is_empty());
    }

    #[test]
    fn statistics_of_replicas_add_up() {
        let row = |staged| {
            [
                Some("u31"),
                Some("5"),
                Some("10"),
                staged,
                Some("t"),
                None,
                None,
            ]
        };
        let told = told(&[
            (CatalogQuery::SourceStatistics, &row(Some("4"))),
            (CatalogQuery::SourceStatistics, &row(None)),
        ]);
        let source = source(&told, ObjectId::user(31)).unwrap();
        assert_eq!(source.messages_received, 10);
        assert_eq!(source.snapshot_known, Some(20));
        assert_eq!(source.snapshot_staged, Some(4));
    }
}
