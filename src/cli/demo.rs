//! demo --headless: the whole loop on the embedded server, each step printed.

use super::operation::{agreed, perform};
use super::wait::until_ready;
use super::{CommandContext, finish};
use crate::domain::action::Operation;
use crate::domain::plan::Request;
use crate::ops::progress::{Outcome, OutcomeKind};

/// The way through the workflow, with a look back in the middle.
const STEPS: &[Operation] = &[
    Operation::Init,
    Operation::Deploy,
    Operation::Await,
    Operation::Promote,
    Operation::Rollback,
    Operation::Promote,
    Operation::Sync,
    Operation::Await,
    Operation::Cleanup,
];

/// Performs every step; stops at the first that does not end well.
pub async fn headless(context: &CommandContext) -> u8 {
    for operation in STEPS {
        context.printer.say("");
        context.printer.say(&format!("== {operation} =="));
        let outcome = match operation {
            Operation::Await => {
                let outcome = until_ready(context).await;
                let _ = finish(context.printer, &outcome);
                outcome
            }
            operation => step(context, *operation).await,
        };
        if outcome.outcome != OutcomeKind::Done {
            return outcome.outcome.exit_code();
        }
    }
    0
}

/// The demo agrees to its own plans by their fingerprints, so blocks stop it and warnings do not.
async fn step(context: &CommandContext, operation: Operation) -> Outcome {
    let request = Request::new(operation);
    let agreed = match context.reading(context.workspace.plan(&request)).await {
        Ok(Ok(planned)) => {
            let expect = planned.plan.fingerprint.to_string();
            agreed(context, planned.plan, Some(&expect)).await
        }
        Ok(Err(error)) => Err(Outcome::from(&error)),
        Err(interrupted) => Err(interrupted),
    };
    match agreed {
        Ok(Some(confirmed)) => perform(context, confirmed).await,
        Ok(None) => Outcome::new(OutcomeKind::Refused, "Not confirmed."),
        Err(outcome) => {
            let _ = finish(context.printer, &outcome);
            outcome
        }
    }
}
