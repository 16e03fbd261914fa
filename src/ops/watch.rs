//! The live picture as the cockpit shows it: the feed's, with its snapshot judged, and what the guards see for the step ahead.

use super::beside::Beside;
use super::changes::CandidateStamp;
use super::error::OpsError;
use super::observe::{self, definitions};
use super::project::Read;
use super::workspace::{Observation, Workspace};
use crate::domain::board::Board;
use crate::domain::failure::told;
use crate::domain::phase::Phase;
use crate::domain::picture::{LagHistory, Picture, Preflight};
use crate::domain::readiness::Readiness;
use crate::materialize::reader::CatalogReader;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

/// The guards ask the server for privileges, so they look again only when something changed, and not more often than this.
const PREFLIGHT_PAUSE: Duration = Duration::from_secs(3);
/// How often to see whether dbt wrote a new manifest.
const MANIFEST_CHECK_INTERVAL: Duration = Duration::from_secs(2);

/// A watch over one environment. It stops when dropped.
pub struct Watch {
    pictures: watch::Receiver<Picture>,
    refresh: Arc<Notify>,
    task: AbortHandle,
}

impl Watch {
    /// Starts to watch. Must be called within a runtime.
    #[must_use]
    pub fn start(workspace: Arc<Workspace>) -> Self {
        let (sender, pictures) = watch::channel(Picture::default());
        let refresh = Arc::new(Notify::new());
        let watcher = Watcher {
            stamp: workspace.candidate_stamp(),
            workspace,
            sender,
            picture: Picture::default(),
            beside: Beside::default(),
            ahead: Ahead::default(),
        };
        Self {
            pictures,
            refresh: Arc::clone(&refresh),
            task: tokio::spawn(watcher.watch(refresh)).abort_handle(),
        }
    }

    /// The newest picture, and when there is a newer one.
    #[must_use]
    pub fn pictures(&self) -> watch::Receiver<Picture> {
        self.pictures.clone()
    }

    /// Reads anew now, the project's manifest too.
    pub fn refresh(&self) {
        self.refresh.notify_one();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Judges each snapshot once, and sends the picture on.
struct Watcher {
    workspace: Arc<Workspace>,
    sender: watch::Sender<Picture>,
    /// What is sent: the feed's newest, with what follows from it.
    picture: Picture,
    /// The candidate manifest as it lay on disk when it was last read.
    stamp: Option<CandidateStamp>,
    beside: Beside,
    ahead: Ahead,
}

impl Watcher {
    async fn watch(mut self, refresh: Arc<Notify>) {
        let feed = self.workspace.live();
        let mut pictures = feed.pictures();
        let mut glance = interval(MANIFEST_CHECK_INTERVAL);
        glance.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let newest = pictures.borrow_and_update().clone();
            self.take(newest).await;
            self.look_ahead();
            tokio::select! {
                changed = pictures.changed() => if changed.is_err() { return },
                Some(found) = self.ahead.looks.join_next() => {
                    let found = found.map_err(|error| error.to_string());
                    self.found(found.and_then(|found| found.map_err(|error| error.told())));
                }
                () = sleep_until(self.ahead.not_before), if self.ahead.waits => {}
                _ = glance.tick() => if self.has_new_manifest() { self.forget() },
                () = refresh.notified() => {
                    self.forget();
                    feed.refresh();
                }
            }
        }
    }

    /// The project and the board are made anew from the next snapshot, which may be the one that is there.
    fn forget(&mut self) {
        self.beside.forget();
        self.picture.snapshot = None;
    }

    async fn take(&mut self, newest: Picture) {
        let judged = self.picture.snapshot.as_ref();
        let fresh = newest
            .snapshot
            .as_ref()
            .filter(|snapshot| judged.is_none_or(|judged| !Arc::ptr_eq(judged, snapshot)));
        if let Some(snapshot) = fresh {
            let board = self
                .beside
                .board(&self.workspace, Arc::clone(snapshot))
                .await;
            self.picture.board = Some(Arc::new(board));
        }
        self.picture.connection = newest.connection;
        self.picture.snapshot = newest.snapshot;
        self.sender.send_replace(self.picture.clone());
    }

    /// dbt may have written the project's manifest anew.
    fn has_new_manifest(&mut self) -> bool {
        let stamp = self.workspace.candidate_stamp();
        let is_new = stamp != self.stamp;
        self.stamp = stamp;
        is_new
    }

    /// Looks again when something changed that guards rest on. Not over a lost connection: that look would only wait.
    fn look_ahead(&mut self) {
        let ahead = &mut self.ahead;
        let board = self.picture.board.as_ref();
        let Some(board) = board.filter(|board| !ahead.is_of(board)) else {
            ahead.waits = false;
            return;
        };
        let free = ahead.looks.is_empty() && !self.picture.connection.is_lost();
        ahead.waits = free && Instant::now() < ahead.not_before;
        if free && !ahead.waits {
            let with_past = self.picture.past.is_none();
            let (workspace, board) = (Arc::clone(&self.workspace), Arc::clone(board));
            let read = self.beside.read().clone();
            ahead
                .looks
                .spawn(async move { workspace.look_beside(board, read, with_past).await });
        }
    }

    fn found(&mut self, found: Result<Found, String>) {
        self.ahead.not_before = Instant::now() + PREFLIGHT_PAUSE;
        match found {
            Ok(found) => {
                self.ahead.looked_at = Some(found.board);
                self.picture.preflight = Some(Arc::new(found.preflight));
                self.picture.read_only_reason = found.powerless;
                self.picture.past = self.picture.past.take().or(found.past);
            }
            Err(error) => tracing::warn!(%error, "the guards could not look ahead"),
        }
    }
}

/// When the guards looked ahead, and when they may again.
struct Ahead {
    looked_at: Option<Arc<Board>>,
    /// One at most; ended with the watch.
    looks: JoinSet<Result<Found, OpsError>>,
    not_before: Instant,
    /// A look is due, and too soon.
    waits: bool,
}

impl Default for Ahead {
    fn default() -> Self {
        Self {
            looked_at: None,
            looks: JoinSet::new(),
            not_before: Instant::now(),
            waits: false,
        }
    }
}

impl Ahead {
    /// Whether what was found holds for this board too: lag and time alone are no reason to look again.
    fn is_of(&self, board: &Board) -> bool {
        let occasion = |board: &Board| -> (Phase, Readiness, Readiness) {
            let sides = (board.deployment.readiness, board.production.readiness);
            (board.phase, sides.0, sides.1)
        };
        let same_project = |seen: &Board| match (&seen.project, &board.project) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (one, other) => one.is_none() && other.is_none(),
        };
        self.looked_at.as_ref().is_some_and(|seen| {
            Arc::ptr_eq(&seen.snapshot.catalog, &board.snapshot.catalog)
                && same_project(seen)
                && occasion(seen) == occasion(board)
        })
    }
}

