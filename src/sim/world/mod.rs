//! Where a simulated world starts from and how it moves: clock, hydration, frontiers, statuses, faults.

use super::Value;
use super::inventory::Inventory;

/// Milliseconds since the Unix epoch, on the world's own clock.
pub type Millis = u64;

/// What drives the world's clock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Clock {
    /// Wall-clock time, `speed` times as fast.
    Real { speed: f64 },
    /// Stands still until `Control::advance`.
    Manual,
}

/// One statement of a world's set-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetUp {
    /// The role that runs it; it is created when it does not exist.
    pub role: String,
    pub sql: String,
}

/// Where a world starts from.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct World {
    pub set_up: Vec<SetUp>,
    /// Passwords by role; a role without one logs in without.
    pub passwords: std::collections::BTreeMap<String, String>,
}

impl World {
    /// Nothing but what a fresh server has.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }
}

/// Something that goes wrong on demand.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {}

/// What a fault does to one statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Interference {
    /// The statement fails with this SQLSTATE and message.
    Refuse { code: String, message: String },
    /// The connection is cut before the statement takes effect.
    CutBefore,
    /// The statement takes effect, then the connection is cut before the answer.
    CutAfter,
    /// The statement never answers; only a cancel ends it.
    Hang,
    /// The statement answers only after this much world time.
    Delay(std::time::Duration),
}

/// The statement that asks whether a fault concerns it.
#[derive(Debug, Clone, PartialEq)]
pub enum Attempt<'a> {
    Begin,
    /// A COMMIT of a transaction that changes the catalog.
    Commit,
    /// ALTER SINK .. SET FROM, by the sink's id.
    AlterSink(&'a str),
    /// Any other statement, by its command tag.
    Other(&'a str),
}

/// All rows of one relation that the dynamics own.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// With its schema: `mz_internal.mz_frontiers`.
    pub relation: &'static str,
    pub rows: Vec<Vec<Value>>,
}

/// The moving part of a world.
#[derive(Debug, Default)]
pub struct Dynamics {}

impl Dynamics {
    #[must_use]
    pub fn new(_world: &World, _start: Millis) -> Self {
        Self::default()
    }

    pub fn inject(&mut self, fault: Fault) {
        match fault {}
    }

    /// Whether a fault concerns this statement; a fault that strikes once is used up.
    pub fn interference(&mut self, _attempt: &Attempt<'_>) -> Option<Interference> {
        None
    }

    /// Moves to `now` and returns the relations whose rows changed, each in full.
    ///
    /// The engine calls it at least once per second of world time and after each change of the catalog, with strictly growing
    /// `now`; reads and SUBSCRIBE batches between two calls have the logical time of the last one. A healthy frontier is
    /// therefore `now + 1` (recorded: 15).
    pub fn step(&mut self, _now: Millis, _inventory: &Inventory) -> Vec<Reading> {
        Vec::new()
    }
}
