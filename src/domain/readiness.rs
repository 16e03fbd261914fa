//! Snapshot -> readiness per object and per cluster. The rule of the house: what is unknown is never ready.
//!
//! The list of what must be ready comes from the catalog, never from the status views: an object that no replica has reported yet has
//! a status row without a replica or none at all (recorded: 07), and must not drop out of the count.

mod clusters;
mod connectors;
mod lag;
#[cfg(test)]
mod tests;

use super::environment::{Resolved, Side};
use super::name::{ClusterId, ObjectId, ReplicaId};
use super::object::{ClusterSchedule, ConnectorType, Object, ObjectKind};
use super::quantity::part;
pub use super::quantity::seconds;
use super::reading::CatalogReading;
use super::snapshot::{Frontier, Lag, LogicalTime, Snapshot};
use clusters::judge_clusters;
use connectors::judge_connector;
use lag::Yardstick;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

pub use lag::ROOT_LAG_MS;

/// `oom-killed` events within [`OOM_WINDOW_MS`] that make a replica that is not online count as looping.
pub const OOM_LOOP_KILLS: usize = 3;
/// The window for counting kills, in milliseconds of logical time: one hour.
pub const OOM_WINDOW_MS: u64 = 60 * 60 * 1000;

/// The verdict on one object, one cluster or one side, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Readiness {
    Ready,
    /// Hydrated, but not caught up: behind its inputs or its twin by more than the threshold.
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
    /// The lag in milliseconds, behind the reading's time or behind inputs and twin, that is acceptable.
    pub lag_ms: u64,
    /// How long, in milliseconds of the server's time, readiness must hold before somebody who waits is told.
    pub settle_ms: u64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            lag_ms: 1000,
            settle_ms: 3000,
        }
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

    /// The largest lag of what counts; unknown while any is.
    #[must_use]
    pub fn worst_lag(&self) -> Lag {
        worst_lag(self.objects.values().filter(|object| object.counts))
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
    let mut yardstick = Yardstick::new(snapshot, resolved, side, thresholds);
    let objects: BTreeMap<ObjectId, ObjectReadiness> = resolved
        .members(side)
        .map(|object| {
            let verdict = judge_object(snapshot, object, side, (&mut yardstick, thresholds));
            (object.id, verdict)
        })
        .collect();
    let clusters = judge_clusters(snapshot, resolved, side, (&objects, thresholds));
    let (readiness, reason) = overall(&clusters, &objects, thresholds);
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
    thresholds: Thresholds,
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
        (Readiness::Ready, late_source(objects.values(), thresholds))
    } else {
        (Readiness::Ready, "nothing to hydrate".to_owned())
    }
}

/// What caught-up objects are late with: the reason of the latest of them, empty while none is late by more than ticks.
fn late_source<'a>(
    objects: impl Iterator<Item = &'a ObjectReadiness>,
    thresholds: Thresholds,
) -> String {
    let late = |object: &&ObjectReadiness| match object.lag {
        Lag::Millis(lag) => lag > thresholds.root_lag_ms(),
        Lag::Unknown => false,
    };
    objects
        .filter(late)
        .max_by_key(|object| match object.lag {
            Lag::Millis(lag) => lag,
            Lag::Unknown => 0,
        })
        .map_or_else(String::new, |object| object.reason.clone())
}

fn worst_lag<'a>(objects: impl Iterator<Item = &'a ObjectReadiness>) -> Lag {
    let mut worst = 0;
    for object in objects {
        match object.lag {
            Lag::Unknown => return Lag::Unknown,
            Lag::Millis(lag) => worst = worst.max(lag),
        }
    }
    Lag::Millis(worst)
}

fn judge_object<'a>(
    snapshot: &'a Snapshot,
    object: &'a Object,
    side: Side,
    (yardstick, thresholds): (&mut Yardstick<'a>, Thresholds),
) -> ObjectReadiness {
    let replicas = replicas_of(snapshot, object);
    let hydrated_on = hydrated_on(snapshot, object, &replicas);
    let lag = snapshot.lag(&object.id);
    let mut verdict = ObjectReadiness {
        id: object.id,
        side,
        cluster: object.cluster,
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
            ObjectKind::Table => match judge_connector(snapshot, object, "source") {
                (Readiness::Ready, _) => yardstick.judge(object),
                waiting => waiting,
            },
            _ => judge_dataflow(snapshot, object, &verdict, (yardstick, thresholds)),
        };
    }
    verdict
}

