//! Time as the server tells it.

use serde::{Deserialize, Serialize};

/// A Materialize timestamp: milliseconds since the epoch on the server's clock. Never compared with a client's clock.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct LogicalTime(pub u64);

impl LogicalTime {
    /// Milliseconds from `earlier` to this time, 0 when `earlier` is later.
    #[must_use]
    pub fn millis_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}
