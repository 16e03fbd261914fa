//! A cluster is ready when one healthy replica that stays has everything: the judgement from objects to their cluster.

use super::activity::activity;
use super::hydration::needs_no_replica;
use super::lag::late_source;
use super::side::worst_lag;
use super::{
    ClusterReadiness, OOM_LOOP_KILLS, OOM_WINDOW_MS, ObjectReadiness, Readiness, Thresholds,
};
use crate::domain::environment::{Resolved, Side};
use crate::domain::name::{ObjectId, ReplicaId};
use crate::domain::object::{Cluster, ClusterSchedule};
use crate::domain::quantity::count;
use crate::domain::reading::CatalogReading;
use crate::domain::snapshot::{Lag, LogicalTime, ReplicaHealth, Snapshot};
use std::collections::BTreeMap;

pub(super) fn judge_clusters(
    snapshot: &Snapshot,
    resolved: &Resolved<'_>,
    side: Side,
    judged: (&BTreeMap<ObjectId, ObjectReadiness>, Thresholds),
) -> Vec<ClusterReadiness> {
    resolved
        .clusters
        .iter()
        .map(|pair| match pair.side(side) {
            Some(cluster) => judge_cluster(snapshot, cluster, side, judged),
            None => ClusterReadiness {
                name: pair.names.name(side).to_string(),
                id: None,
                side,
                readiness: Readiness::Failing,
                reason: "the cluster does not exist".to_owned(),
                hydrated: 0,
                total: 0,
                lag: Lag::Unknown,
                since: None,
                activity: None,
            },
        })
        .collect()
}

fn judge_cluster(
    snapshot: &Snapshot,
    cluster: &Cluster,
    side: Side,
    (objects, thresholds): (&BTreeMap<ObjectId, ObjectReadiness>, Thresholds),
) -> ClusterReadiness {
    let on_cluster: Vec<&ObjectReadiness> = objects
        .values()
        .filter(|object| object.counts && object.cluster.as_ref() == Some(&cluster.id))
        .collect();
    let mut verdict = ClusterReadiness {
        name: cluster.name.to_string(),
        id: Some(cluster.id),
        side,
        readiness: Readiness::Ready,
        reason: String::new(),
        hydrated: most_hydrated(snapshot, cluster, &on_cluster),
        total: on_cluster.len(),
        lag: worst_lag(on_cluster.iter().copied()),
        since: None,
        activity: None,
    };
    let counted = (verdict.hydrated, verdict.total);
    verdict.activity = activity(snapshot, cluster, counted);
    (verdict.readiness, verdict.reason, verdict.since) =
        cluster_state(snapshot, cluster, &on_cluster);
    if verdict.readiness == Readiness::Ready && verdict.reason.is_empty() {
        verdict.reason = late_source(on_cluster.iter().copied(), thresholds);
    }
    verdict
}

fn hydrated_on_replica(snapshot: &Snapshot, object: &ObjectReadiness, replica: &ReplicaId) -> bool {
    object.hydrated_on.contains(replica) || needs_no_replica(snapshot, &object.id)
}

fn most_hydrated(snapshot: &Snapshot, cluster: &Cluster, objects: &[&ObjectReadiness]) -> usize {
    snapshot
        .catalog
        .steady_replicas_of(&cluster.id)
        .map(|replica| {
            objects
                .iter()
                .filter(|object| hydrated_on_replica(snapshot, object, &replica.id))
                .count()
        })
        .max()
        .unwrap_or(0)
}

