//! What has to hydrate, and where it has.

use crate::domain::name::{ObjectId, ReplicaId};
use crate::domain::object::{ConnectorType, Object, ObjectKind};
use crate::domain::snapshot::{Frontier, Snapshot};
use std::collections::BTreeSet;

/// The replicas that it must be hydrated on: those that stay.
pub(super) fn replicas_of<'a>(snapshot: &'a Snapshot, object: &'a Object) -> Vec<&'a ReplicaId> {
    object
        .cluster
        .iter()
        .flat_map(|cluster| snapshot.catalog.steady_replicas_of(cluster))
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

pub(super) fn hydrated_on(
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
        // The status view keeps rows of replicas that are gone: only living ones prove anything, and of them those that stay.
        .filter(|replica| replicas.contains(replica))
        .cloned()
        .collect()
}

/// A complete collection is read from storage and needs no replica; a complete index still lives in a replica's memory.
pub(super) fn needs_no_replica(snapshot: &Snapshot, id: &ObjectId) -> bool {
    let frontier = snapshot.readings.frontiers.get(id);
    let object = snapshot.catalog.objects.get(id);
    matches!(frontier, Some(Frontier::Complete))
        && object.is_some_and(|object| object.kind != ObjectKind::Index)
}
