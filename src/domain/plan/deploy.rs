//! Building into the deployment side: a deploy of the candidate, and a sync to what production runs.

use super::draft::{Draft, record, record_on_side};
use super::sink_move::qualified;
use super::stamp::Stamp;
use super::{Plan, Promise, Request, Statement, Step};
use crate::domain::action::Operation;
use crate::domain::closure::{closure_of, describe};
use crate::domain::environment::Side;
use crate::domain::finding::{Finding, FindingId, Severity};
use crate::domain::guard::{self, PlanInputs};
use crate::domain::lease::LeasePlace;
use crate::domain::name::{Identifier, ObjectId};
use crate::domain::object::{Object, ObjectKind};
use crate::domain::phase::Phase;
use crate::domain::record::{DeploymentRole, Record};
use crate::domain::rendered::Rendered;
use std::collections::BTreeSet;

/// What a runner will do, as `dbt` or as statements.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Build {
    pub steps: Vec<Step>,
    /// The relations that are built, as schema and name on the production side.
    pub relations: BTreeSet<(Identifier, Identifier)>,
    /// The relations of models that the manifest no longer has; the deployment side drops them.
    pub removed: BTreeSet<(Identifier, Identifier)>,
    /// First 12 hex digits of the hash of the manifest that is built.
    pub manifest: String,
    /// The project that it tells of, as [`Record::project`].
    pub project: Option<String>,
    /// What dbt builds the relations from. Statements speak for themselves.
    pub content: Vec<String>,
    /// What the runner can't build, or what keeps this build from being what it should be.
    pub findings: Vec<Finding>,
    /// Where the runner will put each relation. Nothing is built without it.
    pub rendered: Rendered,
    /// One sentence: what is built and why.
    pub summary: String,
    /// A selection leaves models unbuilt that differ from the manifest: then the record stays incomplete.
    pub partial: bool,
}

/// Builds the candidate on the deployment side.
#[must_use]
pub fn deploy(inputs: &PlanInputs<'_>, stamp: &Stamp, build: Build, request: &Request) -> Plan {
    let mut draft = Draft::new(Operation::Deploy);
    draft.findings = build_findings(inputs, &build);
    draft
        .findings
        .extend(guard::foreign_candidate(inputs, stamp));
    draft.hindered(inputs);
    fill(&mut draft, inputs, stamp, build, DeploymentRole::Candidate);
    draft.summary.extend(heals(inputs));
    draft.close(inputs, request)
}

/// A synced side has what production lacks: to bring it there, it becomes the candidate, whatever is left to build on it.
fn heals(inputs: &PlanInputs<'_>) -> Option<String> {
    let holes = inputs.board.wholeness.holes(Side::Production)?;
    (inputs.board.phase == Phase::Synced).then(|| {
        format!(
            "In production {holes}: the deployment side becomes the candidate that brings it back."
        )
    })
}

/// Builds what production runs now on the retired side, and so ends the way back.
#[must_use]
pub fn sync(inputs: &PlanInputs<'_>, stamp: &Stamp, build: Build, request: &Request) -> Plan {
    let mut draft = Draft::new(Operation::Sync);
    draft.findings = build_findings(inputs, &build);
    draft.hindered(inputs);
    if inputs.board.holds_retired() {
        draft.findings.push(Finding {
            id: FindingId::WayBackEnds,
            severity: Severity::Info,
            message: "The retired production is rebuilt: after this there is no rollback."
                .to_owned(),
            remedy: "Wait until nobody will want to go back.".to_owned(),
            objects: vec![inputs.resolved.environment.target.clone()],
        });
    }
    fill(&mut draft, inputs, stamp, build, DeploymentRole::Synced);
    draft.close(inputs, request)
}

fn build_findings(inputs: &PlanInputs<'_>, build: &Build) -> Vec<Finding> {
    let mut findings = guard::production_names_missing(inputs);
    findings.extend(guard::leased(inputs));
    findings.extend(guard::deployment_names_missing(inputs));
    findings.extend(guard::self_swap(inputs));
    findings.extend(guard::schema_ownership(inputs, &[Side::Deployment]));
    findings.extend(guard::connectors_in_environment(
        inputs,
        &[Side::Deployment],
    ));
    findings.extend(guard::outside_environment(inputs));
    findings.extend(guard::contradicted(inputs, Severity::Block));
    findings.extend(guard::unverified(inputs));
    findings.extend(guard::builds_into_production(inputs, &build.rendered));
    findings.extend(build.findings.iter().cloned());
    findings
}

