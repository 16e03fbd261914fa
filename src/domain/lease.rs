//! The lease of a build or a cleanup: a marker on the deployment side while it is at work, so that nobody moves names under it.
//!
//! The marker is a view of a name that nobody else has, and its text tells who made it. Who finds an older one beside its own withdraws, so
//! of two that begin at once exactly one goes on. It holds as long as the session of its holder is there: nothing has to be renewed, and
//! nobody has to clean up after a process that was killed.

mod marker;

use super::environment::Resolved;
use super::name::{Identifier, QualifiedName, SchemaId};
use super::reading::CatalogReading;
use super::snapshot::Snapshot;
pub use marker::{Holder, Lease, PREFIX};

/// Whether the holder of a marker is still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Liveness {
    Held,
    /// Its session has ended.
    Gone,
    /// Its text or the sessions can't be read.
    Unknown,
}

impl Lease {
    #[must_use]
    pub fn liveness(&self, snapshot: &Snapshot) -> Liveness {
        let sessions = &snapshot.readings.sessions;
        let session = self.holder.as_ref().and_then(|it| it.session.as_deref());
        let Some(session) = session.filter(|_| !snapshot.lacks(CatalogReading::Sessions)) else {
            return Liveness::Unknown;
        };
        // Whoever reads has a session too: without any the relation tells nothing.
        match sessions.iter().any(|other| other.id == session) {
            true => Liveness::Held,
            false if sessions.is_empty() => Liveness::Unknown,
            false => Liveness::Gone,
        }
    }
}

/// Who is at work on the environment's schemas by this picture, or may be.
#[must_use]
pub fn at_work<'a>(resolved: &Resolved<'a>, snapshot: &Snapshot) -> Option<&'a Lease> {
    let mut leases = on_schemas(resolved);
    leases.find(|lease| lease.liveness(snapshot) != Liveness::Gone)
}

/// The leases on the schemas of an environment, of both sides.
pub(super) fn on_schemas<'a>(resolved: &Resolved<'a>) -> impl Iterator<Item = &'a Lease> + use<'a> {
    let schemas: Vec<SchemaId> = resolved
        .schemas
        .iter()
        .flat_map(|pair| [pair.production, pair.deployment])
        .flatten()
        .map(|schema| schema.id)
        .collect();
    let leases = resolved.catalog.leases.iter();
    leases.filter(move |lease| schemas.contains(&lease.schema))
}

/// Where a marker is put, and where a swap would take it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeasePlace {
    pub database: Identifier,
    pub deployment: Identifier,
    pub production: Identifier,
}

impl LeasePlace {
    /// The first schema of the deployment side that holds something: it can't be dropped without CASCADE anyway. The first one where
    /// none does.
    #[must_use]
    pub fn of(resolved: &Resolved<'_>) -> Option<Self> {
        let is_there = || resolved.schemas.iter().filter(|it| it.deployment.is_some());
        let holds = |id: SchemaId| resolved.catalog.objects_in(&id).next().is_some();
        let pair = is_there()
            .find(|pair| pair.deployment.is_some_and(|schema| holds(schema.id)))
            .or_else(|| is_there().next())?;
        Some(Self {
            database: resolved.environment.database.clone(),
            deployment: pair.names.deployment.clone(),
            production: pair.names.production.clone(),
        })
    }

    /// The marker of this name, in the deployment schema.
    #[must_use]
    pub fn put(&self, marker: &Identifier) -> QualifiedName {
        self.named(&self.deployment, marker)
    }

    /// The marker of this name, where a swap has taken it.
    #[must_use]
    pub fn swapped(&self, marker: &Identifier) -> QualifiedName {
        self.named(&self.production, marker)
    }

    fn named(&self, schema: &Identifier, marker: &Identifier) -> QualifiedName {
        QualifiedName {
            database: self.database.clone(),
            schema: schema.clone(),
            name: marker.clone(),
        }
    }
}
