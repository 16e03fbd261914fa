//! What is due at which time.

use super::super::clock::Timestamp;
use super::node::Slot;
use std::cmp::Ordering;
use std::time::Duration;

/// Something that happens by itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum What {
    Online {
        replica: String,
        incarnation: u64,
    },
    Attach {
        slot: Slot,
        replica: String,
        incarnation: u64,
    },
    Hydrated {
        slot: Slot,
        replica: String,
        incarnation: u64,
    },
    OomKill {
        replica: String,
        times_left: u32,
        every: Duration,
    },
    EndOfTrouble {
        slot: Slot,
        episode: u64,
    },
    /// A stalled sink tries again.
    Try {
        slot: Slot,
        episode: u64,
    },
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Due {
    pub at: Timestamp,
    /// Keeps what is due at the same time in the order in which it was planned.
    pub(super) order: u64,
    pub(super) what: What,
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
