//! Each guard seen firing and seen silent.

mod access;
mod shapes;
mod swaps;

use super::*;
use crate::domain::access::{Grant, Privilege};
use crate::domain::closure::{closure_of_side, describe};
use crate::domain::environment::Side;
use crate::domain::finding::{Finding, FindingId, Severity};
use crate::domain::fixture::{World, model, name, pair};
use crate::domain::name::{ClusterId, ObjectId, RoleId, SchemaId};
use crate::domain::object::{ConnectorType, ObjectKind};
use crate::domain::plan::sinks_reading;
use crate::domain::project::{Compared, Materialization, ModelChange};
use crate::domain::reading::{CatalogReading, Missing};
use crate::domain::record::DeploymentRole;
use crate::domain::snapshot::Subscription;
use std::collections::BTreeSet;

const BOTH: [Side; 2] = [Side::Production, Side::Deployment];

/// The ids and severities that a guard reports.
fn seen(
    world: &World,
    guard: impl Fn(&PlanInputs<'_>) -> Vec<Finding>,
) -> Vec<(FindingId, Severity)> {
    world.with_inputs(|inputs| {
        guard(inputs)
            .into_iter()
            .map(|finding| (finding.id, finding.severity))
            .collect()
    })
}

fn fires(
    world: &World,
    guard: impl Fn(&PlanInputs<'_>) -> Vec<Finding>,
    id: FindingId,
    severity: Severity,
) {
    assert_eq!(seen(world, guard), [(id, severity)]);
}

fn silent(world: &World, guard: impl Fn(&PlanInputs<'_>) -> Vec<Finding>) {
    assert_eq!(seen(world, guard), []);
}

#[test]
fn names() {
    let mut world = World::new();
    silent(&world, production_names_missing);
    silent(&world, deployment_names_missing);
    silent(&world, self_swap);
    world.catalog().clusters.remove(&ClusterId::user(2));
    fires(
        &world,
        deployment_names_missing,
        FindingId::NamesMissing,
        Severity::Block,
    );
    silent(&world, production_names_missing);
    world.environment.schemas.push(pair("nosuch"));
    fires(
        &world,
        production_names_missing,
        FindingId::NamesMissing,
        Severity::Block,
    );
    world.environment.clusters[0].deployment = name("compute");
    fires(&world, self_swap, FindingId::SelfSwap, Severity::Block);
}

#[test]
fn a_schema_of_another_database_does_not_count() {
    let mut world = World::new();
    let other = crate::domain::name::DatabaseId::user(9);
    world.catalog().databases.insert(other, name("elsewhere"));
    world
        .catalog()
        .schemas
        .get_mut(&SchemaId::user(1))
        .unwrap()
        .database = other;
    fires(
        &world,
        production_names_missing,
        FindingId::NamesMissing,
        Severity::Block,
    );
}

#[test]
fn objects_that_production_would_lose() {
    let mut world = World::new();
    silent(&world, missing_in_deployment);
    let foobar = world.id(Side::Deployment, "foobar");
    world.remove(&foobar);
    fires(
        &world,
        missing_in_deployment,
        FindingId::MissingInDeployment,
        Severity::Block,
    );
    silent(&world, removed_and_unmanaged);
    fires(
        &world,
        models_not_built,
        FindingId::ModelNotBuilt,
        Severity::Block,
    );
    // The same hole, but the project removed the model: that is meant.
    world.project.as_mut().unwrap().models[2].change = Compared::Changed(ModelChange::Removed);
    silent(&world, missing_in_deployment);
    silent(&world, models_not_built);
    fires(
        &world,
        removed_and_unmanaged,
        FindingId::RemovedInDeployment,
        Severity::Warn,
    );
    // No model ever made it: a hand-made object, which needs leave.
    world.project.as_mut().unwrap().models.truncate(2);
    fires(
        &world,
        removed_and_unmanaged,
        FindingId::UnmanagedInProduction,
        Severity::Block,
    );
    // Without a project there is no telling, and a loss is worse than a question.
    world.project = None;
    fires(
        &world,
        missing_in_deployment,
        FindingId::MissingInDeployment,
        Severity::Block,
    );
}

#[test]
fn a_view_that_became_a_materialized_view_is_not_missing() {
    let mut world = World::new();
    let bar = world.id(Side::Deployment, "bar");
    world.catalog().objects.get_mut(&bar).unwrap().kind = ObjectKind::MaterializedView;
    silent(&world, missing_in_deployment);
}

#[test]
fn an_index_that_production_would_lose() {
    let mut world = World::new();
    let bar = world.id(Side::Production, "bar");
    let index = world.add(Side::Production, "bar_idx", ObjectKind::Index, &[&bar]);
    world.catalog().objects.get_mut(&index).unwrap().parent = Some(bar);
    fires(
        &world,
        missing_in_deployment,
        FindingId::MissingInDeployment,
        Severity::Block,
    );
    world.project.as_mut().unwrap().models[1].change = Compared::Changed(ModelChange::Modified);
    silent(&world, missing_in_deployment);
}

#[test]
fn twins_that_differ_without_a_change_in_the_project() {
    let mut world = World::new();
    silent(&world, twins_differ);
    let foo = world.id(Side::Deployment, "foo");
    world.catalog().objects.get_mut(&foo).unwrap().create_sql =
        Some("CREATE MATERIALIZED VIEW stale".to_owned().into());
    fires(
        &world,
        twins_differ,
        FindingId::TwinDiffers,
        Severity::Block,
    );
    world.project.as_mut().unwrap().models[0].change = Compared::Changed(ModelChange::Downstream);
    fires(
        &world,
        twins_differ,
        FindingId::TwinDiffers,
        Severity::Block,
    );
    world.project.as_mut().unwrap().models[0].change = Compared::Changed(ModelChange::Modified);
    silent(&world, twins_differ);
    world.project.as_mut().unwrap().production = None;
    fires(&world, twins_differ, FindingId::TwinDiffers, Severity::Info);
}

#[test]
fn deployment_objects_that_read_production() {
    let mut world = World::new();
    silent(&world, depends_on_production);
    let foo = world.id(Side::Production, "foo");
    world.add(Side::Deployment, "deferred", ObjectKind::View, &[&foo]);
    fires(
        &world,
        depends_on_production,
        FindingId::DependsOnProduction,
        Severity::Block,
    );
    assert!(!FindingId::DependsOnProduction.can_be_allowed());
    let mut world = World::new();
    world.add_in("u2", "u1", "unsuffixed", ObjectKind::MaterializedView, &[]);
    let found = world.with_inputs(depends_on_production);
    assert_eq!(
        found[0].objects,
        ["db.prod_dbt_deploy.unsuffixed runs on compute"]
    );
}

#[test]
fn models_outside_the_environment() {
    let mut world = World::new();
    silent(&world, outside_environment);
    let mut stray = model("stray");
    stray.cluster = Some(name("elsewhere"));
    world.project.as_mut().unwrap().models.push(stray);
    fires(
        &world,
        outside_environment,
        FindingId::OutsideEnvironment,
        Severity::Warn,
    );
    world.project.as_mut().unwrap().models[3].materialized = Materialization::Sink;
    silent(&world, outside_environment);
}

#[test]
fn connectors_in_the_environment() {
    let mut world = World::new();
    silent(&world, |inputs| connectors_in_environment(inputs, &BOTH));
    let foo = world.id(Side::Production, "foo");
    let sink = world.add_in("u3", "u1", "sink", ObjectKind::Sink, &[&foo]);
    fires(
        &world,
        |inputs| connectors_in_environment(inputs, &BOTH),
        FindingId::SinkInEnvironment,
        Severity::Block,
    );
    world.catalog().objects.get_mut(&sink).unwrap().kind = ObjectKind::Source;
    fires(
        &world,
        |inputs| connectors_in_environment(inputs, &BOTH),
        FindingId::SourceInEnvironment,
        Severity::Block,
    );
    world.catalog().objects.get_mut(&sink).unwrap().connector = Some(ConnectorType::Progress);
    silent(&world, |inputs| connectors_in_environment(inputs, &BOTH));
}

fn sinks_at_risk(inputs: &PlanInputs<'_>) -> Vec<Finding> {
    sink_moves_at_risk(inputs, &sinks_reading(inputs, Side::Production))
}

#[test]
fn sinks_that_can_not_be_moved() {
    let mut world = World::new();
    let foo = world.id(Side::Production, "foo");
    let sink = world.add_in("u3", "u3", "feed", ObjectKind::Sink, &[&foo]);
    silent(&world, sinks_at_risk);
    world.connector(&sink, "stalled");
    fires(
        &world,
        sinks_at_risk,
        FindingId::SinkStalled,
        Severity::Block,
    );
    world.snapshot.readings.connectors.remove(&sink);
    fires(
        &world,
        sinks_at_risk,
        FindingId::SinkStalled,
        Severity::Block,
    );
    world.connector(&sink, "running");
    let twin = world.id(Side::Deployment, "foo");
    world.remove(&twin);
    fires(
        &world,
        sinks_at_risk,
        FindingId::SinkTargetMissing,
        Severity::Block,
    );
    let mut world = World::new();
    let foo = world.id(Side::Production, "foo");
    let sink = world.add_in("u3", "u3", "feed", ObjectKind::Sink, &[&foo]);
    world.catalog().objects.get_mut(&sink).unwrap().owner = RoleId::user(2);
    fires(&world, sinks_at_risk, FindingId::Ownership, Severity::Block);
}

#[test]
fn a_sink_is_moved_to_the_name_that_holds_after_the_swap() {
    let mut world = World::new();
    let foo = world.id(Side::Production, "foo");
    world.add_in("u3", "u3", "feed", ObjectKind::Sink, &[&foo]);
    let target = |world: &World, side| {
        world.with_inputs(|inputs| {
            sinks_reading(inputs, side)[0]
                .target
                .clone()
                .unwrap()
                .to_string()
        })
    };
    assert_eq!(target(&world, Side::Production), "db.prod.foo");
    world.swap();
    assert_eq!(
        target(&world, Side::Deployment),
        "db.prod.foo",
        "the sink stayed on the retired object"
    );
}

#[test]
fn readers_outside() {
    let mut world = World::new();
    silent(&world, dependents_outside);
    silent(&world, |inputs| {
        foreign_on_clusters(inputs, Side::Production)
    });
    let foo = world.id(Side::Production, "foo");
    world.add_in("u3", "u3", "team_view", ObjectKind::View, &[&foo]);
    fires(
        &world,
        dependents_outside,
        FindingId::DependentOutside,
        Severity::Warn,
    );
    world.add_in("u3", "u1", "adhoc", ObjectKind::Index, &[]);
    fires(
        &world,
        |inputs| foreign_on_clusters(inputs, Side::Production),
        FindingId::ForeignOnCluster,
        Severity::Warn,
    );
}

fn cleanup_closure(inputs: &PlanInputs<'_>) -> Vec<Finding> {
    let closure = closure_of_side(
        inputs.resolved.catalog,
        &[&SchemaId::user(2)],
        &[&ClusterId::user(2)],
    );
    closure_findings(
        inputs,
        &describe(inputs.resolved, &closure, Side::Deployment),
    )
}

#[test]
fn drops_that_reach_too_far() {
    let mut world = World::new();
    silent(&world, cleanup_closure);
    let foo = world.id(Side::Deployment, "foo");
    let view = world.add_in("u3", "u3", "team_view", ObjectKind::View, &[&foo]);
    world.add_in("u3", "u3", "team_index", ObjectKind::Index, &[&view]);
    fires(
        &world,
        cleanup_closure,
        FindingId::ClosureOutside,
        Severity::Block,
    );
    let named = world.with_inputs(|inputs| cleanup_closure(inputs)[0].objects.clone());
    assert_eq!(
        named,
        ["db.other.team_index", "db.other.team_view"],
        "what depends on what depends counts too"
    );
    let mut world = World::new();
    let foo = world.id(Side::Deployment, "foo");
    world.add(Side::Production, "deferred", ObjectKind::View, &[&foo]);
    fires(
        &world,
        cleanup_closure,
        FindingId::ClosureIntoProduction,
        Severity::Block,
    );
}

#[test]
fn an_index_elsewhere_on_the_deployment_cluster_goes_with_it() {
    let mut world = World::new();
    world.add_in("u3", "u2", "adhoc", ObjectKind::Index, &[]);
    fires(
        &world,
        cleanup_closure,
        FindingId::ClosureOutside,
        Severity::Block,
    );
}

#[test]
fn subscribes_on_what_goes() {
    let mut world = World::new();
    let foo = world.id(Side::Deployment, "foo");
    let guard = |inputs: &PlanInputs<'_>| {
        let ids: BTreeSet<ObjectId> = inputs
            .resolved
            .objects(Side::Deployment)
            .map(|object| object.id)
            .collect();
        subscriptions_on(inputs, &ids, Severity::Warn, "they end.")
    };
    silent(&world, guard);
    let subscription = Subscription {
        id: "s1".to_owned(),
        session: "c1".to_owned(),
        cluster: ClusterId::user(2),
        objects: BTreeSet::from([foo]),
        since: None,
    };
    world.snapshot.readings.subscriptions = [subscription].into();
    fires(&world, guard, FindingId::ReadersAttached, Severity::Warn);
}

#[test]
fn where_the_deployment_stands() {
    let mut world = World::new();
    silent(&world, newer_than_production);
    silent(&world, |inputs| unrecorded(inputs, Severity::Warn));
    silent(&world, incomplete_deployment);
    silent(&world, not_ready);
    silent(&world, production_unhealthy);
    silent(&world, unverified);
    world.record(Side::Deployment, DeploymentRole::Candidate, false);
    fires(
        &world,
        incomplete_deployment,
        FindingId::IncompleteDeployment,
        Severity::Block,
    );
    world.comment("u2", None);
    fires(
        &world,
        |inputs| unrecorded(inputs, Severity::Warn),
        FindingId::ProvenanceUnknown,
        Severity::Warn,
    );
    // What equals production is not newer; what differs from it is.
    fires(
        &world,
        newer_than_production,
        FindingId::ProvenanceUnknown,
        Severity::Block,
    );
    let foobar = world.id(Side::Deployment, "foobar");
    world.redefine(&foobar, "CREATE MATERIALIZED VIEW foobar AS SELECT 2");
    fires(
        &world,
        newer_than_production,
        FindingId::ProvenanceUnknown,
        Severity::Info,
    );
    let lineage = world.lineage.take();
    fires(
        &world,
        newer_than_production,
        FindingId::ProvenanceUnknown,
        Severity::Block,
    );
    world.lineage = lineage;
    let green = world.id(Side::Deployment, "foo");
    world.lag(&green, 60_000);
    fires(&world, not_ready, FindingId::NotReady, Severity::Block);
    let blue = world.id(Side::Production, "foo");
    world.lag(&green, 0);
    world.lag(&blue, 60_000);
    fires(
        &world,
        production_unhealthy,
        FindingId::ProductionUnhealthy,
        Severity::Warn,
    );
    world.lack(
        CatalogReading::Frontiers,
        Missing::relation("mz_internal.mz_frontiers"),
    );
    fires(&world, unverified, FindingId::Unverified, Severity::Block);
}

#[test]
fn leave_for_a_cluster_is_no_leave_for_what_lives_elsewhere() {
    let mut world = World::new();
    let foo = world.id(Side::Deployment, "foo");
    world.lag(&foo, 60_000);
    let elsewhere = world.add_in("u2", "u3", "aside", ObjectKind::MaterializedView, &[]);
    world.lag(&elsewhere, 60_000);
    let found = world.with_inputs(not_ready);
    assert_eq!(
        found[0].objects,
        ["compute_dbt_deploy", "db.prod_dbt_deploy.aside"]
    );
}

#[test]
fn twin_clusters_of_another_shape() {
    let mut world = World::new();
    silent(&world, cluster_options_differ);
    world
        .catalog()
        .clusters
        .get_mut(&ClusterId::user(2))
        .unwrap()
        .size = Some("100cc".to_owned());
    fires(
        &world,
        cluster_options_differ,
        FindingId::ClusterOptionsDiffer,
        Severity::Warn,
    );
}
