//! What a test, or the demo, can do to a simulated server besides talking SQL to it.

use super::door::Door;
use super::engine::Shared;
use super::error::SqlResult;
use super::world::{Clock, Disturbance, Fault, Faults, Timestamp, UnknownTarget};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A handle on a running server. Clones act on the same one.
#[derive(Clone)]
pub struct Control {
    shared: Shared,
    door: Arc<Door>,
}

impl Control {
    pub(super) fn new(shared: Shared, door: Door) -> Self {
        Self {
            shared,
            door: Arc::new(door),
        }
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    pub(super) fn door(&self) -> &Door {
        &self.door
    }

    #[must_use]
    pub fn clock(&self) -> Clock {
        self.shared.clock()
    }

    /// The time that a SELECT from the catalog would read at now.
    #[must_use]
    pub fn logical_time(&self) -> Timestamp {
        self.shared.logical_time()
    }

    /// Lets world time pass at once. Everything that happens in it has happened when this returns.
    pub fn advance(&self, by: Duration) {
        self.shared.clock().advance(by);
        self.shared.pump();
    }

    #[must_use]
    pub fn faults(&self) -> Faults {
        self.shared.faults()
    }

    pub fn arm(&self, fault: Fault) {
        self.shared.faults().arm(fault);
    }

    /// Lets something go wrong, or right again, now.
    ///
    /// # Errors
    /// When the disturbance names nothing that exists.
    pub fn disturb(&self, disturbance: &Disturbance) -> Result<(), UnknownTarget> {
        self.shared.disturb(disturbance)
    }

    /// Runs statements as somebody else would, without a connection. Returns the rows of the last one as text.
    ///
    /// # Errors
    /// When the server refuses one of them.
    pub fn execute(&self, role: &str, sql: &str) -> SqlResult<Vec<Vec<Option<String>>>> {
        self.shared.execute(role, sql)
    }

    /// Cuts every connection; new ones are accepted.
    pub fn cut_connections(&self) {
        self.door
            .connections
            .send_replace(CancellationToken::new())
            .cancel();
    }

    /// Cuts every connection and refuses new ones, as a server that is down, until [`Control::open`].
    pub fn close(&self) {
        self.door.open.send_replace(false);
        self.cut_connections();
    }

    /// Accepts connections again, on the same address.
    pub fn open(&self) {
        self.door.open.send_replace(true);
    }
}
