//! Replicas: online, killed, coming back, how busy.

use super::super::clock::Timestamp;
use super::due::What;
use super::moving::Dynamics;
use super::node::{Node, OnReplica, Slot};
use super::relation::Cause;
use super::replica::{ReplicaEntry, ReplicaState, Utilization};
use std::time::Duration;

/// What a replica without a known size may use.
const UNKNOWN_SIZE_MEMORY: u64 = 4 << 30;

pub(super) const OOM_KILLED: &str = "oom-killed";

impl Dynamics {
    pub(super) fn add_replica(&mut self, id: &str, name: &str, cluster: &str, size: Option<&str>) {
        let state = ReplicaState {
            name: name.to_owned(),
            cluster: cluster.to_owned(),
            size: size.unwrap_or_default().to_owned(),
            online: false,
            reason: None,
            changed_at: self.now,
            incarnation: 0,
        };
        self.replicas.insert(id.to_owned(), state);
        self.start_replica(id, self.model.replicas.online_after);
    }

    pub(super) fn drop_replica(&mut self, id: &str) {
        self.replicas.remove(id);
        self.detach_all(id, self.now);
        self.generations.bump(Cause::Replica);
    }

    /// Lets the replica come online `after` some time, as a new process that knows nothing.
    pub(super) fn start_replica(&mut self, id: &str, after: Duration) {
        let Some(replica) = self.replicas.get_mut(id) else {
            return;
        };
        replica.incarnation += 1;
        let incarnation = replica.incarnation;
        self.generations.bump(Cause::Replica);
        self.plan(
            self.now.plus(after),
            What::Online {
                replica: id.to_owned(),
                incarnation,
            },
        );
    }

    pub(super) fn come_online(&mut self, id: &str, at: Timestamp) {
        let Some(replica) = self.replicas.get_mut(id) else {
            return;
        };
        (replica.online, replica.reason, replica.changed_at) = (true, None, at);
        let cluster = replica.cluster.clone();
        self.record_replica(id, at, None);
        let members = self
            .clusters
            .get(&cluster)
            .map(|members| members.objects.clone())
            .unwrap_or_default();
        for slot in members {
            self.plan_attach(slot, id, at);
        }
    }

    /// Kills the replica's process now; it comes back by itself.
    pub(super) fn kill_replica(&mut self, id: &str, at: Timestamp) {
        let restart_after = self.model.replicas.restart_after;
        let Some(replica) = self.replicas.get_mut(id) else {
            return;
        };
        (replica.online, replica.reason, replica.changed_at) = (false, Some(OOM_KILLED), at);
        self.record_replica(id, at, Some(OOM_KILLED));
        self.detach_all(id, at);
        self.start_replica(id, restart_after);
    }

    fn record_replica(&mut self, id: &str, at: Timestamp, reason: Option<&'static str>) {
        let Some(status) = self.replicas.get(id).map(ReplicaState::status) else {
            return;
        };
        self.replica_history.push(ReplicaEntry {
            replica: id.to_owned(),
            at,
            status,
            reason,
        });
        self.generations.bump(Cause::Replica);
    }

    /// A replica that is gone reports nothing more: its rows disappear, and its objects are unattached again.
    fn detach_all(&mut self, id: &str, at: Timestamp) {
        let holds =
            |node: &Option<Node>| node.as_ref().is_some_and(|node| node.on.contains_key(id));
        let held: Vec<Slot> = (0..self.nodes.len())
            .filter(|slot| holds(&self.nodes[*slot]))
            .collect();
        for slot in held {
            if let Some(node) = self.node_mut(slot) {
                node.on.remove(id);
            }
            self.note_status(slot, at);
        }
        self.generations.bump(Cause::Hydration);
    }

    /// Whether everything on a cluster that hydrates is hydrated on this replica of it.
    #[must_use]
    pub fn has_everything(&self, cluster: &str, replica: &str) -> bool {
        let online = self.replicas.get(replica).is_some_and(|it| it.online);
        let members = self.clusters.get(cluster);
        let slots = members.into_iter().flat_map(|members| &members.objects);
        let mut nodes = slots.filter_map(|slot| self.node(*slot));
        online
            && nodes.all(|node| {
                let on = node.on.get(replica);
                !node.hydrates() || on.is_some_and(OnReplica::is_hydrated)
            })
    }

    /// Whether a cluster has anything of a user's that hydrates.
    #[must_use]
    pub fn hydrates_something(&self, cluster: &str) -> bool {
        let members = self.clusters.get(cluster);
        let slots = members.into_iter().flat_map(|members| &members.objects);
        let mut nodes = slots.filter_map(|slot| self.node(*slot));
        nodes.any(|node| node.id.starts_with('u') && node.hydrates())
    }

    /// Reads what every replica uses, as happens once a minute.
    pub(super) fn measure_replicas(&mut self) {
        let readings: Vec<_> = self
            .replicas
            .iter()
            .filter(|(_, replica)| replica.online)
            .map(|(id, replica)| self.measure(id, replica))
            .collect();
        self.utilization.extend(readings);
    }

    fn measure(&self, id: &str, replica: &ReplicaState) -> Utilization {
        let objects = self
            .clusters
            .get(&replica.cluster)
            .map_or(&[][..], |members| &members.objects);
        let mut memory_bytes = self.model.replicas.base_memory;
        let mut hydrating = 0_u32;
        for node in objects.iter().filter_map(|slot| self.node(*slot)) {
            let Some(on) = node.on.get(id) else { continue };
            let done = on.share_done(self.now);
            if !on.is_hydrated() {
                hydrating += 1;
            }
            memory_bytes += (node.pace.memory as f64 * done) as u64;
        }
        let busy = if hydrating > 0 { 82.0 } else { 6.0 };
        let cpu_percent = busy * self.model.unevenness(id, &self.now.to_string());
        let memory_limit = self
            .model
            .size(&replica.size)
            .map_or(UNKNOWN_SIZE_MEMORY, |size| size.memory_bytes);
        Utilization {
            replica: id.to_owned(),
            at: self.now,
            cpu_percent,
            memory_bytes,
            memory_limit,
        }
    }
}