fn cluster_state(
    snapshot: &Snapshot,
    cluster: &Cluster,
    objects: &[&ObjectReadiness],
) -> (Readiness, String, Option<LogicalTime>) {
    let replicas: Vec<&ReplicaId> = snapshot
        .catalog
        .steady_replicas_of(&cluster.id)
        .map(|replica| &replica.id)
        .collect();
    if replicas.is_empty() {
        let has_others = snapshot.catalog.replicas_of(&cluster.id).next().is_some();
        return without_replicas(cluster, objects, has_others);
    }
    if let Some(failing) = all_replicas_failing(snapshot, &replicas) {
        return failing;
    }
    let healthy: Vec<&ReplicaId> = replicas
        .into_iter()
        .filter(|id| is_healthy(snapshot, id))
        .collect();
    if healthy.is_empty() {
        return (
            Readiness::Unknown,
            "no replica reports that it is online".to_owned(),
            None,
        );
    }
    if let Some(worst) = objects
        .iter()
        .filter(|object| object.readiness != Readiness::Ready)
        .max_by_key(|object| object.readiness)
    {
        let waiting = objects
            .iter()
            .filter(|object| object.readiness != Readiness::Ready)
            .count();
        return (
            worst.readiness,
            describe_waiting(snapshot, worst, waiting),
            None,
        );
    }
    // Each object is hydrated somewhere; a cutover needs one replica that has them all.
    let whole = healthy.iter().any(|replica| {
        objects
            .iter()
            .all(|object| hydrated_on_replica(snapshot, object, replica))
    });
    if whole {
        (Readiness::Ready, String::new(), None)
    } else {
        (
            Readiness::Hydrating,
            "no single healthy replica has every object hydrated".to_owned(),
            None,
        )
    }
}

fn describe_waiting(snapshot: &Snapshot, worst: &ObjectReadiness, waiting: usize) -> String {
    let name = snapshot
        .catalog
        .objects
        .get(&worst.id)
        .map_or_else(|| worst.id.to_string(), |object| object.name.to_string());
    match waiting {
        1 => format!("{name}: {}", worst.reason),
        n => format!("{name}: {} (and {} more)", worst.reason, n - 1),
    }
}

fn without_replicas(
    cluster: &Cluster,
    objects: &[&ObjectReadiness],
    has_others: bool,
) -> (Readiness, String, Option<LogicalTime>) {
    if cluster.schedule == ClusterSchedule::OnRefresh {
        let caught_up = objects
            .iter()
            .all(|object| object.readiness == Readiness::Ready);
        return if caught_up && !objects.is_empty() {
            (Readiness::Ready, "between refreshes".to_owned(), None)
        } else {
            (
                Readiness::Paused,
                "scheduled ON REFRESH and without a replica now".to_owned(),
                None,
            )
        };
    }
    if objects
        .iter()
        .all(|object| object.readiness == Readiness::Ready)
    {
        let reason = if objects.is_empty() {
            "no replica, and nothing that needs one"
        } else {
            "no replica, all complete"
        };
        return (Readiness::Ready, reason.to_owned(), None);
    }
    let reason = match has_others {
        true => "the cluster has no replica that stays",
        false => "the cluster has no replica (replication factor 0)",
    };
    (Readiness::Paused, reason.to_owned(), None)
}

/// A replica is trusted when its processes are online. Without any status (an old or restricted server) it is trusted by its hydration rows.
fn is_healthy(snapshot: &Snapshot, replica: &ReplicaId) -> bool {
    if snapshot.lacks(CatalogReading::ReplicaStatuses) {
        return true;
    }
    snapshot
        .readings
        .replicas
        .get(replica)
        .is_some_and(ReplicaHealth::is_online)
}

fn all_replicas_failing(
    snapshot: &Snapshot,
    replicas: &[&ReplicaId],
) -> Option<(Readiness, String, Option<LogicalTime>)> {
    let mut since = None;
    let mut kills = 0;
    for replica in replicas {
        let health = snapshot.readings.replicas.get(*replica)?;
        let recent: Vec<LogicalTime> = health
            .oom_kills
            .iter()
            .copied()
            .filter(|at| snapshot.time.millis_since(*at) <= OOM_WINDOW_MS)
            .collect();
        let looping = recent.len() >= OOM_LOOP_KILLS && !stayed_up(snapshot, health, &recent);
        if !looping {
            return None;
        }
        kills = kills.max(recent.len());
        since = since.max(recent.first().copied());
    }
    Some((
        Readiness::Failing,
        format!(
            "every replica runs out of memory again and again ({} within the hour)",
            count(kills, "kill")
        ),
        since,
    ))
}

/// Online for longer than the longest pause between the recent kills: it has come through.
fn stayed_up(snapshot: &Snapshot, health: &ReplicaHealth, kills: &[LogicalTime]) -> bool {
    let longest_pause = kills
        .windows(2)
        .map(|pair| pair[1].millis_since(pair[0]))
        .max()
        .unwrap_or(0);
    let up_for = kills
        .last()
        .map_or(0, |last| snapshot.time.millis_since(*last));
    health.is_online() && up_for > longest_pause.saturating_mul(2)
}
