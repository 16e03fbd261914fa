//! Snapshot -> readiness per object and per cluster. The rule of the house: what is unknown is never ready.
//!
//! The list of what must be ready comes from the catalog, never from the status views: an object that no replica has reported yet has
//! a status row without a replica or none at all (recorded: 07), and must not drop out of the count.

use super::environment::{Resolved, Side};
use super::name::{ClusterId, ObjectId, ReplicaId};
use super::object::{Cluster, ClusterSchedule, Object, ObjectKind};
use super::snapshot::{Frontier, Lag, LogicalTime, ReplicaHealth, Snapshot};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// `oom-killed` events within [`OOM_WINDOW_MS`] that make a replica that is not online count as looping.
pub const OOM_LOOP_KILLS: usize = 3;
/// The window for counting kills, in milliseconds of logical time: one hour.
pub const OOM_WINDOW_MS: u64 = 60 * 60 * 1000;

/// The verdict on one object, one cluster or one side, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Readiness {
    Ready,
    /// Hydrated, but its lag exceeds the threshold.
    Lagging,
    Hydrating,
    /// The facts to judge it are missing.
    Unknown,
    /// Without replicas on purpose.
    Paused,
    /// Can't become ready by waiting.
    Failing,
}

impl Readiness {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Lagging => "lagging",
            Self::Hydrating => "hydrating",
            Self::Unknown => "unknown",
            Self::Paused => "paused",
            Self::Failing => "failing",
        }
    }
}

impl fmt::Display for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What is asked of a side before it counts as ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// The largest acceptable lag in milliseconds.
    pub lag_ms: u64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { lag_ms: 1000 }
    }
}

/// The verdict on one object and what it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectReadiness {
    pub id: ObjectId,
    pub side: Side,
    /// The cluster that its dataflow runs on.
    pub cluster: Option<ClusterId>,
    pub readiness: Readiness,
    /// Why it is not ready, or what "ready" means for it; empty when there is nothing to add.
    pub reason: String,
    /// Replicas that have rebuilt it.
    pub hydrated_on: BTreeSet<ReplicaId>,
    /// Replicas of its cluster that count.
    pub replicas: usize,
    pub lag: Lag,
    pub materialization_lag: Lag,
    /// Whether it must hydrate or catch up at all: views and ordinary tables need nothing.
    pub counts: bool,
}

/// The verdict on one cluster of a side.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterReadiness {
    pub name: String,
    pub id: Option<ClusterId>,
    pub side: Side,
    pub readiness: Readiness,
    pub reason: String,
    /// Objects hydrated on the replica that has the most, and objects that count.
    pub hydrated: usize,
    pub total: usize,
    /// The largest known lag; unknown while any object's lag is.
    pub lag: Lag,
    /// When the state that holds it up began, on the server's clock.
    pub since: Option<LogicalTime>,
}

/// The verdict on one side.
#[derive(Debug, Clone, PartialEq)]
pub struct SideReadiness {
    pub side: Side,
    pub readiness: Readiness,
    pub reason: String,
    pub clusters: Vec<ClusterReadiness>,
    pub objects: BTreeMap<ObjectId, ObjectReadiness>,
}

impl SideReadiness {
    /// Objects hydrated and objects that count, over all clusters.
    #[must_use]
    pub fn hydrated_of_total(&self) -> (usize, usize) {
        self.clusters.iter().fold((0, 0), |(h, t), cluster| {
            (h + cluster.hydrated, t + cluster.total)
        })
    }
}

/// Judges one side of an environment.
#[must_use]
pub fn judge(
    snapshot: &Snapshot,
    resolved: &Resolved<'_>,
    side: Side,
    thresholds: Thresholds,
) -> SideReadiness {
    let objects: BTreeMap<ObjectId, ObjectReadiness> = resolved
        .members(side)
        .map(|object| {
            (
                object.id.clone(),
                judge_object(snapshot, object, side, thresholds),
            )
        })
        .collect();
    let clusters: Vec<ClusterReadiness> = judge_clusters(snapshot, resolved, side, &objects);
    let (readiness, reason) = overall(&clusters, &objects);
    SideReadiness {
        side,
        readiness,
        reason,
        clusters,
        objects,
    }
}