/// The record, the drops of removed models, the build, and the record again: now complete.
fn fill(
    draft: &mut Draft,
    inputs: &PlanInputs<'_>,
    stamp: &Stamp,
    build: Build,
    role: DeploymentRole,
) {
    let rebuilt = existing(inputs, &build.relations);
    let removed = existing(inputs, &build.removed);
    let going: Vec<ObjectId> = rebuilt
        .iter()
        .chain(&removed)
        .map(|object| object.id)
        .collect();
    let closure = closure_of(inputs.resolved.catalog, going);
    describe_closure(draft, inputs, &build, &closure);
    let partial = build.partial;
    draft.summary = vec![build.summary];
    if build.steps.is_empty() && removed.is_empty() && is_recorded(inputs, role) {
        return;
    }
    draft.lease = LeasePlace::of(inputs.resolved);
    draft.manifest = Some(build.manifest).filter(|hash| !hash.is_empty());
    let manifest = draft.manifest.clone();
    let manifest = manifest.as_deref();
    let held = inputs.board.provenance.held(Side::Deployment);
    // A sync builds what production runs, whatever is checked out.
    let commit = match (role, &inputs.board.provenance.production) {
        (DeploymentRole::Synced, Some(production)) => production.commit.clone(),
        _ => stamp.commit.clone(),
    };
    let begun = Record {
        project: build.project,
        base: held.map(str::to_owned),
        commit,
        ..record(inputs, stamp, role, false, manifest)
    };
    draft.content = build.content;
    draft.content.extend(build.rendered.content());
    records(inputs, &begun).for_each(|statement| draft.run(statement));
    let mut dropped: BTreeSet<ObjectId> = BTreeSet::new();
    for object in removed {
        // An earlier drop may have taken it along.
        if dropped.contains(&object.id) {
            continue;
        }
        let closure = closure_of(inputs.resolved.catalog, [object.id]);
        let cascade = closure.len() > 1;
        dropped.extend(closure);
        if let Some(name) = qualified(inputs.resolved.catalog, object) {
            draft.run(Statement::drop_object(&object.kind, &name, cascade));
        }
    }
    let promise = Promise::of(inputs.resolved, &build.relations);
    match role {
        DeploymentRole::Synced => {
            draft.steps.extend(build.steps);
            draft.steps.push(Step::Verify(promise.and_alike()));
        }
        _ if build.steps.is_empty() => {}
        _ => {
            draft.steps.extend(build.steps);
            draft.steps.push(Step::Verify(promise));
        }
    }
    let done = Record {
        project: begun.project.clone(),
        base: begun.base.clone().filter(|_| partial),
        commit: begun.commit.clone(),
        ..record(inputs, stamp, role, !partial, manifest)
    };
    records(inputs, &done).for_each(|statement| draft.run(statement));
}

/// The record of a build. Each compilation of the same project gives another manifest hash, so the fingerprint leaves the hashes out; it
/// covers what is built, by the statements or by [`Build::content`].
fn records(inputs: &PlanInputs<'_>, record: &Record) -> impl Iterator<Item = Statement> {
    let nameless = Record {
        manifest: None,
        project: None,
        ..record.clone()
    };
    let stable = record_on_side(inputs, Side::Deployment, &nameless);
    record_on_side(inputs, Side::Deployment, record)
        .into_iter()
        .zip(stable)
        .map(|(statement, stable)| statement.with_stable_of(&stable))
}

/// Whether the side is on record as whole already. Manifests of the same project differ with every compilation, so their hashes do not
/// have to agree.
fn is_recorded(inputs: &PlanInputs<'_>, role: DeploymentRole) -> bool {
    let provenance = &inputs.board.provenance;
    let recorded = provenance.deployment.as_ref();
    let stays_synced = heals(inputs).is_none();
    !provenance.mixed
        && recorded.is_some_and(|record| {
            record.complete
                && (record.role == role || (record.role == DeploymentRole::Synced && stays_synced))
        })
}

/// What stands on the deployment side under these production names; indexes go with their relation.
fn existing<'a>(
    inputs: &PlanInputs<'a>,
    relations: &BTreeSet<(Identifier, Identifier)>,
) -> Vec<&'a Object> {
    inputs
        .resolved
        .objects(Side::Deployment)
        .filter(|object| object.kind != ObjectKind::Index)
        .filter(|object| is_named(inputs, object, relations))
        .collect()
}

fn is_named(
    inputs: &PlanInputs<'_>,
    object: &Object,
    relations: &BTreeSet<(Identifier, Identifier)>,
) -> bool {
    inputs.resolved.schemas.iter().any(|pair| {
        pair.deployment
            .is_some_and(|schema| schema.id == object.schema)
            && relations.contains(&(pair.names.production.clone(), object.name.clone()))
    })
}

/// A rebuild drops what it rebuilds. What goes along and is not built again is as good as outside.
fn describe_closure(
    draft: &mut Draft,
    inputs: &PlanInputs<'_>,
    build: &Build,
    closure: &BTreeSet<ObjectId>,
) {
    let catalog = inputs.resolved.catalog;
    let comes_back = |id: &ObjectId| {
        let Some(object) = catalog.objects.get(id) else {
            return false;
        };
        let relation = match (&object.kind, &object.parent) {
            (ObjectKind::Index, Some(parent)) => catalog.objects.get(parent).unwrap_or(object),
            _ => object,
        };
        is_named(inputs, relation, &build.relations) || is_named(inputs, relation, &build.removed)
    };
    let mut items = describe(inputs.resolved, closure, Side::Deployment);
    for item in &mut items {
        item.inside = item.inside && comes_back(&item.id);
    }
    draft
        .findings
        .extend(guard::closure_findings(inputs, &items));
    draft
        .findings
        .extend(guard::temporary_in_drop(inputs, closure));
    draft.findings.extend(guard::subscriptions_on(
        inputs,
        closure,
        Severity::Warn,
        "they end with an error when it is rebuilt.",
    ));
    draft.closure = items;
}
