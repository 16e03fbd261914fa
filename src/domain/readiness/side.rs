//! What readiness is: of an object, a cluster, a side.

use crate::domain::environment::Side;
use crate::domain::name::{ClusterId, ObjectId, ReplicaId};
use crate::domain::snapshot::{Lag, LogicalTime};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// `oom-killed` events within [`OOM_WINDOW_MS`] that make a replica that is not online count as looping.
pub const OOM_LOOP_KILLS: usize = 3;

/// The window for counting kills, in milliseconds of logical time: one hour.
pub const OOM_WINDOW_MS: u64 = 60 * 60 * 1000;

/// The verdict on one object, one cluster or one side, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Readiness {
    Ready,
    /// Hydrated, but not caught up: behind its inputs or its twin by more than the threshold.
    Lagging,
    Hydrating,
    /// The facts to judge it are missing.
    Unknown,
    /// Without replicas on purpose.
    Paused,
    /// Can't become ready by waiting.
    Failing,
}

impl Readiness {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Lagging => "lagging",
            Self::Hydrating => "hydrating",
            Self::Unknown => "unknown",
            Self::Paused => "paused",
            Self::Failing => "failing",
        }
    }
}

impl fmt::Display for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What is asked of a side before it counts as ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// The lag in milliseconds, behind the reading's time or behind inputs and twin, that is acceptable.
    pub lag_ms: u64,
    /// How long, in milliseconds of the server's time, readiness must hold before somebody who waits is told.
    pub settle_ms: u64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            lag_ms: 1000,
            settle_ms: 3000,
        }
    }
}

/// The verdict on one object and what it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectReadiness {
    pub id: ObjectId,
    pub side: Side,
    /// The cluster that its dataflow runs on.
    pub cluster: Option<ClusterId>,
    pub readiness: Readiness,
    /// Why it is not ready, or what "ready" means for it; empty when there is nothing to add.
    pub reason: String,
    /// Replicas that have rebuilt it.
    pub hydrated_on: BTreeSet<ReplicaId>,
    /// Replicas of its cluster that count: those that stay.
    pub replicas: usize,
    pub lag: Lag,
    pub materialization_lag: Lag,
    /// Whether it must hydrate or catch up at all: views and ordinary tables need nothing.
    pub counts: bool,
}

/// The verdict on one cluster of a side.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterReadiness {
    pub name: String,
    pub id: Option<ClusterId>,
    pub side: Side,
    pub readiness: Readiness,
    pub reason: String,
    /// Objects hydrated on the replica that has the most, and objects that count.
    pub hydrated: usize,
    pub total: usize,
    /// The largest known lag; unknown while any object's lag is.
    pub lag: Lag,
    /// When the state that holds it up began, on the server's clock.
    pub since: Option<LogicalTime>,
    /// What the server does with its replicas meanwhile: a burst, a change of shape.
    pub activity: Option<String>,
}

/// The verdict on one side.
#[derive(Debug, Clone, PartialEq)]
pub struct SideReadiness {
    pub side: Side,
    pub readiness: Readiness,
    pub reason: String,
    pub clusters: Vec<ClusterReadiness>,
    pub objects: BTreeMap<ObjectId, ObjectReadiness>,
}

impl SideReadiness {
    /// Objects hydrated and objects that count, over all clusters.
    #[must_use]
    pub fn hydrated_of_total(&self) -> (usize, usize) {
        self.clusters.iter().fold((0, 0), |(h, t), cluster| {
            (h + cluster.hydrated, t + cluster.total)
        })
    }

    /// The largest lag of what counts; unknown while any is.
    #[must_use]
    pub fn worst_lag(&self) -> Lag {
        worst_lag(self.objects.values().filter(|object| object.counts))
    }
}

pub(super) fn worst_lag<'a>(objects: impl Iterator<Item = &'a ObjectReadiness>) -> Lag {
    let mut worst = 0;
    for object in objects {
        match object.lag {
            Lag::Unknown => return Lag::Unknown,
            Lag::Millis(lag) => worst = worst.max(lag),
        }
    }
    Lag::Millis(worst)
}
