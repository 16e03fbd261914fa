//! One look at everything: the server, and the project as far as a look at it can tell.

use super::error::OpsError;
use super::project::Read;
use super::workspace::{Observation, Workspace};
use crate::domain::background::ClusterDefinition;
use crate::domain::board::Board;
use crate::domain::environment::Environment;
use crate::domain::guard::Ancestry;
use crate::domain::lineage::Lineage;
use crate::domain::object::Cluster;
use crate::domain::snapshot::Snapshot;
use crate::materialize::error::Error;
use crate::materialize::observe::Observer;
use std::sync::Arc;

/// How often catalog and audit events are read before names that keep moving count as unknown.
const LOOKS: u32 = 3;

/// The server's part of a look.
type Seen = (Arc<Snapshot>, Environment, Option<Lineage>);

/// How the clusters of the environment were made.
pub(super) async fn definitions(
    observer: &Observer,
    snapshot: &Snapshot,
    environment: &Environment,
) -> Result<Vec<ClusterDefinition>, Error> {
    let resolved = environment.resolve(&snapshot.catalog);
    let pairs = resolved.clusters.iter();
    let clusters: Vec<Cluster> = pairs
        .flat_map(|pair| [pair.production, pair.deployment])
        .flatten()
        .cloned()
        .collect();
    observer.cluster_definitions(&clusters).await
}

impl Workspace {
    /// Looks at the server and at the project, once.
    ///
    /// # Errors
    /// When the server can't be read or a manifest is broken.
    pub async fn observe(&self) -> Result<Observation, OpsError> {
        let mut observer = Observer::connect(self.connector()).await?;
        self.observe_on(&mut observer, None).await
    }

    /// As [`Workspace::observe`], on a connection that is open. What the manifests of an earlier look said is not worked out anew where
    /// they are the same.
    ///
    /// # Errors
    /// As [`Workspace::observe`].
    pub(super) async fn observe_on(
        &self,
        observer: &mut Observer,
        earlier: Option<&Observation>,
    ) -> Result<Observation, OpsError> {
        let mut tries = 1;
        let ((snapshot, environment, lineage), clusters) = loop {
            let seen = self.look(observer).await?;
            match definitions(observer, &seen.0, &seen.1).await {
                // Its name may have moved, or it may be gone, since the catalog was read.
                Err(error) if error.server().is_some() && tries < LOOKS => tries += 1,
                clusters => break (seen, clusters?),
            }
        };
        let manifests = self.manifests(&environment, &snapshot, lineage.as_ref())?;
        let same = earlier.filter(|earlier| earlier.manifests.are(&manifests));
        let known = match same {
            Some(earlier) => earlier.known.clone(),
            None => self.known_of(&manifests, &environment)?,
        };
        let board = Board::new(
            snapshot,
            Arc::new(environment),
            known.clone(),
            lineage.as_ref(),
            self.thresholds(),
        );
        let ancestry = same.map(|earlier| earlier.ancestry);
        let read = Read { manifests, known };
        self.beside(observer, Arc::new(board), clusters, read, ancestry)
            .await
    }

    /// What plans and guards need beside a board and the [`definitions`] of its clusters: no snapshot holds privileges. `ancestry` where it
    /// is known.
    ///
    /// # Errors
    /// When the server can't be read.
    pub(super) async fn beside(
        &self,
        observer: &Observer,
        board: Arc<Board>,
        clusters: Vec<ClusterDefinition>,
        read: Read,
        ancestry: Option<Ancestry>,
    ) -> Result<Observation, OpsError> {
        let access = observer.access().await?;
        let ancestry = ancestry.unwrap_or_else(|| {
            let record = board.provenance.deployment.as_ref();
            self.ancestry(record.and_then(|record| record.commit.as_deref()))
        });
        let Read { manifests, known } = read;
        Ok(Observation {
            board,
            access,
            clusters,
            manifests,
            known,
            ancestry,
            ours: self.lease().map(|marker| marker.name().clone()),
        })
    }

    /// Catalog and audit events, read again where names moved between them.
    async fn look(&self, observer: &mut Observer) -> Result<Seen, OpsError> {
        let mut tries = 1;
        loop {
            let snapshot = Arc::new(observer.observe().await?);
            let environment = self.oriented(&snapshot);
            let resolved = environment.resolve(&snapshot.catalog);
            let lineage = observer.lineage(&resolved).await?;
            let moved = lineage
                .as_ref()
                .is_some_and(|lineage| lineage.moved(&resolved).is_some());
            if !moved || tries == LOOKS {
                return Ok((snapshot, environment, lineage));
            }
            tries += 1;
        }
    }
}
