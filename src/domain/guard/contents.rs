//! Guards on what both sides hold: completeness, provenance of each object, staleness, wrong edges.

use super::inputs::{PlanInputs, about};
use crate::domain::board::logical_schema;
use crate::domain::definition::canonical;
use crate::domain::environment::{Resolved, Side};
use crate::domain::finding::{Finding, FindingId, Severity};
use crate::domain::object::{Object, ObjectKind};
use crate::domain::project::{Compared, Model, ModelChange};
use crate::domain::quantity::{agree, count};

/// Production objects that the project still has and the deployment side lacks: the swap would lose them.
#[must_use]
pub fn missing_in_deployment(inputs: &PlanInputs<'_>) -> Vec<Finding> {
    let missing: Vec<String> = untwinned(inputs)
        .filter(|object| match model_behind(inputs, object) {
            Some(model) => !model.change.is(ModelChange::Removed),
            // Without a project there is no telling, and losing an object is worse than asking.
            None => inputs.project().is_none(),
        })
        .map(|object| display(inputs, object))
        .collect();
    about(
        FindingId::MissingInDeployment,
        Severity::Block,
        format!(
            "Production would lose {} that the deployment side lacks.",
            count(missing.len(), "object")
        ),
        "Run `cutover deploy` (or `cutover deploy --full`) to build what is missing.",
        missing,
    )
}

/// Production objects without twin that the project removed, or that no model made.
#[must_use]
pub fn removed_and_unmanaged(inputs: &PlanInputs<'_>) -> Vec<Finding> {
    if inputs.project().is_none() {
        return Vec::new();
    }
    let (mut removed, mut unmanaged) = (Vec::new(), Vec::new());
    for object in untwinned(inputs) {
        match model_behind(inputs, object) {
            Some(model) if model.change.is(ModelChange::Removed) => {
                removed.push(display(inputs, object))
            }
            Some(_) => {}
            None => unmanaged.push(display(inputs, object)),
        }
    }
    let mut findings = about(
        FindingId::RemovedInDeployment,
        Severity::Warn,
        format!(
            "{} {} production with the swap: the project no longer has {}.",
            count(removed.len(), "object"),
            agree(removed.len(), "leaves", "leave"),
            agree(removed.len(), "it", "them")
        ),
        "Nothing to do when the removal is meant; else restore the model and deploy again.",
        removed,
    );
    findings.extend(about(
        FindingId::UnmanagedInProduction,
        Severity::Block,
        format!(
            "{} that no model made would leave production with the swap.",
            count(unmanaged.len(), "object")
        ),
        "Create it on the deployment side, move it to a schema of its own, or allow it by name.",
        unmanaged,
    ));
    findings
}

/// Models that the deployment side should hold and does not.
#[must_use]
pub fn models_not_built(inputs: &PlanInputs<'_>) -> Vec<Finding> {
    let whole = inputs.board.wholeness.of(Side::Deployment);
    let absent: Vec<String> = whole
        .into_iter()
        .flat_map(|whole| &whole.missing)
        .map(ToString::to_string)
        .collect();
    about(
        FindingId::ModelNotBuilt,
        Severity::Block,
        format!(
            "{} of the project {} missing on the deployment side.",
            count(absent.len(), "model"),
            agree(absent.len(), "is", "are")
        ),
        "Run `cutover deploy`; a model that failed is named in its output.",
        absent,
    )
}

/// What the retired production lacks of its own models: a rollback makes it production as it is.
#[must_use]
pub fn retired_incomplete(inputs: &PlanInputs<'_>) -> Vec<Finding> {
    let whole = inputs.board.wholeness.of(Side::Deployment);
    let Some((whole, holes)) = whole.and_then(|whole| Some((whole, whole.holes()?))) else {
        return Vec::new();
    };
    about(
        FindingId::RetiredIncomplete,
        Severity::Warn,
        format!("On the retired side {holes}; production would lack that after the rollback."),
        "Decide which side serves clients better now.",
        whole.missing.iter().map(ToString::to_string).collect(),
    )
}

/// Twins that differ though the model was not modified: a stale deployment side, or a hotfix by hand that the swap would revert.
#[must_use]
pub fn twins_differ(inputs: &PlanInputs<'_>) -> Vec<Finding> {
    let comparable = inputs
        .project()
        .is_some_and(|project| project.production.is_some());
    let differing: Vec<String> = inputs
        .resolved
        .objects(Side::Production)
        .filter_map(|object| Some((object, inputs.resolved.twin(object)?)))
        .filter(|(object, _)| {
            !comparable
                || model_behind(inputs, object).is_some_and(|model| !is_own_change(model.change))
        })
        .filter(
            |(object, twin)| match (&object.create_sql, &twin.create_sql) {
                (Some(one), Some(other)) => {
                    canonical(one, inputs.resolved) != canonical(other, inputs.resolved)
                }
                _ => false,
            },
        )
        .map(|(object, _)| display(inputs, object))
        .collect();
    let (severity, message) = if comparable {
        (
            Severity::Block,
            "Twins differ though their models were not modified: the deployment side is stale, or one side was changed by hand.",
        )
    } else {
        (
            Severity::Info,
            "Twins differ; without the manifest of what production runs there is no telling whether that is meant.",
        )
    };
    about(
        FindingId::TwinDiffers,
        severity,
        message,
        "Run `cutover deploy --full` to rebuild the deployment side, or put the change made by hand into the project.",
        differing,
    )
}

