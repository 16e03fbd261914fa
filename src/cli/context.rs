//! What every command that works on an environment needs, and how it tells its end.

use super::args::Common;
use super::printer::Printer;
use crate::ops::error::OpsError;
use crate::ops::listener::{Listener, channel};
use crate::ops::progress::{Outcome, OutcomeKind, Progress};
use crate::ops::workspace::Workspace;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The exit code of a command that only shows something, when stdout was closed by whoever read it.
pub(super) const PIPE_CLOSED: u8 = 0;

/// What every command that works on an environment needs.
#[derive(Clone)]
pub struct CommandContext {
    pub workspace: Arc<Workspace>,
    pub printer: Printer,
    pub common: Common,
    /// Cancelled by SIGINT, SIGTERM and SIGHUP.
    pub cancel: CancellationToken,
}

impl CommandContext {
    /// Tells an error and returns its exit code.
    #[must_use]
    pub fn fail(&self, error: &OpsError) -> u8 {
        fail(self.printer, error)
    }

    /// Does what only reads, until it ends or a signal ends it.
    ///
    /// # Errors
    /// That it was interrupted and what was waited for, as an outcome.
    pub async fn reading<T>(&self, work: impl Future<Output = T>) -> Result<T, Outcome> {
        let done = self.workspace.unless(&self.cancel, work).await;
        done.map_err(interrupted)
    }

    /// Does some work and prints its events as they come.
    pub(super) async fn printed<Work: Future<Output = Outcome>>(
        &self,
        work: impl FnOnce(Listener) -> Work,
    ) -> Outcome {
        let (progress, mut events) = channel();
        let print = async {
            let mut readable = true;
            while let Some(event) = events.recv().await {
                // A closed pipe must not stop an operation that is under way.
                readable = readable && self.printer.progress(&event).is_ok();
            }
        };
        let (outcome, ()) = tokio::join!(work(progress), print);
        outcome
    }
}

/// Tells an error and returns its exit code; in JSON it is the one line of data.
#[must_use]
pub fn fail(printer: Printer, error: &OpsError) -> u8 {
    printer.failure(error);
    error.outcome().exit_code()
}

/// Tells how it ended and returns the exit code, which is the same when nobody reads any more.
#[must_use]
pub fn finish(printer: Printer, outcome: &Outcome) -> u8 {
    let _ = printer.progress(&Progress::Finished(outcome.clone()));
    outcome.outcome.exit_code()
}

/// The end of something that a signal ended while nothing was being changed.
#[must_use]
pub fn interrupted(how: String) -> Outcome {
    Outcome::new(
        OutcomeKind::Interrupted,
        format!("{how}; nothing was changed."),
    )
}
