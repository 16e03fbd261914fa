//! How far each object has got, and the lag samples of each minute.

use super::moving::Dynamics;
use super::node::{Frontier, Node, Slot};
use super::relation::Cause;
use super::tick::{HEALTHY_LAG, SECOND, healthy_frontier};
use crate::inventory::{Kind, Refresh};
use std::time::Duration;

/// How often a running sink is found a second behind: one reading in eight (recorded: 15).
const SINK_LATE_ONE_IN: u64 = 8;

impl Dynamics {
    /// Moves every frontier to where it is at this time. Inputs come before those that read them: an object can only read what was there
    /// before it, except that a sink can be moved to something newer.
    pub(super) fn move_frontiers(&mut self) {
        let slots = |sinks: bool| {
            let nodes = self.nodes.iter().enumerate();
            let wanted = move |(_, node): &(Slot, &Option<Node>)| {
                node.as_ref().is_some_and(|node| {
                    node.frontier != Frontier::None && (node.kind == Kind::Sink) == sinks
                })
            };
            nodes.filter(wanted).map(|(slot, _)| slot)
        };
        let order: Vec<Slot> = slots(false).chain(slots(true)).collect();
        for slot in order {
            self.move_frontier(slot);
        }
        self.sample_lag();
        self.generations.bump(Cause::Time);
        if self.is_hydrating() {
            self.generations.bump(Cause::Progress);
        }
        self.note_statistics();
    }

    pub(super) fn move_frontier(&mut self, slot: Slot) {
        let Some(node) = self.node(slot) else { return };
        let next = match node.kind {
            Kind::View | Kind::IntrospectionIndex => return,
            Kind::Table => Frontier::At(healthy_frontier(self.now)),
            Kind::Source
            | Kind::SourceTable
            | Kind::MaterializedView
            | Kind::Index
            | Kind::Sink => self.next_frontier(node),
        };
        if let Some(node) = self.node_mut(slot) {
            node.frontier = later(node.frontier, next);
        }
    }

    fn next_frontier(&self, node: &Node) -> Frontier {
        let stands = node.trouble.is_some()
            || (node.kind != Kind::SourceTable && (!node.readable || !node.hydrated_somewhere()));
        if stands {
            return node.frontier;
        }
        match self.inputs_frontier(node) {
            Frontier::At(inputs) => self.reached(node, inputs),
            other => other,
        }
    }

    /// How far everything that the object reads has got.
    pub(super) fn inputs_frontier(&self, node: &Node) -> Frontier {
        let live = Frontier::At(healthy_frontier(self.now));
        if node.kind == Kind::Source || node.reads_built_in && node.reads.is_empty() {
            return live;
        }
        let reads = node
            .reads
            .iter()
            .filter_map(|slot| self.node(*slot))
            .map(|input| input.frontier);
        let start = if node.reads_built_in {
            live
        } else {
            Frontier::Complete
        };
        reads.fold(start, earlier)
    }

    /// How far an object gets whose inputs have got to `inputs`.
    fn reached(&self, node: &Node, inputs: u64) -> Frontier {
        let behind = u64::try_from(node.lag.as_millis()).unwrap_or(u64::MAX);
        match node.refresh {
            Refresh::OnCommit => {
                Frontier::At(inputs.saturating_sub(behind + self.sink_delay(node)))
            }
            Refresh::Every { .. } | Refresh::At(_) => {
                next_refresh(node, inputs).map_or(Frontier::Complete, Frontier::At)
            }
        }
    }

    fn sink_delay(&self, node: &Node) -> u64 {
        if node.kind != Kind::Sink {
            return 0;
        }
        let second = (self.now.millis() / 1_000).to_string();
        let late = self
            .model
            .hash(&[&node.id, &second])
            .is_multiple_of(SINK_LATE_ONE_IN);
        if late { SECOND } else { 0 }
    }

