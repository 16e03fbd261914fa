//! What follows when a step of a run failed: the rest anew, an end that says what is left, or nothing more.

use super::progress::{Outcome, OutcomeKind};
use super::run::{Run, Stop};
use crate::domain::action::Operation;
use crate::domain::plan::{Plan, Request};
use crate::domain::quantity::count;

/// After so many lost links the rest is left for another run.
const MOST_LOSSES: u32 = 3;

impl Run<'_> {
    /// Runs a plan to its end, whatever happens on the way.
    pub(super) async fn conduct(&mut self, plan: &Plan) -> Outcome {
        let request = &plan.request;
        let mut current = plan.clone();
        let mut losses = 0;
        loop {
            let stop = match self.steps(&mut current).await {
                Ok(()) => return self.finished(&current).await,
                Err(stop) => stop,
            };
            // After a lost connection this is a part of reading back.
            let reads_back = matches!(stop, Stop::LinkLost { .. } | Stop::Harmed { .. });
            if self.has_built
                && !reads_back
                && let Some(outcome) = self.after_build(&stop).await
            {
                return outcome;
            }
            match stop {
                Stop::SerializationFailure { tries, reason } => {
                    let since = self.planned.observation.board.snapshot.catalog_time;
                    let reader = self.reader.take();
                    let message = self
                        .workspace
                        .never_won(reader, since, tries, &reason.words)
                        .await;
                    let mut lost = Outcome::new(OutcomeKind::Failed, message)
                        .with_remedy(reason.remedy)
                        .and_next(request.operation);
                    if request.operation == Operation::Rollback && !request.without_fence {
                        lost.next = Some("cutover rollback --without-fence".to_owned());
                    }
                    return lost;
                }
                Stop::Elsewhere => return self.finished(&current).await,
                Stop::Differs(difference) => {
                    let reader = self.reader.take();
                    let told = self.workspace.what_differs(reader, plan, &difference).await;
                    return Outcome::new(
                        OutcomeKind::Blocked,
                        format!("{told} {}", self.nothing()),
                    );
                }
                Stop::LinkLost { reason, swap_sent } => {
                    match self
                        .after_lost_link(request, &current, &reason.words, swap_sent)
                        .await
                    {
                        Ok(Some(_)) if losses >= MOST_LOSSES => {
                            let often = count(losses + 1, "time");
                            let message = format!(
                                "The link was lost {often}: {reason}; the rest is left to do."
                            );
                            return Outcome::new(OutcomeKind::Unfinished, message)
                                .and_next(request.operation);
                        }
                        Ok(Some(rest)) => {
                            losses += 1;
                            current = rest;
                        }
                        Ok(None) => return self.finished(&current).await,
                        Err(outcome) => return outcome,
                    }
                }
                Stop::Untouched(reason) => {
                    let nothing = self.nothing();
                    return Outcome::new(OutcomeKind::Failed, format!("{reason}. {nothing}"))
                        .with_remedy(reason.remedy);
                }
                Stop::Partly(reason) => {
                    let how = match self.committed {
                        true => "The swap is committed; stopped half way",
                        false => "Stopped half way",
                    };
                    let message = format!("{how}: {reason}");
                    return Outcome::new(OutcomeKind::Unfinished, message)
                        .with_remedy(reason.remedy)
                        .and_next(request.operation);
                }
                Stop::Harmed { ref harm, .. } => return self.harmed(&stop.words(), harm),
                Stop::Interrupted(waited) => return self.interrupted(request, waited),
            }
        }
    }

    /// `Nothing was changed.`, or what is true where records were written before a swap that did not come.
    fn nothing(&self) -> &'static str {
        match self.touched {
            true => "Nothing was swapped.",
            false => "Nothing was changed.",
        }
    }

    pub(super) fn interrupted(&self, request: &Request, waited: Option<String>) -> Outcome {
        let while_at = waited.map_or_else(String::new, |waited| format!(" ({waited})"));
        let message = if self.touched {
            format!("Interrupted half way{while_at}; the same command goes on from here.")
        } else {
            format!("Interrupted{while_at}; nothing was changed.")
        };
        Outcome::new(OutcomeKind::Interrupted, message).and_next(request.operation)
    }
}
