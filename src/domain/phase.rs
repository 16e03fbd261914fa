//! Where the deployment stands, from names, records and audit events; judged anew from every snapshot, kept nowhere.

use super::environment::{Resolved, Side};
use super::provenance::{Judgement, Provenance, Unfinished};
use super::readiness::{Readiness, SideReadiness};
use super::record::DeploymentRole;
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

    /// Whether the deployment side is on its way to become production.
    #[must_use]
    pub fn holds_candidate(self) -> bool {
        matches!(self, Self::Deploying | Self::Hydrating | Self::Ready)
    }

    /// Whether nothing is expected on the deployment side yet.
    #[must_use]
    pub fn holds_nothing(self) -> bool {
        matches!(self, Self::None | Self::Initialized)
    }

    /// The side that carries the risk now, and that a first glance is for: production where there is no candidate, and again once the
    /// candidate has its names.
    #[must_use]
    pub fn subject(self) -> Side {
        match self {
            Self::None | Self::Promoting | Self::Promoted | Self::Synced => Side::Production,
            Self::Initialized | Self::Deploying | Self::Hydrating | Self::Ready | Self::Unknown => {
                Side::Deployment
            }
        }
    }

    /// Whether it comes and goes with readiness, from tick to tick; everything else is somebody's deed.
    #[must_use]
    pub fn follows_readiness(self) -> bool {
        matches!(self, Self::Hydrating | Self::Ready)
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
    let names = names(resolved);
    if provenance.unfinished.is_some() && provenance.contradictions.is_empty() {
        return Phase::Promoting;
    }
    let empty = resolved.contents(Side::Deployment).next().is_none();
    match names {
        NamesPresent::Absent => return Phase::None,
        _ if !provenance.contradictions.is_empty() => return Phase::Unknown,
        NamesPresent::Partly if empty => return Phase::None,
        NamesPresent::Partly => return Phase::Unknown,
        NamesPresent::Whole => {}
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

/// Whether the deployment side is what production was before the last swap. In the phase `unknown` nobody can tell.
#[must_use]
pub fn holds_retired(phase: Phase, provenance: &Provenance) -> bool {
    match phase {
        Phase::Promoted => true,
        // An unfinished rollback has the retired side in production already, and the candidate here.
        Phase::Promoting => provenance.unfinished != Some(Unfinished::Rollback),
        _ => false,
    }
}

fn says_candidate(provenance: &Provenance) -> bool {
    let record = provenance.deployment.as_ref();
    record.is_some_and(|record| record.role == DeploymentRole::Candidate)
}

/// How much of the deployment side exists, by its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NamesPresent {
    Absent,
    /// An init or a cleanup was cut off, or somebody dropped a part.
    Partly,
    Whole,
}

/// Which of the deployment side's schemas and clusters exist.
#[must_use]
pub fn names(resolved: &Resolved<'_>) -> NamesPresent {
    let schemas = resolved
        .schemas
        .iter()
        .map(|pair| pair.deployment.is_some());
    let clusters = resolved
        .clusters
        .iter()
        .map(|pair| pair.deployment.is_some());
    let (there, missing): (Vec<bool>, Vec<bool>) =
        schemas.chain(clusters).partition(|there| *there);
    match (there.len(), missing.len()) {
        (0, _) => NamesPresent::Absent,
        (_, 0) => NamesPresent::Whole,
        _ => NamesPresent::Partly,
    }
}

fn by_readiness(deployment: &SideReadiness) -> Phase {
    if deployment.readiness == Readiness::Ready {
        Phase::Ready
    } else {
        Phase::Hydrating
    }
}
