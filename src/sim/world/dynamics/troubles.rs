//! Disturbances, and the statuses of sources and sinks.

use super::super::clock::Timestamp;
use super::super::script::{Disturbance, ObjectName};
use super::due::What;
use super::moving::Dynamics;
use super::node::{Node, OnReplica, Slot, StatusEntry};
use super::relation::Cause;
use crate::inventory::Kind;
use std::time::Duration;

/// A stalled sink says `running` for a moment each time it tries again (recorded: 10).
const STALLED_FOR: Duration = Duration::from_secs(25);
const TRIES_FOR: Duration = Duration::from_secs(3);

/// A disturbance that names something that doesn't exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the world has no {what} named `{name}` to disturb")]
pub struct UnknownTarget {
    pub what: &'static str,
    pub name: String,
}

impl Dynamics {
    /// Lets something go wrong, or right again, now.
    ///
    /// # Errors
    /// When the disturbance names nothing that exists, or an object that can't be in this trouble.
    pub fn disturb(&mut self, disturbance: &Disturbance) -> Result<(), UnknownTarget> {
        let at = self.now;
        match disturbance {
            Disturbance::OomKill {
                cluster,
                replica,
                times,
                every,
            } => {
                let replica = self.replica_named(cluster, replica)?;
                self.plan(
                    at,
                    What::OomKill {
                        replica,
                        times_left: *times,
                        every: *every,
                    },
                );
            }
            Disturbance::Stall {
                object,
                error,
                lasts,
            } => {
                let slot = self.external_named(object)?;
                self.stall(slot, error, *lasts, at);
            }
            Disturbance::Recover { object } => {
                let slot = self.external_named(object)?;
                self.recover(slot, at);
            }
            Disturbance::FallBehind { object, by, lasts } => {
                let slot = self.named(object, Node::hydrates)?;
                if let Some(node) = self.node_mut(slot) {
                    node.lag = *by;
                }
                self.plan_end(slot, *lasts, at);
            }
        }
        self.perform_due(at);
        self.move_frontiers();
        Ok(())
    }

    /// Whether ALTER SINK .. SET FROM on this sink gets an answer now: on a stalled sink it waits until the sink runs again
    /// (recorded: 10, 11).
    #[must_use]
    pub fn sink_can_move(&self, sink: &str) -> bool {
        self.slots
            .get(sink)
            .and_then(|slot| self.node(*slot))
            .is_none_or(|node| node.trouble.is_none())
    }

    fn stall(&mut self, slot: Slot, error: &str, lasts: Option<Duration>, at: Timestamp) {
        if let Some(node) = self.node_mut(slot) {
            node.trouble = Some(error.to_owned());
        }
        self.note_status(slot, at);
        let episode = self.plan_end(slot, lasts, at);
        self.plan(at.plus(STALLED_FOR), What::Try { slot, episode });
    }

    fn plan_end(&mut self, slot: Slot, lasts: Option<Duration>, at: Timestamp) -> u64 {
        let Some(node) = self.node_mut(slot) else {
            return 0;
        };
        node.episode += 1;
        let episode = node.episode;
        if let Some(lasts) = lasts {
            self.plan(at.plus(lasts), What::EndOfTrouble { slot, episode });
        }
        episode
    }

    pub(super) fn end_trouble(&mut self, slot: Slot, episode: u64, at: Timestamp) {
        if self.node(slot).is_some_and(|node| node.episode == episode) {
            self.recover(slot, at);
        }
    }

    fn recover(&mut self, slot: Slot, at: Timestamp) {
        if let Some(node) = self.node_mut(slot) {
            node.trouble = None;
            node.lag = node.pace.lag;
            node.episode += 1;
        }
        self.become_readable(slot, at);
        self.note_status(slot, at);
    }

