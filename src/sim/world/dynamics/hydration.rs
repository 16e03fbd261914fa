//! What is due when: attaching, hydration, restarts, ends of trouble.

use super::super::clock::Timestamp;
use super::due::{Due, What};
use super::moving::Dynamics;
use super::node::{Node, OnReplica, Progress, Slot};
use super::relation::Cause;
use crate::inventory::Kind;
use std::cmp::Reverse;
use std::time::Duration;

impl Dynamics {
    pub(super) fn plan(&mut self, at: Timestamp, what: What) {
        self.due_count += 1;
        self.due.push(Reverse(Due {
            at,
            order: self.due_count,
            what,
        }));
    }

    /// Performs everything that is due by `until`, each at its own time.
    pub(super) fn perform_due(&mut self, until: Timestamp) {
        while self.due.peek().is_some_and(|next| next.0.at <= until) {
            let Some(Reverse(due)) = self.due.pop() else {
                return;
            };
            self.now = self.now.max(due.at);
            self.perform(due);
        }
    }

    fn perform(&mut self, due: Due) {
        match due.what {
            What::Online {
                replica,
                incarnation,
            } => {
                if self.runs(&replica, incarnation) {
                    self.come_online(&replica, due.at);
                }
            }
            What::Attach {
                slot,
                replica,
                incarnation,
            } => {
                if self.runs(&replica, incarnation) {
                    self.attach(slot, &replica, due.at);
                }
            }
            What::Hydrated {
                slot,
                replica,
                incarnation,
            } => {
                if self.runs(&replica, incarnation) {
                    self.finish(slot, &replica, due.at);
                }
            }
            What::OomKill {
                replica,
                times_left,
                every,
            } => self.oom_kill(&replica, times_left, every, due.at),
            What::EndOfTrouble { slot, episode } => self.end_trouble(slot, episode, due.at),
            What::Try { slot, episode } => self.try_again(slot, episode, due.at),
        }
    }

    fn runs(&self, replica: &str, incarnation: u64) -> bool {
        self.replicas
            .get(replica)
            .is_some_and(|state| state.incarnation == incarnation)
    }

    fn oom_kill(&mut self, replica: &str, times_left: u32, every: Duration, at: Timestamp) {
        if times_left == 0 || !self.replicas.contains_key(replica) {
            return;
        }
        self.kill_replica(replica, at);
        let again = What::OomKill {
            replica: replica.to_owned(),
            times_left: times_left - 1,
            every,
        };
        self.plan(at.plus(every), again);
    }

    /// Lets the replica learn of the object in a while. Until then the object is unattached: it has no row of this replica.
    pub(super) fn plan_attach(&mut self, slot: Slot, replica: &str, from: Timestamp) {
        let Some(incarnation) = self.replicas.get(replica).map(|state| state.incarnation) else {
            return;
        };
        let Some(node) = self.node(slot).filter(|node| node.hydrates()) else {
            return;
        };
        let at = from.plus(
            node.pace
                .attach
                .mul_f64(self.model.unevenness(replica, &node.id)),
        );
        self.plan(
            at,
            What::Attach {
                slot,
                replica: replica.to_owned(),
                incarnation,
            },
        );
    }

    fn attach(&mut self, slot: Slot, replica: &str, at: Timestamp) {
        let Some(node) = self.node_mut(slot) else {
            return;
        };
        node.on.insert(
            replica.to_owned(),
            OnReplica {
                attached_at: at,
                progress: Progress::Waiting,
            },
        );
        self.generations.bump(Cause::Hydration);
        self.note_status(slot, at);
        self.begin(slot, replica, at);
    }

    /// Begins hydration on the replica if everything that the object reads can be read.
    fn begin(&mut self, slot: Slot, replica: &str, at: Timestamp) {
        let Some(incarnation) = self.replicas.get(replica).map(|state| state.incarnation) else {
            return;
        };
        let Some(node) = self.node(slot) else { return };
        let waits = node
            .on
            .get(replica)
            .is_some_and(|on| on.progress == Progress::Waiting);
        if !waits || !node.reads.iter().all(|input| self.can_be_read(*input)) {
            return;
        }
        let until = at.plus(self.time_on(node, replica));
        if let Some(on) = self
            .node_mut(slot)
            .and_then(|node| node.on.get_mut(replica))
        {
            on.progress = Progress::Hydrating { since: at, until };
        }
        self.plan(
            until,
            What::Hydrated {
                slot,
                replica: replica.to_owned(),
                incarnation,
            },
        );
    }

    fn time_on(&self, node: &Node, replica: &str) -> Duration {
        let all_complete = node
            .reads
            .iter()
            .all(|slot| self.node(*slot).is_some_and(Node::is_complete));
        if node.constant || (all_complete && !node.reads_built_in && node.is_compute()) {
            return Duration::ZERO;
        }
        let size = self
            .replicas
            .get(replica)
            .and_then(|state| self.model.size(&state.size));
        let speed = size.map_or(1.0, |size| size.speed).max(0.01);
        node.pace
            .time
            .mul_f64(self.model.unevenness(&node.id, replica) / speed)
    }

    fn can_be_read(&self, slot: Slot) -> bool {
        self.node(slot).is_some_and(|node| match node.kind {
            Kind::SourceTable => node.reads.iter().all(|source| self.can_be_read(*source)),
            _ => node.readable,
        })
    }

    fn finish(&mut self, slot: Slot, replica: &str, at: Timestamp) {
        let Some(on) = self
            .node_mut(slot)
            .and_then(|node| node.on.get_mut(replica))
        else {
            return;
        };
        let Progress::Hydrating { since, .. } = on.progress else {
            return;
        };
        on.progress = Progress::Hydrated {
            took: at.since(since),
        };
        self.generations.bump(Cause::Hydration);
        self.become_readable(slot, at);
        self.note_status(slot, at);
    }

    /// Once an object is hydrated anywhere, and runs, those that read it can begin.
    pub(super) fn become_readable(&mut self, slot: Slot, at: Timestamp) {
        let Some(node) = self.node_mut(slot) else {
            return;
        };
        if node.readable || node.trouble.is_some() || !node.hydrated_somewhere() {
            return;
        }
        node.readable = true;
        // Its frontier decides whether those that read it are complete at once.
        self.move_frontier(slot);
        self.wake_readers(slot, at);
    }

    fn wake_readers(&mut self, slot: Slot, at: Timestamp) {
        let readers = self
            .node(slot)
            .map(|node| node.read_by.clone())
            .unwrap_or_default();
        for reader in readers {
            let Some(node) = self.node(reader) else {
                continue;
            };
            if node.kind == Kind::SourceTable {
                self.move_frontier(reader);
                self.wake_readers(reader, at);
                continue;
            }
            let replicas: Vec<String> = node.on.keys().cloned().collect();
            for replica in replicas {
                self.begin(reader, &replica, at);
            }
        }
    }

    /// Whether anything may be hydrating now: its end is planned.
    pub(super) fn is_hydrating(&self) -> bool {
        let ends = |Reverse(due): &Reverse<Due>| matches!(due.what, What::Hydrated { .. });
        self.due.iter().any(ends)
    }
}
