//! What moves by itself: attaching, hydration, frontiers, lag, statuses. A pure function of the catalog, the model and the time.
//!
//! | module | is |
//! |---|---|
//! | `tick` | when the world is told |
//! | `relation` | the relations whose rows come from here |
//! | `node` | one object |
//! | `replicas` | replicas: online, killed, how busy |
//! | `follow` | learning a changed catalog |
//! | `hydration` | what is due when: attaching, hydration, restarts, ends of trouble |
//! | `frontiers` | how far each object has got, and the lag samples of each minute |
//! | `troubles` | disturbances and status histories |
//! | `rows` | all of this as rows |

mod follow;
mod frontiers;
mod hydration;
mod node;
mod relation;
mod replicas;
mod rows;
#[cfg(test)]
mod tests;
mod tick;
mod troubles;

pub use relation::{Reading, Relation};
pub use troubles::UnknownTarget;

use super::clock::Timestamp;
use super::pace::Model;
use hydration::Due;
use node::{Node, Slot};
use relation::Generations;
use replicas::{ClusterMembers, ReplicaState, Utilization};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};

const MINUTE: u64 = 60_000;

/// The moving part of a world. Time passes only in [`Dynamics::advance`], from tick to tick.
#[derive(Debug)]
pub struct Dynamics {
    model: Model,
    /// The last tick: what is shown is what was at this time.
    now: Timestamp,
    nodes: Vec<Option<Node>>,
    slots: HashMap<String, Slot>,
    clusters: BTreeMap<String, ClusterMembers>,
    replicas: BTreeMap<String, ReplicaState>,
    /// Replicas that are gone keep their past.
    replica_history: Vec<replicas::ReplicaEntry>,
    utilization: Vec<Utilization>,
    due: BinaryHeap<Reverse<Due>>,
    due_count: u64,
    /// Which reading of source and sink statistics is the newest.
    statistics_round: u64,
    generations: Generations,
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

    /// Moves to the last tick at `now`. Until the next one nothing changes by itself, so reads and SUBSCRIBE batches between the two have
    /// the logical time of this one (recorded: v26.39/23).
    pub fn advance(&mut self, now: Timestamp) {
        let target = self.model.last_tick(now);
        if target <= self.now {
            return;
        }
        loop {
            let minute = Timestamp((self.now.millis() / MINUTE + 1) * MINUTE);
            let stop = minute.min(target);
            self.perform_due(stop);
            self.now = stop;
            self.move_frontiers();
            if stop == minute {
                self.write_minute();
            }
            if stop == target {
                return;
            }
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
        self.model.next_tick(self.now)
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

    /// [`Dynamics::advance`], and then every relation that may have changed since the last call, in full.
    pub fn step(&mut self, now: Timestamp) -> Vec<Reading> {
        self.advance(now);
        self.generations
            .take_changed()
            .into_iter()
            .map(|relation| Reading {
                relation,
                rows: self.rows(relation),
            })
            .collect()
    }

    fn node(&self, slot: Slot) -> Option<&Node> {
        self.nodes.get(slot).and_then(Option::as_ref)
    }

    fn node_mut(&mut self, slot: Slot) -> Option<&mut Node> {
        self.nodes.get_mut(slot).and_then(Option::as_mut)
    }

    /// Every living object, in order of creation.
    fn living(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().flatten()
    }
}
