//! Where the deployment stands, from names, records and audit events; judged anew from every snapshot, kept nowhere.

use super::environment::{Resolved, Side};
use super::provenance::{Judgement, Provenance};
use super::readiness::{Readiness, SideReadiness};
use super::record::Role;
use serde::{Deserialize, Serialize};
use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// No deployment side.
    None,
    /// The twins exist and are empty.
    Initialized,
    /// A deployment began and has not finished.
    Deploying,
    /// Built, and not ready yet.
    Hydrating,
    Ready,
    /// Swapped, with sinks or records left to do.
    Promoting,
    /// The way back is open.
    Promoted,
    /// Both sides hold what production runs.
    Synced,
    /// Names, records and audit events contradict each other, or do not tell what the deployment side is.
    Unknown,
}

impl Phase {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Initialized => "initialized",
            Self::Deploying => "deploying",
            Self::Hydrating => "hydrating",
            Self::Ready => "ready",
            Self::Promoting => "promoting",
            Self::Promoted => "promoted",
            Self::Synced => "synced",
            Self::Unknown => "unknown",
        }
    }

    /// Whether the deployment side is the retired production: the way back.
    #[must_use]
    pub fn holds_retired(self) -> bool {
        matches!(self, Self::Promoted | Self::Promoting)
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Judges the phase from names, records, audit events and the readiness of the deployment side.
#[must_use]
pub fn phase(
    resolved: &Resolved<'_>,
    provenance: &Provenance,
    deployment: &SideReadiness,
) -> Phase {
    let present = present(resolved);
    if provenance.unfinished.is_some() && provenance.contradictions.is_empty() {
        return Phase::Promoting;
    }
    if present == 0 {
        return Phase::None;
    }
    if !provenance.contradictions.is_empty() {
        return Phase::Unknown;
    }
    let empty = resolved.objects(Side::Deployment).next().is_none();
    if present < resolved.schemas.len() + resolved.clusters.len() {
        return if empty { Phase::None } else { Phase::Unknown };
    }
    match provenance.judgement() {
        Judgement::Contradicts => Phase::Unknown,
        Judgement::Unfinished => Phase::Deploying,
        Judgement::Candidate if empty && !says_candidate(provenance) => Phase::Initialized,
        Judgement::Candidate => by_readiness(deployment),
        Judgement::Retired => Phase::Promoted,
        Judgement::Synced => Phase::Synced,
    }
}

fn says_candidate(provenance: &Provenance) -> bool {
    let record = provenance.deployment.as_ref();
    record.is_some_and(|record| record.role == Role::Candidate)
}

/// How many schemas and clusters of the deployment side exist.
fn present(resolved: &Resolved<'_>) -> usize {
    let schemas = resolved
        .schemas
        .iter()
        .filter(|pair| pair.deployment.is_some());
    let clusters = resolved
        .clusters
        .iter()
        .filter(|pair| pair.deployment.is_some());
    schemas.count() + clusters.count()
}

fn by_readiness(deployment: &SideReadiness) -> Phase {
    if deployment.readiness == Readiness::Ready {
        Phase::Ready
    } else {
        Phase::Hydrating
    }
}
