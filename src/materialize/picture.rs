//! What the live feed publishes: the last consistent snapshot, and how the link to the server stands.

use super::error::Error;
use crate::domain::snapshot::Snapshot;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// The link to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkState {
    /// The first connection is being made.
    Connecting,
    /// Changes arrive as they happen.
    Live,
    /// The picture is read again at this interval, because the server refuses SUBSCRIBE or polling was asked for.
    Polling { every: Duration },
    /// The last picture is kept; connecting goes on.
    Lost {
        since: Instant,
        error: Error,
        /// Attempts since then, and when the next one starts.
        attempts: u32,
        retry_at: Instant,
    },
}

/// The last picture and the link that it came by.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// `None` until the first reading is complete.
    pub snapshot: Option<Arc<Snapshot>>,
    pub link: LinkState,
    /// When the last news of any kind came from the server (a progress message counts): the data's age is counted from here.
    pub received_at: Option<Instant>,
    /// How often the stream had to be read anew from the start since the feed began, by a gap or a lost link: an outage counts once, however
    /// many tries it takes.
    pub restarts: u32,
    /// Why it was last read anew.
    pub last_gap: Option<String>,
    /// Whether the server's certificate was checked (`false` for sslmode `prefer` and `require` without sslrootcert).
    pub server_verified: bool,
    /// Why SUBSCRIBE is not used, where polling stands in for it.
    pub polling_reason: Option<String>,
}

impl Default for Picture {
    fn default() -> Self {
        Self {
            snapshot: None,
            link: LinkState::Connecting,
            received_at: None,
            restarts: 0,
            last_gap: None,
            server_verified: false,
            polling_reason: None,
        }
    }
}

impl Picture {
    /// How old the data is; `None` before the first.
    #[must_use]
    pub fn age(&self, now: Instant) -> Option<Duration> {
        self.received_at
            .map(|received| now.saturating_duration_since(received))
    }
}
