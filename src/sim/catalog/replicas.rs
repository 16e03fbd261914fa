//! Making and dropping replicas, and the names that they get.

use super::audit::Actor;
use super::id::Id;
use super::{Catalog, Replica};

impl Catalog {
    /// A new replica of a cluster, which has the cluster's owner.
    pub fn add_replica(&mut self, actor: Actor, cluster: Id, name: &str, size: &str) -> Id {
        self.counters.replica += 1;
        let id = Id::user(self.counters.replica);
        let owner = self.clusters.get(&cluster).map(|c| c.owner);
        let replica = Replica {
            name: name.to_owned(),
            cluster,
            size: size.to_owned(),
            owner: owner.unwrap_or(actor.role),
            created_at: actor.now,
        };
        self.replicas.insert(id, replica);
        self.record_replica(actor, "create", id);
        id
    }

    pub fn remove_replica(&mut self, actor: Actor, id: Id) {
        if self.replicas.contains_key(&id) {
            self.record_replica(actor, "drop", id);
            self.replicas.remove(&id);
        }
    }

    /// So many replicas of this size more, under names that no replica of the cluster has.
    pub fn add_replicas(
        &mut self,
        actor: Actor,
        cluster: Id,
        (size, count): (&str, usize),
    ) -> Vec<Id> {
        let taken: Vec<String> = self
            .replicas
            .values()
            .filter(|replica| replica.cluster == cluster)
            .map(|replica| replica.name.clone())
            .collect();
        let free: Vec<String> = (1..)
            .map(|n| format!("r{n}"))
            .filter(|name| !taken.contains(name))
            .take(count)
            .collect();
        free.iter()
            .map(|name| self.add_replica(actor, cluster, name, size))
            .collect()
    }
}
