//! Whether an object has caught up: its lag beside that of its inputs and of its twin, at one logical time.
//!
//! By logical time everything behind a source that ticks once a second is 0.6 to 1.7 s behind, healthy and quiet (recorded: v26.39/23), so
//! the clock alone proves nothing. Twins and inputs tick together: what falls behind them falls behind alone.

use super::connectors::with_error;
use super::{Readiness, Thresholds, counts, hydrated_on, needs_no_replica, replicas_of, seconds};
use crate::domain::environment::{Resolved, Side};
use crate::domain::name::ObjectId;
use crate::domain::object::{Object, ObjectKind};
use crate::domain::readiness::ObjectReadiness;
use crate::domain::snapshot::{Frontier, Lag, Snapshot};
use std::collections::{HashMap, HashSet};

/// What lags at most behind the reading's time where nothing is there to compare with, in milliseconds; a larger threshold is stronger.
pub const ROOT_LAG_MS: u64 = 5_000;

/// How many inputs are followed up to the one that a lag comes from.
const LONGEST_CHAIN: usize = 100;

impl Thresholds {
    /// The largest lag, in milliseconds, of what has neither inputs nor a twin to be compared with.
    #[must_use]
    pub fn root_lag_ms(self) -> u64 {
        self.lag_ms.max(ROOT_LAG_MS)
    }
}

/// An input at which a side begins, and its lag in milliseconds.
#[derive(Debug, Clone, Copy)]
struct Root<'a> {
    id: &'a ObjectId,
    lag: u64,
}

/// Measures the objects of one side. Built once per side and picture: roots are kept, twins come from the index of [`Resolved`].
pub(super) struct Yardstick<'a> {
    snapshot: &'a Snapshot,
    resolved: &'a Resolved<'a>,
    thresholds: Thresholds,
    members: HashSet<&'a ObjectId>,
    /// The slowest root of each object that was asked about; `None` when it has none that tells anything.
    roots: HashMap<&'a ObjectId, Option<Root<'a>>>,
}

impl<'a> Yardstick<'a> {
    pub(super) fn new(
        snapshot: &'a Snapshot,
        resolved: &'a Resolved<'a>,
        side: Side,
        thresholds: Thresholds,
    ) -> Self {
        Self {
            snapshot,
            resolved,
            thresholds,
            members: resolved.members(side).map(|object| &object.id).collect(),
            roots: HashMap::new(),
        }
    }

    /// Judges an object that is hydrated.
    pub(super) fn judge(&mut self, object: &'a Object) -> (Readiness, String) {
        let Lag::Millis(lag) = self.snapshot.lag(&object.id) else {
            return (Readiness::Unknown, "its lag is unknown".to_owned());
        };
        let threshold = self.thresholds.lag_ms;
        if lag <= threshold {
            return (Readiness::Ready, String::new());
        }
        let root = self.slowest_root(&object.id);
        let twin = self.twin_lag(object);
        let beside = [root.map(|root| root.lag), twin];
        let mut limit = beside
            .into_iter()
            .flatten()
            .min()
            .map_or(self.thresholds.root_lag_ms(), |lag| {
                lag.saturating_add(threshold)
            });
        if object.kind == ObjectKind::Source && root.is_none() {
            limit = limit.max(self.thresholds.root_lag_ms());
        }
        if lag > limit {
            return (Readiness::Lagging, self.behind(lag, root, twin));
        }
        (Readiness::Ready, self.told_as(lag, root))
    }

    fn behind(&self, lag: u64, root: Option<Root<'_>>, twin: Option<u64>) -> String {
        let mut text = format!("{} behind", seconds(lag));
        if let Some(root) = root {
            let name = self.snapshot.catalog.display_name(root.id);
            text.push_str(&format!(
                ", the input {name} of its side {}",
                seconds(root.lag)
            ));
        }
        if let Some(twin) = twin {
            text.push_str(&format!(", its twin {}", seconds(twin)));
        }
        let (word, limit) = match (root, twin) {
            (None, None) => ("limit", self.thresholds.root_lag_ms()),
            _ => ("threshold", self.thresholds.lag_ms),
        };
        format!("{text}, {word} {}", seconds(limit))
    }

    /// A lag that is more than ticks and comes from an input is told as that input's.
    fn told_as(&self, lag: u64, root: Option<Root<'_>>) -> String {
        let Some(root) = root.filter(|_| lag > self.thresholds.root_lag_ms()) else {
            return String::new();
        };
        let origin = self.origin(root.id);
        let status = self.snapshot.readings.connectors.get(origin);
        let status =
            status
                .filter(|status| !status.is_running())
                .map_or_else(String::new, |status| {
                    with_error(
                        format!(", which is {}", status.state),
                        status.error.as_deref(),
                    )
                });
        format!(
            "{} behind with {}{status}",
            seconds(lag),
            self.snapshot.catalog.display_name(origin)
        )
    }

