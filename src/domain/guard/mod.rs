//! The guards: one function per hazard, from [`PlanInputs`] to findings. No guard asks the server; each sees the same instant.

mod access;
mod candidate;
mod contents;
mod drops;
mod identity;
mod inputs;
mod leases;
mod names;
mod production;
mod readers;
mod shapes;
mod sinks;
mod state;
mod swap_unsafe;
mod temporary;

pub(in crate::domain) use access::grantee_identifier;
pub use access::{cluster_ownership, create_privileges, owners_and_grants, schema_ownership};
pub use candidate::foreign_candidate;
pub use contents::{
    depends_on_production, missing_in_deployment, models_not_built, outside_environment,
    removed_and_unmanaged, retired_incomplete, twins_differ,
};
pub use drops::{closure_findings, subscriptions_on};
pub use identity::{identity_unconfirmed, not_put_back};
pub use inputs::{Ancestry, PlanInputs};
pub use leases::{abandoned, cleanup_at_work, leased, place};
pub use names::{
    cluster_options_differ, deployment_names_missing, production_names_missing, self_swap,
};
pub use production::builds_into_production;
pub use readers::{dependents_outside, foreign_on_clusters};
pub use shapes::{reconfigurations, replacements_pending, strategies_carried_over};
pub use sinks::{connectors_in_environment, sink_moves_at_risk};
pub use state::{
    contradicted, incomplete_deployment, misplaced, misread, newer_than_production, not_ready,
    production_unhealthy, retired_not_ready, unrecorded, unverified,
};

pub use swap_unsafe::{misnamed, swap_back_unsafe, swap_unsafe};
pub use temporary::{temporary_in_drop, temporary_readers};

#[cfg(test)]
mod tests;
