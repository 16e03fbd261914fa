//! The cockpit's port, carried by an `ops` workspace.

use cutover::domain::changes::ChangesView;
use cutover::domain::history::AuditEntry;
use cutover::domain::picture::Picture;
use cutover::domain::plan::{ConfirmedPlan, Plan, Request};
use cutover::ops::audit;
use cutover::ops::listener::Listener;
use cutover::ops::progress::Outcome;
use cutover::ops::watch::Watch;
use cutover::ops::workspace::Workspace;
use cutover::tui::port::{Port, PortFuture};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// A workspace as the cockpit sees it.
pub struct SessionPort {
    workspace: Arc<Workspace>,
    watch: Watch,
}

impl SessionPort {
    /// Starts to watch. Must be called within a runtime.
    pub fn new(workspace: Arc<Workspace>) -> Self {
        let watch = Watch::start(Arc::clone(&workspace));
        Self { workspace, watch }
    }
}

impl Port for SessionPort {
    fn pictures(&self) -> watch::Receiver<Picture> {
        self.watch.pictures()
    }

    fn refresh(&self) {
        self.watch.refresh();
    }

    fn plan(&self, request: Request) -> PortFuture<'_, Result<Plan, String>> {
        Box::pin(async move {
            let planned = self.workspace.plan(&request).await;
            planned
                .map(|planned| planned.plan)
                .map_err(|error| error.told_with_remedy())
        })
    }

    fn abandon(&self) -> PortFuture<'_, ()> {
        Box::pin(self.workspace.abandon())
    }

    fn execute(
        &self,
        plan: ConfirmedPlan,
        progress: Listener,
        cancel: CancellationToken,
    ) -> PortFuture<'_, Outcome> {
        Box::pin(self.workspace.execute(plan, progress, cancel))
    }

    fn changes(&self) -> PortFuture<'_, Result<Arc<ChangesView>, String>> {
        Box::pin(async move {
            self.workspace
                .changes()
                .await
                .map_err(|error| error.told_with_remedy())
        })
    }

    fn history(&self) -> PortFuture<'_, Result<Arc<[AuditEntry]>, String>> {
        Box::pin(async move {
            let dir = self.workspace.settings().folders.audit.clone();
            let read = tokio::task::spawn_blocking(move || audit::history(&dir)).await;
            match read {
                Ok(Ok(entries)) => Ok(entries.into()),
                Ok(Err(error)) => Err(error.to_string()),
                Err(error) => Err(error.to_string()),
            }
        })
    }

    fn parse(&self) -> PortFuture<'_, Result<String, String>> {
        Box::pin(async move {
            let manifest = self.workspace.parse_project().await;
            self.watch.refresh();
            manifest
                .map(|hash| format!("dbt read the project anew: manifest {hash}"))
                .map_err(|error| error.told_with_remedy())
        })
    }

    fn save(&self, name: String, text: String) -> PortFuture<'_, Result<PathBuf, String>> {
        Box::pin(async move {
            let dir = &self.workspace.settings().folders.state;
            let file = dir.join(name);
            let written = std::fs::create_dir_all(dir).and_then(|()| std::fs::write(&file, text));
            written
                .map(|()| file.clone())
                .map_err(|error| format!("{} can't be written: {error}", file.display()))
        })
    }
}
