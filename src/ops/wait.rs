//! Await: event-driven, from the live picture, until ready, failing, out of time, or interrupted.

use super::execute::{Listener, outcome, tell};
use super::progress::{Outcome, OutcomeKind, Progress};
use super::session::Session;
use crate::domain::board::Board;
use crate::domain::object::ClusterSchedule;
use crate::domain::phase::Phase;
use crate::domain::quantity::part;
use crate::domain::readiness::Readiness;
use crate::domain::snapshot::Snapshot;
use crate::materialize::live::{self, LiveFeed};
use crate::materialize::picture::LinkState;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How many waiting objects are named.
const NAMED: usize = 5;

/// What one picture means for somebody who waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Ready,
    /// Waiting can't help, and why.
    Never(String),
    /// What is missing, most important first.
    Wait {
        hydrated: usize,
        total: usize,
        missing: Vec<String>,
    },
}

/// Judges whether the deployment side is ready, will be, or can't become so by waiting.
#[must_use]
pub fn verdict(board: &Board) -> Verdict {
    if board.phase == Phase::None {
        return Verdict::Never("there is no deployment side: run `cutover init`".to_owned());
    }
    if board.phase == Phase::Unknown {
        return Verdict::Never(
            "parts of the deployment side are missing, or its records contradict each other: see `cutover status`"
                .to_owned(),
        );
    }
    if let Some(reason) = never(board) {
        return Verdict::Never(reason);
    }
    let side = &board.deployment;
    let (hydrated, total) = side.hydrated_of_total();
    let mut missing = Vec::new();
    if board.phase == Phase::Deploying {
        missing.push("the deployment into this side has not finished".to_owned());
    }
    let waiting: Vec<_> = side
        .objects
        .values()
        .filter(|object| object.readiness != Readiness::Ready)
        .collect();
    let name = |id| board.snapshot.catalog.display_name(id);
    missing.extend(
        waiting
            .iter()
            .take(NAMED)
            .map(|object| format!("{}: {}", name(&object.id), object.reason)),
    );
    if waiting.len() > NAMED {
        missing.push(format!("and {} more", waiting.len() - NAMED));
    }
    if waiting.is_empty() && side.readiness != Readiness::Ready {
        missing.push(side.reason.clone());
    }
    if missing.is_empty() {
        Verdict::Ready
    } else {
        Verdict::Wait {
            hydrated,
            total,
            missing,
        }
    }
}

fn never(board: &Board) -> Option<String> {
    let clusters = &board.snapshot.catalog.clusters;
    board.deployment.clusters.iter().find_map(|cluster| {
        let scheduled = cluster
            .id
            .as_ref()
            .and_then(|id| clusters.get(id))
            .is_some_and(|cluster| cluster.schedule == ClusterSchedule::OnRefresh);
        match cluster.readiness {
            Readiness::Failing => Some(format!("cluster {}: {}", cluster.name, cluster.reason)),
            // A schedule brings its replicas back by itself; nobody else does.
            Readiness::Paused if !scheduled => {
                Some(format!("cluster {}: {}", cluster.name, cluster.reason))
            }
            _ => None,
        }
    })
}

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

    async fn follow(&self, progress: &Listener) -> Outcome {
        let feed = self.live();
        let mut pictures = feed.pictures();
        let mut told: Option<Verdict> = None;
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
            // A picture that is kept through a lost link proves nothing any more.
            if let Some(snapshot) = picture.snapshot.filter(|_| !lost) {
                let board = self.board(snapshot);
                match verdict(&board) {
                    Verdict::Ready => return outcome(OutcomeKind::Done, ready_sentence(&board)),
                    Verdict::Never(reason) => {
                        return outcome(
                            OutcomeKind::Failing,
                            format!("It can't become ready: {reason}."),
                        );
                    }
                    waiting => {
                        if told.as_ref().is_none_or(|told| is_news(told, &waiting))
                            && let Verdict::Wait {
                                hydrated,
                                total,
                                missing,
                            } = &waiting
                        {
                            tell(
                                progress,
                                Progress::Waiting {
                                    hydrated: *hydrated,
                                    total: *total,
                                    missing: missing.clone(),
                                },
                            );
                        }
                        told = told
                            .filter(|told| !is_news(told, &waiting))
                            .or(Some(waiting));
                    }
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

/// Whether another object waits or one more is hydrated: reasons that only count up are no news.
fn is_news(told: &Verdict, now: &Verdict) -> bool {
    let names = |missing: &[String]| {
        let name = |text: &String| text.split(": ").next().unwrap_or_default().to_owned();
        missing.iter().map(name).collect::<Vec<_>>()
    };
    match (told, now) {
        (
            Verdict::Wait {
                hydrated: before,
                missing: waited,
                ..
            },
            Verdict::Wait {
                hydrated, missing, ..
            },
        ) => before != hydrated || names(waited) != names(missing),
        _ => true,
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
        "Ready: nothing to hydrate.".to_owned()
    } else {
        format!(
            "Ready: {} hydrated, lag within the threshold.",
            part(hydrated, total, "object")
        )
    }
}
