//! The swap at work: behind a fence, on a look under it, and again after a lost race.

use super::error::OpsError;
use super::planning::{LONGEST_FLAP, NEXT_LOOK, Planned};
use super::run::{Run, Stop, StopReason};
use super::workspace::{Observation, Workspace};
use crate::domain::failure::told;
use crate::domain::plan::{Confirmed, Difference, Identities, Plan, Request, WithoutFence};
use crate::domain::quantity::some_of;
use crate::domain::snapshot::LogicalTime;
use crate::materialize::error::Error;
use crate::materialize::execute::{Executor, Looked, StatementEvent, TransactionOutcome, Unfenced};
use crate::materialize::observe::Observer;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The pause after the first lost race, at most; each is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// What is swapped, and on whose yes.
#[derive(Clone, Copy)]
struct Order<'a> {
    confirmed: Confirmed<'a>,
    /// The look that was shown, for what is not the server's.
    shown: &'a Observation,
}

impl<'a> Order<'a> {
    fn request(self) -> &'a Request {
        &self.confirmed.plan.request
    }
}

/// Why the look under a fence was none.
enum Unseen {
    Interrupted(String),
    Failed(OpsError),
}

/// How a try ended that swapped nothing and may be made again.
enum Again {
    /// Somebody's DDL came between.
    SerializationFailure(StopReason),
    /// Something is in the way that may be over in a moment.
    Flaps(Difference),
}

/// A transaction that was not seen to commit.
enum Unsettled {
    Refused(Error),
    Unknown(Stop),
}

/// A try that did not end in a swap.
enum Ended {
    Again(Again),
    Stop(Stop),
}

