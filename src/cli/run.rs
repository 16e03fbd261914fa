//! run: the slim workflow up to a point; every step starts from what the catalog says, so it can be cut off and run again.

use super::args::{DeployFlags, Until};
use super::operation::{agreed, allowances, perform};
use super::wait::until_ready;
use super::{Desk, finish, sentence};
use crate::domain::action::Operation;
use crate::domain::environment::Side;
use crate::domain::finding::Allowance;
use crate::domain::phase::Phase;
use crate::domain::project::Comparison;
use crate::ops::progress::{Outcome, OutcomeKind};
use crate::ops::request::Request;
use crate::ops::session::Observation;
use std::collections::BTreeSet;

/// More steps than any way through the workflow has: a loop would be a mistake of ours.
const MOST_STEPS: usize = 12;

/// What comes next.
enum Next {
    Operate(Operation),
    Wait,
    Done(String),
    Stop(Outcome),
}

/// Goes on until the point is reached; returns the exit code.
pub async fn run(desk: &Desk, until: Until, deploy: &DeployFlags, allow: &[String]) -> u8 {
    let allow = match allowances(allow) {
        Ok(allow) => allow,
        Err(outcome) => return finish(desk.printer, &outcome),
    };
    // Once: the project's files must not change under the workflow.
    let preparing = Request::new(Operation::Deploy);
    match desk.reading(desk.session.prepare(&preparing)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => return desk.fail(&error),
        Err(interrupted) => return finish(desk.printer, &interrupted),
    }
    let caveat = match stale_files(desk, &allow) {
        Ok(caveat) => caveat,
        Err(outcome) => return finish(desk.printer, &outcome),
    };
    let mut settled = false;
    for _ in 0..MOST_STEPS {
        let observation = match desk.reading(desk.session.observe()).await {
            Ok(Ok(observation)) => observation,
            Ok(Err(error)) => return desk.fail(&error),
            Err(interrupted) => return finish(desk.printer, &interrupted),
        };
        let phase = observation.board.phase;
        let outcome = match next(&observation, until, settled) {
            Next::Done(message) => {
                let message = format!("{caveat}{message}");
                return finish(desk.printer, &sentence(OutcomeKind::Done, message));
            }
            Next::Stop(outcome) => return finish(desk.printer, &outcome),
            Next::Wait => {
                desk.printer.say("await");
                settled = true;
                match until_ready(desk).await {
                    ended if ended.outcome == OutcomeKind::Done => ended,
                    ended => return finish(desk.printer, &ended),
                }
            }
            Next::Operate(operation) => {
                desk.printer
                    .say(&format!("{operation} (the deployment is {phase})"));
                settled = false;
                let mut request = Request::new(operation);
                request.allow = allow.clone();
                request.full = deploy.full;
                request.select = deploy.select.clone();
                request.exclude = deploy.exclude.clone();
                request.state = deploy.state.clone();
                step(desk, request, observation).await
            }
        };
        if outcome.outcome != OutcomeKind::Done {
            return outcome.outcome.exit_code();
        }
    }
    finish(
        desk.printer,
        &sentence(
            OutcomeKind::Failed,
            "The workflow does not come to an end; look at `cutover status`.",
        ),
    )
}

/// Where the manifest no longer tells the project's files, nothing can be said of the project. Whoever allows it by name is told with
/// these words that the rest is said of the manifest.
///
/// # Errors
/// Why it stops, as an outcome.
fn stale_files(desk: &Desk, allow: &BTreeSet<Allowance>) -> Result<&'static str, Outcome> {
    let Some(stale) = desk.session.stale() else {
        return Ok("");
    };
    desk.printer.finding(&stale);
    let allowed = |object: &String| {
        allow.contains(&Allowance {
            finding: stale.id,
            object: object.clone(),
        })
    };
    if stale.objects.iter().all(allowed) {
        return Ok("By its manifest, which is not what its files are: ");
    }
    let mut outcome = sentence(
        OutcomeKind::Blocked,
        "What the project is now can't be told from its manifest; nothing was changed.",
    );
    outcome.next = Some("dbt compile".to_owned());
    Err(outcome)
}

