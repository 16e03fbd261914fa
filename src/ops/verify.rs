//! What is asked of the server after the last step: whether it shows what the plan promised.

use super::planning::Planned;
use super::progress::{Outcome, OutcomeKind};
use super::run::Run;
use super::workspace::Observation;
use crate::domain::action::Operation;
use crate::domain::board::Board;
use crate::domain::environment::Side;
use crate::domain::failure::Remedy;
use crate::domain::guard;
use crate::domain::last_build::{Built, contents};
use crate::domain::plan::{Identities, Plan, sinks_reading};
use crate::domain::quantity::{agree, count, some_of};
use crate::domain::record::{DeploymentRole, Record};
use crate::domain::workflow::stands_after;

impl Run<'_> {
    fn answered(&self) -> &'static str {
        match self.committed {
            true => "The swap is committed and all statements were answered",
            false => "All statements were answered",
        }
    }

    /// All steps ran: what was left over, the state files, and whether the server shows what the plan promised.
    pub(super) async fn finished(&mut self, plan: &Plan) -> Outcome {
        if !self.left.is_empty() {
            let message = format!(
                "The swap is committed; left to do: {}",
                self.left.join("; ")
            );
            return Outcome::new(OutcomeKind::Unfinished, message).and_next(plan.operation);
        }
        let observation = match self.look().await {
            Ok(Ok(observation)) => observation,
            Err(why) => {
                let answered = self.answered();
                let message = format!("{why}. {answered}, but the result was not read back.");
                return Outcome::new(OutcomeKind::Unfinished, message)
                    .and_next(plan.request.operation);
            }
            Ok(Err(error)) => {
                let answered = self.answered();
                let message = format!(
                    "{answered}, but the result can't be read back: {}",
                    error.told()
                );
                return Outcome::new(OutcomeKind::Unfinished, message)
                    .with_remedy(error.remedy())
                    .and_next(plan.request.operation);
            }
        };
        if let Some(taken) = self.taken_back(&observation).await {
            return taken;
        }
        let phase = observation.board.phase;
        if !stands_after(plan.operation, &observation.board) {
            let answered = self.answered();
            let message = format!("{answered}, but the deployment is {phase} now.");
            return Outcome::new(OutcomeKind::Unfinished, message).and_next(plan.request.operation);
        }
        if plan.operation == Operation::Init
            && let Some(missing) = observation
                .with_inputs(guard::deployment_names_missing)
                .first()
        {
            let message = format!("All statements were answered, but: {}", missing.message);
            return Outcome::new(OutcomeKind::Unfinished, message).and_next(plan.request.operation);
        }
        if matches!(plan.operation, Operation::Promote | Operation::Rollback) {
            self.keep_production_state(observation.board.provenance.production.as_ref());
            self.check_moved_sinks(plan, &observation);
            if let Some(left) = stranded(&observation) {
                return Outcome::new(OutcomeKind::Unfinished, left).and_look();
            }
        }
        if matches!(plan.operation, Operation::Deploy | Operation::Sync) {
            self.keep_contents(&observation);
        }
        Outcome::new(
            OutcomeKind::Done,
            done_sentence(plan, self.planned, &observation.board),
        )
    }

    /// After a swap the names must have the ids that it gave them: what is said of it is said of these.
    async fn taken_back(&mut self, observation: &Observation) -> Option<Outcome> {
        let before = self.before_swap.clone()?;
        let now = observation.with_inputs(|inputs| Identities::of(inputs.resolved));
        if now.are_swapped_since(&before) {
            return None;
        }
        let by = self
            .workspace
            .renamed_by(self.reader.take(), &now.named())
            .await;
        let what = match now.are_named_as(&before) {
            true => "swapped the names back",
            false => "moved names",
        };
        let message = format!(
            "The swap was committed, and somebody {what} since{by}: at the logical time {} there are {}.",
            observation.board.snapshot.catalog_time.0,
            some_of(now.bearers())
        );
        Some(Outcome::new(OutcomeKind::Failed, message).and_look())
    }

    /// `state/manifest.json` follows production: it says what is proven of it, else what was said of it before.
    fn keep_production_state(&mut self, production: Option<&Record>) {
        let hash = production
            .filter(|record| record.role == DeploymentRole::Production)
            .and_then(|record| record.manifest.clone().or_else(|| record.claimed.clone()));
        let Some(hash) = hash else {
            return self.reporter.note("No record tells which manifest production runs; the state directory was left as it is.".to_owned());
        };
        match self.workspace.store().set_production(&hash) {
            Ok(true) => {}
            Ok(false) => self.reporter.note(format!(
                "The manifest {hash} is not in the state directory; it was left as it is."
            )),
            Err(error) => self
                .reporter
                .note(format!("The state directory can't be written: {error}")),
        }
    }

    /// What a whole build left, by ids: it proves the record when somebody's comment overwrites it.
    fn keep_contents(&self, observation: &Observation) {
        let record = observation.board.provenance.deployment.as_ref();
        let Some(record) = record.filter(|record| record.complete) else {
            return;
        };
        if let Some(manifest) = record.manifest.clone() {
            let contents =
                observation.with_inputs(|inputs| contents(inputs.resolved, Side::Deployment));
            self.reporter.built(Built {
                manifest,
                project: record.project.clone(),
                commit: record.commit.clone(),
                tag: record.tag.clone(),
                contents,
            });
        }
    }

    fn check_moved_sinks(&mut self, plan: &Plan, observation: &Observation) {
        let readings = &observation.board.snapshot.readings;
        let moved = plan.steps.iter().filter_map(|step| match step {
            crate::domain::plan::Step::MoveSink { sink, .. } => Some(sink),
            _ => None,
        });
        let sick: Vec<String> = moved
            .filter(|sink| {
                !readings
                    .connectors
                    .get(*sink)
                    .is_some_and(|status| status.is_running())
            })
            .map(|sink| observation.board.snapshot.catalog.display_name(sink))
            .collect();
        for sink in sick {
            self.reporter.note(format!(
                "The sink {sink} was moved and is not running now: look at its status."
            ));
        }
    }
}

