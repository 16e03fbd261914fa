//! Await: event-driven, from the live picture, until ready, failing, out of time, or interrupted.

use super::execute::{Listener, outcome, tell};
use super::progress::{Outcome, OutcomeKind, Progress};
use super::session::Session;
use crate::domain::board::Board;
use crate::domain::project::Project;
use crate::domain::quantity::part;
use crate::domain::snapshot::Snapshot;
use crate::domain::workflow::{Look, Verdict, Watch};
use crate::materialize::live::{self, LiveFeed};
use crate::materialize::picture::LinkState;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

impl Session {
    /// Starts to keep a picture of the server live.
    #[must_use]
    pub fn live(&self) -> LiveFeed {
        let waiting = &self.settings().waiting;
        let poll = (!waiting.subscribe).then(|| waiting.poll_interval.duration());
        live::live(
            self.connector().clone(),
            live::Options {
                poll,
                ..live::Options::default()
            },
        )
    }

    /// The board of a snapshot, without the project: for waiting, where changes do not matter.
    #[must_use]
    pub fn board(&self, snapshot: Arc<Snapshot>) -> Board {
        let environment = Arc::new(self.oriented(&snapshot));
        Board::new(snapshot, environment, None, self.thresholds())
    }

    /// Waits until the deployment side is ready; survives a lost link.
    pub async fn wait_until_ready(
        &self,
        progress: &Listener,
        cancel: &CancellationToken,
    ) -> Outcome {
        let timeout = self.settings().waiting.timeout.duration();
        tokio::select! {
            biased;
            () = cancel.cancelled() => outcome(OutcomeKind::Interrupted, "Interrupted while waiting; nothing was changed.".to_owned()),
            ended = self.follow(progress) => ended,
            last = elapsed(timeout) => {
                let mut ended = outcome(OutcomeKind::NotReadyInTime, format!("Not ready within {} s.", last.as_secs()));
                ended.next = Some("cutover status".to_owned());
                ended
            }
        }
    }

    /// The project beside a board; `None` where it is not known.
    fn project_beside(&self, board: &Board) -> Option<Arc<Project>> {
        let found = self.project(&board.environment, &board.snapshot);
        found.ok().and_then(|(_, project)| project).map(Arc::new)
    }

    async fn follow(&self, progress: &Listener) -> Outcome {
        let feed = self.live();
        let mut pictures = feed.pictures();
        let mut watch = Watch::default();
        // Read once: it tells whether an empty side is all that there is to wait for.
        let mut project = None;
        let mut lost = false;
        loop {
            let picture = pictures.borrow_and_update().clone();
            lost = tell_link(&picture.link, lost, progress);
            if let (None, LinkState::Lost { error, .. }) = (&picture.snapshot, &picture.link) {
                // Nothing was ever seen: a wrong address is likelier than a server that restarts just now.
                return outcome(
                    OutcomeKind::Failed,
                    format!("{error}. Nothing was waited for."),
                );
            }
            if lost {
                // A picture that is kept through a lost link proves nothing any more.
                watch.interrupt();
            } else if let Some(snapshot) = picture.snapshot {
                let mut board = self.board(snapshot);
                board.project = project
                    .get_or_insert_with(|| self.project_beside(&board))
                    .clone();
                match watch.look(&board) {
                    Look::Ready => return outcome(OutcomeKind::Done, ready_sentence(&board)),
                    Look::Never(reason) => {
                        return outcome(
                            OutcomeKind::Failing,
                            format!("It can't become ready: {reason}."),
                        );
                    }
                    Look::Tell(verdict) => tell_waiting(verdict, progress),
                    Look::Wait => {}
                }
            }
            if pictures.changed().await.is_err() {
                return outcome(
                    OutcomeKind::Failed,
                    "The live picture ended unexpectedly.".to_owned(),
                );
            }
        }
    }
}

fn tell_waiting(verdict: Verdict, progress: &Listener) {
    if let Verdict::Wait {
        hydrated,
        total,
        missing,
    } = verdict
    {
        tell(
            progress,
            Progress::Waiting {
                hydrated,
                total,
                missing,
            },
        );
    }
}

async fn elapsed(timeout: Duration) -> Duration {
    tokio::time::sleep(timeout).await;
    timeout
}

fn tell_link(link: &LinkState, was_lost: bool, progress: &Listener) -> bool {
    let lost = match link {
        LinkState::Lost { error, .. } => Some(error),
        _ => None,
    };
    match (lost, was_lost) {
        (Some(error), false) => tell(
            progress,
            Progress::Note {
                text: format!("The link is lost, connecting again: {error}"),
            },
        ),
        (None, true) => tell(
            progress,
            Progress::Note {
                text: "The link is back.".to_owned(),
            },
        ),
        _ => {}
    }
    lost.is_some()
}

fn ready_sentence(board: &Board) -> String {
    let (hydrated, total) = board.deployment.hydrated_of_total();
    if total == 0 {
        return "Ready: nothing to hydrate.".to_owned();
    }
    let late = match board.deployment.reason.as_str() {
        "" => String::new(),
        reason => format!(" ({reason})"),
    };
    format!(
        "Ready: {} hydrated and caught up{late}.",
        part(hydrated, total, "object")
    )
}
