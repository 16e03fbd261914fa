//! Whether there is a way back to the production before the last swap, and how good it is.

use super::environment::{Resolved, Side};
use super::phase::{NamesPresent, Phase, holds_retired, names};
use super::provenance::Provenance;
use super::readiness::{Readiness, SideReadiness};
use super::record::DeploymentRole;
use super::whole::Wholeness;
use serde::Serialize;
use std::fmt;

/// The way back to the retired production.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "state")]
pub enum WayBack {
    /// Nothing was promoted: production is where it was.
    NotNeeded,
    Ready {
        whole: usize,
        total: usize,
    },
    Degraded {
        whole: usize,
        total: usize,
        reason: String,
    },
    /// The deployment side may be the retired production; nothing tells.
    Unknown {
        reason: String,
    },
    Gone {
        reason: String,
    },
}

impl WayBack {
    /// Whether a swap back may bring the old production.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(
            self,
            Self::Ready { .. } | Self::Degraded { .. } | Self::Unknown { .. }
        )
    }
}

impl fmt::Display for WayBack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotNeeded => f.write_str("not needed"),
            Self::Ready { whole, total } => write!(f, "ready {whole}/{total}"),
            Self::Degraded {
                whole,
                total,
                reason,
            } => write!(f, "degraded {whole}/{total} ({reason})"),
            Self::Unknown { reason } => write!(f, "unknown ({reason})"),
            Self::Gone { reason } => write!(f, "gone ({reason})"),
        }
    }
}

/// Judges the way back from what the deployment side holds; what it lacks counts among what should be whole.
#[must_use]
pub fn way_back(
    resolved: &Resolved<'_>,
    phase: Phase,
    provenance: &Provenance,
    deployment: &SideReadiness,
    wholeness: &Wholeness,
) -> WayBack {
    let gone = |reason: &str| WayBack::Gone {
        reason: reason.to_owned(),
    };
    if phase == Phase::Unknown {
        return unknown(resolved, provenance);
    }
    if !holds_retired(phase, provenance) {
        return match phase {
            Phase::Synced => gone("synced"),
            Phase::Deploying if is_of_a_sync(provenance) => gone("a sync began"),
            _ => WayBack::NotNeeded,
        };
    }
    let objects: Vec<_> = resolved.contents(Side::Deployment).collect();
    if objects.is_empty() {
        return gone("the retired side is empty");
    }
    let missing = wholeness.of(Side::Deployment);
    let total = objects.len() + missing.map_or(0, |whole| whole.missing.len());
    let is_ready = |object: &&&super::object::Object| {
        let judged = deployment.objects.get(&object.id);
        judged.is_some_and(|verdict| verdict.readiness == Readiness::Ready)
    };
    let whole = objects.iter().filter(is_ready).count();
    match deployment.readiness {
        Readiness::Ready => WayBack::Ready { whole, total },
        _ => WayBack::Degraded {
            whole,
            total,
            reason: deployment.reason.clone(),
        },
    }
}

/// Whether the deployment side's record says that a sync began on it.
#[must_use]
pub fn is_of_a_sync(provenance: &Provenance) -> bool {
    let record = provenance.deployment.as_ref();
    record.is_some_and(|record| record.role == DeploymentRole::Synced)
}

/// Nobody can tell what the side is. What never was production is no way back, and neither is what is missing or empty.
fn unknown(resolved: &Resolved<'_>, provenance: &Provenance) -> WayBack {
    if provenance.age.is_not_older() {
        return WayBack::NotNeeded;
    }
    if names(resolved) != NamesPresent::Whole {
        return WayBack::Gone {
            reason: "parts of the deployment side are missing".to_owned(),
        };
    }
    let told = provenance.contradictions.first();
    let reason = told.map(|told| told.message.trim_end_matches('.').to_owned());
    WayBack::Unknown {
        reason: reason.unwrap_or_else(|| provenance.age.reason()),
    }
}
