//! await: what is missing while it waits, one line per change.

use super::{CommandContext, finish};
use crate::ops::progress::Outcome;

/// Waits for readiness and returns the exit code.
pub async fn wait(desk: &CommandContext) -> u8 {
    let outcome = until_ready(desk).await;
    finish(desk.printer, &outcome)
}

/// Waits for readiness, printing what is missing.
pub async fn until_ready(desk: &CommandContext) -> Outcome {
    desk.printed(
        |progress| async move { desk.session.wait_until_ready(&progress, &desk.cancel).await },
    )
    .await
}
