//! Await: event-driven, from the live picture, until ready, failing, out of time, or interrupted.

use super::beside::Beside;
use super::error::OpsError;
use super::listener::Listener;
use super::progress::{Outcome, OutcomeKind, Progress};
use super::workspace::Workspace;
use crate::domain::board::Board;
use crate::domain::failure::{Remedy, told};
use crate::domain::picture::{ConnectionState, ConnectionStatus, Picture};
use crate::domain::quantity::{part, span};
use crate::domain::workflow::{AwaitStatus, AwaitStep, AwaitWatch};
use crate::materialize::live::{self, LiveFeed};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

impl Workspace {
    /// Starts to keep a picture of the server live.
    #[must_use]
    pub fn live(&self) -> LiveFeed {
        let waiting = &self.settings().waiting;
        let poll = (!waiting.subscribe).then(|| waiting.poll_interval.duration());
        live::live(self.connector().clone(), live::FeedOptions { poll })
    }

    /// Waits until the deployment side is ready; survives a lost connection.
    pub async fn wait_until_ready(
        self: &Arc<Self>,
        progress: &Listener,
        cancel: &CancellationToken,
    ) -> Outcome {
        let timeout = self.settings().waiting.timeout.duration();
        let following = self.follow(progress);
        tokio::pin!(following);
        tokio::select! {
            biased;
            () = cancel.cancelled() => Outcome::new(OutcomeKind::Interrupted, self.interrupted_waiting()),
            ended = &mut following => ended,
            last = elapsed(timeout) => {
                Outcome::new(OutcomeKind::NotReadyInTime, format!("Not ready within {} s.", last.as_secs())).and_look()
            }
        }
    }

    /// Waiting is for readiness; where not even the server answers, for that.
    fn interrupted_waiting(&self) -> String {
        match self.connector().waiting() {
            Some(_) => format!("{}; nothing was changed.", self.interrupted()),
            None => "Interrupted while waiting for the deployment side to be ready; nothing was changed.".to_owned(),
        }
    }

    async fn follow(self: &Arc<Self>, progress: &Listener) -> Outcome {
        let feed = self.live();
        let mut pictures = feed.pictures();
        let mut watch = AwaitWatch::default();
        let mut beside = Beside::default();
        let mut news = LinkNews::default();
        loop {
            let picture = pictures.borrow_and_update().clone();
            if let Some(error) = never_seen(&picture) {
                let message = format!("{}. Nothing was waited for.", error.told());
                return Outcome::new(error.outcome(), message).with_remedy(error.remedy());
            }
            if let Some(text) = news.of(&picture.connection) {
                progress.tell(Progress::Note { text });
            }
            if news.lost {
                // A picture that is kept through a lost connection proves nothing any more.
                watch.interrupt();
            } else if let Some(snapshot) = picture.snapshot {
                let board = beside.board(self, snapshot).await;
                match watch.look(&board) {
                    AwaitStep::Ready => {
                        return Outcome::new(OutcomeKind::Done, ready_sentence(&board));
                    }
                    AwaitStep::Never(reason) => {
                        return Outcome::new(
                            OutcomeKind::Failing,
                            format!("It can't become ready: {reason}."),
                        );
                    }
                    AwaitStep::Tell(verdict) => tell_waiting(verdict, progress),
                    AwaitStep::Wait => {}
                }
            }
            if pictures.changed().await.is_err() {
                return Outcome::new(
                    OutcomeKind::Failed,
                    "The live picture ended unexpectedly.".to_owned(),
                );
            }
        }
    }
}

fn tell_waiting(verdict: AwaitStatus, progress: &Listener) {
    if let AwaitStatus::Wait {
        hydrated,
        total,
        missing,
    } = verdict
    {
        progress.tell(Progress::Waiting {
            hydrated,
            total,
            missing,
        });
    }
}

async fn elapsed(timeout: Duration) -> Duration {
    tokio::time::sleep(timeout).await;
    timeout
}

/// Why there is no picture, where none ever was and the connection is lost: a wrong address is likelier than a server that restarts just now.
#[must_use]
pub fn never_seen(picture: &Picture) -> Option<OpsError> {
    match (&picture.snapshot, &picture.connection.state) {
        (None, ConnectionState::Lost { error, .. }) => Some(error.clone().into()),
        _ => None,
    }
}

/// Tells once that the connection was lost, once that it is back, and once why the server is read at an interval.
#[derive(Debug, Default)]
pub struct LinkNews {
    lost: bool,
    told_why_polled: Option<String>,
}

impl LinkNews {
    /// A sentence where this connection is not what the one before was.
    pub fn of(&mut self, connection: &ConnectionStatus) -> Option<String> {
        let error = match &connection.state {
            ConnectionState::Lost { error, .. } => Some(error),
            _ => None,
        };
        let before = std::mem::replace(&mut self.lost, error.is_some());
        match (error, before) {
            (Some(error), false) => {
                let why = told(error);
                Some(format!("The link is lost, connecting again: {why}"))
            }
            (None, true) => Some("The link is back.".to_owned()),
            _ => self.why_polled(connection),
        }
    }

    fn why_polled(&mut self, connection: &ConnectionStatus) -> Option<String> {
        let ConnectionState::Polling { every } = &connection.state else {
            return None;
        };
        if connection.polling_reason == self.told_why_polled {
            return None;
        }
        self.told_why_polled.clone_from(&connection.polling_reason);
        Some(format!(
            "The server is read every {}, {}.",
            span(*every),
            connection.why_polled()
        ))
    }
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
