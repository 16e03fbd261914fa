//! One look at everything: the server, and the project as far as a look at it can tell.

use super::error::OpsError;
use super::project::Read;
use super::workspace::{Observation, Workspace};
use crate::domain::access::Access;
use crate::domain::background::ClusterDefinition;
use crate::domain::board::Board;
use crate::domain::environment::{Environment, Resolved};
use crate::domain::guard::Ancestry;
use crate::domain::lineage::Lineage;
use crate::domain::object::Cluster;
use crate::domain::snapshot::Snapshot;
use crate::materialize::error::Error;
use crate::materialize::observe::Observer;
use crate::materialize::reader::CatalogReader;
use std::sync::Arc;

/// How often catalog and audit events are read before names that keep moving count as unknown.
const LOOKS: u32 = 3;

/// The server's part of a look.
struct Seen {
    snapshot: Arc<Snapshot>,
    environment: Environment,
    lineage: Option<Lineage>,
    beside: AccessReading,
}

/// What guards and plans need and no snapshot holds.
pub(super) struct AccessReading {
    pub access: Access,
    /// How the clusters of the environment were made.
    pub clusters: Vec<ClusterDefinition>,
}

/// How the clusters of the environment were made.
pub(super) async fn definitions(
    catalog: &CatalogReader,
    resolved: &Resolved<'_>,
) -> Result<Vec<ClusterDefinition>, Error> {
    let pairs = resolved.clusters.iter();
    let clusters: Vec<Cluster> = pairs
        .flat_map(|pair| [pair.production, pair.deployment])
        .flatten()
        .cloned()
        .collect();
    catalog.cluster_definitions(&clusters).await
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

    /// As [`Workspace::observe`], on connections that are open. What the manifests of an earlier look said is not worked out anew where
    /// they are the same.
    ///
    /// # Errors
    /// As [`Workspace::observe`].
    pub(super) async fn observe_on(
        &self,
        observer: &mut Observer,
        earlier: Option<&Observation>,
    ) -> Result<Observation, OpsError> {
        // On the heap: it is a part of everything that plans and runs, and would grow each of those by its size.
        let seen = Box::pin(self.look(observer)).await?;
        let lineage = seen.lineage.as_ref();
        let manifests = self.manifests(&seen.environment, &seen.snapshot, lineage)?;
        let same = earlier.filter(|earlier| earlier.manifests.are(&manifests));
        let known = match same {
            Some(earlier) => earlier.known.clone(),
            None => self.known_of(&manifests, &seen.environment)?,
        };
        let board = Board::new(
            seen.snapshot,
            Arc::new(seen.environment),
            known.clone(),
            lineage,
            self.thresholds(),
        );
        let ancestry = same.map(|earlier| earlier.ancestry);
        let read = Read { manifests, known };
        Ok(self.observation(Arc::new(board), seen.beside, read, ancestry))
    }

    /// Everything together. `ancestry` where it is known.
    pub(super) fn observation(
        &self,
        board: Arc<Board>,
        beside: AccessReading,
        read: Read,
        ancestry: Option<Ancestry>,
    ) -> Observation {
        let ancestry = ancestry.unwrap_or_else(|| {
            let record = board.provenance.deployment.as_ref();
            self.ancestry(record.and_then(|record| record.commit.as_deref()))
        });
        let Read { manifests, known } = read;
        Observation {
            board,
            access: beside.access,
            clusters: beside.clusters,
            manifests,
            known,
            ancestry,
            ours: self.lease().map(|marker| marker.name().clone()),
        }
    }

    /// All that the server tells, read again where names moved meanwhile: in two round trips, and a third where names have been swapped.
    async fn look(&self, observer: &mut Observer) -> Result<Seen, OpsError> {
        let mut tries = 1;
        loop {
            let (snapshot, access) = observer.observe_with_access().await?;
            let snapshot = Arc::new(snapshot);
            let environment = self.oriented(&snapshot);
            let resolved = environment.resolve(&snapshot.catalog);
            let catalog = observer.catalog();
            let reading =
                tokio::try_join!(catalog.lineage(&resolved), definitions(catalog, &resolved));
            let (lineage, clusters) = match reading {
                // A cluster's name may have moved, or it may be gone, since the catalog was read.
                Err(error) if error.server().is_some() && tries < LOOKS => {
                    tries += 1;
                    continue;
                }
                read => read?,
            };
            let moved = lineage
                .as_ref()
                .is_some_and(|lineage| lineage.moved(&resolved).is_some());
            if !moved || tries == LOOKS {
                return Ok(Seen {
                    snapshot,
                    environment,
                    lineage,
                    beside: AccessReading { access, clusters },
                });
            }
            tries += 1;
        }
    }
}
