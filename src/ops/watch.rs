//! The live picture as the cockpit shows it: boards from snapshots, and what the guards see for the next step.

use super::beside::Beside;
use super::changes::CandidateStamp;
use super::session::{Observation, Session};
use crate::domain::action::Operation;
use crate::domain::background::LagSample;
use crate::domain::board::Board;
use crate::domain::finding::Finding;
use crate::domain::name::ObjectId;
use crate::domain::object::Catalog;
use crate::domain::phase::Phase;
use crate::domain::readiness::Readiness;
use crate::domain::snapshot::Snapshot;
use crate::materialize::live::LiveFeed;
use crate::materialize::observe::Observer;
use crate::materialize::picture::{LinkState, Picture};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;
use tokio::time::Instant;

/// The guards ask the server for privileges, so they look again only when something changed, and not more often than this.
const PREFLIGHT_PAUSE: Duration = Duration::from_secs(3);
/// How often to see whether dbt wrote a new manifest.
const GLANCE: Duration = Duration::from_secs(2);

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
    /// Each object's lag before the watch began, oldest first, where the server keeps it.
    pub past: Option<Arc<LagHistory>>,
    /// Why this role can change nothing here, where that is so.
    pub powerless: Option<Arc<str>>,
}

/// Lag by object, one sample a minute.
pub type LagHistory = BTreeMap<ObjectId, Vec<LagSample>>;

/// What is asked of the server beside the live picture.
#[derive(Debug, Clone, Default)]
struct Background {
    preflight: Option<Arc<Preflight>>,
    past: Option<Arc<LagHistory>>,
    powerless: Option<Arc<str>>,
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
        let backgrounds = watch::channel(Background::default()).0;
        let guard = tokio::spawn(look_ahead(
            Arc::clone(&session),
            sightings.clone(),
            backgrounds.clone(),
        ));
        let session_stamp = session.candidate_stamp();
        let eye = Eye {
            session,
            sender,
            backgrounds: backgrounds.subscribe(),
            stamp: session_stamp,
            beside: Beside::default(),
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
    backgrounds: watch::Receiver<Background>,
    /// The candidate manifest as it lay on disk when it was last read.
    stamp: Option<CandidateStamp>,
    beside: Beside,
}

impl Eye {
    async fn watch(mut self, mut refreshes: mpsc::UnboundedReceiver<()>) {
        let feed: LiveFeed = self.session.live();
        let mut pictures = feed.pictures();
        let mut last: Option<Arc<Snapshot>> = None;
        let mut glance = tokio::time::interval(GLANCE);
        glance.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
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
                found = self.backgrounds.changed() => if found.is_err() { return },
                _ = glance.tick() => if self.has_new_manifest() {
                    self.beside.forget();
                    last = None;
                },
                asked = refreshes.recv() => match asked {
                    Some(()) => {
                        self.beside.forget();
                        last = None;
                        feed.refresh();
                    }
                    None => return,
                },
            }
        }
    }

    async fn show(&mut self, snapshot: &Arc<Snapshot>) {
        let board = self.beside.board(&self.session, Arc::clone(snapshot)).await;
        self.sender
            .send_modify(|sighting| sighting.board = Some(Arc::new(board)));
    }

    /// dbt may have written the project's manifest anew.
    fn has_new_manifest(&mut self) -> bool {
        let stamp = self.session.candidate_stamp();
        let is_new = stamp != self.stamp;
        self.stamp = stamp;
        is_new
    }

    fn show_link(&mut self, picture: &Picture) {
        let background = self.backgrounds.borrow_and_update().clone();
        let age = picture.age(Instant::now()).unwrap_or_default();
        self.sender.send_modify(|sighting| {
            sighting.link = link_view(&picture.link);
            sighting.age = age;
            sighting.losses = picture.restarts;
            sighting.preflight = background.preflight;
            sighting.past = background.past;
            sighting.powerless = background.powerless;
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
    backgrounds: watch::Sender<Background>,
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
            let powerless = powerless(&observation);
            backgrounds.send_modify(|background| {
                background.preflight = Some(Arc::new(Preflight {
                    operation,
                    findings,
                }));
                background.powerless = powerless;
            });
            if backgrounds.borrow().past.is_none() {
                let past = past(&session).await;
                backgrounds.send_modify(|background| background.past = past);
            }
        }
        tokio::time::sleep(PREFLIGHT_PAUSE).await;
    }
}

/// A role that owns nothing of the environment may only look.
fn powerless(observation: &Observation) -> Option<Arc<str>> {
    let access = &observation.access;
    let owns_something = observation.with_facts(|facts| {
        let schemas = facts.resolved.schemas.iter();
        let clusters = facts.resolved.clusters.iter();
        schemas
            .flat_map(|pair| [pair.production, pair.deployment])
            .flatten()
            .any(|schema| access.owns(&schema.owner))
            || clusters
                .flat_map(|pair| [pair.production, pair.deployment])
                .flatten()
                .any(|cluster| access.owns(&cluster.owner))
    });
    (!owns_something).then(|| format!("role {} owns nothing here", access.role_name).into())
}

/// The lag of the last hours; a server that does not keep it costs the first part of the trends.
async fn past(session: &Session) -> Option<Arc<LagHistory>> {
    let observer = Observer::connect(session.connector()).await.ok()?;
    match observer.lag_history().await {
        Ok(history) => Some(Arc::new(history)),
        Err(error) => {
            tracing::info!(%error, "no lag history");
            None
        }
    }
}
