//! Dropping the deployment side, with everything that goes along shown first.

use super::draft::Draft;
use super::{Plan, Request, Statement};
use crate::domain::action::Operation;
use crate::domain::closure::{closure_of_side, describe};
use crate::domain::environment::Side;
use crate::domain::finding::{Finding, FindingId, Severity};
use crate::domain::guard::{self, Facts};
use crate::domain::phase::Phase;
use crate::domain::quantity::count;

/// Drops every existing schema and cluster of the deployment side.
#[must_use]
pub fn cleanup(facts: &Facts<'_>, request: &Request) -> Plan {
    let mut draft = Draft::new(Operation::Cleanup);
    let resolved = facts.resolved;
    let schemas: Vec<_> = resolved
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
    draft.findings = guard::closure_findings(facts, &draft.closure);
    draft.findings.extend(guard::self_swap(facts));
    draft
        .findings
        .extend(guard::schema_ownership(facts, &[Side::Deployment]));
    draft
        .findings
        .extend(guard::cluster_ownership(facts, &[Side::Deployment]));
    draft.findings.extend(guard::unverified(facts));
    draft.findings.extend(guard::subscriptions_on(
        facts,
        &closure,
        Severity::Warn,
        "they end with an error.",
    ));
    draft.hindered(facts);
    draft.findings.extend(what_is_lost(facts));
    for schema in &schemas {
        let cascade = resolved.catalog.objects_in(&schema.id).next().is_some();
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
    draft.close(facts, request)
}

fn what_is_lost(facts: &Facts<'_>) -> Vec<Finding> {
    match facts.board.phase {
        Phase::Promoted => vec![Finding {
            id: FindingId::WayBackEnds,
            severity: Severity::Warn,
            message:
                "The deployment side is the retired production: after this there is no rollback."
                    .to_owned(),
            remedy: "Wait until nobody will want to go back.".to_owned(),
            objects: vec![facts.resolved.environment.target.clone()],
        }],
        Phase::Promoting => Vec::new(),
        Phase::Unknown => {
            let unknown = guard::misread(facts);
            if unknown.is_empty() {
                guard::contradicted(facts, Severity::Warn)
            } else {
                unknown
            }
        }
        _ => guard::unrecorded(facts, Severity::Warn),
    }
}