    /// A stalled sink tries again: it says `running`, and `stalled` a moment later.
    pub(super) fn try_again(&mut self, slot: Slot, episode: u64, at: Timestamp) {
        let stalled = |node: &&Node| {
            node.kind == Kind::Sink && node.episode == episode && node.trouble.is_some()
        };
        let Some(node) = self.node(slot).filter(stalled) else {
            return;
        };
        let says_running = node
            .history
            .last()
            .is_some_and(|entry| entry.status == "running");
        if says_running {
            self.note_status(slot, at);
            self.plan(at.plus(STALLED_FOR), What::Try { slot, episode });
        } else {
            self.push_status(slot, at, "running", None);
            self.plan(at.plus(TRIES_FOR), What::Try { slot, episode });
        }
    }

    /// Writes the status down where it differs from the last one; a source's shows through in its tables.
    pub(super) fn note_status(&mut self, slot: Slot, at: Timestamp) {
        let Some(node) = self.node(slot) else { return };
        if !matches!(node.kind, Kind::Source | Kind::SourceTable | Kind::Sink) {
            return;
        }
        let (status, error) = self.status_of(node);
        if node
            .history
            .last()
            .is_none_or(|last| last.status != status || last.error != error)
        {
            self.push_status(slot, at, status, error);
        }
        let Some(node) = self.node(slot).filter(|node| node.kind == Kind::Source) else {
            return;
        };
        for table in node.read_by.clone() {
            if self
                .node(table)
                .is_some_and(|node| node.kind == Kind::SourceTable)
            {
                self.note_status(table, at);
            }
        }
    }

    fn push_status(
        &mut self,
        slot: Slot,
        at: Timestamp,
        status: &'static str,
        error: Option<String>,
    ) {
        if let Some(node) = self.node_mut(slot) {
            node.history.push(StatusEntry { at, status, error });
            self.generations.bump(Cause::Status);
        }
    }

    fn status_of(&self, node: &Node) -> (&'static str, Option<String>) {
        if let Some(error) = &node.trouble {
            return ("stalled", Some(error.clone()));
        }
        if node.kind == Kind::SourceTable {
            let source = node.reads.first().and_then(|slot| self.node(*slot));
            return source.map_or(("running", None), |source| self.status_of(source));
        }
        let has_replicas = self
            .replicas
            .values()
            .any(|replica| Some(&replica.cluster) == node.cluster.as_ref());
        let status = if node.on.is_empty() {
            match (has_replicas, node.history.is_empty()) {
                (_, true) => "created",
                (true, false) => "starting",
                (false, false) => "paused",
            }
        } else if node.kind == Kind::Source || node.on.values().any(OnReplica::is_hydrated) {
            "running"
        } else {
            "starting"
        };
        (status, None)
    }

    fn replica_named(&self, cluster: &str, replica: &str) -> Result<String, UnknownTarget> {
        let clusters = &self.clusters;
        let named = |id: &str| {
            clusters
                .get(id)
                .is_some_and(|members| members.name == cluster)
        };
        let found = self
            .replicas
            .iter()
            .find(|(_, state)| state.name == replica && named(&state.cluster));
        found
            .map(|(id, _)| id.clone())
            .ok_or_else(|| UnknownTarget {
                what: "replica",
                name: format!("{cluster}.{replica}"),
            })
    }

    fn external_named(&self, name: &ObjectName) -> Result<Slot, UnknownTarget> {
        self.named(name, |node| {
            matches!(node.kind, Kind::Source | Kind::SourceTable | Kind::Sink)
        })
    }

    fn named(
        &self,
        name: &ObjectName,
        fits: impl Fn(&Node) -> bool,
    ) -> Result<Slot, UnknownTarget> {
        let is_it =
            |node: &Node| node.schema == name.schema && node.name == name.name && fits(node);
        let found = self
            .nodes
            .iter()
            .position(|node| node.as_ref().is_some_and(is_it));
        found.ok_or_else(|| UnknownTarget {
            what: "such object",
            name: format!("{}.{}", name.schema, name.name),
        })
    }
}