fn overall(
    clusters: &[ClusterReadiness],
    objects: &BTreeMap<ObjectId, ObjectReadiness>,
) -> (Readiness, String) {
    let worst_cluster = clusters.iter().max_by_key(|cluster| cluster.readiness);
    if let Some(cluster) = worst_cluster
        && cluster.readiness != Readiness::Ready
    {
        return (
            cluster.readiness,
            format!("cluster {}: {}", cluster.name, cluster.reason),
        );
    }
    // Objects of the side that live on no cluster of the side: tables fed by a source, items on foreign clusters.
    let worst_object = objects.values().max_by_key(|object| object.readiness);
    if let Some(object) = worst_object
        && object.readiness != Readiness::Ready
    {
        return (object.readiness, object.reason.clone());
    }
    if objects.values().any(|object| object.counts) {
        (Readiness::Ready, String::new())
    } else {
        (Readiness::Ready, "nothing to hydrate".to_owned())
    }
}

fn judge_object(
    snapshot: &Snapshot,
    object: &Object,
    side: Side,
    thresholds: Thresholds,
) -> ObjectReadiness {
    let replicas: Vec<&ReplicaId> = object
        .cluster
        .iter()
        .flat_map(|cluster| snapshot.catalog.replicas_of(cluster))
        .map(|replica| &replica.id)
        .collect();
    let hydrated_on = hydrated_on(snapshot, object, &replicas);
    let lag = snapshot.lag(&object.id);
    let mut verdict = ObjectReadiness {
        id: object.id.clone(),
        side,
        cluster: object.cluster.clone(),
        readiness: Readiness::Ready,
        reason: String::new(),
        replicas: replicas.len(),
        lag,
        materialization_lag: snapshot.materialization_lag(&object.id),
        counts: counts(object),
        hydrated_on,
    };
    if verdict.counts {
        (verdict.readiness, verdict.reason) = match object.kind {
            ObjectKind::Table => judge_connector(snapshot, object, "source"),
            _ => judge_dataflow(snapshot, object, &verdict, thresholds),
        };
    }
    verdict
}

/// Whether an object must hydrate or catch up: a dataflow, or a table that a source feeds.
///
/// A source without a cluster (a webhook, a progress collection, a subsource) has no dataflow of its own.
#[must_use]
pub fn counts(object: &Object) -> bool {
    match object.kind {
        ObjectKind::Table => object.parent.is_some(),
        ObjectKind::Source => {
            object.cluster.is_some()
                && !matches!(object.flavor.as_str(), "webhook" | "progress" | "subsource")
        }
        ObjectKind::Other(_) => object.cluster.is_some(),
        _ => object.kind.has_dataflow(),
    }
}

fn hydrated_on(
    snapshot: &Snapshot,
    object: &Object,
    replicas: &[&ReplicaId],
) -> BTreeSet<ReplicaId> {
    snapshot
        .readings
        .hydration
        .get(&object.id)
        .into_iter()
        .flatten()
        .filter(|status| status.hydrated == Some(true))
        .filter_map(|status| status.replica.as_ref())
        // The status view keeps rows of replicas that are gone: only living ones prove anything.
        .filter(|replica| replicas.contains(replica))
        .cloned()
        .collect()
}

fn judge_connector(snapshot: &Snapshot, object: &Object, what: &str) -> (Readiness, String) {
    match snapshot.readings.connectors.get(&object.id) {
        None => (Readiness::Unknown, format!("the {what} reports no status")),
        Some(status) => match status.status.as_str() {
            "running" => (Readiness::Ready, String::new()),
            "paused" => (Readiness::Paused, format!("the {what} is paused")),
            "created" | "starting" => (
                Readiness::Hydrating,
                format!("the {what} is {}", status.status),
            ),
            "stalled" => (
                Readiness::Lagging,
                with_error(format!("the {what} is stalled"), status.error.as_deref()),
            ),
            "failed" | "dropped" | "ceased" => (
                Readiness::Failing,
                with_error(
                    format!("the {what} has {}", status.status),
                    status.error.as_deref(),
                ),
            ),
            other => (
                Readiness::Unknown,
                format!("the {what} reports the unknown status {other:?}"),
            ),
        },
    }
}

