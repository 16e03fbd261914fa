//! From the shape that a cluster has to the one that ALTER CLUSTER wants.

use super::Work;
use crate::catalog::id::Id;
use crate::catalog::{IN_PROGRESS, Managed, Reconfiguration};
use crate::inventory::Millis;
use crate::version::Change;

/// How long the server tries, unless it is told otherwise (its source): a day.
const DEADLINE: Millis = 24 * 60 * 60 * 1000;

impl Work<'_> {
    /// Another size takes replicas of its own, which run beside the old ones until they are hydrated (recorded: v26.39/20); before 26.35 the
    /// statement did not return before the change was made. That everything else is done at once is a belief.
    pub(super) fn reshape(&mut self, cluster: Id, wanted: Managed) {
        let Some(found) = self.catalog.clusters.get_mut(&cluster) else {
            return;
        };
        let realized = found.managed.clone();
        let before = found.reconfiguration.take();
        let before = before.filter(|it| it.status == IN_PROGRESS);
        let Some(realized) = realized.filter(|it| {
            it.replication_factor > 0 && self.catalog.version.has(Change::AsynchronousAlter)
        }) else {
            return self.realize(cluster, wanted);
        };
        let mut next = None;
        if wanted.size != realized.size {
            let count = usize::try_from(wanted.replication_factor).unwrap_or(0);
            let actor = self.actor();
            let shape = (wanted.size.as_str(), count);
            next = Some(Reconfiguration {
                status: IN_PROGRESS,
                // Another ALTER meanwhile replaces the target and leaves the deadline (recorded).
                deadline: before
                    .as_ref()
                    .map_or(self.now + DEADLINE, |it| it.deadline),
                replicas: self.catalog.add_replicas(actor, cluster, shape),
                target: wanted.clone(),
            });
        }
        for replica in before.iter().flat_map(|it| &it.replicas) {
            self.remove_replica(*replica);
        }
        let cancelled = before.map(|before| Reconfiguration {
            status: "cancelled",
            replicas: Vec::new(),
            ..before
        });
        if let Some(found) = self.catalog.clusters.get_mut(&cluster) {
            found.reconfiguration = next.or(cancelled);
        }
        let immediate = Managed {
            size: realized.size,
            ..wanted
        };
        self.realize(cluster, immediate);
    }

    /// Makes and drops replicas until size and number are those wanted; such as have another purpose are left alone.
    fn realize(&mut self, cluster: Id, managed: Managed) {
        let of = self.catalog.clusters.get(&cluster);
        let apart: Vec<Id> = of.map(|it| it.passing_replicas()).unwrap_or_default();
        let (mut kept, mut surplus) = (0, Vec::new());
        for (id, replica) in &self.catalog.replicas {
            if replica.cluster == cluster && !apart.contains(id) {
                if replica.size == managed.size && kept < managed.replication_factor {
                    kept += 1;
                } else {
                    surplus.push(*id);
                }
            }
        }
        for id in surplus {
            self.remove_replica(id);
        }
        let missing = usize::try_from(managed.replication_factor - kept).unwrap_or(0);
        let actor = self.actor();
        let shape = (managed.size.as_str(), missing);
        self.catalog.add_replicas(actor, cluster, shape);
        if let Some(found) = self.catalog.clusters.get_mut(&cluster) {
            found.managed = Some(managed);
        }
    }
}
