//! The fence: an open transaction of renames in which it was seen that what was confirmed still holds.

use super::executor::{Executor, Refused, StatementEvent, TransactionOutcome, ends};
use crate::domain::plan::{Confirmed, Difference, Plan, Proof, Rename, WithoutFence};
use crate::domain::snapshot::LogicalTime;
use crate::materialize::error::{Class, Error};
use crate::materialize::waiting::Ask;
use tokio::time::Instant;

/// What was seen under a fence.
pub trait Looked {
    /// The plan, drawn anew from it.
    fn plan(&self) -> &Plan;
    /// The logical time of the reading.
    fn at(&self) -> LogicalTime;
}

/// The open transaction after its first rename, with the proof that was made since. It alone sends the other renames and COMMIT, and
/// [`Executor::fence`] alone makes one.
///
/// There is no way to it without a look:
///
/// ```compile_fail
/// use cutover::materialize::execute::{Executor, Fenced};
/// async fn swap<F>(executor: &mut Executor<F>, looked: ()) {
///     Fenced { executor, looked }.commit().await;
/// }
/// ```
///
/// ```compile_fail
/// use cutover::materialize::execute::{Executor, StatementEvent};
/// use cutover::domain::plan::Swap;
/// async fn swap<F: FnMut(StatementEvent) + Send>(executor: &mut Executor<F>, swap: &Swap) {
///     executor.statement(&swap.renames()[0]).await;
/// }
/// ```
#[must_use]
pub struct Fenced<'e, F, L> {
    executor: &'e mut Executor<F>,
    proof: Proof,
    looked: L,
    since: Instant,
}

/// Why there is no fence to commit; the transaction is undone and nothing changed.
#[derive(Debug)]
pub enum Unfenced<E> {
    /// BEGIN or the first rename was not answered with a yes.
    Refused(Error),
    /// The look failed.
    Unseen(E),
    /// What was confirmed does not hold.
    Differs(Difference),
}

impl<F: FnMut(StatementEvent) + Send> Executor<F> {
    /// Sends BEGIN and the first rename, then looks, then compares: nobody changes the catalog between that look and a COMMIT that succeeds.
    ///
    /// `look` is called, and so begins, after the first rename was answered. It must read on another connection: this one may only
    /// rename now.
    ///
    /// # Errors
    /// Why there is no fence; then the transaction is undone.
    pub async fn fence<L: Looked, E>(
        &mut self,
        confirmed: Confirmed<'_>,
        look: impl AsyncFnOnce() -> Result<L, E>,
    ) -> Result<Fenced<'_, F, L>, Unfenced<E>> {
        let since = Instant::now();
        let Some(swap) = confirmed.plan.transaction() else {
            let nothing = "nothing is to be swapped".to_owned();
            return Err(Unfenced::Differs(Difference::Lasting(vec![nothing])));
        };
        let (first, _) = ends(swap);
        self.begin(first)
            .await
            .map_err(|refused| Unfenced::Refused(refused.error))?;
        let unfenced = match look().await {
            Ok(looked) => match Proof::of(confirmed, looked.plan(), looked.at()) {
                Ok(proof) => {
                    return Ok(Fenced {
                        executor: self,
                        proof,
                        looked,
                        since,
                    });
                }
                Err(difference) => Unfenced::Differs(difference),
            },
            Err(error) => Unfenced::Unseen(error),
        };
        self.give_up().await;
        Err(unfenced)
    }

    /// The swap as one transaction without a look inside it: for a rollback to which exactly this was said yes.
    pub async fn swap_without_fence(&mut self, leave: &WithoutFence) -> TransactionOutcome {
        let since = Instant::now();
        let (first, rest) = ends(leave.swap());
        if let Err(refused) = self.begin(first).await {
            return refused.into();
        }
        self.finish(rest, first.len(), since).await
    }

    /// The other renames, of which the first has this number, and COMMIT. Before COMMIT a wish to stop ends it.
    async fn finish(&mut self, rest: &[Rename], at: usize, since: Instant) -> TransactionOutcome {
        if let Err(refused) = self.rename(rest, at).await {
            return refused.into();
        }
        if self.must_stop() {
            self.give_up().await;
            return TransactionOutcome::NotCommitted {
                failed: None,
                error: Error::new(Class::Stopped).of_statement("COMMIT"),
            };
        }
        self.commit(since).await
    }

    async fn commit(&mut self, started: Instant) -> TransactionOutcome {
        // From here on a wish to stop is only told of; a COMMIT that was refused may be tried again, and stopped before that.
        let cuts = std::mem::replace(&mut self.cuts, false);
        let outcome = match self.done("COMMIT", Ask::Commit).await {
            Ok(done) if done.tag == "COMMIT" => TransactionOutcome::Committed {
                took: started.elapsed(),
            },
            // The server ends a failed transaction with this tag and without an error (recorded: 05).
            Ok(done) if done.tag == "ROLLBACK" => TransactionOutcome::NotCommitted {
                failed: None,
                error: Error::new(Class::RolledBack).of_statement("COMMIT"),
            },
            Ok(done) => TransactionOutcome::Unknown {
                error: Error::decode("the answer to COMMIT", format!("its tag is `{}`", done.tag))
                    .of_statement("COMMIT"),
            },
            Err(error) if error.is_refusal() || is_unsent(&error) => {
                TransactionOutcome::NotCommitted {
                    failed: None,
                    error,
                }
            }
            Err(error) => TransactionOutcome::Unknown { error },
        };
        if matches!(outcome, TransactionOutcome::NotCommitted { .. }) {
            self.cuts = cuts;
        }
        outcome
    }
}

impl<F: FnMut(StatementEvent) + Send, L> Fenced<'_, F, L> {
    /// What was looked at, and when.
    #[must_use]
    pub fn proof(&self) -> &Proof {
        &self.proof
    }

    /// What the proof was made from.
    #[must_use]
    pub fn looked(&self) -> &L {
        &self.looked
    }

    /// Undoes the transaction.
    pub async fn leave(self) {
        self.executor.give_up().await;
    }

    /// The other renames, and COMMIT; with what was looked at. Before COMMIT a wish to stop ends it.
    pub async fn commit(self) -> (TransactionOutcome, L) {
        let Self {
            executor,
            proof,
            looked,
            since,
        } = self;
        let (first, rest) = ends(proof.swap());
        let outcome = executor.finish(rest, first.len(), since).await;
        (outcome, looked)
    }
}

impl From<Refused> for TransactionOutcome {
    fn from(refused: Refused) -> Self {
        Self::NotCommitted {
            failed: refused.failed,
            error: refused.error,
        }
    }
}

fn is_unsent(error: &Error) -> bool {
    matches!(
        error.class,
        Class::LinkLost {
            statement_sent: false,
            ..
        }
    )
}
