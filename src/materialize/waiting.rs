//! What a server is waited for: by kind, each with a deadline of its own, and how long already.

use crate::domain::connection::Deadlines;
use crate::domain::quantity::span;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// What is asked of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// A connection, until the server lets us in.
    Connection,
    /// One reading of the catalog.
    Reading,
    /// One statement that changes something, outside of a swap.
    Change,
    /// One statement of the swap's transaction, before its COMMIT.
    Swap,
    Commit,
    /// The move of one sink.
    Sink,
    /// One query that validates a relation.
    Validation,
}

impl Ask {
    /// How long the answer is waited for. A connection has `connect_timeout` instead.
    #[must_use]
    pub fn deadline(self, deadlines: &Deadlines) -> Duration {
        match self {
            Self::Connection | Self::Reading => deadlines.reading,
            Self::Change => deadlines.change,
            Self::Swap | Self::Commit => deadlines.swap,
            Self::Sink => deadlines.sink,
            Self::Validation => deadlines.validation,
        }
    }

    /// Whether something may have changed although no answer came: a swap without its COMMIT changes nothing.
    #[must_use]
    pub fn changes(self) -> bool {
        matches!(self, Self::Change | Self::Commit | Self::Sink)
    }
}

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connection => "being let in",
            Self::Reading => "a reading of the catalog",
            Self::Change => "a statement",
            Self::Swap => "a statement of the swap",
            Self::Commit => "COMMIT",
            Self::Sink => "the move of a sink",
            Self::Validation => "a query that validates",
        })
    }
}

/// An answer that did not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waited {
    pub ask: Ask,
    pub after: Duration,
}

impl fmt::Display for Waited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no answer to {} within {}", self.ask, span(self.after))
    }
}

/// Everything that is waited for now. Cheap to clone; all clones are one list.
#[derive(Debug, Clone, Default)]
pub(super) struct Waits(Arc<Mutex<Open>>);

#[derive(Debug, Default)]
struct Open {
    last: u64,
    waits: BTreeMap<u64, (Ask, Instant)>,
}

/// Is waited for while it lives.
pub(super) struct OpenWait {
    waits: Waits,
    number: u64,
}

impl Waits {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn begin(&self, ask: Ask) -> OpenWait {
        let mut open = self.open();
        open.last += 1;
        let number = open.last;
        open.waits.insert(number, (ask, Instant::now()));
        OpenWait {
            waits: self.clone(),
            number,
        }
    }

    /// What has been waited for longest.
    pub fn longest(&self) -> Option<Waited> {
        let open = self.open();
        let (ask, since) = open.waits.values().next()?;
        Some(Waited {
            ask: *ask,
            after: since.elapsed(),
        })
    }
}

impl Drop for OpenWait {
    fn drop(&mut self) {
        self.waits.open().waits.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_longest_wait_is_told() {
        let waits = Waits::default();
        assert_eq!(waits.longest(), None);
        let first = waits.begin(Ask::Reading);
        tokio::time::sleep(Duration::from_secs(2)).await;
        let _second = waits.begin(Ask::Commit);
        let longest = waits.longest().unwrap();
        assert_eq!(
            longest.to_string(),
            "no answer to a reading of the catalog within 2 s"
        );
        drop(first);
        assert_eq!(waits.longest().unwrap().ask, Ask::Commit);
    }
}