fn is_own_change(compared: Compared) -> bool {
    compared.is(ModelChange::Modified) || compared.is(ModelChange::New)
}

/// Deployment objects that read production or run on its clusters: after the swap a cleanup would drop them with the retired side.
#[must_use]
pub fn depends_on_production(inputs: &PlanInputs<'_>) -> Vec<Finding> {
    let production = inputs.resolved.object_ids(Side::Production);
    let catalog = &inputs.snapshot().catalog;
    let mut crossing: Vec<String> = inputs
        .resolved
        .objects(Side::Deployment)
        .flat_map(|object| {
            let inputs = catalog.inputs.get(&object.id).into_iter().flatten();
            let production = &production;
            inputs
                .filter(move |input| production.contains(input))
                .map(move |input| {
                    format!(
                        "{} reads {}",
                        catalog.display_name(&object.id),
                        catalog.display_name(input)
                    )
                })
        })
        .collect();
    // dbt with the deploy variable in a file suffixes schemas and not clusters.
    crossing.extend(
        inputs
            .resolved
            .objects(Side::Deployment)
            .filter_map(|object| {
                let cluster = object.cluster.as_ref()?;
                (inputs.resolved.side_of_cluster(cluster) == Some(Side::Production)).then(|| {
                    let cluster = catalog.clusters.get(cluster).map(|cluster| &cluster.name);
                    let cluster = cluster.map_or_else(String::new, ToString::to_string);
                    format!("{} runs on {cluster}", catalog.display_name(&object.id))
                })
            }),
    );
    about(
        FindingId::DependsOnProduction,
        Severity::Block,
        "Deployment objects read production objects or run on production clusters; after the swap they would hang on the retired side and go with it.",
        "Build them without --defer: run `cutover deploy --full`.",
        crossing,
    )
}

/// Models that build into a schema or cluster that the environment does not list: never awaited, promoted or cleaned up.
#[must_use]
pub fn outside_environment(inputs: &PlanInputs<'_>) -> Vec<Finding> {
    let environment = inputs.resolved.environment;
    let listed = |model: &Model| {
        model.is_in(environment)
            && model.cluster.as_ref().is_none_or(|cluster| {
                environment
                    .clusters
                    .iter()
                    .any(|pair| &pair.production == cluster)
            })
    };
    let outside: Vec<String> = inputs
        .project()
        .into_iter()
        .flat_map(|project| &project.models)
        .filter(|model| {
            model.is_deployed() && !model.change.is(ModelChange::Removed) && !listed(model)
        })
        .map(|model| match &model.cluster {
            Some(cluster) => format!("{} (cluster {cluster})", model.relation),
            None => model.relation.to_string(),
        })
        .collect();
    about(
        FindingId::OutsideEnvironment,
        Severity::Warn,
        format!(
            "{} {} outside the schemas and clusters of the environment, and {} left alone.",
            count(outside.len(), "model"),
            agree(outside.len(), "builds", "build"),
            agree(outside.len(), "is", "are")
        ),
        "Add the schema and cluster to `vars.deployment` if the model is part of the deployment.",
        outside,
    )
}

/// Production objects that have no twin by name.
///
/// An index goes with its relation: it is missed only where the relation has a twin whose model was not modified.
fn untwinned<'a>(inputs: &PlanInputs<'a>) -> impl Iterator<Item = &'a Object> {
    let resolved = inputs.resolved;
    let inputs = inputs.clone();
    resolved.objects(Side::Production).filter(move |object| {
        if object.kind != ObjectKind::Index {
            return !same_name_on_deployment(resolved, object);
        }
        let parent = object
            .parent
            .as_ref()
            .and_then(|id| resolved.catalog.objects.get(id));
        parent.is_some_and(|parent| same_name_on_deployment(resolved, parent))
            && resolved.twin(object).is_none()
            && !model_behind(&inputs, object).is_some_and(|model| is_own_change(model.change))
    })
}

fn same_name_on_deployment(resolved: &Resolved<'_>, object: &Object) -> bool {
    // A view that became a materialized view is the same model: the name decides, not the kind.
    [
        ObjectKind::View,
        ObjectKind::MaterializedView,
        ObjectKind::Table,
        ObjectKind::Source,
        ObjectKind::Sink,
    ]
    .into_iter()
    .any(|kind| {
        resolved
            .twin(&Object {
                kind,
                ..object.clone()
            })
            .is_some()
    }) || resolved.twin(object).is_some()
}

fn model_behind<'a>(inputs: &PlanInputs<'a>, object: &Object) -> Option<&'a Model> {
    let schema = logical_schema(inputs.resolved, object)?;
    let relation = match (&object.kind, &object.parent) {
        (ObjectKind::Index, Some(parent)) => &inputs.snapshot().catalog.objects.get(parent)?.name,
        _ => &object.name,
    };
    inputs
        .project()?
        .model_of(&inputs.resolved.environment.database, schema, relation)
}

fn display(inputs: &PlanInputs<'_>, object: &Object) -> String {
    inputs.snapshot().catalog.display_name(&object.id)
}