impl Run<'_> {
    /// Swaps, and returns the plan as it was drawn under the fence: the steps behind its swap are what is left to do.
    ///
    /// # Errors
    /// Why nothing was swapped, or what is unknown of it.
    pub(super) async fn swap(
        &mut self,
        executor: &mut Executor<impl FnMut(StatementEvent) + Send>,
        confirmed: &Plan,
    ) -> Result<Plan, Stop> {
        let mut reader = match self.reader.take() {
            Some(reader) => reader,
            None => self.connect_reader().await?,
        };
        let order = Order {
            confirmed: Confirmed {
                plan: confirmed,
                recorded: self.touched,
            },
            shown: &self.planned.observation,
        };
        let swapped = self.swap_by(executor, &mut reader, order).await;
        self.reader = Some(reader);
        swapped
    }

    async fn swap_by(
        &mut self,
        executor: &mut Executor<impl FnMut(StatementEvent) + Send>,
        reader: &mut Observer,
        order: Order<'_>,
    ) -> Result<Plan, Stop> {
        let promotion = self.workspace.settings().promotion;
        let began = Instant::now();
        let mut tries = 0;
        loop {
            tries += 1;
            // Closed before BEGIN, and let go with each try that swapped nothing: others wait for a process that stands still.
            self.gate = Some(self.workspace.gate().close().await);
            let tried = match self.without_fence.clone() {
                Some(leave) => {
                    self.try_without_fence(executor, reader, &leave, order)
                        .await
                }
                None => self.try_to_swap(executor, reader, order).await,
            };
            let again = match tried {
                Ok(plan) => return Ok(plan),
                Err(Ended::Stop(stop)) => {
                    if !matches!(stop, Stop::LinkLost { .. }) {
                        self.gate = None;
                    }
                    return Err(stop);
                }
                Err(Ended::Again(again)) => again,
            };
            self.gate = None;
            let pause = match again {
                Again::Flaps(_) if began.elapsed() < self.workspace.longest_flap() => NEXT_LOOK,
                Again::Flaps(difference) => return Err(Stop::Differs(difference)),
                Again::SerializationFailure(reason) => {
                    let within = promotion.retry_for.duration();
                    let most = promotion.max_retries.is_some_and(|most| tries > most);
                    if most || began.elapsed() >= within {
                        return Err(Stop::SerializationFailure { tries, reason });
                    }
                    self.reporter.note(format!(
                        "Another session changed the catalog ({reason}); trying again ({tries})."
                    ));
                    jittered(promotion.retry_backoff.duration(), tries)
                }
            };
            tokio::select! {
                () = sleep(pause) => {}
                () = self.cancel.cancelled() => return Err(Stop::Interrupted(None)),
            }
        }
    }

    async fn try_to_swap(
        &mut self,
        executor: &mut Executor<impl FnMut(StatementEvent) + Send>,
        reader: &mut Observer,
        order: Order<'_>,
    ) -> Result<Plan, Ended> {
        let workspace = self.workspace;
        // git is asked before the fence stands: the time under it is what others can spoil.
        let stamp = workspace.stamp();
        let look = async || {
            let looking = workspace.plan_under_fence(order.request(), reader, order.shown, &stamp);
            match workspace.unless(self.cancel, looking).await {
                Ok(looked) => looked.map_err(Unseen::Failed),
                Err(interrupted) => Err(Unseen::Interrupted(interrupted)),
            }
        };
        let fenced = match executor.fence(order.confirmed, look).await {
            Ok(fenced) => fenced,
            Err(unfenced) => return Err(self.unfenced(unfenced, reader, order).await),
        };
        let news = order.confirmed.news(fenced.looked().plan());
        if !news.is_empty() {
            self.reporter
                .note(format!("Since the plan was shown: {}.", some_of(news)));
        }
        self.reporter.looked(fenced.proof());
        // No change without its line in the audit.
        if let Err(unwritten) = self.audit_holds() {
            fenced.leave().await;
            return Err(Ended::Stop(Stop::Untouched(unwritten.reason().into())));
        }
        let (outcome, planned) = fenced.commit().await;
        match self.settled(outcome, planned.plan) {
            Err(Unsettled::Refused(error)) => Err(self.refused(error, reader, order).await),
            Err(Unsettled::Unknown(stop)) => Err(Ended::Stop(stop)),
            Ok(plan) => Ok(plan),
        }
    }

    /// In one transaction, as it was confirmed; what is left to do is what was shown.
    async fn try_without_fence(
        &mut self,
        executor: &mut Executor<impl FnMut(StatementEvent) + Send>,
        reader: &mut Observer,
        leave: &WithoutFence,
        order: Order<'_>,
    ) -> Result<Plan, Ended> {
        let outcome = executor.swap_without_fence(leave).await;
        match self.settled(outcome, order.confirmed.plan.clone()) {
            Err(Unsettled::Refused(error)) if self.cancel.is_cancelled() => {
                Err(Ended::Stop(Stop::Interrupted(Some(told(&error)))))
            }
            Err(Unsettled::Refused(error)) if error.is_retried() => {
                Err(Ended::Again(Again::SerializationFailure((&error).into())))
            }
            Err(Unsettled::Refused(error)) => Err(Ended::Stop(Stop::Untouched((&error).into()))),
            Err(Unsettled::Unknown(stop)) => Err(Ended::Stop(stop)),
            Ok(plan) => self.goes_on_from(reader, plan).await,
        }
    }

    /// Sinks and records go by names: nothing more is sent unless the names have the ids that the plan meant to give them.
    async fn goes_on_from(&self, reader: &mut Observer, plan: Plan) -> Result<Plan, Ended> {
        match self.workspace.observe_on(reader, None).await {
            Ok(observation) => {
                let now = observation.with_inputs(|inputs| Identities::of(inputs.resolved));
                match now.are_swapped_since(&plan.identities) {
                    true => Ok(plan),
                    false => Err(Ended::Stop(Stop::Elsewhere)),
                }
            }
            Err(error) => {
                let error = error.during("whose the names are can't be read");
                Err(Ended::Stop(Stop::Partly((&error).into())))
            }
        }
    }

    /// Takes in how the transaction of this plan ended.
    fn settled(&mut self, outcome: TransactionOutcome, plan: Plan) -> Result<Plan, Unsettled> {
        match outcome {
            TransactionOutcome::Committed { .. } => {
                self.commits(&plan);
                self.committed = true;
                self.reporter.transaction_ended(true);
                Ok(plan)
            }
            TransactionOutcome::NotCommitted { error, .. } => {
                self.reporter.transaction_ended(false);
                Err(Unsettled::Refused(error))
            }
            TransactionOutcome::Unknown { error } => {
                self.commits(&plan);
                Err(Unsettled::Unknown(Stop::LinkLost {
                    reason: (&error).into(),
                    swap_sent: true,
                }))
            }
        }
    }

    /// A COMMIT is on its way, or has come.
    fn commits(&mut self, plan: &Plan) {
        self.touched = true;
        self.before_swap = Some(Arc::clone(&plan.identities));
    }

    async fn unfenced(
        &self,
        unfenced: Unfenced<Unseen>,
        reader: &mut Observer,
        order: Order<'_>,
    ) -> Ended {
        match unfenced {
            Unfenced::Differs(difference @ Difference::Momentary(_)) => {
                Ended::Again(Again::Flaps(difference))
            }
            Unfenced::Differs(difference) => Ended::Stop(Stop::Differs(difference)),
            Unfenced::Unseen(Unseen::Interrupted(why)) => Ended::Stop(Stop::Interrupted(Some(why))),
            Unfenced::Unseen(Unseen::Failed(error)) => {
                Ended::Stop(Stop::Untouched((&error).into()))
            }
            Unfenced::Refused(error) => self.refused(error, reader, order).await,
        }
    }

    /// The server did not take a statement of the transaction. What it says may follow from what somebody did: then that is said.
    async fn refused(&self, error: Error, reader: &mut Observer, order: Order<'_>) -> Ended {
        if self.cancel.is_cancelled() {
            return Ended::Stop(Stop::Interrupted(Some(told(&error))));
        }
        if error.is_retried() {
            return Ended::Again(Again::SerializationFailure((&error).into()));
        }
        if error.server().is_some() {
            let stamp = self.workspace.stamp();
            let looking =
                self.workspace
                    .plan_under_fence(order.request(), reader, order.shown, &stamp);
            let looked = self.workspace.unless(self.cancel, looking).await;
            if let Ok(Ok(planned)) = looked
                && let Err(difference) = order.confirmed.holds(&planned.plan)
            {
                return Ended::Stop(Stop::Differs(difference));
            }
        }
        Ended::Stop(Stop::Untouched((&error).into()))
    }
}

