//! What the dataflows report.

use super::catalog::GlobalIds;
use super::row::{Facts, TextRow};
use crate::domain::name::{ObjectId, ReplicaId};
use crate::domain::snapshot::{
    ConnectorState, ConnectorStatus, Frontier, HydrationStatus, LogicalTime, OfflineReason,
    ProcessState, RefreshSchedule, ReplicaHealth, SourceProgress,
};
use crate::materialize::error::Error;
use crate::materialize::queries::Fact;
use std::collections::{BTreeMap, HashMap};

/// # Errors
/// When a row lacks its object.
pub fn hydration(
    facts: &Facts,
    ids: &GlobalIds,
) -> Result<BTreeMap<ObjectId, Vec<HydrationStatus>>, Error> {
    let times = by_object_and_replica(facts, Fact::HydrationTimes, ids)?;
    let operators = by_object_and_replica(facts, Fact::Operators, ids)?;
    let mut hydration: BTreeMap<ObjectId, Vec<HydrationStatus>> = BTreeMap::new();
    for row in facts.of(Fact::Hydration) {
        let object = row.id(Fact::Hydration, 0)?;
        let replica = row.optional_id(Fact::Hydration, 1)?;
        let key = (object, replica);
        let status = HydrationStatus {
            replica,
            hydrated: row.truth(2),
            hydration_seconds: times.get(&key).and_then(|row| row.number(2)),
            operators: operators
                .get(&key)
                .and_then(|row| row.number(2).zip(row.number(3))),
        };
        hydration.entry(key.0).or_default().push(status);
    }
    for statuses in hydration.values_mut() {
        statuses.sort_by_key(|status| status.replica);
    }
    Ok(hydration)
}

type ByObjectAndReplica<'a> = HashMap<(ObjectId, Option<ReplicaId>), &'a TextRow>;

fn by_object_and_replica<'a>(
    facts: &'a Facts,
    fact: Fact,
    ids: &GlobalIds,
) -> Result<ByObjectAndReplica<'a>, Error> {
    facts
        .of(fact)
        .map(|row| {
            let object = ids.item(row.id(fact, 0)?);
            Ok(((object, row.optional_id(fact, 1)?), row))
        })
        .collect()
}

/// # Errors
/// When a row lacks its object.
pub fn frontiers(facts: &Facts, ids: &GlobalIds) -> Result<BTreeMap<ObjectId, Frontier>, Error> {
    let fact = Fact::Frontiers;
    let several = ids.items();
    let mut newest: HashMap<ObjectId, ObjectId> = HashMap::new();
    let mut frontiers = BTreeMap::new();
    for row in facts.of(fact) {
        let global = row.id(fact, 0)?;
        let item = ids.item(global);
        if several.contains(&item) {
            // Of several global ids of one object, the highest was made last.
            if newest.get(&item).is_some_and(|known| *known > global) {
                continue;
            }
            newest.insert(item, global);
        }
        let frontier = match row.get(1) {
            None => Frontier::Complete,
            Some(_) => match row.logical_time(1) {
                Some(time) => Frontier::At(time),
                // Unreadable is unknown, and unknown is a missing entry.
                None => continue,
            },
        };
        frontiers.insert(item, frontier);
    }
    Ok(frontiers)
}

/// # Errors
/// When a row lacks its object or status.
pub fn connectors(facts: &Facts) -> Result<BTreeMap<ObjectId, ConnectorStatus>, Error> {
    [Fact::SourceStatuses, Fact::SinkStatuses]
        .into_iter()
        .flat_map(|fact| facts.of(fact).map(move |row| (fact, row)))
        .map(|(fact, row)| {
            let status = ConnectorStatus {
                state: ConnectorState::from(row.text(fact, 1)?),
                error: row.get(2).map(str::to_owned),
                since: row.time(3),
            };
            Ok((row.id(fact, 0)?, status))
        })
        .collect()
}

