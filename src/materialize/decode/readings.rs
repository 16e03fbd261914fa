//! What the dataflows report.

use super::catalog::GlobalIds;
use super::store::CatalogRows;
use crate::domain::name::{ObjectId, ReplicaId};
use crate::domain::snapshot::{
    ConnectorState, ConnectorStatus, Frontier, HydrationStatus, LogicalTime, OfflineReason,
    ProcessState, RefreshSchedule, ReplicaHealth, SourceProgress,
};
use crate::materialize::error::Error;
use crate::materialize::queries::rows;
use crate::materialize::row::Cell;
use std::collections::{BTreeMap, HashMap};

/// # Errors
/// When a row lacks its object.
pub fn hydration(
    told: &CatalogRows,
    ids: &GlobalIds,
) -> Result<BTreeMap<ObjectId, Vec<HydrationStatus>>, Error> {
    let times = told.all::<rows::HydrationTimes>();
    let times = by_replica(
        ids,
        times.map(|row| (row.object_id(), row.replica_id(), row.seconds().number())),
    )?;
    let operators = told.all::<rows::Operators>();
    let operators = by_replica(
        ids,
        operators.map(|row| {
            let counted = row.hydrated().number().zip(row.total().number());
            (row.object_id(), row.replica_id(), counted)
        }),
    )?;
    let mut hydration: BTreeMap<ObjectId, Vec<HydrationStatus>> = BTreeMap::new();
    for row in told.all::<rows::Hydration>() {
        let object = row.object_id().id()?;
        let replica = row.replica_id().optional_id()?;
        let key = (object, replica);
        let status = HydrationStatus {
            replica,
            hydrated: row.hydrated().truth(),
            hydration_seconds: times.get(&key).copied().flatten(),
            operators: operators.get(&key).copied().flatten(),
        };
        hydration.entry(object).or_default().push(status);
    }
    for statuses in hydration.values_mut() {
        statuses.sort_by_key(|status| status.replica);
    }
    Ok(hydration)
}

type ByReplica<T> = HashMap<(ObjectId, Option<ReplicaId>), T>;

fn by_replica<'a, T>(
    ids: &GlobalIds,
    rows: impl Iterator<Item = (Cell<'a>, Cell<'a>, T)>,
) -> Result<ByReplica<T>, Error> {
    rows.map(|(global, replica, value)| {
        Ok(((ids.item(global.id()?), replica.optional_id()?), value))
    })
    .collect()
}

/// # Errors
/// When a row lacks its object.
pub fn frontiers(
    told: &CatalogRows,
    ids: &GlobalIds,
) -> Result<BTreeMap<ObjectId, Frontier>, Error> {
    let several = ids.items();
    let mut newest: HashMap<ObjectId, ObjectId> = HashMap::new();
    let mut frontiers = BTreeMap::new();
    for row in told.all::<rows::Frontiers>() {
        let global = row.object_id().id()?;
        let item = ids.item(global);
        if several.contains(&item) {
            // Of several global ids of one object, the highest was made last.
            if newest.get(&item).is_some_and(|known| *known > global) {
                continue;
            }
            newest.insert(item, global);
        }
        if let Some(frontier) = frontier(row.write_frontier()) {
            frontiers.insert(item, frontier);
        }
    }
    Ok(frontiers)
}

/// Unreadable is unknown: `None`.
fn frontier(cell: Cell<'_>) -> Option<Frontier> {
    match cell.get() {
        None => Some(Frontier::Complete),
        Some(_) => cell.logical_time().map(Frontier::At),
    }
}

/// # Errors
/// When a row lacks its object or status.
pub fn connectors(told: &CatalogRows) -> Result<BTreeMap<ObjectId, ConnectorStatus>, Error> {
    let sources = told
        .all::<rows::SourceStatuses>()
        .map(|row| (row.id(), row.status(), row.error(), row.since()));
    let sinks = told
        .all::<rows::SinkStatuses>()
        .map(|row| (row.id(), row.status(), row.error(), row.since()));
    sources
        .chain(sinks)
        .map(|(id, state, error, since)| {
            let status = ConnectorStatus {
                state: ConnectorState::from(state.text()?),
                error: error.owned(),
                since: since.time(),
            };
            Ok((id.id()?, status))
        })
        .collect()
}

