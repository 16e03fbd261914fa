//! One object as the dynamics see it.

use super::super::clock::Timestamp;
use super::super::pace::{Pace, SourcePace};
use super::tick::healthy_frontier;
use crate::inventory::{Kind, Object, Refresh};
use std::collections::BTreeMap;
use std::time::Duration;

/// Where a node lies in the dynamics' list; never reused.
pub(super) type Slot = usize;

/// How far an object has got on one replica. A replica that doesn't know the object yet has no entry.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct OnReplica {
    pub attached_at: Timestamp,
    pub progress: Progress,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Progress {
    /// Its inputs can't be read yet.
    Waiting,
    Hydrating {
        since: Timestamp,
        until: Timestamp,
    },
    Hydrated {
        took: Duration,
    },
}

impl OnReplica {
    pub(super) fn is_hydrated(&self) -> bool {
        matches!(self.progress, Progress::Hydrated { .. })
    }

    /// How much of the hydration is done, from 0 to 1.
    pub(super) fn share_done(&self, now: Timestamp) -> f64 {
        match self.progress {
            Progress::Waiting => 0.0,
            Progress::Hydrated { .. } => 1.0,
            Progress::Hydrating { since, until } => {
                let whole = until.since(since).as_secs_f64();
                if whole > 0.0 {
                    (now.since(since).as_secs_f64() / whole).min(1.0)
                } else {
                    1.0
                }
            }
        }
    }
}

/// How far an object's output is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Frontier {
    /// The object has no frontier of its own: a view.
    None,
    At(u64),
    /// It will never change again.
    Complete,
}

/// One entry of a status history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StatusEntry {
    pub at: Timestamp,
    pub status: &'static str,
    pub error: Option<String>,
}

/// The wall-clock lag of an object, sampled while it lives and written once a minute.
#[derive(Debug, Clone, Default)]
pub(super) struct LagSamples {
    /// The worst of the running minute; `Some(None)` is undefined, which wins over any number.
    pub running: Option<Option<u64>>,
    /// When, and how many whole seconds; `None` is undefined.
    pub written: Vec<(Timestamp, Option<u64>)>,
}

#[derive(Debug, Clone)]
pub(super) struct Node {
    pub id: String,
    pub kind: Kind,
    pub schema: String,
    pub name: String,
    pub subtype: String,
    pub cluster: Option<String>,
    pub refresh: Refresh,
    pub created_at: Timestamp,
    /// The time whose contents hydration rebuilds: an unhydrated index's frontier; 0 for what never changes (recorded: 07).
    pub as_of: u64,
    pub pace: Pace,
    pub source_pace: SourcePace,
    /// What the catalog says it reads.
    pub inputs: Vec<String>,
    /// What its dataflow reads: inputs with views replaced by what they read.
    pub reads: Vec<Slot>,
    pub read_by: Vec<Slot>,
    /// It reads built-in relations, which always move.
    pub reads_built_in: bool,
    pub constant: bool,
    pub on: BTreeMap<String, OnReplica>,
    /// It was hydrated once, so what it had written stays readable.
    pub readable: bool,
    pub frontier: Frontier,
    pub lag: Duration,
    /// What is wrong with a source or sink.
    pub trouble: Option<String>,
    /// Counts stalls and lags, so that the end of an old one doesn't end a newer one.
    pub episode: u64,
    pub history: Vec<StatusEntry>,
    pub samples: LagSamples,
}

impl Node {
    pub(super) fn new(
        object: &Object,
        id: &str,
        pace: Pace,
        source_pace: SourcePace,
        now: Timestamp,
    ) -> Self {
        let created_at = Timestamp(object.created_at);
        let as_of = if object.constant {
            0
        } else {
            read_frontier(created_at.millis() + 1)
        };
        Self {
            id: id.to_owned(),
            kind: object.kind,
            schema: object.schema.clone(),
            name: object.name.clone(),
            subtype: object.subtype.clone(),
            cluster: object.cluster.clone(),
            refresh: object.refresh,
            created_at,
            as_of,
            lag: pace.lag,
            pace,
            source_pace,
            inputs: object.inputs.clone(),
            reads: Vec::new(),
            read_by: Vec::new(),
            reads_built_in: false,
            constant: object.constant,
            on: BTreeMap::new(),
            readable: object.kind == Kind::Table,
            frontier: match object.kind {
                Kind::View | Kind::IntrospectionIndex => Frontier::None,
                Kind::Index => Frontier::At(as_of),
                Kind::Table => Frontier::At(healthy_frontier(now).max(created_at.millis() + 1)),
                Kind::SourceTable | Kind::MaterializedView | Kind::Source | Kind::Sink => {
                    Frontier::At(0)
                }
            },
            trouble: None,
            episode: 0,
            history: Vec::new(),
            samples: LagSamples::default(),
        }
    }

    /// Whether it has a hydration status per replica.
    pub(super) fn hydrates(&self) -> bool {
        !matches!(self.kind, Kind::Table | Kind::SourceTable | Kind::View)
    }

    /// Whether it runs as a dataflow of the compute layer.
    pub(super) fn is_compute(&self) -> bool {
        matches!(
            self.kind,
            Kind::MaterializedView | Kind::Index | Kind::IntrospectionIndex
        )
    }

    pub(super) fn hydrated_somewhere(&self) -> bool {
        self.on.values().any(OnReplica::is_hydrated)
    }

    /// What its hydration row says: a stalled sink is not hydrated, whatever it once did (recorded: 10).
    pub(super) fn says_hydrated(&self, on: &OnReplica) -> bool {
        on.is_hydrated() && !(self.kind == Kind::Sink && self.trouble.is_some())
    }

    /// Whether all it reads has come to its end, so that it will too.
    pub(super) fn is_complete(&self) -> bool {
        self.frontier == Frontier::Complete
    }
}

/// How far back an object can still be read, given its write frontier: a second, in whole seconds (recorded: 07).
pub(super) fn read_frontier(write_frontier: u64) -> u64 {
    write_frontier.saturating_sub(1_000) / 1_000 * 1_000
}