fn with_error(sentence: String, error: Option<&str>) -> String {
    match error {
        Some(error) => format!("{sentence}: {error}"),
        None => sentence,
    }
}

fn judge_dataflow(
    snapshot: &Snapshot,
    object: &Object,
    verdict: &ObjectReadiness,
    thresholds: Thresholds,
) -> (Readiness, String) {
    // Checked before hydration: a stalled sink or source never hydrates, and its error says more than "0 of 1 replicas".
    if matches!(object.kind, ObjectKind::Sink | ObjectKind::Source) {
        let connector = judge_connector(snapshot, object, object.kind.as_str());
        if connector.0 != Readiness::Ready && connector.0 != Readiness::Hydrating {
            return connector;
        }
    }
    if matches!(
        snapshot.readings.frontiers.get(&object.id),
        Some(Frontier::Complete)
    ) {
        return (
            Readiness::Ready,
            "complete: it never changes again".to_owned(),
        );
    }
    if verdict.replicas == 0 {
        if is_between_refreshes(snapshot, object) {
            return judge_lag(snapshot, object, verdict.lag, thresholds);
        }
        return (Readiness::Paused, "its cluster has no replica".to_owned());
    }
    if verdict.hydrated_on.is_empty() {
        return (Readiness::Hydrating, hydrating_reason(snapshot, object));
    }
    judge_lag(snapshot, object, verdict.lag, thresholds)
}

/// A refresh view whose cluster has replicas only while it refreshes.
fn is_between_refreshes(snapshot: &Snapshot, object: &Object) -> bool {
    let cluster = object
        .cluster
        .as_ref()
        .and_then(|id| snapshot.catalog.clusters.get(id));
    cluster.is_some_and(|cluster| cluster.schedule == ClusterSchedule::OnRefresh)
        && snapshot.readings.refreshes.contains_key(&object.id)
}

fn hydrating_reason(snapshot: &Snapshot, object: &Object) -> String {
    let statuses = snapshot.readings.hydration.get(&object.id);
    let attached = statuses.into_iter().flatten().any(|status| {
        status
            .replica
            .as_ref()
            .is_some_and(|id| snapshot.catalog.replicas.contains_key(id))
    });
    if !attached {
        return "not attached to a replica yet".to_owned();
    }
    let operators = statuses
        .into_iter()
        .flatten()
        .filter_map(|status| status.operators)
        .max();
    match operators {
        Some((hydrated, total)) if total > 0 => format!("{hydrated} of {total} operators hydrated"),
        _ => "hydrating".to_owned(),
    }
}

fn judge_lag(
    snapshot: &Snapshot,
    object: &Object,
    lag: Lag,
    thresholds: Thresholds,
) -> (Readiness, String) {
    if let Some(refresh) = snapshot.readings.refreshes.get(&object.id) {
        return match (refresh.last_completed, refresh.next) {
            (None, _) => (
                Readiness::Hydrating,
                "its first refresh has not completed".to_owned(),
            ),
            (Some(_), Some(next)) if next < snapshot.time => {
                let late = snapshot.time.millis_since(next);
                if late > thresholds.lag_ms {
                    (
                        Readiness::Lagging,
                        format!("its refresh is {} late", seconds(late)),
                    )
                } else {
                    (Readiness::Ready, String::new())
                }
            }
            (Some(_), _) => (
                Readiness::Ready,
                "caught up with its refresh schedule".to_owned(),
            ),
        };
    }
    match lag {
        Lag::Unknown => (Readiness::Unknown, "its lag is unknown".to_owned()),
        Lag::Millis(lag) if lag > thresholds.lag_ms => (
            Readiness::Lagging,
            format!(
                "{} behind, threshold {}",
                seconds(lag),
                seconds(thresholds.lag_ms)
            ),
        ),
        Lag::Millis(_) => (Readiness::Ready, String::new()),
    }
}

