//! await: what is missing while it waits, one line per change.

use super::{CommandContext, finish};
use crate::ops::progress::Outcome;

/// Waits for readiness and returns the exit code.
pub async fn wait(context: &CommandContext) -> u8 {
    let outcome = until_ready(context).await;
    finish(context.printer, &outcome)
}

/// Waits for readiness, printing what is missing.
pub async fn until_ready(context: &CommandContext) -> Outcome {
    context
        .printed(|progress| async move {
            context
                .workspace
                .wait_until_ready(&progress, &context.cancel)
                .await
        })
        .await
}
