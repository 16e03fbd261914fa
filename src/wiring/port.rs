//! The cockpit's port, carried by an `ops` session.

use cutover::domain::action::Operation;
use cutover::domain::changes::ChangesView;
use cutover::domain::history::AuditEntry;
use cutover::domain::plan::{ConfirmedPlan, Plan};
use cutover::ops::audit;
use cutover::ops::progress::{Outcome, Progress};
use cutover::ops::request::Request;
use cutover::ops::session::Session;
use cutover::ops::watch::{LinkView, Sighting, Watch};
use cutover::tui::effect::PlanOptions;
use cutover::tui::event::{Link, LinkState, Picture, Preflight};
use cutover::tui::port::{Answer, Port};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// A session as the cockpit sees it.
pub struct SessionPort {
    session: Arc<Session>,
    watch: Watch,
    pictures: watch::Receiver<Picture>,
}

impl SessionPort {
    /// Starts to watch. Must be called within a runtime.
    pub fn new(session: Arc<Session>) -> Self {
        let watch = Watch::start(Arc::clone(&session));
        let mut sightings = watch.sightings();
        let (sender, pictures) = watch::channel(Picture::default());
        tokio::spawn(async move {
            loop {
                let picture = picture(&sightings.borrow_and_update());
                if sender.send(picture).is_err() || sightings.changed().await.is_err() {
                    return;
                }
            }
        });
        Self {
            session,
            watch,
            pictures,
        }
    }
}

fn picture(sighting: &Sighting) -> Picture {
    let millis =
        |duration: std::time::Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    Picture {
        board: sighting.board.clone(),
        preflight: sighting.preflight.as_ref().map(|preflight| {
            Arc::new(Preflight {
                operation: preflight.operation,
                findings: preflight.findings.clone(),
            })
        }),
        link: Link {
            state: match &sighting.link {
                LinkView::Connecting => LinkState::Connecting,
                LinkView::Live => LinkState::Live,
                LinkView::Polling { every } => LinkState::Polling {
                    every_ms: millis(*every),
                },
                LinkView::Lost { error } => LinkState::Lost {
                    error: error.clone(),
                },
            },
            age_ms: millis(sighting.age),
            losses: sighting.losses,
        },
        past: sighting.past.clone(),
        powerless: sighting.powerless.clone(),
    }
}

impl Port for SessionPort {
    fn pictures(&self) -> watch::Receiver<Picture> {
        self.pictures.clone()
    }

    fn refresh(&self) {
        self.watch.refresh();
    }

    fn plan(&self, operation: Operation, options: PlanOptions) -> Answer<'_, Result<Plan, String>> {
        Box::pin(async move {
            let mut request = Request::new(operation);
            request.full = options.full;
            request.allow = options.allow;
            let planned = self
                .session
                .plan(&request)
                .await
                .map_err(|error| error.to_string())?;
            Ok(planned.plan)
        })
    }

    fn abandon(&self) -> Answer<'_, ()> {
        Box::pin(self.session.abandon())
    }

    fn execute(
        &self,
        plan: ConfirmedPlan,
        progress: mpsc::Sender<Progress>,
        cancel: CancellationToken,
    ) -> Answer<'_, Outcome> {
        Box::pin(async move {
            let (sender, mut events) = mpsc::unbounded_channel();
            let forward = async {
                while let Some(event) = events.recv().await {
                    // The cockpit may be gone; the operation goes on to its end all the same.
                    let _ = progress.send(event).await;
                }
            };
            let (outcome, ()) = tokio::join!(self.session.execute(plan, sender, cancel), forward);
            outcome
        })
    }

    fn changes(&self) -> Answer<'_, Result<Arc<ChangesView>, String>> {
        Box::pin(async move {
            self.session
                .changes()
                .await
                .map_err(|error| error.to_string())
        })
    }

    fn history(&self) -> Answer<'_, Result<Arc<[AuditEntry]>, String>> {
        Box::pin(async move {
            let dir = self.session.settings().folders.audit.clone();
            let read = tokio::task::spawn_blocking(move || audit::history(&dir)).await;
            match read {
                Ok(Ok(entries)) => Ok(entries.into()),
                Ok(Err(error)) => Err(format!("the audit trail can't be read: {error}")),
                Err(error) => Err(error.to_string()),
            }
        })
    }

    fn parse(&self) -> Answer<'_, Result<String, String>> {
        Box::pin(async move {
            let manifest = self.session.parse_project().await;
            self.watch.refresh();
            manifest
                .map(|hash| format!("dbt read the project anew: manifest {hash}"))
                .map_err(|error| error.to_string())
        })
    }

    fn save(&self, name: String, text: String) -> Answer<'_, Result<PathBuf, String>> {
        Box::pin(async move {
            let dir = &self.session.settings().folders.state;
            let file = dir.join(name);
            let written = std::fs::create_dir_all(dir).and_then(|()| std::fs::write(&file, text));
            written
                .map(|()| file.clone())
                .map_err(|error| format!("{} can't be written: {error}", file.display()))
        })
    }
}
