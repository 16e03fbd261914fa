//! await: what is missing while it waits, one line per change.

use super::{Desk, finish};
use crate::ops::progress::Outcome;
use tokio::sync::mpsc;

/// Waits for readiness and returns the exit code.
pub async fn wait(desk: &Desk) -> u8 {
    let outcome = until_ready(desk).await;
    finish(desk.printer, &outcome)
}

/// Waits for readiness, printing what is missing.
pub async fn until_ready(desk: &Desk) -> Outcome {
    let (progress, mut events) = mpsc::unbounded_channel();
    let printer = desk.printer;
    let print = async {
        let mut readable = true;
        while let Some(event) = events.recv().await {
            readable = readable && printer.progress(&event).is_ok();
        }
    };
    let wait = async {
        // Moved in, so that the channel closes when the waiting ends.
        let progress = progress;
        desk.session.wait_until_ready(&progress, &desk.cancel).await
    };
    let (outcome, ()) = tokio::join!(wait, print);
    outcome
}
