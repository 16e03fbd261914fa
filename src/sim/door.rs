//! Whether a simulated server can be reached at all.

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Whether the server can be reached at all, and the connections it holds.
#[derive(Debug)]
pub(super) struct Door {
    pub open: watch::Sender<bool>,
    /// Cancelled, and replaced, to cut every connection.
    pub connections: watch::Sender<CancellationToken>,
}
