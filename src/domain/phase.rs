//! Where the deployment stands, from records and names; judged anew from every snapshot, kept nowhere.

use super::environment::{Resolved, Side};
use super::object::Schema;
use super::readiness::{Readiness, SideReadiness};
use super::record::{self, Record, Role};
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
    /// The records and names contradict each other.
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

/// What the records on both sides say, taken together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// The record that every production schema of the pair carries in the same role, if there is one.
    pub production: Option<Record>,
    pub deployment: Option<Record>,
    /// Marked by dbt-materialize's own promote, which keeps no record.
    pub promoted_by_dbt: bool,
    /// Schemas of one side carry different roles: an operation was cut off between its comments.
    pub mixed: bool,
    pub unfinished: Option<Unfinished>,
}

/// A swap that is committed while its last steps are not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unfinished {
    Promote,
    Rollback,
}

/// Reads the records of both sides.
#[must_use]
pub fn provenance(resolved: &Resolved<'_>) -> Provenance {
    let records = |side: Side| -> Vec<Option<Record>> {
        resolved
            .schemas
            .iter()
            .filter_map(|pair| pair.side(side))
            .map(|schema| schema.comment.as_deref().and_then(Record::find))
            .collect()
    };
    let (production, deployment) = (records(Side::Production), records(Side::Deployment));
    let has = |records: &[Option<Record>], role: Role| {
        records.iter().flatten().any(|record| record.role == role)
    };
    // Finishing writes the deployment side's records first, so a production name keeps the mark until the very end.
    let unfinished = if has(&production, Role::Candidate) {
        Some(Unfinished::Promote)
    } else if has(&production, Role::Retired) {
        Some(Unfinished::Rollback)
    } else {
        None
    };
    Provenance {
        promoted_by_dbt: promoted_by_dbt(resolved),
        mixed: is_mixed(&production) || is_mixed(&deployment),
        production: first(&production),
        deployment: first(&deployment),
        unfinished,
    }
}

fn first(records: &[Option<Record>]) -> Option<Record> {
    // One incomplete record outweighs complete ones: the operation that wrote it did not finish.
    let found = || records.iter().flatten();
    found()
        .find(|record| !record.complete)
        .or_else(|| found().next())
        .cloned()
}

fn is_mixed(records: &[Option<Record>]) -> bool {
    let mut roles = records
        .iter()
        .map(|record| record.as_ref().map(|record| record.role));
    let first = roles.next();
    roles.any(|role| Some(role) != first)
}

/// Without records: dbt marks production after its swap, and the mark of the swap before travels to the deployment side. After the very
/// first swap only production is marked; then the deployment schema, being the older one, has the smaller id.
fn promoted_by_dbt(resolved: &Resolved<'_>) -> bool {
    let marked = |schema: Option<&Schema>| {
        schema.is_some_and(|s| record::promoted_by_dbt(s.comment.as_deref()))
    };
    resolved.schemas.iter().any(|pair| {
        marked(pair.deployment)
            || (marked(pair.production) && is_older(pair.deployment, pair.production))
    })
}

fn is_older(one: Option<&Schema>, other: Option<&Schema>) -> bool {
    let number =
        |schema: Option<&Schema>| schema?.id.as_str().strip_prefix('u')?.parse::<u64>().ok();
    match (number(one), number(other)) {
        (Some(one), Some(other)) => one < other,
        _ => false,
    }
}

/// Judges the phase from names, records and the readiness of the deployment side.
#[must_use]
pub fn phase(resolved: &Resolved<'_>, deployment: &SideReadiness) -> Phase {
    let provenance = provenance(resolved);
    if provenance.unfinished.is_some() {
        return Phase::Promoting;
    }
    let twins = resolved.schemas.len() + resolved.clusters.len();
    let present = resolved
        .schemas
        .iter()
        .filter(|pair| pair.deployment.is_some())
        .count()
        + resolved
            .clusters
            .iter()
            .filter(|pair| pair.deployment.is_some())
            .count();
    if present == 0 {
        return Phase::None;
    }
    let empty = resolved.objects(Side::Deployment).next().is_none();
    if present < twins {
        return if empty { Phase::None } else { Phase::Unknown };
    }
    match provenance
        .deployment
        .as_ref()
        .map(|record| (record.role, record.complete))
    {
        Some((Role::Retired, _)) => Phase::Promoted,
        Some((Role::Synced, true)) => Phase::Synced,
        Some((Role::Synced, false)) => Phase::Deploying,
        Some((Role::Candidate, false)) => Phase::Deploying,
        Some((Role::Candidate, true)) => by_readiness(deployment),
        Some((Role::Production, _)) => Phase::Unknown,
        None if empty => Phase::Initialized,
        None if provenance.promoted_by_dbt => Phase::Promoted,
        None => by_readiness(deployment),
    }
}

fn by_readiness(deployment: &SideReadiness) -> Phase {
    if deployment.readiness == Readiness::Ready {
        Phase::Ready
    } else {
        Phase::Hydrating
    }
}
