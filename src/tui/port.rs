//! The seam to the outside: what the cockpit asks of whoever speaks to the server and to dbt.

use crate::domain::changes::ChangesView;
use crate::domain::history::AuditEntry;
use crate::domain::picture::Picture;
use crate::domain::plan::{ConfirmedPlan, Plan, Request};
use crate::ops::listener::Listener;
use crate::ops::progress::Outcome;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// An answer that comes later.
pub type PortFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Every error is one sentence for the screen.
pub trait Port: Send + Sync + 'static {
    /// The newest picture; it goes on through lost links for as long as the port lives.
    fn pictures(&self) -> watch::Receiver<Picture>;

    /// Asks for a reading now. Returns at once; the answer is a new picture.
    fn refresh(&self);

    /// Observes, plans and rehearses; changes nothing.
    fn plan(&self, request: Request) -> PortFuture<'_, Result<Plan, String>>;

    /// Lets go of what stands by for a plan that nobody wants any more.
    fn abandon(&self) -> PortFuture<'_, ()>;

    /// Observes again and runs the plan if its fingerprint still holds; a changed one ends as `Blocked` and says what changed.
    ///
    /// Once COMMIT is sent, cancelling no longer stops it.
    fn execute(
        &self,
        plan: ConfirmedPlan,
        progress: Listener,
        cancel: CancellationToken,
    ) -> PortFuture<'_, Outcome>;

    /// The diff against what production runs.
    fn changes(&self) -> PortFuture<'_, Result<Arc<ChangesView>, String>>;

    /// Past operations, newest first.
    fn history(&self) -> PortFuture<'_, Result<Arc<[AuditEntry]>, String>>;

    /// Runs `dbt parse` in a target path of its own; the sentence says what came of it.
    fn parse(&self) -> PortFuture<'_, Result<String, String>>;

    /// Where a saved view goes: a file of this name, in the state directory.
    fn save(&self, name: String, text: String) -> PortFuture<'_, Result<PathBuf, String>>;
}