/// Sinks that read what left production, since production has no relation of that name now.
fn stranded(observation: &Observation) -> Option<String> {
    let sinks = observation.with_inputs(|inputs| sinks_reading(inputs, Side::Deployment));
    let names: Vec<String> = sinks.iter().map(|sink| sink.name.to_string()).collect();
    (!names.is_empty()).then(|| {
        format!(
            "The swap is committed and recorded; {} {} what left production, which has nothing of that name now ({}): move or drop what is left.",
            count(names.len(), "sink"),
            agree(names.len(), "still reads", "still read"),
            some_of(names)
        )
    })
}

fn done_sentence(plan: &Plan, planned: &Planned, now: &Board) -> String {
    let way_back = &now.way_back;
    let environment = &planned.observation.board.environment;
    match (plan.operation, now.wholeness.holes(Side::Production)) {
        (Operation::Rollback, Some(holes)) => {
            return format!(
                "Rolled back {}, as the retired side was: in production {holes}.",
                environment.target
            );
        }
        (Operation::Sync, Some(holes)) => {
            return format!(
                "The deployment side holds what production should run; in production {holes}. `cutover deploy` makes that side the candidate that brings it back."
            );
        }
        _ => {}
    }
    match plan.operation {
        Operation::Init => "The deployment side is ready for a deploy.".to_owned(),
        Operation::Deploy if !now.phase.follows_readiness() => {
            "Built what was selected. The deployment is not complete: `cutover deploy` builds the rest.".to_owned()
        }
        Operation::Deploy => "Deployed; now it hydrates.".to_owned(),
        Operation::Promote => format!("Promoted {}. Way back: {way_back}.", environment.target),
        Operation::Rollback => format!(
            "Rolled back {}: production is what it was before the promote.",
            environment.target
        ),
        Operation::Sync => "Both sides hold what production runs.".to_owned(),
        Operation::Cleanup => format!(
            "Dropped the {} side with {}.",
            Side::Deployment,
            count(plan.closure.len(), "object")
        ),
        Operation::Repair => "The records agree with ids and audit events again.".to_owned(),
        Operation::Await => "Ready.".to_owned(),
    }
}