    /// The farthest input that is as late as this one: the source behind a table, most often.
    fn origin<'b>(&'b self, root: &'b ObjectId) -> &'b ObjectId {
        let mut at = root;
        for _ in 0..LONGEST_CHAIN {
            let Some(lag) = self.telling_lag(at) else {
                break;
            };
            let inputs = self.snapshot.catalog.inputs.get(at).into_iter().flatten();
            let later = inputs
                .filter_map(|input| Some((self.telling_lag(input)?, input)))
                .filter(|(input, _)| input.saturating_add(self.thresholds.lag_ms) >= lag)
                .max();
            match later {
                Some((_, input)) => at = input,
                None => break,
            }
        }
        at
    }

    /// The lag of the slowest input at which this side begins: outside the side, or without inputs of its own. What lies between is of
    /// the side itself and excuses nothing, so a chain can't grow late step by step.
    fn slowest_root(&mut self, object: &'a ObjectId) -> Option<Root<'a>> {
        let mut open = vec![(object, false)];
        while let Some((id, inputs_known)) = open.pop() {
            if inputs_known {
                let slowest = self
                    .inputs(id)
                    .filter_map(|input| self.root_behind(input))
                    .max_by_key(|root| root.lag);
                self.roots.insert(id, slowest);
            } else if !self.roots.contains_key(id) {
                // Noted before its inputs are: a circle ends here.
                self.roots.insert(id, None);
                open.push((id, true));
                open.extend(
                    self.inputs(id)
                        .filter(|input| self.is_between(input))
                        .map(|input| (input, false)),
                );
            }
        }
        self.roots.get(object).copied().flatten()
    }

    fn inputs(&self, id: &ObjectId) -> impl Iterator<Item = &'a ObjectId> + use<'a> {
        self.snapshot.catalog.inputs.get(id).into_iter().flatten()
    }

    /// Whether an input is looked through: it is of this side, or has no frontier of its own, as views have none.
    fn is_between(&self, input: &ObjectId) -> bool {
        self.members.contains(input) || !self.snapshot.readings.frontiers.contains_key(input)
    }

    fn root_behind(&self, input: &'a ObjectId) -> Option<Root<'a>> {
        let own = || {
            Some(Root {
                id: input,
                lag: self.telling_lag(input)?,
            })
        };
        if !self.is_between(input) {
            return own();
        }
        if let Some(behind) = self.roots.get(input).copied().flatten() {
            return Some(behind);
        }
        let root = own()?;
        let judged = self.snapshot.catalog.objects.get(input).is_some_and(counts);
        Some(Root {
            // Nobody judges an ordinary table of the side, so it excuses no more than any root may lag.
            lag: if judged {
                root.lag
            } else {
                root.lag.min(self.thresholds.root_lag_ms())
            },
            ..root
        })
    }

    /// A lag that another object's can be compared with. What is complete is ahead of everything, and what refreshes on a schedule is ahead
    /// until its next refresh: neither tells how late its readers may be.
    fn telling_lag(&self, id: &ObjectId) -> Option<u64> {
        let readings = &self.snapshot.readings;
        if readings.refreshes.contains_key(id)
            || readings.frontiers.get(id) == Some(&Frontier::Complete)
        {
            return None;
        }
        match self.snapshot.lag(id) {
            Lag::Millis(lag) => Some(lag),
            Lag::Unknown => None,
        }
    }

    /// The twin's lag, while the twin is at work: an index that is not hydrated shows its as-of, which looks like growing lag (recorded: 07).
    fn twin_lag(&self, object: &Object) -> Option<u64> {
        let twin = self.resolved.twin(object)?;
        let at_work = twin.kind == ObjectKind::Table
            || needs_no_replica(self.snapshot, &twin.id)
            || !hydrated_on(self.snapshot, twin, &replicas_of(self.snapshot, twin)).is_empty();
        at_work.then(|| self.telling_lag(&twin.id)).flatten()
    }
}

/// What caught-up objects are late with: the reason of the latest of them, empty while none is late by more than ticks.
pub(super) fn late_source<'a>(
    objects: impl Iterator<Item = &'a ObjectReadiness>,
    thresholds: Thresholds,
) -> String {
    let late = |object: &&ObjectReadiness| match object.lag {
        Lag::Millis(lag) => lag > thresholds.root_lag_ms(),
        Lag::Unknown => false,
    };
    objects
        .filter(late)
        .max_by_key(|object| match object.lag {
            Lag::Millis(lag) => lag,
            Lag::Unknown => 0,
        })
        .map_or_else(String::new, |object| object.reason.clone())
}