fn replicas_of<'a>(snapshot: &'a Snapshot, object: &'a Object) -> Vec<&'a ReplicaId> {
    object
        .cluster
        .iter()
        .flat_map(|cluster| snapshot.catalog.replicas_of(cluster))
        .map(|replica| &replica.id)
        .collect()
}

/// Whether an object must hydrate or catch up: a dataflow, or a table that a source feeds.
///
/// A source without a cluster (a webhook, a progress collection, a subsource) has no dataflow of its own.
#[must_use]
pub fn counts(object: &Object) -> bool {
    match object.kind {
        ObjectKind::Table => object.parent.is_some(),
        ObjectKind::Source => {
            let connector = object.connector.as_ref();
            object.cluster.is_some() && connector.is_none_or(ConnectorType::has_dataflow)
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
        .hydration_of(&object.id)
        .iter()
        .filter(|status| status.hydrated == Some(true))
        .filter_map(|status| status.replica.as_ref())
        // The status view keeps rows of replicas that are gone: only living ones prove anything.
        .filter(|replica| replicas.contains(replica))
        .cloned()
        .collect()
}

fn judge_dataflow<'a>(
    snapshot: &Snapshot,
    object: &'a Object,
    verdict: &ObjectReadiness,
    measure: (&mut Yardstick<'a>, Thresholds),
) -> (Readiness, String) {
    // Checked before hydration: a stalled sink or source never hydrates, and its error says more than "0 of 1 replicas".
    if matches!(object.kind, ObjectKind::Sink | ObjectKind::Source) {
        let connector = judge_connector(snapshot, object, object.kind.as_str());
        if connector.0 != Readiness::Ready && connector.0 != Readiness::Hydrating {
            return connector;
        }
    }
    if needs_no_replica(snapshot, &object.id) {
        return (
            Readiness::Ready,
            "complete: it never changes again".to_owned(),
        );
    }
    if verdict.replicas == 0 {
        if is_between_refreshes(snapshot, object) {
            return judge_lag(snapshot, object, measure);
        }
        return (Readiness::Paused, "its cluster has no replica".to_owned());
    }
    if verdict.hydrated_on.is_empty() {
        return match snapshot.missing.get(&CatalogReading::Hydration) {
            Some(missing) => (
                Readiness::Unknown,
                format!("its hydration is unknown: {missing} can't be read"),
            ),
            None => (Readiness::Hydrating, hydrating_reason(snapshot, object)),
        };
    }
    judge_lag(snapshot, object, measure)
}

/// A complete collection is read from storage and needs no replica; a complete index still lives in a replica's memory.
fn needs_no_replica(snapshot: &Snapshot, id: &ObjectId) -> bool {
    let frontier = snapshot.readings.frontiers.get(id);
    let object = snapshot.catalog.objects.get(id);
    matches!(frontier, Some(Frontier::Complete))
        && object.is_some_and(|object| object.kind != ObjectKind::Index)
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
    let statuses = snapshot.readings.hydration_of(&object.id);
    let attached = statuses.iter().any(|status| {
        status
            .replica
            .as_ref()
            .is_some_and(|id| snapshot.catalog.replicas.contains_key(id))
    });
    if !attached {
        return "not attached to a replica yet".to_owned();
    }
    let operators = statuses.iter().filter_map(|status| status.operators).max();
    match operators {
        Some((hydrated, total)) if total > 0 => {
            format!("{} hydrated", part(hydrated, total, "operator"))
        }
        _ => "hydrating".to_owned(),
    }
}

/// A view that refreshes on a schedule is judged by its refreshes, everything else by its lag.
fn judge_lag<'a>(
    snapshot: &Snapshot,
    object: &'a Object,
    (yardstick, thresholds): (&mut Yardstick<'a>, Thresholds),
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
    yardstick.judge(object)
}
