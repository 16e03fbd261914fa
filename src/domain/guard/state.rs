//! Guards on where the deployment stands: provenance, completeness, readiness.

use super::inputs::{PlanInputs, about};
use crate::domain::contradiction::Contradiction;
use crate::domain::deployment_age::DeploymentAge;
use crate::domain::environment::Side;
use crate::domain::finding::{Finding, FindingId, Severity};
use crate::domain::phase::{NamesPresent, Phase};
use crate::domain::provenance::Judgement;
use crate::domain::readiness::{ObjectReadiness, Readiness, SideReadiness, seconds};
use crate::domain::reading::{CatalogReading, Missing};
use crate::domain::snapshot::Lag;

/// Why it is unknown what stands where; empty where the phase is known.
pub(super) fn contradictions(inputs: &PlanInputs<'_>) -> Vec<Contradiction> {
    if inputs.board.phase != Phase::Unknown {
        return Vec::new();
    }
    let provenance = &inputs.board.provenance;
    let told = &provenance.contradictions;
    if !told.is_empty() {
        // Of records one is enough: they are written anew together.
        let of_records = told.iter().position(|it| it.objects.is_empty());
        return told
            .iter()
            .enumerate()
            .filter(|(at, it)| !it.objects.is_empty() || Some(*at) == of_records)
            .map(|(_, it)| it.clone())
            .collect();
    }
    if inputs.board.names == NamesPresent::Partly {
        return vec![Contradiction::of_missing_names()];
    }
    let reason = provenance.age.reason();
    vec![Contradiction::of_records(format!(
        "The deployment side is unknown: {reason}."
    ))]
}

/// What stands where is unknown: whatever relies on it must not go on.
#[must_use]
pub fn contradicted(inputs: &PlanInputs<'_>, severity: Severity) -> Vec<Finding> {
    told(inputs, severity, contradictions(inputs))
}

/// Names that stand apart from what they name: no record mends that.
#[must_use]
pub fn misplaced(inputs: &PlanInputs<'_>) -> Vec<Finding> {
    let mut told_of = contradictions(inputs);
    told_of.retain(|it| !it.objects.is_empty());
    told(inputs, Severity::Block, told_of)
}

fn told(inputs: &PlanInputs<'_>, severity: Severity, told: Vec<Contradiction>) -> Vec<Finding> {
    let told = told.into_iter();
    told.flat_map(|it| {
        let objects = match it.objects.is_empty() {
            true => deployment_schemas(inputs),
            false => it.objects,
        };
        about(
            FindingId::ProvenanceUnknown,
            severity,
            it.message,
            it.remedy,
            objects,
        )
    })
    .collect()
}

/// As [`contradicted`], for what creates or drops the deployment side: that only parts of it are there is no hindrance.
#[must_use]
pub fn misread(inputs: &PlanInputs<'_>) -> Vec<Finding> {
    match inputs.board.provenance.judgement() {
        Judgement::Contradicts => contradicted(inputs, Severity::Block),
        _ => Vec::new(),
    }
}

/// A promote must not bring back an older release: what is not proven newer than production blocks it.
#[must_use]
pub fn newer_than_production(inputs: &PlanInputs<'_>) -> Vec<Finding> {
    let unknown = contradicted(inputs, Severity::Block);
    if !unknown.is_empty() || matches!(inputs.board.phase, Phase::Promoted | Phase::Synced) {
        return unknown;
    }
    match inputs.board.provenance.is_newer() {
        Ok(()) => unrecorded(inputs, Severity::Info),
        Err(reason) => about(
            FindingId::ProvenanceUnknown,
            Severity::Block,
            format!(
                "It is not proven that the deployment side is newer than production: {reason}."
            ),
            "Deploy anew (`cutover deploy --full`), or look at both sides and allow it by name.",
            deployment_schemas(inputs),
        ),
    }
}

