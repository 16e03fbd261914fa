//! Which relation a node makes.

use crate::dbt::manifest::{Node, ResourceType};
use crate::domain::environment::Environment;
use crate::domain::name::QualifiedName;
use crate::ops::project::relation;

/// The relation that a node makes; tests, exposures and the like make none.
pub(super) fn relation_of(node: &Node, environment: &Environment) -> Option<QualifiedName> {
    let kinds = [
        ResourceType::Model,
        ResourceType::Seed,
        ResourceType::Snapshot,
    ];
    kinds
        .contains(&node.resource_type)
        .then(|| relation(node, environment))
        .flatten()
}
