//! What happens around the steps: retries after a lost race, reading back after a lost link.

use super::error::OpsError;
use super::execute::{lock, outcome, tell};
use super::planning::Planned;
use super::progress::{Outcome, OutcomeKind, Progress};
use super::request::Request;
use super::run::{Run, Stop};
use super::session::Observation;
use crate::domain::action::Operation;
use crate::domain::board::Board;
use crate::domain::name::ObjectId;
use crate::domain::phase::Phase;
use crate::domain::plan::Plan;
use crate::domain::provenance::Unfinished;
use crate::domain::quantity::count;
use std::collections::BTreeSet;
use std::time::Duration;

/// How often and at what distance the server is asked again after the link was lost around a COMMIT.
const READ_BACK_TRIES: u32 = 20;
/// How often the catalog is read before a lost COMMIT counts as not committed.
const COMMIT_LOOKS: u32 = 3;
/// After so many lost links the rest is left for another run.
const MOST_LOSSES: u32 = 3;
const READ_BACK_PAUSE: Duration = Duration::from_millis(1500);

impl Run<'_> {
    /// Runs a plan to its end, whatever happens on the way.
    pub(super) async fn conduct(
        &mut self,
        request: &Request,
        plan: &Plan,
        planned: &Planned,
    ) -> Outcome {
        let mut current = plan.clone();
        let (mut tries, mut losses) = (0, 0);
        loop {
            let stop = match self.steps(&current).await {
                Ok(()) => return self.finished(request, &current, planned).await,
                Err(stop) => stop,
            };
            match stop {
                Stop::Raced(reason) if tries < self.session.settings().promotion.max_retries => {
                    tries += 1;
                    match self.after_race(request, plan, &reason, tries).await {
                        Ok(next) => current = next,
                        Err(outcome) => return outcome,
                    }
                }
                Stop::Raced(reason) => {
                    let message = format!(
                        "The catalog changed under the transaction {}; nothing was swapped: {reason}",
                        count(tries + 1, "time")
                    );
                    return with_next(outcome(OutcomeKind::Failed, message), request.operation);
                }
                Stop::LinkLost { reason, swap_sent } => {
                    match self
                        .after_lost_link(request, &current, &reason, swap_sent)
                        .await
                    {
                        Ok(Some(_)) if losses >= MOST_LOSSES => {
                            let often = count(losses + 1, "time");
                            let message = format!(
                                "The link was lost {often}: {reason}; the rest is left to do."
                            );
                            return with_next(
                                outcome(OutcomeKind::Unfinished, message),
                                request.operation,
                            );
                        }
                        Ok(Some(rest)) => {
                            losses += 1;
                            current = rest;
                        }
                        Ok(None) => return self.finished(request, &current, planned).await,
                        Err(outcome) => return outcome,
                    }
                }
                Stop::Untouched(reason) => {
                    return outcome(
                        OutcomeKind::Failed,
                        format!("{reason}. Nothing was changed."),
                    );
                }
                Stop::Partly(reason) => {
                    let message = format!("Stopped half way: {reason}");
                    return with_next(outcome(OutcomeKind::Unfinished, message), request.operation);
                }
                Stop::Interrupted(waited) => return self.interrupted(request, waited),
            }
        }
    }

    fn interrupted(&self, request: &Request, waited: Option<String>) -> Outcome {
        let while_at = waited.map_or_else(String::new, |waited| format!(" ({waited})"));
        let message = if self.touched {
            format!("Interrupted half way{while_at}; the same command goes on from here.")
        } else {
            format!("Interrupted{while_at}; nothing was changed.")
        };
        with_next(
            outcome(OutcomeKind::Interrupted, message),
            request.operation,
        )
    }

    /// One look after the statements. A wish to stop gives it a last short time: what took effect is worth knowing.
    pub(super) async fn look(&self) -> Result<Result<Observation, OpsError>, String> {
        let last = async {
            self.cancel.cancelled().await;
            tokio::time::sleep(self.session.connector().settings().deadlines.cancel).await;
        };
        let looking = self.session.observe();
        tokio::pin!(looking);
        tokio::select! {
            biased;
            looked = &mut looking => Ok(looked),
            () = last => Err(self.session.interrupted()),
        }
    }

    /// Stopped before it could be read back what took effect.
    fn unread(&self, request: &Request, why: &str, swap_sent: bool) -> Outcome {
        let (kind, state) = match (swap_sent, self.committed, self.touched) {
            (true, ..) => (OutcomeKind::Unknown, "what became of COMMIT is unknown"),
            (_, true, _) => (
                OutcomeKind::Unfinished,
                "the swap is committed, the rest is left to do",
            ),
            (_, _, true) => (
                OutcomeKind::Interrupted,
                "the same command goes on from here",
            ),
            _ => (OutcomeKind::Interrupted, "nothing was changed"),
        };
        with_next(outcome(kind, format!("{why}; {state}.")), request.operation)
    }

    /// Waits, observes and plans again; a plan with another fingerprint is another operator's work and stops this one.
    async fn after_race(
        &mut self,
        request: &Request,
        first: &Plan,
        reason: &str,
        tries: u32,
    ) -> Result<Plan, Outcome> {
        self.note(format!(
            "Another session changed the catalog ({reason}); trying again ({tries})."
        ));
        tokio::select! {
            () = tokio::time::sleep(self.session.settings().promotion.retry_backoff.duration()) => {}
            () = self.cancel.cancelled() => return Err(self.interrupted(request, None)),
        }
        let looked = self
            .session
            .unless(self.cancel, self.session.look_again(request))
            .await;
        let planned = looked
            .map_err(|waited| self.interrupted(request, Some(waited)))?
            .map_err(|error| {
                outcome(OutcomeKind::Failed, format!("{error} Nothing was swapped."))
            })?;
        // An earlier step of this run may have written records; ids and definitions must not have moved.
        let moved = match self.touched {
            true => planned.plan.identity != first.identity,
            false => planned.plan.fingerprint != first.fingerprint,
        };
        if moved {
            let message = "The facts changed while another session was at work; nothing was swapped. Look at the plan again.";
            return Err(outcome(OutcomeKind::Blocked, message.to_owned()));
        }
        if planned.plan.is_blocked() {
            return Err(outcome(
                OutcomeKind::Blocked,
                "The plan is blocked now; nothing was swapped. Look at it again.".to_owned(),
            ));
        }
        Ok(planned.plan)
    }

    /// Reads back where things stand. `Ok(Some)`: what is left to do; `Ok(None)`: all is done.
    async fn after_lost_link(
        &mut self,
        request: &Request,
        begun: &Plan,
        reason: &str,
        swap_sent: bool,
    ) -> Result<Option<Plan>, Outcome> {
        self.note(format!(
            "The link was lost ({reason}); reading back where things stand."
        ));
        let (mut tries, mut looks) = (0, 0);
        let observation = loop {
            let looked = self.look().await;
            match looked.map_err(|why| self.unread(request, &why, swap_sent))? {
                // The server may still be at work on a COMMIT whose client is gone: one look is no proof.
                Ok(observation)
                    if swap_sent
                        && !is_committed(request.operation, &observation.board)
                        && looks < COMMIT_LOOKS =>
                {
                    looks += 1;
                    tokio::time::sleep(READ_BACK_PAUSE).await;
                }
                Ok(observation) => break observation,
                Err(error) if tries >= READ_BACK_TRIES => {
                    let message = format!(
                        "The link was lost and the server can't be read back ({error}); what took effect is unknown."
                    );
                    return Err(with_next(
                        outcome(OutcomeKind::Unknown, message),
                        request.operation,
                    ));
                }
                Err(error) if self.cancel.is_cancelled() => {
                    let why = format!("Interrupted while reading back ({error})");
                    return Err(self.unread(request, &why, swap_sent));
                }
                Err(_) => {
                    tries += 1;
                    tokio::select! {
                        () = tokio::time::sleep(READ_BACK_PAUSE) => {}
                        () = self.cancel.cancelled() => {}
                    }
                }
            }
        };
        let phase = observation.board.phase;
        let swaps = matches!(request.operation, Operation::Promote | Operation::Rollback);
        if swap_sent && !is_committed(request.operation, &observation.board) {
            let message = "The link was lost at COMMIT, and the catalog, read for some seconds, shows that it did not commit. Nothing was swapped.";
            let mut failed = outcome(OutcomeKind::Failed, message.to_owned());
            failed.next = Some("cutover status".to_owned());
            return Err(failed);
        }
        if swaps && !swap_sent && !self.committed {
            return Err(outcome(
                OutcomeKind::Failed,
                "The link was lost before COMMIT. Nothing was swapped.".to_owned(),
            ));
        }
        if swaps {
            self.committed = true;
            self.touched = true;
        }
        let finishing = Request {
            operation: if phase == Phase::Promoting {
                Operation::Promote
            } else {
                request.operation
            },
            ..request.clone()
        };
        if swaps && phase != Phase::Promoting {
            return Ok(None);
        }
        let planned = self.session.plan_from(&finishing, observation).await;
        match planned {
            Ok(planned) if planned.plan.is_blocked() => Err(with_next(
                outcome(
                    OutcomeKind::Unfinished,
                    "The rest is blocked now; look at its plan.".to_owned(),
                ),
                finishing.operation,
            )),
            Ok(planned) if drops_more(&planned.plan, begun) => Err(with_next(
                outcome(
                    OutcomeKind::Unfinished,
                    "The rest would drop what the plan did not show; look at it again.".to_owned(),
                ),
                finishing.operation,
            )),
            Ok(planned) if planned.plan.steps.is_empty() => Ok(None),
            Ok(planned) => Ok(Some(planned.plan)),
            Err(error) => Err(with_next(
                outcome(OutcomeKind::Unfinished, error.to_string()),
                finishing.operation,
            )),
        }
    }

    pub(super) fn note(&mut self, text: String) {
        lock(&self.audit).note(&text);
        tell(self.progress, Progress::Note { text });
    }
}

