//! Reading back where things stand: after the last statement, and after a lost connection.

use super::error::OpsError;
use super::progress::{Outcome, OutcomeKind};
use super::run::{Run, Stop};
use super::workspace::Observation;
use crate::domain::action::Operation;
use crate::domain::failure::{Remedy, told};
use crate::domain::plan::{Confirmed, Identities, Plan, Request, Statement};
use crate::domain::quantity::{some_of, span};
use crate::domain::workflow::{finishing, stands_after};
use crate::materialize::error::Error;
use std::time::Duration;
use tokio::time::Instant;

/// For how long, and at what distance, the server is asked again after a lost connection. The last try has its own deadline.
const READ_BACK_FOR: Duration = Duration::from_secs(45);
const READ_BACK_PAUSE: Duration = Duration::from_millis(1500);

/// Why a try to read back told nothing.
enum Unread {
    /// Another try may tell.
    Yet(String),
    /// No other will.
    Never(String),
    /// The operator asked to stop.
    Interrupted(String),
}

impl Run<'_> {
    /// One look after the statements. A wish to stop gives it a last short time: what took effect is worth knowing.
    pub(super) async fn look(&mut self) -> Result<Result<Observation, OpsError>, String> {
        let reader = self.reader.take();
        let last = async {
            self.cancel.cancelled().await;
            tokio::time::sleep(self.workspace.connector().settings().deadlines.cancel).await;
        };
        let looking = async {
            let Some(mut reader) = reader else {
                return (self.workspace.observe().await, None);
            };
            match self.workspace.observe_on(&mut reader, None).await {
                // That connection may have been lost with the other one.
                Err(error) if error.is_of_link() => (self.workspace.observe().await, None),
                looked => (looked, Some(reader)),
            }
        };
        tokio::pin!(looking);
        let (looked, reader) = tokio::select! {
            biased;
            looked = &mut looking => looked,
            () = last => return Err(self.workspace.interrupted()),
        };
        self.reader = reader;
        Ok(looked)
    }

    /// Stopped before it could be read back what took effect.
    fn unread(&self, request: &Request, why: &str, swap_sent: bool) -> Outcome {
        let (kind, state) = match (swap_sent, self.committed, self.touched) {
            (true, ..) => (OutcomeKind::Unknown, "what became of COMMIT is unknown"),
            (_, true, _) => (
                OutcomeKind::Unfinished,
                "the swap is committed, the rest is left to do",
            ),
            (_, _, true) if self.has_built => (
                OutcomeKind::Interrupted,
                "whether production stands as it stood is unknown",
            ),
            (_, _, true) => (
                OutcomeKind::Interrupted,
                "the same command goes on from here",
            ),
            _ => (OutcomeKind::Interrupted, "nothing was changed"),
        };
        let ended = Outcome::new(kind, format!("{why}; {state}."));
        self.with_next_of(ended, request.operation)
    }

    /// What production is after a build must be known before the same command is advised.
    fn with_next_of(&self, outcome: Outcome, operation: Operation) -> Outcome {
        match self.has_built {
            true => outcome.and_look(),
            false => outcome.and_next(operation),
        }
    }

    /// Reads back where things stand. `Ok(Some)`: what is left to do; `Ok(None)`: all is done.
    pub(super) async fn after_lost_link(
        &mut self,
        request: &Request,
        begun: &Plan,
        reason: &str,
        swap_sent: bool,
    ) -> Result<Option<Plan>, Outcome> {
        self.reporter.note(format!(
            "The link was lost ({reason}); reading back where things stand, for {} at most.",
            span(READ_BACK_FOR)
        ));
        let observation = self.read_back(request, swap_sent).await?;
        if self.has_built
            && let Some(harm) = self.harm_in(&observation)
        {
            return Err(self.harmed(&format!("The link was lost ({reason})"), &harm));
        }
        if let Some(before) = self.before_swap.clone().filter(|_| swap_sent) {
            self.came_through(&before, &observation)?;
        } else if begun.transaction().is_some() && !self.committed {
            return Err(Outcome::new(
                OutcomeKind::Failed,
                "The link was lost before COMMIT. Nothing was swapped.".to_owned(),
            ));
        }
        let unfinished = observation.board.provenance.unfinished.is_some();
        if self.committed && !unfinished {
            return Ok(None);
        }
        let exchanges = matches!(begun.operation, Operation::Promote | Operation::Rollback);
        if exchanges && !unfinished && stands_after(begun.operation, &observation.board) {
            return Ok(None);
        }
        let rest = Request {
            operation: match unfinished {
                true => finishing(&observation.board),
                false => begun.operation,
            },
            ..request.clone()
        };
        self.rest(&rest, begun, observation).await
    }

    /// What is left to do of an operation that was cut off.
    async fn rest(
        &mut self,
        asked: &Request,
        begun: &Plan,
        observation: Observation,
    ) -> Result<Option<Plan>, Outcome> {
        let unfinished = |message: String| {
            Outcome::new(OutcomeKind::Unfinished, message).and_next(asked.operation)
        };
        let failed = |error: OpsError| unfinished(error.told()).with_remedy(error.remedy());
        let planned = self.workspace.plan_from(asked, observation).await;
        let plan = planned.map_err(failed)?.plan;
        if plan.is_blocked() {
            let message = "The rest is blocked now; look at its plan.";
            return Err(unfinished(message.to_owned()));
        }
        if plan.lease.is_some() && self.workspace.lease().is_none() {
            let message = "The deployment side could not be held for the rest; look at its plan.";
            return Err(unfinished(message.to_owned()));
        }
        if let Err(more) = Confirmed::newly(begun).covers(&plan) {
            let message = format!(
                "The rest would be more than the plan that was confirmed ({}); look at it again.",
                some_of(more)
            );
            return Err(unfinished(message));
        }
        // What was left, such as a sink, is a part of the rest.
        self.left.clear();
        Ok((!plan.steps.is_empty()).then_some(plan))
    }

    /// Looks until the server answers, or for so long that what took effect counts as unknown.
    async fn read_back(
        &mut self,
        request: &Request,
        swap_sent: bool,
    ) -> Result<Observation, Outcome> {
        let until = Instant::now() + READ_BACK_FOR;
        loop {
            let why = match self.settled_look(swap_sent).await {
                Ok(observation) => return Ok(observation),
                Err(Unread::Interrupted(why)) => {
                    return Err(self.unread(request, &why, swap_sent));
                }
                Err(Unread::Yet(why)) if self.cancel.is_cancelled() => {
                    let why = format!("Interrupted while reading back ({why})");
                    return Err(self.unread(request, &why, swap_sent));
                }
                Err(Unread::Yet(_)) if Instant::now() < until => {
                    tokio::select! {
                        () = tokio::time::sleep(READ_BACK_PAUSE) => {}
                        () = self.cancel.cancelled() => {}
                    }
                    continue;
                }
                Err(Unread::Yet(why) | Unread::Never(why)) => why,
            };
            let (kind, state) = match self.committed {
                true => (
                    OutcomeKind::Unfinished,
                    "the swap is committed, and what is left of the rest is unknown",
                ),
                false => (OutcomeKind::Unknown, "it is unknown"),
            };
            let message = format!(
                "The link was lost and it can't be read back what took effect ({why}): {state}."
            );
            let unread = Outcome::new(kind, message);
            return Err(self.with_next_of(unread, request.operation));
        }
    }

    /// A look that tells. The server may still be at work on a COMMIT whose client is gone, so before it DDL of ours makes that COMMIT
    /// fail: from then on it has taken effect or never will.
    async fn settled_look(&mut self, swap_sent: bool) -> Result<Observation, Unread> {
        let operation = self.planned.plan.operation;
        let renewed = self.workspace.renew_lease(operation).await;
        renewed.map_err(|error| Unread::Yet(told(&error)))?;
        if swap_sent {
            self.fence_off().await?;
        }
        match self.look().await {
            Ok(Ok(observation)) => Ok(observation),
            Ok(Err(error)) => Err(Unread::Yet(error.told())),
            Err(interrupted) => Err(Unread::Interrupted(interrupted)),
        }
    }

    async fn fence_off(&self) -> Result<(), Unread> {
        let mut executor = match self.connect().await {
            Ok(executor) => executor,
            Err(Stop::Interrupted(why)) => {
                return Err(Unread::Interrupted(why.unwrap_or_default()));
            }
            Err(stop) => return Err(Unread::Yet(stop.reason())),
        };
        let unread = |error: Error| match error.is_transient() {
            true => Unread::Yet(told(&error)),
            false => Unread::Never(told(&error)),
        };
        let fence = Statement::temporary_view();
        executor.statement(&fence).await.map(|_| ()).map_err(unread)
    }

    /// Whether the COMMIT that was on its way has taken effect, by the ids that the names have now.
    fn came_through(
        &mut self,
        before: &Identities,
        observation: &Observation,
    ) -> Result<(), Outcome> {
        let now = observation.with_inputs(|inputs| Identities::of(inputs.resolved));
        if now.are_swapped_since(before) {
            self.committed = true;
            self.reporter.transaction_ended(true);
            return Ok(());
        }
        let time = observation.board.snapshot.catalog_time.0;
        let bearers = some_of(now.bearers());
        let (kind, message) = match now.are_named_as(before) {
            true => (
                OutcomeKind::Failed,
                format!(
                    "The link was lost at COMMIT, which did not take effect and can't any more: production is what it was, at the logical time {time} ({bearers})."
                ),
            ),
            false => (
                OutcomeKind::Unknown,
                format!(
                    "The link was lost at COMMIT, and somebody moved names meanwhile, so what became of it is unknown: at the logical time {time} there are {bearers}."
                ),
            ),
        };
        Err(Outcome::new(kind, message).and_look())
    }
}