/// What is asked of the server beside the live picture.
struct Found {
    board: Arc<Board>,
    preflight: Preflight,
    powerless: Option<Arc<str>>,
    past: Option<Arc<LagHistory>>,
}

impl Workspace {
    /// The guards for the step ahead, on a board that is there already: only what no snapshot holds is read.
    async fn look_beside(
        &self,
        board: Arc<Board>,
        read: Read,
        with_past: bool,
    ) -> Result<Found, OpsError> {
        let catalog = CatalogReader::connect(self.connector()).await?;
        let resolved = board.environment.resolve(&board.snapshot.catalog);
        let (access, clusters) =
            tokio::try_join!(catalog.access(), definitions(&catalog, &resolved))?;
        let beside = observe::AccessReading { access, clusters };
        let observation = self.observation(Arc::clone(&board), beside, read, None);
        let past = match with_past {
            true => past(&catalog).await,
            false => None,
        };
        Ok(Found {
            board,
            preflight: self.preflight(&observation),
            powerless: powerless(&observation),
            past,
        })
    }
}

/// A role that owns nothing of the environment may only look.
fn powerless(observation: &Observation) -> Option<Arc<str>> {
    let access = &observation.access;
    let owns_nothing = observation.with_inputs(|inputs| {
        let schemas = inputs.resolved.schemas.iter();
        let clusters = inputs.resolved.clusters.iter();
        let schemas = schemas.flat_map(|pair| [pair.production, pair.deployment]);
        let clusters = clusters.flat_map(|pair| [pair.production, pair.deployment]);
        let owners = schemas.flatten().map(|schema| &schema.owner);
        let owners = owners.chain(clusters.flatten().map(|cluster| &cluster.owner));
        owns_nothing(owners.map(|owner| access.owns(owner)))
    });
    owns_nothing.then(|| format!("role {} owns nothing here", access.role_name).into())
}

/// Of what is there. Where nothing is, nobody can own it, and nothing is told of the role.
fn owns_nothing(owned: impl Iterator<Item = bool>) -> bool {
    let mut owned = owned.peekable();
    owned.peek().is_some() && !owned.any(|own| own)
}

/// The lag of the last hours; a server that does not keep it costs the first part of the trends.
async fn past(catalog: &CatalogReader) -> Option<Arc<LagHistory>> {
    match catalog.lag_history().await {
        Ok(history) => Some(Arc::new(history)),
        Err(error) => {
            tracing::info!(error = told(&error), "no lag history");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_owns_none_of_what_is_there_is_powerless() {
        for (owned, nothing) in [
            (&[][..], false),
            (&[false, false], true),
            (&[false, true], false),
        ] {
            assert_eq!(owns_nothing(owned.iter().copied()), nothing, "{owned:?}");
        }
    }
}
