//! Learning a changed catalog.

use super::super::clock::Timestamp;
use super::moving::Dynamics;
use super::node::{Node, Slot};
use super::relation::Cause;
use crate::inventory::{Inventory, Kind, Object};
use std::collections::BTreeSet;

impl Dynamics {
    /// Learns the catalog as it is now. What is new was created, what is missing was dropped, names may have moved between ids.
    pub fn follow(&mut self, inventory: &Inventory) {
        self.follow_clusters(inventory);
        self.forget_objects(inventory);
        self.follow_replicas(inventory);
        let mut new = Vec::new();
        for (id, object) in &inventory.objects {
            match self.slots.get(id).copied() {
                Some(slot) => self.update(slot, object),
                None => new.push((id, object)),
            }
        }
        // An object can only read what was there before it, and ids grow.
        new.sort_by_key(|(id, object)| (object.created_at, id_number(id)));
        for (id, object) in new {
            self.add(id, object);
        }
        self.move_frontiers();
    }

    fn follow_clusters(&mut self, inventory: &Inventory) {
        self.clusters
            .retain(|id, _| inventory.clusters.contains_key(id));
        for (id, cluster) in &inventory.clusters {
            let members = self.clusters.entry(id.clone()).or_default();
            members.name.clone_from(&cluster.name);
        }
    }

    fn follow_replicas(&mut self, inventory: &Inventory) {
        let gone: Vec<String> = self
            .replicas
            .keys()
            .filter(|id| !inventory.replicas.contains_key(*id))
            .cloned()
            .collect();
        for id in gone {
            self.drop_replica(&id);
        }
        for (id, replica) in &inventory.replicas {
            match self.replicas.get_mut(id) {
                Some(known) => known.name.clone_from(&replica.name),
                None => {
                    self.add_replica(id, &replica.name, &replica.cluster, replica.size.as_deref())
                }
            }
        }
    }

    fn forget_objects(&mut self, inventory: &Inventory) {
        let gone: BTreeSet<Slot> = self
            .slots
            .iter()
            .filter(|(id, _)| !inventory.objects.contains_key(*id))
            .map(|(_, slot)| *slot)
            .collect();
        if gone.is_empty() {
            return;
        }
        for slot in &gone {
            if let Some(node) = self.nodes.get_mut(*slot).and_then(Option::take) {
                self.slots.remove(&node.id);
            }
        }
        for node in self.nodes.iter_mut().flatten() {
            node.read_by.retain(|reader| !gone.contains(reader));
        }
        for members in self.clusters.values_mut() {
            members.objects.retain(|slot| !gone.contains(slot));
        }
        self.generations.bump(Cause::Hydration);
        self.generations.bump(Cause::Status);
    }

    fn add(&mut self, id: &str, object: &Object) {
        let slot = self.nodes.len();
        let pace = self.model.pace(object.kind, &object.schema, &object.name);
        let source_pace = self.model.source(&object.schema, &object.name);
        self.nodes
            .push(Some(Node::new(object, id, pace, source_pace, self.now)));
        self.slots.insert(id.to_owned(), slot);
        self.connect(slot);
        self.note_status(slot, self.now);
        if let Some(members) = object
            .cluster
            .as_ref()
            .and_then(|cluster| self.clusters.get_mut(cluster))
        {
            members.objects.push(slot);
        }
        self.generations.bump(Cause::Hydration);
        self.attach_to_online_replicas(slot);
    }

    fn attach_to_online_replicas(&mut self, slot: Slot) {
        let Some((cluster, created_at)) = self
            .node(slot)
            .and_then(|node| Some((node.cluster.clone()?, node.created_at)))
        else {
            return;
        };
        let online: Vec<(String, Timestamp)> = self
            .replicas
            .iter()
            .filter(|(_, replica)| replica.cluster == cluster && replica.online)
            .map(|(id, replica)| (id.clone(), replica.changed_at))
            .collect();
        for (replica, since) in online {
            self.plan_attach(slot, &replica, created_at.max(since));
        }
    }

    fn update(&mut self, slot: Slot, object: &Object) {
        let Some(node) = self.node_mut(slot) else {
            return;
        };
        if node.name != object.name || node.schema != object.schema {
            node.name.clone_from(&object.name);
            node.schema.clone_from(&object.schema);
            self.generations.bump(Cause::Status);
        }
        let Some(node) = self.node_mut(slot) else {
            return;
        };
        if node.inputs != object.inputs {
            node.inputs.clone_from(&object.inputs);
            for other in self.nodes.iter_mut().flatten() {
                other.read_by.retain(|reader| *reader != slot);
            }
            self.connect(slot);
        }
    }

    /// Finds what the object's dataflow reads, views replaced by what they read.
    fn connect(&mut self, slot: Slot) {
        let Some(node) = self.node(slot) else { return };
        let mut reads = Vec::new();
        let mut built_in = false;
        for input in node.inputs.clone() {
            match self.slots.get(&input).copied() {
                Some(input) => self.expand(input, &mut reads, &mut built_in),
                None => built_in = true,
            }
        }
        for input in &reads {
            if let Some(input) = self.node_mut(*input) {
                input.read_by.push(slot);
            }
        }
        if let Some(node) = self.node_mut(slot) {
            (node.reads, node.reads_built_in) = (reads, built_in);
        }
    }

    fn expand(&self, slot: Slot, reads: &mut Vec<Slot>, built_in: &mut bool) {
        let Some(node) = self.node(slot) else { return };
        if node.kind != Kind::View {
            if !reads.contains(&slot) {
                reads.push(slot);
            }
            return;
        }
        *built_in |= node.reads_built_in;
        // A view's own reads are expanded already.
        for input in &node.reads {
            if !reads.contains(input) {
                reads.push(*input);
            }
        }
    }
}

fn id_number(id: &str) -> u64 {
    id.trim_start_matches(|c: char| !c.is_ascii_digit())
        .parse()
        .unwrap_or(0)
}