/// Summed over replicas.
///
/// # Errors
/// When a row lacks its object.
pub fn sources(told: &CatalogRows) -> Result<BTreeMap<ObjectId, SourceProgress>, Error> {
    let mut sources: BTreeMap<ObjectId, SourceProgress> = BTreeMap::new();
    for row in told.all::<rows::SourceStatistics>() {
        let new = SourceProgress {
            messages_received: row.messages_received().number().unwrap_or(0),
            snapshot_known: row.snapshot_records_known().number(),
            snapshot_staged: row.snapshot_records_staged().number(),
            snapshot_committed: row.snapshot_committed().truth().unwrap_or(false),
            offset_known: row.offset_known().number(),
            offset_committed: row.offset_committed().number(),
        };
        sources
            .entry(row.id().id()?)
            .and_modify(|sum| *sum = added(sum, &new))
            .or_insert(new);
    }
    Ok(sources)
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

/// # Errors
/// When a row lacks its view.
pub fn refreshes(told: &CatalogRows) -> Result<BTreeMap<ObjectId, RefreshSchedule>, Error> {
    let mut refreshes = BTreeMap::new();
    for row in told.all::<rows::RefreshStrategies>() {
        let view = row.materialized_view_id().id()?;
        refreshes.insert(view, RefreshSchedule::default());
    }
    for row in told.all::<rows::Refreshes>() {
        let schedule = RefreshSchedule {
            last_completed: row.last_completed_refresh().logical_time(),
            next: row.next_refresh().logical_time(),
        };
        refreshes.insert(row.materialized_view_id().id()?, schedule);
    }
    Ok(refreshes)
}

/// How far back interruptions are counted, in milliseconds.
const INTERRUPTION_WINDOW: u64 = 24 * 60 * 60 * 1000;

/// # Errors
/// When a row lacks its replica.
pub fn replicas(
    told: &CatalogRows,
    now: LogicalTime,
) -> Result<BTreeMap<ReplicaId, ReplicaHealth>, Error> {
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
    Ok(replicas)
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
    use crate::materialize::queries::Fact;
    use crate::materialize::row::TextRow;

    fn told(rows: &[(Fact, &[Option<&str>])]) -> CatalogRows {
        let mut told = CatalogRows::default();
        for (fact, cells) in rows {
            assert_eq!(cells.len(), fact.query().columns.len(), "{fact:?}");
            told.change(*fact, TextRow::new(cells.iter().copied()), 1);
        }
        told
    }

    #[test]
    fn hydration_gathers_time_and_operators_per_replica() {
        let told = told(&[
            (Fact::Hydration, &[Some("u27"), Some("u11"), Some("f")]),
            (Fact::Hydration, &[Some("u27"), Some("u10"), Some("true")]),
            (Fact::Hydration, &[Some("u29"), None, Some("f")]),
            (
                Fact::HydrationTimes,
                &[Some("u27"), Some("u10"), Some("2.5")],
            ),
            (
                Fact::Operators,
                &[Some("u27"), Some("u11"), Some("3"), Some("7")],
            ),
        ]);
        let hydration = hydration(&told, &GlobalIds::default()).unwrap();
        let heavy = &hydration[&ObjectId::user(27)];
        assert_eq!(heavy[0].hydration_seconds, Some(2.5));
        assert_eq!(heavy[1].operators, Some((3, 7)));
        assert_eq!(heavy[1].hydrated, Some(false));
        assert_eq!(hydration[&ObjectId::user(29)][0].replica, None);
    }

    #[test]
    fn an_empty_frontier_is_complete_and_an_unreadable_one_unknown() {
        let told = told(&[
            (Fact::Frontiers, &[Some("u4"), None]),
            (Fact::Frontiers, &[Some("u11"), Some("1795167749820")]),
            (Fact::Frontiers, &[Some("u12"), Some("soon")]),
        ]);
        let frontiers = frontiers(&told, &GlobalIds::default()).unwrap();
        assert_eq!(frontiers[&ObjectId::user(4)], Frontier::Complete);
        assert_eq!(
            frontiers[&ObjectId::user(11)],
            Frontier::At(LogicalTime(1_795_167_749_820))
        );
        assert!(!frontiers.contains_key(&ObjectId::user(12)));
    }

    #[test]
    fn the_newest_global_id_speaks_for_the_object() {
        let told = told(&[
            (Fact::GlobalIds, &[Some("u5"), Some("u9")]),
            (Fact::GlobalIds, &[Some("u5"), Some("u12")]),
            (Fact::Frontiers, &[Some("u9"), Some("100")]),
            (Fact::Frontiers, &[Some("u12"), Some("200")]),
        ]);
        let ids = GlobalIds::read(&told).unwrap();
        let frontiers = frontiers(&told, &ids).unwrap();
        assert_eq!(
            frontiers,
            BTreeMap::from([(ObjectId::user(5), Frontier::At(LogicalTime(200)))])
        );
    }

    #[test]
    fn a_replica_is_online_only_with_all_its_processes() {
        let told = told(&[
            (
                Fact::ReplicaStatuses,
                &[Some("u3"), Some("0"), Some("online"), None, Some("10")],
            ),
            (
                Fact::ReplicaStatuses,
                &[
                    Some("u3"),
                    Some("1"),
                    Some("offline"),
                    Some("oom-killed"),
                    Some("20"),
                ],
            ),
            (
                Fact::ReplicaInterruptions,
                &[Some("u3"), Some("1"), Some("oom-killed"), Some("20")],
            ),
            (
                Fact::ReplicaInterruptions,
                &[Some("u9"), Some("0"), None, Some("20")],
            ),
            (
                Fact::ReplicaUtilization,
                &[Some("u3"), Some("0"), Some("4.1e-9"), Some("13.5")],
            ),
        ]);
        let replicas_at = |now| replicas(&told, LogicalTime(now)).unwrap();
        let health = &replicas_at(30_000)[&ReplicaId::user(3)];
        assert!(!health.is_online());
        assert_eq!((health.online, health.processes), (1, 2));
        assert_eq!(health.unwell, Some(ProcessState::Offline));
        assert_eq!(health.reason, Some(OfflineReason::OutOfMemory));
        assert_eq!(health.oom_kills, [LogicalTime(20_000)]);
        assert_eq!(health.memory_percent, Some(13.5));
        assert!(!replicas_at(30_000).contains_key(&ReplicaId::user(9)));
        let later = 30_000 + INTERRUPTION_WINDOW;
        assert!(replicas_at(later)[&ReplicaId::user(3)].oom_kills.is_empty());
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
            (Fact::SourceStatistics, &row(Some("4"))),
            (Fact::SourceStatistics, &row(None)),
        ]);
        let sources = sources(&told).unwrap();
        let source = sources[&ObjectId::user(31)];
        assert_eq!(source.messages_received, 10);
        assert_eq!(source.snapshot_known, Some(20));
        assert_eq!(source.snapshot_staged, Some(4));
    }
}
