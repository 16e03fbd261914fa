//! await: what is missing while it waits, one line per change.

use super::{Desk, finish};
use crate::ops::progress::Outcome;

/// Waits for readiness and returns the exit code.
pub async fn wait(desk: &Desk) -> u8 {
    let outcome = until_ready(desk).await;
    finish(desk.printer, &outcome)
}

/// Waits for readiness, printing what is missing.
pub async fn until_ready(desk: &Desk) -> Outcome {
    desk.printed(
        |progress| async move { desk.session.wait_until_ready(&progress, &desk.cancel).await },
    )
    .await
}