/// Milliseconds as seconds for people: `1.5 s`.
#[must_use]
pub fn seconds(millis: u64) -> String {
    format!("{}.{} s", millis / 1000, millis % 1000 / 100)
}

fn judge_clusters(
    snapshot: &Snapshot,
    resolved: &Resolved<'_>,
    side: Side,
    objects: &BTreeMap<ObjectId, ObjectReadiness>,
) -> Vec<ClusterReadiness> {
    resolved
        .clusters
        .iter()
        .map(|pair| match pair.side(side) {
            Some(cluster) => judge_cluster(snapshot, cluster, side, objects),
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
            },
        })
        .collect()
}

fn judge_cluster(
    snapshot: &Snapshot,
    cluster: &Cluster,
    side: Side,
    objects: &BTreeMap<ObjectId, ObjectReadiness>,
) -> ClusterReadiness {
    let on_cluster: Vec<&ObjectReadiness> = objects
        .values()
        .filter(|object| object.counts && object.cluster.as_ref() == Some(&cluster.id))
        .collect();
    let mut verdict = ClusterReadiness {
        name: cluster.name.to_string(),
        id: Some(cluster.id.clone()),
        side,
        readiness: Readiness::Ready,
        reason: String::new(),
        hydrated: most_hydrated(snapshot, cluster, &on_cluster),
        total: on_cluster.len(),
        lag: worst_lag(&on_cluster),
        since: None,
    };
    (verdict.readiness, verdict.reason, verdict.since) =
        cluster_state(snapshot, cluster, &on_cluster);
    verdict
}

fn is_complete(snapshot: &Snapshot, object: &ObjectId) -> bool {
    matches!(
        snapshot.readings.frontiers.get(object),
        Some(Frontier::Complete)
    )
}

fn hydrated_on_replica(snapshot: &Snapshot, object: &ObjectReadiness, replica: &ReplicaId) -> bool {
    object.hydrated_on.contains(replica) || is_complete(snapshot, &object.id)
}

fn most_hydrated(snapshot: &Snapshot, cluster: &Cluster, objects: &[&ObjectReadiness]) -> usize {
    snapshot
        .catalog
        .replicas_of(&cluster.id)
        .map(|replica| {
            objects
                .iter()
                .filter(|object| hydrated_on_replica(snapshot, object, &replica.id))
                .count()
        })
        .max()
        .unwrap_or(0)
}

fn worst_lag(objects: &[&ObjectReadiness]) -> Lag {
    let mut worst = 0;
    for object in objects {
        match object.lag {
            Lag::Unknown => return Lag::Unknown,
            Lag::Millis(lag) => worst = worst.max(lag),
        }
    }
    Lag::Millis(worst)
}

fn cluster_state(
    snapshot: &Snapshot,
    cluster: &Cluster,
    objects: &[&ObjectReadiness],
) -> (Readiness, String, Option<LogicalTime>) {
    let replicas: Vec<&ReplicaId> = snapshot
        .catalog
        .replicas_of(&cluster.id)
        .map(|replica| &replica.id)
        .collect();
    if replicas.is_empty() {
        return without_replicas(cluster, objects);
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
    (
        Readiness::Paused,
        "the cluster has no replica (replication factor 0)".to_owned(),
        None,
    )
}

/// A replica is trusted when its processes are online. Without any status (an old or restricted server) it is trusted by its hydration rows.
fn is_healthy(snapshot: &Snapshot, replica: &ReplicaId) -> bool {
    if snapshot.lacks("mz_cluster_replica_statuses") {
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
        format!("every replica runs out of memory again and again ({kills} kills within the hour)"),
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

#[cfg(test)]
mod tests;