/// Summed over replicas.
///
/// # Errors
/// When a row lacks its object.
pub fn sources(facts: &Facts) -> Result<BTreeMap<ObjectId, SourceProgress>, Error> {
    let fact = Fact::SourceStatistics;
    let mut sources: BTreeMap<ObjectId, SourceProgress> = BTreeMap::new();
    for row in facts.of(fact) {
        let new = SourceProgress {
            messages_received: row.number(1).unwrap_or(0),
            snapshot_known: row.number(2),
            snapshot_staged: row.number(3),
            snapshot_committed: row.truth(4).unwrap_or(false),
            offset_known: row.number(5),
            offset_committed: row.number(6),
        };
        sources
            .entry(row.id(fact, 0)?)
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
pub fn refreshes(facts: &Facts) -> Result<BTreeMap<ObjectId, RefreshSchedule>, Error> {
    let mut refreshes = BTreeMap::new();
    for row in facts.of(Fact::RefreshStrategies) {
        let view = row.id(Fact::RefreshStrategies, 0)?;
        refreshes.insert(view, RefreshSchedule::default());
    }
    for row in facts.of(Fact::Refreshes) {
        let view = row.id(Fact::Refreshes, 0)?;
        let schedule = RefreshSchedule {
            last_completed: row.logical_time(1),
            next: row.logical_time(2),
        };
        refreshes.insert(view, schedule);
    }
    Ok(refreshes)
}

/// How far back interruptions are counted, in milliseconds.
const INTERRUPTION_WINDOW: u64 = 24 * 60 * 60 * 1000;

/// # Errors
/// When a row lacks its replica.
pub fn replicas(
    facts: &Facts,
    now: LogicalTime,
) -> Result<BTreeMap<ReplicaId, ReplicaHealth>, Error> {
    let mut replicas: BTreeMap<ReplicaId, ReplicaHealth> = BTreeMap::new();
    let fact = Fact::ReplicaStatuses;
    for row in facts.of(fact) {
        let health = replicas.entry(row.id(fact, 0)?).or_default();
        health.processes += 1;
        match ProcessState::from(row.text(fact, 2)?) {
            ProcessState::Online => health.online += 1,
            state => {
                health.unwell = Some(state);
                health.reason = row.get(3).map(OfflineReason::from).or(health.reason.take());
            }
        }
        health.since = health.since.max(row.time(4));
    }
    let fact = Fact::ReplicaUtilization;
    for row in facts.of(fact) {
        let health = replicas.entry(row.id(fact, 0)?).or_default();
        health.cpu_percent = highest(health.cpu_percent, row.number(2));
        health.memory_percent = highest(health.memory_percent, row.number(3));
    }
    let fact = Fact::ReplicaInterruptions;
    for row in facts.of(fact) {
        let Some(at) = row.time(3) else { continue };
        if now.millis_since(at) > INTERRUPTION_WINDOW {
            continue;
        }
        // A replica that was dropped leaves its history behind, but no status.
        let Some(health) = replicas.get_mut(&row.id(fact, 0)?) else {
            continue;
        };
        health.interruptions.push(at);
        if row.get(2).map(OfflineReason::from) == Some(OfflineReason::OutOfMemory) {
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

    fn facts(rows: &[(Fact, &[Option<&str>])]) -> Facts {
        let mut facts = Facts::default();
        for (fact, cells) in rows {
            assert_eq!(cells.len(), fact.query().columns.len(), "{fact:?}");
            facts
                .rows_mut(*fact)
                .change(TextRow::new(cells.iter().copied()), 1);
        }
        facts
    }

    #[test]
    fn hydration_gathers_time_and_operators_per_replica() {
        let facts = facts(&[
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
        let hydration = hydration(&facts, &GlobalIds::default()).unwrap();
        let heavy = &hydration[&ObjectId::user(27)];
        assert_eq!(heavy[0].hydration_seconds, Some(2.5));
        assert_eq!(heavy[1].operators, Some((3, 7)));
        assert_eq!(heavy[1].hydrated, Some(false));
        assert_eq!(hydration[&ObjectId::user(29)][0].replica, None);
    }

    #[test]
    fn an_empty_frontier_is_complete_and_an_unreadable_one_unknown() {
        let facts = facts(&[
            (Fact::Frontiers, &[Some("u4"), None]),
            (Fact::Frontiers, &[Some("u11"), Some("1795167749820")]),
            (Fact::Frontiers, &[Some("u12"), Some("soon")]),
        ]);
        let frontiers = frontiers(&facts, &GlobalIds::default()).unwrap();
        assert_eq!(frontiers[&ObjectId::user(4)], Frontier::Complete);
        assert_eq!(
            frontiers[&ObjectId::user(11)],
            Frontier::At(LogicalTime(1_795_167_749_820))
        );
        assert!(!frontiers.contains_key(&ObjectId::user(12)));
    }

    #[test]
    fn the_newest_global_id_speaks_for_the_object() {
        let facts = facts(&[
            (Fact::GlobalIds, &[Some("u5"), Some("u9")]),
            (Fact::GlobalIds, &[Some("u5"), Some("u12")]),
            (Fact::Frontiers, &[Some("u9"), Some("100")]),
            (Fact::Frontiers, &[Some("u12"), Some("200")]),
        ]);
        let ids = GlobalIds::read(&facts).unwrap();
        let frontiers = frontiers(&facts, &ids).unwrap();
        assert_eq!(
            frontiers,
            BTreeMap::from([(ObjectId::user(5), Frontier::At(LogicalTime(200)))])
        );
    }

    #[test]
    fn a_replica_is_online_only_with_all_its_processes() {
        let facts = facts(&[
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
        let replicas_at = |now| replicas(&facts, LogicalTime(now)).unwrap();
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
        let facts = facts(&[
            (Fact::SourceStatistics, &row(Some("4"))),
            (Fact::SourceStatistics, &row(None)),
        ]);
        let sources = sources(&facts).unwrap();
        let source = sources[&ObjectId::user(31)];
        assert_eq!(source.messages_received, 10);
        assert_eq!(source.snapshot_known, Some(20));
        assert_eq!(source.snapshot_staged, Some(4));
    }
}
