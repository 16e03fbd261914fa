//! A replica and what is remembered of it.

use super::super::clock::Timestamp;
use super::node::Slot;

/// What a cluster holds.
#[derive(Debug, Clone, Default)]
pub(super) struct ClusterMembers {
    pub name: String,
    pub objects: Vec<Slot>,
}

#[derive(Debug, Clone)]
pub(super) struct ReplicaState {
    pub name: String,
    pub cluster: String,
    pub size: String,
    pub online: bool,
    pub reason: Option<&'static str>,
    pub changed_at: Timestamp,
    /// Grows with every start, so that what was due on an earlier one is not performed on this one.
    pub incarnation: u64,
}

/// One entry of the replica status history.
#[derive(Debug, Clone)]
pub(super) struct ReplicaEntry {
    pub replica: String,
    pub at: Timestamp,
    pub status: &'static str,
    pub reason: Option<&'static str>,
}

/// One reading of what a replica uses.
#[derive(Debug, Clone)]
pub(super) struct Utilization {
    pub replica: String,
    pub at: Timestamp,
    /// Of all cores together, in percent.
    pub cpu_percent: f64,
    pub memory_bytes: u64,
    pub memory_limit: u64,
}

impl ReplicaState {
    pub(super) fn status(&self) -> &'static str {
        if self.online { "online" } else { "offline" }
    }
}
