//! Guards on where the deployment stands: provenance, completeness, readiness.

use super::{Facts, about};
use crate::domain::environment::Side;
use crate::domain::finding::{Finding, FindingId, Severity};
use crate::domain::phase::Phase;
use crate::domain::readiness::{ObjectReadiness, Readiness, SideReadiness, seconds};
use crate::domain::snapshot::Lag;

/// The deployment side holds objects that no record explains.
#[must_use]
pub fn provenance_unknown(facts: &Facts<'_>, severity: Severity) -> Vec<Finding> {
    let recorded = facts.board.provenance.deployment.is_some();
    let filled = facts.resolved.objects(Side::Deployment).next().is_some();
    let schemas = facts
        .resolved
        .schemas
        .iter()
        .filter_map(|pair| pair.deployment)
        .filter(|_| filled && !recorded)
        .map(|schema| schema.name.to_string())
        .collect();
    let guess = match facts.board.phase {
        Phase::Promoted => "dbt's comment says that it is the retired production",
        _ => "it is taken for a candidate that dbt deployed",
    };
    about(
        FindingId::UnknownProvenance,
        severity,
        format!("No record tells what the deployment side holds; {guess}."),
        "Look at it (`cutover status`); `cutover deploy` writes a record.",
        schemas,
    )
}

/// The last deployment into this side did not finish.
#[must_use]
pub fn incomplete_deployment(facts: &Facts<'_>) -> Vec<Finding> {
    let record = facts.board.provenance.deployment.as_ref();
    let incomplete = record.is_some_and(|record| !record.complete);
    about(
        FindingId::IncompleteDeployment,
        Severity::Block,
        "The last deployment into this side did not finish.",
        "Run `cutover deploy` again; it builds what is missing.",
        incomplete
            .then(|| facts.resolved.environment.target.clone())
            .into_iter()
            .collect(),
    )
}

/// Every cluster and every unclustered object of the deployment side that is not ready.
#[must_use]
pub fn not_ready(facts: &Facts<'_>) -> Vec<Finding> {
    let deployment = &facts.board.deployment;
    about(
        FindingId::NotReady,
        Severity::Block,
        format!(
            "The deployment side is {}: {}.",
            deployment.readiness, deployment.reason
        ),
        "Wait with `cutover await`, or let `cutover promote --wait` wait.",
        open_on_deployment(facts),
    )
}

/// The retired side is not ready to be production again. Production may be worse, so the figures of both sides are told.
#[must_use]
pub fn retired_not_ready(facts: &Facts<'_>) -> Vec<Finding> {
    let (retired, production) = (&facts.board.deployment, &facts.board.production);
    let figures = |side: &SideReadiness| {
        let (hydrated, total) = side.hydrated_of_total();
        let lag = match side.worst_lag() {
            Lag::Millis(lag) => seconds(lag),
            Lag::Unknown => "unknown".to_owned(),
        };
        format!("{hydrated} of {total} hydrated, lag {lag}")
    };
    about(
        FindingId::NotReady,
        Severity::Warn,
        format!(
            "The retired side is {}: {}. Retired side: {}. Production: {}.",
            retired.readiness,
            retired.reason,
            figures(retired),
            figures(production)
        ),
        "Decide which side serves clients better now.",
        open_on_deployment(facts),
    )
}

fn open_on_deployment(facts: &Facts<'_>) -> Vec<String> {
    let deployment = &facts.board.deployment;
    let mut open: Vec<String> = deployment
        .clusters
        .iter()
        .filter(|cluster| cluster.readiness != Readiness::Ready)
        .map(|cluster| cluster.name.clone())
        .collect();
    // Named each on its own: leave for a cluster is no leave for what lives elsewhere.
    let of_the_side = |object: &ObjectReadiness| {
        let clusters = &deployment.clusters;
        object.cluster.is_some() && clusters.iter().any(|known| known.id == object.cluster)
    };
    open.extend(
        deployment
            .objects
            .values()
            .filter(|object| object.readiness != Readiness::Ready && !of_the_side(object))
            .map(|object| facts.snapshot().catalog.display_name(&object.id)),
    );
    open
}

/// Production itself is not healthy: then `as good as production` is worth nothing.
#[must_use]
pub fn production_unhealthy(facts: &Facts<'_>) -> Vec<Finding> {
    let production = &facts.board.production;
    let sick = production
        .clusters
        .iter()
        .filter(|cluster| cluster.readiness != Readiness::Ready && cluster.id.is_some())
        .map(|cluster| cluster.name.clone())
        .collect();
    about(
        FindingId::ProductionUnhealthy,
        Severity::Warn,
        format!(
            "Production is {}: {}.",
            production.readiness, production.reason
        ),
        "Decide whether the deployment mends it; a comparison with production proves nothing now.",
        sick,
    )
}

/// Relations that could not be read: guards that rest on them saw nothing.
#[must_use]
pub fn unverified(facts: &Facts<'_>) -> Vec<Finding> {
    const NEEDED: &[&str] = &[
        "mz_object_dependencies",
        "mz_hydration_statuses",
        "mz_frontiers",
        "mz_sink_statuses",
        "mz_comments",
    ];
    let missing = NEEDED
        .iter()
        .filter(|relation| facts.snapshot().lacks(relation))
        .map(|relation| (*relation).to_owned())
        .collect();
    about(
        FindingId::Unverified,
        Severity::Block,
        "Relations that the guards rest on can't be read on this server or by this role.",
        "Use a role that may read them; `cutover doctor` names the privilege.",
        missing,
    )
}
