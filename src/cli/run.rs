//! run: the slim workflow up to a point, with a person or flags to agree to each plan.

use super::args::{DeployFlags, Until};
use super::operation::{agreed, allowances, perform};
use super::wait::until_ready;
use super::{CommandContext, finish};
use crate::domain::finding::Finding;
use crate::domain::plan::{ConfirmedPlan, Plan, Request};
use crate::domain::workflow::Goal;
use crate::ops::goal::Operator;
use crate::ops::progress::Outcome;

/// Goes on until the point is reached; returns the exit code.
pub async fn run(
    context: &CommandContext,
    until: Until,
    deploy: &DeployFlags,
    allow: &[String],
) -> u8 {
    let allow = match allowances(allow) {
        Ok(allow) => allow,
        Err(outcome) => return finish(context.printer, &outcome),
    };
    let request = Request {
        allow,
        ..deploy.request()
    };
    let ended = context
        .workspace
        .pursue(Goal::from(until), &request, context, &context.cancel)
        .await;
    ended.exit_code()
}

impl From<Until> for Goal {
    fn from(until: Until) -> Self {
        match until {
            Until::Ready => Self::Ready,
            Until::Promoted => Self::Promoted,
            Until::Synced => Self::Synced,
        }
    }
}

impl Operator for CommandContext {
    fn begins(&self, step: &str) {
        self.printer.say(step);
    }

    fn told(&self, outcome: &Outcome) {
        // The exit code follows from the outcome.
        let _ = finish(self.printer, outcome);
    }

    fn found(&self, finding: &Finding) {
        self.printer.finding(finding);
    }

    fn is_away(&self) -> bool {
        self.common.yes
    }

    fn show(&self, plan: &Plan) {
        self.printer.plan(plan);
    }

    async fn agree(&self, plan: Plan) -> Result<Option<ConfirmedPlan>, Outcome> {
        agreed(self, plan, None).await
    }

    async fn perform(&self, confirmed: ConfirmedPlan) -> Outcome {
        perform(self, confirmed).await
    }

    async fn wait(&self) -> Outcome {
        until_ready(self).await
    }
}
