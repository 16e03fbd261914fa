//! Guards on what lies outside the environment and hangs on it all the same.

use super::inputs::{PlanInputs, about};
use crate::domain::environment::Side;
use crate::domain::finding::{Finding, FindingId, Severity};
use crate::domain::object::ObjectKind;
use crate::domain::quantity::{agree, count};

/// Objects outside the environment that read production: dependencies are by id, so they stay on the retired objects.
///
/// Sinks are left out: they are moved.
#[must_use]
pub fn dependents_outside(inputs: &PlanInputs<'_>) -> Vec<Finding> {
    let catalog = &inputs.snapshot().catalog;
    let production = inputs.resolved.object_ids(Side::Production);
    let outside: Vec<String> = catalog
        .inputs
        .iter()
        .filter(|(_, inputs)| inputs.iter().any(|input| production.contains(input)))
        .filter_map(|(id, _)| catalog.objects.get(id))
        .filter(|object| {
            object.kind != ObjectKind::Sink
                && !object.is_temporary()
                && inputs.resolved.side_of(object).is_none()
        })
        .map(|object| catalog.display_name(&object.id))
        .collect();
    about(
        FindingId::DependentOutside,
        Severity::Warn,
        format!(
            "{} outside the environment {} production and would stay on the retired objects.",
            count(outside.len(), "object"),
            agree(outside.len(), "reads", "read")
        ),
        "Recreate them after the promote so that they read the new production; a cleanup before that is refused.",
        outside,
    )
}

/// Objects outside the environment's schemas that run on its clusters: the cluster's name moves and they do not.
#[must_use]
pub fn foreign_on_clusters(inputs: &PlanInputs<'_>, side: Side) -> Vec<Finding> {
    let catalog = &inputs.snapshot().catalog;
    let foreign: Vec<String> = inputs
        .resolved
        .clusters
        .iter()
        .filter_map(|pair| pair.side(side))
        .flat_map(|cluster| catalog.objects_on(&cluster.id))
        .filter(|object| !object.is_temporary() && inputs.resolved.side_of(object).is_none())
        .map(|object| catalog.display_name(&object.id))
        .collect();
    about(
        FindingId::ForeignOnCluster,
        Severity::Warn,
        format!(
            "{} {} outside the environment's schemas on the {side} clusters; the swap would leave {} on the retired cluster.",
            count(foreign.len(), "object"),
            agree(foreign.len(), "runs", "run"),
            agree(foreign.len(), "it", "them")
        ),
        "Give them a cluster of their own before the promote.",
        foreign,
    )
}
