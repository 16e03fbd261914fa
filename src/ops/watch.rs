//! The live picture as the cockpit shows it: boards from snapshots, and what the guards see for the next step.

use super::project::Manifests;
use super::session::Session;
use crate::domain::action::Operation;
use crate::domain::board::Board;
use crate::domain::finding::Finding;
use crate::domain::object::Catalog;
use crate::domain::phase::Phase;
use crate::domain::project::Project;
use crate::domain::readiness::Readiness;
use crate::domain::snapshot::Snapshot;
use crate::materialize::live::LiveFeed;
use crate::materialize::picture::{LinkState, Picture};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;
use tokio::time::Instant;

/// The guards ask the server for privileges, so they look again only when something changed, and not more often than this.
const PREFLIGHT_PAUSE: Duration = Duration::from_secs(3);

/// The newest board with the state of the link.
#[derive(Debug, Clone, Default)]
pub struct Sighting {
    /// `None` until the first reading is complete.
    pub board: Option<Arc<Board>>,
    pub preflight: Option<Arc<Preflight>>,
    pub link: LinkView,
    /// How old the data was when this was sent.
    pub age: Duration,
    /// How often the stream had to be read anew.
    pub losses: u32,
}

/// The findings of the step that comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preflight {
    pub operation: Operation,
    pub findings: Vec<Finding>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum LinkView {
    #[default]
    Connecting,
    Live,
    Polling {
        every: Duration,
    },
    Lost {
        error: String,
    },
}

/// A watch over one environment. It stops when dropped.
pub struct Watch {
    sightings: watch::Receiver<Sighting>,
    refresh: mpsc::UnboundedSender<()>,
    tasks: [AbortHandle; 2],
}

impl Watch {
    /// Starts to watch. Must be called within a runtime.
    #[must_use]
    pub fn start(session: Arc<Session>) -> Self {
        let (sender, sightings) = watch::channel(Sighting::default());
        let (refresh, refreshes) = mpsc::unbounded_channel();
        let preflights = watch::channel(None).0;
        let guard = tokio::spawn(look_ahead(
            Arc::clone(&session),
            sightings.clone(),
            preflights.clone(),
        ));
        let eye = Eye {
            session,
            sender,
            preflights: preflights.subscribe(),
            seen: None,
            project: None,
        };
        let boards = tokio::spawn(eye.watch(refreshes));
        Self {
            sightings,
            refresh,
            tasks: [guard.abort_handle(), boards.abort_handle()],
        }
    }

    #[must_use]
    pub fn sightings(&self) -> watch::Receiver<Sighting> {
        self.sightings.clone()
    }

    /// Reads anew now, the project's manifest too.
    pub fn refresh(&self) {
        let _ = self.refresh.send(());
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

/// Turns pictures into sightings.
struct Eye {
    session: Arc<Session>,
    sender: watch::Sender<Sighting>,
    preflights: watch::Receiver<Option<Arc<Preflight>>>,
    /// The catalog that the project was last read beside.
    seen: Option<Arc<Catalog>>,
    project: Option<Arc<Project>>,
}

impl Eye {
    async fn watch(mut self, mut refreshes: mpsc::UnboundedReceiver<()>) {
        let feed: LiveFeed = self.session.live();
        let mut pictures = feed.pictures();
        let mut last: Option<Arc<Snapshot>> = None;
        loop {
            let picture = pictures.borrow_and_update().clone();
            if let Some(snapshot) = &picture.snapshot
                && last
                    .as_ref()
                    .is_none_or(|last| !Arc::ptr_eq(last, snapshot))
            {
                last = Some(Arc::clone(snapshot));
                self.show(snapshot).await;
            }
            self.show_link(&picture);
            tokio::select! {
                changed = pictures.changed() => if changed.is_err() { return },
                found = self.preflights.changed() => if found.is_err() { return },
                asked = refreshes.recv() => match asked {
                    Some(()) => {
                        self.seen = None;
                        last = None;
                        feed.refresh();
                    }
                    None => return,
                },
            }
        }
    }

    /// A new snapshot: the project is read again only when the catalog changed.
    async fn show(&mut self, snapshot: &Arc<Snapshot>) {
        let environment = Arc::new(self.session.oriented(snapshot));
        if self
            .seen
            .as_ref()
            .is_none_or(|seen| !Arc::ptr_eq(seen, &snapshot.catalog))
        {
            self.seen = Some(Arc::clone(&snapshot.catalog));
            self.project = self.read_project(snapshot).await;
        }
        let board = Board::new(
            Arc::clone(snapshot),
            environment,
            self.project.clone(),
            self.session.thresholds(),
        );
        self.sender
            .send_modify(|sighting| sighting.board = Some(Arc::new(board)));
    }

    /// Manifests are large: they are read beside the loop. A broken one costs the change marks, and the Changes screen says why.
    async fn read_project(&self, snapshot: &Arc<Snapshot>) -> Option<Arc<Project>> {
        let (session, snapshot) = (Arc::clone(&self.session), Arc::clone(snapshot));
        let read = move || {
            let environment = session.oriented(&snapshot);
            session.project(&environment, &snapshot)
        };
        match tokio::task::spawn_blocking(read).await {
            Ok(Ok((Manifests { .. }, project))) => project.map(Arc::new),
            Ok(Err(error)) => {
                tracing::warn!(%error, "the project can't be compared");
                None
            }
            Err(error) => {
                tracing::error!(%error, "reading the project failed");
                None
            }
        }
    }

    fn show_link(&mut self, picture: &Picture) {
        let preflight = self.preflights.borrow_and_update().clone();
        let age = picture.age(Instant::now()).unwrap_or_default();
        self.sender.send_modify(|sighting| {
            sighting.link = link_view(&picture.link);
            sighting.age = age;
            sighting.losses = picture.restarts;
            sighting.preflight = preflight;
        });
    }
}

fn link_view(link: &LinkState) -> LinkView {
    match link {
        LinkState::Connecting => LinkView::Connecting,
        LinkState::Live => LinkView::Live,
        LinkState::Polling { every } => LinkView::Polling { every: *every },
        LinkState::Lost { error, .. } => LinkView::Lost {
            error: error.to_string(),
        },
    }
}

/// Looks again when the catalog, the phase or a readiness changed; never more often than [`PREFLIGHT_PAUSE`].
async fn look_ahead(
    session: Arc<Session>,
    mut sightings: watch::Receiver<Sighting>,
    preflights: watch::Sender<Option<Arc<Preflight>>>,
) {
    let mut looked_at: Option<(Arc<Catalog>, Phase, Readiness, Readiness)> = None;
    while sightings.changed().await.is_ok() {
        let Some(board) = sightings.borrow_and_update().board.clone() else {
            continue;
        };
        let occasion = (
            Arc::clone(&board.snapshot.catalog),
            board.phase,
            board.deployment.readiness,
            board.production.readiness,
        );
        let same = |(catalog, phase, deployment, production): &(
            Arc<Catalog>,
            Phase,
            Readiness,
            Readiness,
        )| {
            Arc::ptr_eq(catalog, &occasion.0)
                && (*phase, *deployment, *production) == (occasion.1, occasion.2, occasion.3)
        };
        if looked_at.as_ref().is_some_and(same) {
            continue;
        }
        if let Ok(observation) = session.observe().await {
            looked_at = Some(occasion);
            let (operation, findings) = session.preflight(&observation);
            preflights.send_replace(Some(Arc::new(Preflight {
                operation,
                findings,
            })));
        }
        tokio::time::sleep(PREFLIGHT_PAUSE).await;
    }
}
