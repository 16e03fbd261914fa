//! Guards on sinks and sources: they must live apart, and those that read production must be movable.

use super::inputs::{PlanInputs, about};
use crate::domain::access::Privilege;
use crate::domain::environment::Side;
use crate::domain::finding::{Finding, FindingId, Severity};
use crate::domain::name::Identifier;
use crate::domain::object::{ConnectorType, Object, ObjectKind};
use crate::domain::plan::{SinkMove, qualified};
use std::collections::BTreeSet;

/// Sinks and sources in the schemas or on the clusters of these sides: a swap would carry them along.
#[must_use]
pub fn connectors_in_environment(inputs: &PlanInputs<'_>, sides: &[Side]) -> Vec<Finding> {
    let named = |kind: ObjectKind| -> Vec<String> {
        sides
            .iter()
            .flat_map(|side| inputs.resolved.members(*side))
            .filter(|object| object.kind == kind && !is_subordinate(object))
            .map(|object| inputs.snapshot().catalog.display_name(&object.id))
            .collect()
    };
    let mut findings = about(
        FindingId::SinkInEnvironment,
        Severity::Block,
        "Sinks live in schemas or on clusters that would be swapped: clients would get the output of two, or of the wrong one.",
        "Give sinks a schema and a cluster of their own, outside `vars.deployment`.",
        named(ObjectKind::Sink),
    );
    findings.extend(about(
        FindingId::SourceInEnvironment,
        Severity::Block,
        "Sources live in schemas or on clusters that would be swapped: a rebuild would ingest everything again.",
        "Give sources a schema and a cluster of their own, outside `vars.deployment`.",
        named(ObjectKind::Source),
    ));
    findings
}

/// Progress collections and subsources come with their source.
fn is_subordinate(object: &Object) -> bool {
    let connector = object.connector.as_ref();
    connector.is_some_and(ConnectorType::is_subordinate)
}

/// Sinks that would hang or be refused when they are moved after the COMMIT: seen before it.
#[must_use]
pub fn sink_moves_at_risk(inputs: &PlanInputs<'_>, moves: &[SinkMove]) -> Vec<Finding> {
    let mut findings = stalled(inputs, moves);
    findings.extend(about(
        FindingId::SinkTargetMissing,
        Severity::Block,
        "Sinks read production objects that the deployment side lacks, so they would stay on the retired ones.",
        "Deploy the relation, or allow the sink by name and move or drop it yourself.",
        moves
            .iter()
            .filter(|sink| sink.target.is_none())
            .map(|sink| sink.name.to_string())
            .collect(),
    ));
    findings.extend(unmovable(inputs, moves));
    findings
}

fn stalled(inputs: &PlanInputs<'_>, moves: &[SinkMove]) -> Vec<Finding> {
    let readings = &inputs.snapshot().readings;
    let stalled = moves
        .iter()
        .filter(|sink| {
            !readings
                .connectors
                .get(&sink.id)
                .is_some_and(|status| status.is_running())
        })
        .map(|sink| sink.name.to_string())
        .collect();
    about(
        FindingId::SinkStalled,
        Severity::Block,
        "Sinks that must be moved are not running; ALTER SINK waits for them and may never return.",
        "Mend the sink first (see `cutover status`), or allow it by name: the operation then ends unfinished and can be finished later.",
        stalled,
    )
}

/// ALTER SINK needs ownership of the sink and CREATE on its cluster; SELECT on the new relation comes with the deployment's ownership.
fn unmovable(inputs: &PlanInputs<'_>, moves: &[SinkMove]) -> Vec<Finding> {
    let (access, catalog) = (inputs.access, &inputs.snapshot().catalog);
    let sinks = || {
        moves
            .iter()
            .filter_map(|sink| catalog.objects.get(&sink.id))
    };
    let role = access.role_name.quoted();
    let foreign = || sinks().filter(|sink| !access.owns(&sink.owner));
    let alter: Vec<String> = foreign()
        .filter_map(|sink| qualified(catalog, sink))
        .map(|name| format!("ALTER SINK {} OWNER TO {role};", name.quoted()))
        .collect();
    let mut findings = about(
        FindingId::Ownership,
        Severity::Block,
        format!(
            "The role {} does not own the sinks that must be moved after the swap.",
            access.role_name
        ),
        super::access::to_own(access, &alter),
        foreign()
            .map(|sink| {
                format!(
                    "sink {} (owned by {})",
                    catalog.display_name(&sink.id),
                    catalog.role_name(&sink.owner)
                )
            })
            .collect(),
    );
    let closed: BTreeSet<&Identifier> = sinks()
        .filter_map(|sink| sink.cluster.as_ref())
        .filter_map(|id| catalog.clusters.get(id))
        .filter(|cluster| {
            !access.owns(&cluster.owner)
                && !access.holds_on_cluster(&cluster.id, &Privilege::Create)
        })
        .map(|cluster| &cluster.name)
        .collect();
    let grant =
        |name: &&Identifier| format!("GRANT CREATE ON CLUSTER {} TO {role};", name.quoted());
    findings.extend(about(
        FindingId::Permission,
        Severity::Block,
        format!(
            "The role {} may not create on the clusters of the sinks that must be moved.",
            access.role_name
        ),
        format!(
            "Let an administrator run: {}",
            closed.iter().map(grant).collect::<Vec<_>>().join(" ")
        ),
        closed
            .iter()
            .map(|name| format!("CREATE on cluster {name}"))
            .collect(),
    ));
    findings
}