/// The deployment side holds objects that no record explains.
#[must_use]
pub fn unrecorded(inputs: &PlanInputs<'_>, severity: Severity) -> Vec<Finding> {
    let recorded = inputs.board.provenance.deployment.is_some();
    if recorded || inputs.resolved.objects(Side::Deployment).next().is_none() {
        return Vec::new();
    }
    let told = match &inputs.board.provenance.age {
        DeploymentAge::Retired => "the audit events say that it was production until the last swap",
        DeploymentAge::Newer => "the audit events say that it is newer than production",
        _ => "it is taken for a candidate that dbt deployed",
    };
    about(
        FindingId::ProvenanceUnknown,
        severity,
        format!("No record tells what the deployment side holds; {told}."),
        "Look at it (`cutover status`); `cutover deploy` writes a record.",
        deployment_schemas(inputs),
    )
}

/// The names of the deployment side's schemas, by which these findings are allowed; the environment's where there is none.
fn deployment_schemas(inputs: &PlanInputs<'_>) -> Vec<String> {
    let schemas = inputs.resolved.schemas.iter();
    let names: Vec<String> = schemas
        .filter_map(|pair| pair.deployment)
        .map(|schema| schema.name.to_string())
        .collect();
    if names.is_empty() {
        vec![inputs.resolved.environment.target.clone()]
    } else {
        names
    }
}

/// The last deployment into this side did not finish.
#[must_use]
pub fn incomplete_deployment(inputs: &PlanInputs<'_>) -> Vec<Finding> {
    let record = inputs.board.provenance.deployment.as_ref();
    let incomplete = record.is_some_and(|record| !record.complete);
    about(
        FindingId::IncompleteDeployment,
        Severity::Block,
        "The last deployment into this side did not finish.",
        "Run `cutover deploy` again; it builds what is missing.",
        incomplete
            .then(|| inputs.resolved.environment.target.clone())
            .into_iter()
            .collect(),
    )
}

/// Every cluster and every unclustered object of the deployment side that is not ready.
#[must_use]
pub fn not_ready(inputs: &PlanInputs<'_>) -> Vec<Finding> {
    let deployment = &inputs.board.deployment;
    about(
        FindingId::NotReady,
        Severity::Block,
        format!(
            "The deployment side is {}: {}.",
            deployment.readiness, deployment.reason
        ),
        "Wait with `cutover await`, or let `cutover promote --wait` wait.",
        open_on_deployment(inputs),
    )
}

/// The retired side is not ready to be production again. Production may be worse, so the figures of both sides are told.
#[must_use]
pub fn retired_not_ready(inputs: &PlanInputs<'_>) -> Vec<Finding> {
    let (retired, production) = (&inputs.board.deployment, &inputs.board.production);
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
        open_on_deployment(inputs),
    )
}

fn open_on_deployment(inputs: &PlanInputs<'_>) -> Vec<String> {
    let deployment = &inputs.board.deployment;
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
            .map(|object| inputs.snapshot().catalog.display_name(&object.id)),
    );
    open
}

/// Production itself is not healthy: then `as good as production` is worth nothing.
#[must_use]
pub fn production_unhealthy(inputs: &PlanInputs<'_>) -> Vec<Finding> {
    let production = &inputs.board.production;
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

/// Readings that the server did not give: guards that rest on them saw nothing.
#[must_use]
pub fn unverified(inputs: &PlanInputs<'_>) -> Vec<Finding> {
    let missing = [
        CatalogReading::Hydration,
        CatalogReading::Frontiers,
        CatalogReading::SinkStatuses,
        CatalogReading::Comments,
    ]
    .iter()
    .filter_map(|reading| inputs.snapshot().missing.get(reading))
    .map(Missing::short)
    .collect();
    about(
        FindingId::Unverified,
        Severity::Block,
        "Relations that the guards rest on can't be read on this server or by this role.",
        "Use a role that may read them; `cutover doctor` names the privilege.",
        missing,
    )
}