impl Looked for Planned {
    fn plan(&self) -> &Plan {
        &self.plan
    }

    fn at(&self) -> LogicalTime {
        self.observation.board.snapshot.catalog_time
    }
}

impl Workspace {
    /// How long something that comes and goes may be in the way of a swap.
    fn longest_flap(&self) -> Duration {
        LONGEST_FLAP.min(self.settings().waiting.settle.duration())
    }
}

/// A pause before the next try: twice as long at most with each, and anything from half of that, so that two who try don't keep meeting.
fn jittered(longest: Duration, tries: u32) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1 << tries.saturating_sub(1).min(10));
    // Seeded anew by the system for every one.
    let share = RandomState::new().hash_one(tries) % 512;
    let share = u32::try_from(share).unwrap_or_default() + 512;
    doubled.min(longest).saturating_mul(share) / 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_longest_and_are_never_all_alike() {
        let longest = Duration::from_secs(1);
        for tries in 1..80 {
            let pause = jittered(longest, tries);
            assert!(pause <= longest && pause >= FIRST_PAUSE / 2, "{pause:?}");
        }
        let late: std::collections::BTreeSet<_> = (0..40).map(|_| jittered(longest, 20)).collect();
        assert!(late.len() > 10, "{late:?}");
        assert_eq!(jittered(Duration::ZERO, 3), Duration::ZERO);
    }
}
