//! What a build is drawn up from.

use crate::dbt::manifest::{Node, ResourceType};
use crate::domain::environment::Environment;
use crate::ops::project::deployed;
use crate::ops::workspace::{Observation, Workspace};

/// dbt's selector for what changed and all that reads it.
pub(super) const SLIM: &str = "state:modified+";

/// Draws up a build from one observation.
pub(in crate::ops) struct Builder<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) observation: &'a Observation,
}

/// Whether dbt makes a relation of this node.
pub(super) fn is_made(node: &Node) -> bool {
    matches!(node.resource_type, ResourceType::Model | ResourceType::Seed)
        && is_built_by_dbt(node)
        && node.is_enabled()
        // dbt never runs a model without SQL.
        && (node.resource_type == ResourceType::Seed || node.has_code())
}

pub(super) fn is_deployed(node: &Node, environment: &Environment) -> bool {
    deployed(node, environment).is_some()
}

pub(super) fn is_built_by_dbt(node: &Node) -> bool {
    node.materialized()
        .is_none_or(|materialized| materialized.is_built())
}
