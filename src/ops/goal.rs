//! run: the slim workflow up to a goal; every step starts from what the catalog says, so it can be cut off and run again.

use super::error::OpsError;
use super::progress::{Outcome, OutcomeKind};
use super::workspace::{Observation, Workspace};
use crate::domain::action::Operation;
use crate::domain::finding::{Allowance, Finding};
use crate::domain::plan::{ConfirmedPlan, Plan, Request};
use crate::domain::workflow::{Goal, Next, next};
use std::collections::BTreeSet;
use tokio_util::sync::CancellationToken;

/// More steps than any way through the workflow has: a loop would be a mistake of ours.
const MOST_STEPS: usize = 12;

/// Whoever is told and asked on the way to a goal.
pub trait Operator {
    /// A step begins.
    fn begins(&self, step: &str);

    /// How the way ended, where no event of an operation has told it.
    fn told(&self, outcome: &Outcome);

    /// Nobody looks at plans: then one with warnings is not for accepting.
    fn is_away(&self) -> bool;

    /// What stands against the whole way, or was allowed by name.
    fn found(&self, finding: &Finding);

    /// A plan that nobody may accept unseen.
    fn show(&self, plan: &Plan);

    /// Turns a plan into one that may run. `Ok(None)`: the answer was no.
    ///
    /// # Errors
    /// Why it may not run, as an outcome.
    fn agree(&self, plan: Plan) -> impl Future<Output = Result<Option<ConfirmedPlan>, Outcome>>;

    /// Runs it and tells its events, the last of them the outcome.
    fn perform(&self, confirmed: ConfirmedPlan) -> impl Future<Output = Outcome>;

    /// Waits for readiness and tells what is missing; the outcome is not told.
    fn wait(&self) -> impl Future<Output = Outcome>;
}

impl Workspace {
    /// Goes on, operation by operation, until the goal is reached or something stands against it. `asked` holds the options for every
    /// operation on the way.
    pub async fn pursue(
        &self,
        goal: Goal,
        asked: &Request,
        operator: &impl Operator,
        cancel: &CancellationToken,
    ) -> OutcomeKind {
        let ended = match self.steps_towards(goal, asked, operator, cancel).await {
            Ok(ended) => ended,
            Err(ended) => {
                operator.told(&ended);
                ended
            }
        };
        ended.outcome
    }

    /// # Errors
    /// An outcome that was not told yet; `Ok` is that of an operation, whose events told it.
    async fn steps_towards(
        &self,
        goal: Goal,
        asked: &Request,
        operator: &impl Operator,
        cancel: &CancellationToken,
    ) -> Result<Outcome, Outcome> {
        let request = |operation| Request {
            operation,
            ..asked.clone()
        };
        // Once: the project's files must not change under the workflow.
        self.read(cancel, self.prepare(&request(Operation::Deploy)))
            .await?;
        let caveat = self.stale_files(&asked.allow, operator)?;
        let mut settled = false;
        let mut last = None;
        for _ in 0..MOST_STEPS {
            let observation = self.read(cancel, self.observe()).await?;
            match next(&observation.board, goal, settled) {
                Next::Reached(sentence) => {
                    return Err(Outcome::new(
                        OutcomeKind::Done,
                        format!("{caveat}{sentence}"),
                    ));
                }
                Next::Decide { why, command } => {
                    let mut blocked = Outcome::new(OutcomeKind::Blocked, why);
                    blocked.next = Some(command.to_owned());
                    return Err(blocked);
                }
                Next::Wait => {
                    operator.begins("await");
                    let waited = operator.wait().await;
                    if waited.outcome != OutcomeKind::Done {
                        return Err(waited);
                    }
                    settled = true;
                    last = None;
                }
                Next::Operate(operation) => {
                    if last == Some(operation) {
                        return Err(no_end(&request(operation)));
                    }
                    last = Some(operation);
                    let phase = observation.board.phase;
                    operator.begins(&format!("{operation} (the deployment is {phase})"));
                    settled = false;
                    let ended = self
                        .take_step(&request(operation), observation, operator, cancel)
                        .await?;
                    if ended.outcome != OutcomeKind::Done {
                        return Ok(ended);
                    }
                }
            }
        }
        Err(Outcome::new(
            OutcomeKind::Failed,
            "The workflow does not come to an end; look at `cutover status`.".to_owned(),
        ))
    }

    /// Where the manifest no longer tells the project's files, nothing can be said of the project. Whoever allows it by name is told with
    /// these words that the rest is said of the manifest.
    ///
    /// # Errors
    /// Why it stops, as an outcome.
    fn stale_files(
        &self,
        allow: &BTreeSet<Allowance>,
        operator: &impl Operator,
    ) -> Result<&'static str, Outcome> {
        let Some(stale) = self.stale() else {
            return Ok("");
        };
        operator.found(&stale);
        let allowed = |object: &String| {
            allow.contains(&Allowance {
                finding: stale.id,
                object: object.clone(),
            })
        };
        if stale.objects.iter().all(allowed) {
            return Ok("By its manifest, which is not what its files are: ");
        }
        let mut blocked = Outcome::new(
            OutcomeKind::Blocked,
            "What the project is now can't be told from its manifest; nothing was changed.",
        );
        blocked.next = Some("dbt compile".to_owned());
        Err(blocked)
    }

    /// Plans, accepts what `--yes` is enough for (or asks), executes.
    async fn take_step(
        &self,
        request: &Request,
        observation: Observation,
        operator: &impl Operator,
        cancel: &CancellationToken,
    ) -> Result<Outcome, Outcome> {
        let plan = self
            .read(cancel, self.plan_from(request, observation))
            .await?
            .plan;
        if operator.is_away() && plan.needs_expect() && !plan.is_blocked() {
            operator.show(&plan);
            let mut blocked = Outcome::new(
                OutcomeKind::Blocked,
                format!(
                    "The plan of {} has warnings that nobody allowed by name.",
                    plan.operation
                ),
            );
            blocked.next = Some(format!(
                "{} --yes --expect {}",
                plan.request.command(),
                plan.fingerprint
            ));
            return Err(blocked);
        }
        match operator.agree(plan).await? {
            Some(confirmed) => Ok(operator.perform(confirmed).await),
            None => Err(Outcome::new(
                OutcomeKind::Refused,
                "Not confirmed; nothing was changed.".to_owned(),
            )),
        }
    }

    /// Does what only reads.
    ///
    /// # Errors
    /// That it failed or was interrupted, as an outcome.
    async fn read<T>(
        &self,
        cancel: &CancellationToken,
        work: impl Future<Output = Result<T, OpsError>>,
    ) -> Result<T, Outcome> {
        match self.unless(cancel, work).await {
            Ok(done) => done.map_err(|error| Outcome::from(&error)),
            Err(how) => Err(Outcome::new(
                OutcomeKind::Interrupted,
                format!("{how}; nothing was changed."),
            )),
        }
    }
}

/// An operation that ended well and is the next step all the same.
fn no_end(done: &Request) -> Outcome {
    let operation = done.operation;
    let selects = !done.select.is_empty() || !done.exclude.is_empty();
    let message = match operation {
        Operation::Deploy if selects => {
            "The selection leaves models unbuilt that changed, so the deployment is not complete."
                .to_owned()
        }
        _ => format!(
            "The {operation} was done, and is the next step again; look at `cutover status`."
        ),
    };
    Outcome::new(OutcomeKind::Unfinished, message).and_next(operation)
}
