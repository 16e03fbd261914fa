//! What moves by itself: attaching, hydration, frontiers, lag, statuses. A pure function of the catalog, the model and the time.

mod relation;

pub use relation::{Reading, Relation};

use super::clock::Timestamp;
use super::pace::Model;
use super::script::Disturbance;
use crate::sim::Value;
use crate::sim::inventory::Inventory;

/// A disturbance that names something that doesn't exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the world has no {what} named `{name}` to disturb")]
pub struct UnknownTarget {
    pub what: &'static str,
    pub name: String,
}

/// The moving part of a world. Time passes only in [`Dynamics::advance`].
#[derive(Debug)]
pub struct Dynamics {
    model: Model,
    now: Timestamp,
}

impl Dynamics {
    #[must_use]
    pub fn new(model: Model, start: Timestamp) -> Self {
        Self { model, now: start }
    }

    /// Learns the catalog as it is now. What is new was created now, what is missing was dropped now.
    pub fn follow(&mut self, _inventory: &Inventory) {}

    /// Moves to `now`. A healthy frontier is `now` + 1 ms from here until the next call (recorded: 15), so reads and SUBSCRIBE batches
    /// between two calls have the logical time of the last one.
    pub fn advance(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
    }

    /// The time of the last [`Dynamics::advance`].
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Grows whenever the rows of the relation may have changed.
    #[must_use]
    pub fn generation(&self, _relation: Relation) -> u64 {
        0
    }

    /// All rows of a relation, columns in catalog order.
    #[must_use]
    pub fn rows(&self, _relation: Relation) -> Vec<Vec<Value>> {
        Vec::new()
    }

    /// [`Dynamics::advance`], and then every relation that may have changed since the last call, in full.
    pub fn step(&mut self, now: Timestamp) -> Vec<Reading> {
        self.advance(now);
        Vec::new()
    }

    /// Lets something go wrong, or right again, now.
    ///
    /// # Errors
    /// When the disturbance names nothing that exists.
    pub fn disturb(&mut self, _disturbance: &Disturbance) -> Result<(), UnknownTarget> {
        Ok(())
    }

    /// Whether ALTER SINK .. SET FROM on this sink gets an answer now: on a stalled sink it waits until the sink runs again
    /// (recorded: 10, 11).
    #[must_use]
    pub fn sink_can_move(&self, _sink: &str) -> bool {
        true
    }
}