/// Plans, accepts a plan without warnings (or asks), executes.
async fn step(desk: &Desk, request: Request, observation: Observation) -> Outcome {
    let stop = |outcome: Outcome| {
        // Told here; the exit code follows from the outcome that the caller gets.
        let _ = finish(desk.printer, &outcome);
        outcome
    };
    let planning = desk.session.plan_from(&request, observation);
    let plan = match desk.reading(planning).await {
        Ok(Ok(planned)) => planned.plan,
        Ok(Err(error)) => return stop(sentence(error.outcome(), error.to_string())),
        Err(interrupted) => return stop(interrupted),
    };
    if desk.common.yes && plan.has_warnings() && !plan.is_blocked() {
        desk.printer.plan(&plan);
        let mut outcome = sentence(
            OutcomeKind::Blocked,
            format!(
                "The plan of {} has warnings; `run --yes` accepts only plans without.",
                plan.operation
            ),
        );
        outcome.next = Some(format!(
            "cutover {} --yes --expect {}",
            plan.operation, plan.fingerprint
        ));
        return stop(outcome);
    }
    match agreed(desk, plan, None).await {
        Ok(Some(confirmed)) => perform(desk, confirmed).await,
        Ok(None) => stop(sentence(
            OutcomeKind::Refused,
            "Not confirmed; nothing was changed.",
        )),
        Err(outcome) => stop(outcome),
    }
}

/// `settled`: readiness was waited for since the last operation, and held.
fn next(observation: &Observation, until: Until, settled: bool) -> Next {
    let whole = |side| observation.board.wholeness.holes(side).is_none();
    let stale =
        compared(observation, Side::Deployment) != Comparison::Same || !whole(Side::Deployment);
    match observation.board.phase {
        Phase::None => Next::Operate(Operation::Init),
        Phase::Initialized | Phase::Deploying => Next::Operate(Operation::Deploy),
        // What is unknown is built: only a deployment proves what the side holds.
        Phase::Hydrating | Phase::Ready if stale => Next::Operate(Operation::Deploy),
        Phase::Hydrating => Next::Wait,
        Phase::Ready if !settled => Next::Wait,
        Phase::Ready if until == Until::Ready => Next::Done("Ready for the promote.".to_owned()),
        Phase::Ready | Phase::Promoting => Next::Operate(Operation::Promote),
        Phase::Promoted => after_promote(observation, until),
        Phase::Synced => match compared(observation, Side::Production) {
            // What is missing in production stands on the other side, which becomes the candidate.
            Comparison::Same if !whole(Side::Production) => Next::Operate(Operation::Deploy),
            Comparison::Same if whole(Side::Deployment) => {
                Next::Done("Production runs this project, and both sides are the same.".to_owned())
            }
            Comparison::Same if until == Until::Synced => Next::Operate(Operation::Sync),
            Comparison::Same => Next::Done("Production runs this project.".to_owned()),
            Comparison::Differs | Comparison::Unknown(_) => Next::Operate(Operation::Deploy),
        },
        Phase::Unknown => Next::Stop(sentence(
            OutcomeKind::Blocked,
            "Names or records contradict each other; look at `cutover status`.",
        )),
    }
}

/// Sync ends the way back, so it happens only when it was asked for by name.
fn after_promote(observation: &Observation, until: Until) -> Next {
    if until == Until::Synced {
        return Next::Operate(Operation::Sync);
    }
    let holes = observation.board.wholeness.holes(Side::Production);
    let (why, next) = match (compared(observation, Side::Production), holes) {
        (Comparison::Same, Some(holes)) => (
            format!("In production {holes}. The deployment side is the way back to the retired production; `cutover sync` ends it and builds there what production should run, and `cutover run --until promoted` then promotes that."),
            "cutover sync",
        ),
        (Comparison::Same, None) => return Next::Done("Production runs this project.".to_owned()),
        (Comparison::Differs, _) => (
            "The deployment side is the way back to the retired production; the next deployment needs it."
                .to_owned(),
            "cutover sync",
        ),
        (Comparison::Unknown(why), _) => (
            format!(
                "Whether production runs this project is unknown: {why}. Fetch the state directory of the machine that deployed it."
            ),
            "cutover status",
        ),
    };
    let mut outcome = sentence(OutcomeKind::Blocked, why);
    outcome.next = Some(next.to_owned());
    Next::Stop(outcome)
}

/// The project as compiled against what a side holds.
fn compared(observation: &Observation, side: Side) -> Comparison {
    let provenance = &observation.board.provenance;
    let record = match side {
        Side::Production => provenance.production.as_ref(),
        Side::Deployment => provenance.deployment.as_ref(),
    };
    match &observation.board.project {
        Some(project) => project.compared_with(side, record),
        None => Comparison::Unknown("dbt has not read the project".to_owned()),
    }
}
