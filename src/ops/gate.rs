//! When the process must not be stopped: a swap that is under way leaves other sessions waiting and production without its records.

use std::sync::Arc;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// Closed from the swap's transaction to the last record. Cheap to clone; all clones are one gate.
///
/// It is a lock, not a flag: whoever holds it to stop the process keeps a COMMIT from being sent in that very moment.
#[derive(Debug, Clone, Default)]
pub struct Gate(Arc<Mutex<()>>);

/// Keeps the gate while it lives.
pub type ClosedGate = OwnedMutexGuard<()>;

impl Gate {
    /// Closes it for an operation; waits for a process that is being stopped to go on.
    pub async fn close(&self) -> ClosedGate {
        Arc::clone(&self.0).lock_owned().await
    }

    /// For stopping the process: `None` while an operation keeps it closed.
    #[must_use]
    pub fn pass(&self) -> Option<ClosedGate> {
        Arc::clone(&self.0).try_lock_owned().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_closed_gate_lets_nobody_pass_until_it_is_let_go() {
        let gate = Gate::default();
        let held = gate.close().await;
        assert!(gate.clone().pass().is_none());
        drop(held);
        assert!(gate.pass().is_some());
    }
}
