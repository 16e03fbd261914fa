//! The moving part of a world, as it is held from one tick to the next.

use super::due::Due;
use super::node::{Node, Slot};
use super::relation::{Generations, Relation};
use super::replica::{ClusterMembers, ReplicaEntry, ReplicaState, Utilization};
use crate::world::clock::Timestamp;
use crate::world::pace::Model;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};

pub(super) const MINUTE: u64 = 60_000;

/// The moving part of a world. Time passes only in [`Dynamics::advance`], from tick to tick.
#[derive(Debug)]
pub struct Dynamics {
    pub(super) model: Model,
    /// The last tick: what is shown is what was at this time.
    pub(super) now: Timestamp,
    pub(super) nodes: Vec<Option<Node>>,
    pub(super) slots: HashMap<String, Slot>,
    pub(super) clusters: BTreeMap<String, ClusterMembers>,
    pub(super) replicas: BTreeMap<String, ReplicaState>,
    /// Replicas that are gone keep their past.
    pub(super) replica_history: Vec<ReplicaEntry>,
    pub(super) utilization: Vec<Utilization>,
    pub(super) due: BinaryHeap<Reverse<Due>>,
    pub(super) due_count: u64,
    /// Which reading of source and sink statistics is the newest.
    pub(super) statistics_round: u64,
    pub(super) generations: Generations,
}

impl Dynamics {
    #[must_use]
    pub fn new(model: Model, start: Timestamp) -> Self {
        Self {
            model,
            now: start,
            nodes: Vec::new(),
            slots: HashMap::new(),
            clusters: BTreeMap::new(),
            replicas: BTreeMap::new(),
            replica_history: Vec::new(),
            utilization: Vec::new(),
            due: BinaryHeap::new(),
            due_count: 0,
            statistics_round: 0,
            generations: Generations::default(),
        }
    }

    /// The time of what is shown: that of the last tick.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// When something shows by itself next.
    #[must_use]
    pub fn next_tick(&self) -> Timestamp {
        self.tick_after(self.now)
    }

    /// When something is told first after that time.
    #[must_use]
    pub fn tick_after(&self, time: Timestamp) -> Timestamp {
        self.model.next_tick(time)
    }

    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Grows whenever the rows of the relation may have changed.
    #[must_use]
    pub fn generation(&self, relation: Relation) -> u64 {
        self.generations.of(relation)
    }

    pub(super) fn node(&self, slot: Slot) -> Option<&Node> {
        self.nodes.get(slot).and_then(Option::as_ref)
    }

    pub(super) fn node_mut(&mut self, slot: Slot) -> Option<&mut Node> {
        self.nodes.get_mut(slot).and_then(Option::as_mut)
    }

    /// Every living object, in order of creation.
    pub(super) fn living(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().flatten()
    }
}
