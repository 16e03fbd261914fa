//! Dropping the deployment side, with everything that goes along shown first.

use super::draft::Draft;
use super::stamp::Stamp;
use super::{Plan, Request, Statement};
use crate::domain::action::Operation;
use crate::domain::closure::{closure_of_side, describe};
use crate::domain::environment::Side;
use crate::domain::finding::warnings;
use crate::domain::finding::{Finding, FindingId, Severity};
use crate::domain::guard::{self, PlanInputs};
use crate::domain::lease::LeasePlace;
use crate::domain::object::Schema;
use crate::domain::phase::Phase;
use crate::domain::quantity::count;

/// Drops every existing schema and cluster of the deployment side.
#[must_use]
pub fn cleanup(inputs: &PlanInputs<'_>, stamp: &Stamp, request: &Request) -> Plan {
    let mut draft = Draft::new(Operation::Cleanup);
    let resolved = inputs.resolved;
    let mut schemas: Vec<&Schema> = resolved
        .schemas
        .iter()
        .filter_map(|pair| pair.deployment)
        .collect();
    let clusters: Vec<_> = resolved
        .clusters
        .iter()
        .filter_map(|pair| pair.deployment)
        .collect();
    let closure = closure_of_side(
        resolved.catalog,
        &schemas.iter().map(|schema| &schema.id).collect::<Vec<_>>(),
        &clusters
            .iter()
            .map(|cluster| &cluster.id)
            .collect::<Vec<_>>(),
    );
    draft.closure = describe(resolved, &closure, Side::Deployment);
    draft.findings = guard::closure_findings(inputs, &draft.closure);
    draft
        .findings
        .extend(guard::temporary_in_drop(inputs, &closure));
    draft.findings.extend(guard::leased(inputs));
    draft.findings.extend(guard::self_swap(inputs));
    draft
        .findings
        .extend(guard::schema_ownership(inputs, &[Side::Deployment]));
    draft
        .findings
        .extend(guard::cluster_ownership(inputs, &[Side::Deployment]));
    draft.findings.extend(guard::unverified(inputs));
    draft.findings.extend(guard::subscriptions_on(
        inputs,
        &closure,
        Severity::Warn,
        "they end with an error.",
    ));
    draft.findings.extend(foreign(inputs, stamp));
    draft.hindered(inputs);
    draft.findings.extend(what_is_lost(inputs));
    let holds = |schema: &Schema| resolved.catalog.objects_in(&schema.id).next().is_some();
    if schemas.iter().any(|schema| holds(schema)) {
        draft.lease = LeasePlace::of(inputs.resolved);
    }
    // The marker goes along with the last of them.
    let has_marker = |schema: &Schema| {
        let place = draft.lease.as_ref();
        place.is_some_and(|place| place.deployment == schema.name)
    };
    schemas.sort_by_key(|schema| has_marker(schema));
    for schema in &schemas {
        let cascade = holds(schema);
        draft.run(Statement::drop_schema(
            &resolved.environment.database,
            &schema.name,
            cascade,
        ));
    }
    for cluster in &clusters {
        // The schemas are gone by then; what is left on the cluster is foreign and needs its own leave.
        let foreign = resolved
            .catalog
            .objects_on(&cluster.id)
            .any(|object| resolved.side_of(object) != Some(Side::Deployment));
        draft.run(Statement::drop_cluster(&cluster.name, foreign));
    }
    draft.summary = vec![if draft.steps.is_empty() {
        "There is no deployment side: nothing to clean up.".to_owned()
    } else {
        format!(
            "Drops {}, {} and {} in or behind them.",
            count(schemas.len(), "schema"),
            count(clusters.len(), "cluster"),
            count(draft.closure.len(), "object")
        )
    }];
    draft.close(inputs, request)
}

/// Another role's or tag's candidate. Commits are no matter here: who merges by squash cleans up what is no ancestor.
fn foreign(inputs: &PlanInputs<'_>, stamp: &Stamp) -> Vec<Finding> {
    let of_no_commit = PlanInputs {
        ancestry: guard::Ancestry::None,
        ..inputs.clone()
    };
    warnings(guard::foreign_candidate(&of_no_commit, stamp))
}

fn what_is_lost(inputs: &PlanInputs<'_>) -> Vec<Finding> {
    match inputs.board.phase {
        Phase::Promoted => vec![Finding {
            id: FindingId::WayBackEnds,
            severity: Severity::Warn,
            message:
                "The deployment side is the retired production: after this there is no rollback."
                    .to_owned(),
            remedy: "Wait until nobody will want to go back.".to_owned(),
            objects: vec![inputs.resolved.environment.target.clone()],
        }],
        Phase::Promoting => Vec::new(),
        Phase::Unknown => {
            let unknown = guard::misread(inputs);
            if unknown.is_empty() {
                guard::contradicted(inputs, Severity::Warn)
            } else {
                unknown
            }
        }
        _ => guard::unrecorded(inputs, Severity::Warn),
    }
}
