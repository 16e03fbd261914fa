//! Which kinds of nodes dbt keeps among its nodes.

use crate::dbt::manifest::ResourceType;

pub(super) fn is_stored_in_nodes(kind: ResourceType) -> bool {
    !matches!(
        kind,
        ResourceType::Source
            | ResourceType::Exposure
            | ResourceType::Metric
            | ResourceType::UnitTest
            | ResourceType::SemanticModel
            | ResourceType::SavedQuery
    )
}
