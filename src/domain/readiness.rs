//! Snapshot -> readiness per object and per cluster. The rule of the house: what is unknown is never ready.
//!
//! The list of what must be ready comes from the catalog, never from the status views: an object that no replica has reported yet has
//! a status row without a replica or none at all (recorded: 07), and must not drop out of the count.

mod activity;
mod clusters;
mod connectors;
mod hydration;
mod lag;
mod side;
#[cfg(test)]
mod tests;

use super::environment::{Resolved, Side};
use super::name::ObjectId;
use super::object::{ClusterSchedule, Object, ObjectKind};
use super::quantity::part;
pub use super::quantity::seconds;
use super::reading::CatalogReading;
use super::snapshot::Snapshot;
use clusters::judge_clusters;
use connectors::judge_connector;
pub use hydration::counts;
use hydration::{hydrated_on, needs_no_replica, replicas_of};
use lag::Yardstick;
use lag::late_source;
pub use side::{
    ClusterReadiness, OOM_LOOP_KILLS, OOM_WINDOW_MS, ObjectReadiness, Readiness, SideReadiness,
    Thresholds,
};
use std::collections::BTreeMap;

pub use lag::ROOT_LAG_MS;

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
    let steady = replicas_of(snapshot, object);
    if !attached {
        return "not attached to a replica yet".to_owned();
    }
    let on_steady = statuses.iter().filter(|status| {
        status
            .replica
            .as_ref()
            .is_some_and(|id| steady.contains(&id))
    });
    let operators = on_steady.filter_map(|status| status.operators).max();
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