    /// Keeps the worst wall-clock lag of the running minute, per object.
    fn sample_lag(&mut self) {
        let now = self.now.millis();
        let minute = (now / super::MINUTE).to_string();
        // On a real server all objects read 1 s in most minutes and 2 s in some (recorded: 07, 09).
        let usual = if self.model.hash(&["minute", &minute]).is_multiple_of(4) {
            2
        } else {
            1
        };
        for node in self.nodes.iter_mut().flatten() {
            let lag = match node.frontier {
                Frontier::None => continue,
                Frontier::Complete => Some(0),
                Frontier::At(0) => None,
                Frontier::At(_) if node.kind == Kind::Index && !node.readable => None,
                Frontier::At(at) => {
                    let late = now.saturating_sub(at).saturating_sub(HEALTHY_LAG);
                    Some(late.div_ceil(SECOND) + usual)
                }
            };
            node.samples.running = Some(match node.samples.running {
                None => lag,
                Some(worst) => worst.zip(lag).map(|(worst, lag)| worst.max(lag)),
            });
        }
    }

    /// Writes down what the past minute was like.
    pub(super) fn write_minute(&mut self) {
        let at = self.now;
        for node in self.nodes.iter_mut().flatten() {
            if let Some(worst) = node.samples.running.take() {
                node.samples.written.push((at, worst));
            }
        }
        self.measure_replicas();
        self.generations.bump(Cause::Minute);
    }

    fn note_statistics(&mut self) {
        let every = u64::try_from(self.model.statistics_every.as_millis())
            .unwrap_or(u64::MAX)
            .max(1);
        let round = self.now.millis() / every;
        if round != self.statistics_round {
            self.statistics_round = round;
            self.generations.bump(Cause::Statistics);
        }
    }
}

/// When the materialized view is refreshed next, once its inputs have got to `inputs`; `None` when it never is again.
pub(super) fn next_refresh(node: &Node, inputs: u64) -> Option<u64> {
    match node.refresh {
        Refresh::OnCommit => None,
        Refresh::Every {
            aligned_to,
            interval,
        } => {
            let interval = u64::try_from(interval.as_millis())
                .unwrap_or(u64::MAX)
                .max(1);
            let done = inputs
                .checked_sub(aligned_to)
                .map_or(0, |since| since / interval + 1);
            Some(aligned_to.saturating_add(done.saturating_mul(interval)))
        }
        Refresh::At(at) => (inputs <= at).then_some(at),
    }
}

/// When it was refreshed last; `None` when it never was.
pub(super) fn last_refresh(node: &Node, inputs: u64) -> Option<u64> {
    match node.refresh {
        Refresh::OnCommit => None,
        Refresh::Every {
            interval,
            aligned_to,
        } => {
            let interval = u64::try_from(interval.as_millis()).unwrap_or(u64::MAX);
            next_refresh(node, inputs)?
                .checked_sub(interval)
                .filter(|last| *last >= aligned_to)
        }
        Refresh::At(at) => (inputs > at).then_some(at),
    }
}

fn earlier(a: Frontier, b: Frontier) -> Frontier {
    match (a, b) {
        (Frontier::At(a), Frontier::At(b)) => Frontier::At(a.min(b)),
        (Frontier::At(at), _) | (_, Frontier::At(at)) => Frontier::At(at),
        _ => Frontier::Complete,
    }
}

/// A frontier never moves back.
fn later(a: Frontier, b: Frontier) -> Frontier {
    match (a, b) {
        (Frontier::At(a), Frontier::At(b)) => Frontier::At(a.max(b)),
        (Frontier::Complete, _) | (_, Frontier::Complete) => Frontier::Complete,
        (a, _) => a,
    }
}

/// How far `behind` lies behind `ahead`; zero where it doesn't.
pub(super) fn distance(ahead: u64, behind: u64) -> Duration {
    Duration::from_millis(ahead.saturating_sub(behind))
}
