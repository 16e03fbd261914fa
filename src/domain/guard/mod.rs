//! The guards: one function per hazard, from facts to findings. No guard asks the server; each sees the same instant.

mod access;
mod candidate;
mod contents;
mod drops;
mod identity;
mod leases;
mod names;
mod production;
mod readers;
mod sinks;
mod state;

pub(in crate::domain) use access::grantee_identifier;
pub use access::{cluster_ownership, create_privileges, owners_and_grants, schema_ownership};
pub use candidate::{Ancestry, foreign_candidate};
pub use contents::{
    depends_on_production, missing_in_deployment, models_not_built, outside_environment,
    removed_and_unmanaged, retired_incomplete, twins_differ,
};
pub use drops::{closure_findings, subscriptions_on};
pub use identity::{identity_unconfirmed, not_put_back};
pub use leases::{abandoned, leased, place};
pub use names::{
    cluster_options_differ, deployment_names_missing, production_names_missing, self_swap,
};
pub use production::builds_into_production;
pub use readers::{dependents_outside, foreign_on_clusters};
pub use sinks::{connectors_in_environment, sink_moves_at_risk};
pub use state::{
    contradicted, incomplete_deployment, misplaced, misread, newer_than_production, not_ready,
    production_unhealthy, retired_not_ready, unrecorded, unverified,
};

use super::access::Access;
use super::background::ClusterDefinition;
use super::board::Board;
use super::environment::Resolved;
use super::finding::{Finding, FindingId, Severity};
use super::name::Identifier;
use super::project::Project;
use super::quantity::count;
use super::snapshot::Snapshot;

/// Everything that guards and planners look at.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    pub board: &'a Board,
    pub resolved: &'a Resolved<'a>,
    pub access: &'a Access,
    pub clusters: &'a [ClusterDefinition],
    /// How the commit on the deployment side's record stands to the one that is checked out.
    pub ancestry: Ancestry,
    /// The marker of the operation that looks, where it holds a lease.
    pub ours: Option<&'a Identifier>,
}

impl<'a> Facts<'a> {
    #[must_use]
    pub fn snapshot(&self) -> &'a Snapshot {
        &self.board.snapshot
    }

    #[must_use]
    pub fn project(&self) -> Option<&'a Project> {
        self.board.project.as_deref()
    }
}

/// One finding when there are objects to name, none otherwise.
fn about(
    id: FindingId,
    severity: Severity,
    message: impl Into<String>,
    remedy: impl Into<String>,
    mut objects: Vec<String>,
) -> Vec<Finding> {
    if objects.is_empty() {
        return Vec::new();
    }
    objects.sort();
    objects.dedup();
    vec![Finding {
        id,
        severity,
        message: message.into(),
        remedy: remedy.into(),
        objects,
    }]
}

#[cfg(test)]
mod tests;
