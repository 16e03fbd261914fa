//! What stands beside a live picture: audit events and manifests, read again only when the catalog changed.

use super::lineage::LineageWatch;
use super::project::Read;
use super::workspace::Workspace;
use crate::domain::board::Board;
use crate::domain::lineage::Lineage;
use crate::domain::object::Catalog;
use crate::domain::snapshot::Snapshot;
use std::sync::Arc;

/// The last readings, and what they were of.
#[derive(Debug, Default)]
pub struct Beside {
    lineage: LineageWatch,
    seen: Option<Arc<Catalog>>,
    read: Read,
}

impl Beside {
    /// The board of a picture.
    pub async fn board(&mut self, workspace: &Arc<Workspace>, snapshot: Arc<Snapshot>) -> Board {
        let environment = Arc::new(workspace.oriented(&snapshot));
        let lineage = self
            .lineage
            .look(workspace, &environment, &snapshot.catalog)
            .await;
        let is_seen = |seen: &Arc<Catalog>| Arc::ptr_eq(seen, &snapshot.catalog);
        // A file that is just being written is whole a moment later.
        let unread = self.read.known.unread.is_some();
        if unread || !self.seen.as_ref().is_some_and(is_seen) {
            self.seen = Some(Arc::clone(&snapshot.catalog));
            self.read = read(workspace, &snapshot, lineage.clone()).await;
        }
        let provenance = self
            .lineage
            .judge(&environment, &snapshot.catalog, lineage.as_ref());
        Board::judged(
            snapshot,
            environment,
            self.read.known.clone(),
            provenance,
            workspace.thresholds(),
        )
    }

    /// What the last board's project was read from.
    pub(super) fn read(&self) -> &Read {
        &self.read
    }

    /// Lets the manifests be read again with the next picture.
    pub fn forget(&mut self) {
        self.seen = None;
    }
}

/// Manifests are large: they are read beside the loop. With a broken one nothing is known, and the board says why.
async fn read(
    workspace: &Arc<Workspace>,
    snapshot: &Arc<Snapshot>,
    lineage: Option<Arc<Lineage>>,
) -> Read {
    let (workspace, snapshot) = (Arc::clone(workspace), Arc::clone(snapshot));
    let read = move || {
        let environment = workspace.oriented(&snapshot);
        workspace.known(&environment, &snapshot, lineage.as_deref())
    };
    match tokio::task::spawn_blocking(read).await {
        Ok(Ok(read)) => read,
        Ok(Err(error)) => {
            tracing::warn!(error = error.told(), "the project can't be compared");
            unread(error.told())
        }
        Err(error) => {
            tracing::error!(%error, "reading the project failed");
            unread("reading it failed".to_owned())
        }
    }
}

fn unread(why: String) -> Read {
    let mut read = Read::default();
    read.known.unread = Some(why);
    read
}
