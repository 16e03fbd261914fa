//! What stands where, shown where no record confirms it.

use super::inputs::{PlanInputs, about};
use super::state::contradictions;
use crate::domain::contradiction::{listed, names, swap_back};
use crate::domain::environment::Side;
use crate::domain::finding::{Finding, FindingId, Severity};
use crate::domain::object::ObjectKind;
use crate::domain::phase::Phase;
use crate::domain::provenance::Unfinished;
use crate::domain::quantity::count;
use crate::domain::record::DeploymentRole;
use std::collections::BTreeMap;

/// A rollback to a side that no record calls the retired production: ids and contents of both sides, for a person to decide.
#[must_use]
pub fn identity_unconfirmed(inputs: &PlanInputs<'_>) -> Vec<Finding> {
    if is_confirmed(inputs) {
        return Vec::new();
    }
    let schemas = inputs
        .resolved
        .schemas
        .iter()
        .filter_map(|pair| pair.deployment)
        .map(|schema| schema.name.to_string())
        .collect();
    about(
        FindingId::ProvenanceUnknown,
        Severity::Warn,
        format!(
            "No record confirms that the deployment side is the retired production. {}{} {}",
            contradictions(inputs)
                .iter()
                .map(|told| format!("{} ", told.message))
                .collect::<String>(),
            contents(inputs, Side::Production),
            contents(inputs, Side::Deployment)
        ),
        "Compare ids and contents with the audit of the last promote, or with its rollback.sql.",
        schemas,
    )
}

/// What a swap of everything would move the wrong way: it changed sides without the rest.
#[must_use]
pub fn not_put_back(inputs: &PlanInputs<'_>) -> Vec<Finding> {
    let alone = &inputs.board.provenance.alone;
    about(
        FindingId::ProvenanceUnknown,
        Severity::Warn,
        format!(
            "This would not put back {}: what bears production's name there is what a rollback would take away.",
            listed(alone)
        ),
        format!("{}; then everything goes back together.", swap_back(alone)),
        names(alone),
    )
}

fn is_confirmed(inputs: &PlanInputs<'_>) -> bool {
    let provenance = &inputs.board.provenance;
    if inputs.board.phase == Phase::Unknown || provenance.mixed {
        return false;
    }
    provenance.unfinished == Some(Unfinished::Promote)
        || provenance
            .deployment
            .as_ref()
            .is_some_and(|record| record.role == DeploymentRole::Retired)
}

/// `The production side: schema prod (u1), cluster compute (u1), 2 materialized views, 1 view.`
fn contents(inputs: &PlanInputs<'_>, side: Side) -> String {
    let resolved = inputs.resolved;
    let schemas = resolved.schemas.iter().filter_map(|pair| pair.side(side));
    let clusters = resolved.clusters.iter().filter_map(|pair| pair.side(side));
    let mut parts: Vec<String> = schemas
        .map(|schema| format!("schema {} ({})", schema.name, schema.id))
        .chain(clusters.map(|cluster| format!("cluster {} ({})", cluster.name, cluster.id)))
        .collect();
    let mut kinds: BTreeMap<&ObjectKind, usize> = BTreeMap::new();
    for object in resolved.objects(side) {
        *kinds.entry(&object.kind).or_default() += 1;
    }
    parts.extend(
        kinds
            .iter()
            .map(|(kind, n)| count(*n, &kind.as_str().replace('-', " "))),
    );
    if kinds.is_empty() {
        parts.push("no objects".to_owned());
    }
    format!("The {side} side: {}.", parts.join(", "))
}