/// Whether the rest of a cleanup would take what was not shown: somebody may have built there while the link was lost.
fn drops_more(rest: &Plan, shown: &Plan) -> bool {
    let shown: BTreeSet<&ObjectId> = shown.closure.iter().map(|item| &item.id).collect();
    rest.operation == Operation::Cleanup
        && rest.closure.iter().any(|item| !shown.contains(&item.id))
}

/// Whether the catalog shows that the swap took effect. A promote may have been finished by somebody else since; a rollback begins in the
/// phase `promoted`, or `promoting` where it takes back an unfinished promote, which proves nothing for it.
fn is_committed(operation: Operation, board: &Board) -> bool {
    match operation {
        Operation::Rollback => board.provenance.unfinished == Some(Unfinished::Rollback),
        Operation::Promote => matches!(board.phase, Phase::Promoting | Phase::Promoted),
        _ => board.phase == Phase::Promoting,
    }
}

pub(super) fn with_next(mut outcome: Outcome, operation: Operation) -> Outcome {
    outcome.next = Some(Run::again(operation));
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture::World;
    use crate::domain::object::ObjectKind;
    use crate::domain::plan::cleanup;

    #[test]
    fn the_rest_of_a_cleanup_takes_nothing_that_was_not_shown() {
        let mut world = World::new();
        let planned = |world: &World| world.with_facts(|facts| cleanup(facts, &BTreeSet::new()));
        let shown = planned(&world);
        assert!(!drops_more(&shown, &shown));
        world.add_in("u2", "u2", "new_here", ObjectKind::View, &[]);
        let with_more = planned(&world);
        assert!(drops_more(&with_more, &shown));
        assert!(!drops_more(&shown, &with_more), "a part is gone already");
    }
}
