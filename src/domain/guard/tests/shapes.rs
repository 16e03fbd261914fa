//! Clusters in the middle of something, and options that are no difference.

use super::*;
use crate::domain::background::ClusterDefinition;
use crate::domain::fixture::NOW;
use crate::domain::object::{AtDeadline, ClusterSchedule, Reconfiguration};
use crate::domain::snapshot::LogicalTime;

#[test]
fn a_reconfiguration_goes_on_under_the_other_name() {
    let mut world = World::new();
    silent(&world, reconfigurations);
    let reconfiguration = Reconfiguration {
        changes: "size to 50cc".to_owned(),
        deadline: Some(LogicalTime(NOW + 7_200_000)),
        at_deadline: AtDeadline::Rollback,
    };
    world
        .catalog()
        .reconfigurations
        .insert(ClusterId::user(2), reconfiguration);
    fires(
        &world,
        reconfigurations,
        FindingId::ReconfigurationInProgress,
        Severity::Warn,
    );
    let message = world.with_inputs(|inputs| reconfigurations(inputs)[0].message.clone());
    assert!(
        message.ends_with("compute_dbt_deploy: reconfiguring size to 50cc; in 2 h it is rolled back, hydrated or not."),
        "{message}"
    );
    assert!(FindingId::ReconfigurationInProgress.is_momentary());
}

fn shown(world: &mut World, cluster: u64, name: &str, options: &str) {
    world.clusters.push(ClusterDefinition {
        id: ClusterId::user(cluster),
        create_sql: Some(format!("CREATE CLUSTER \"{name}\" ({options})")),
    });
}

#[test]
fn a_strategy_of_the_deployment_side_becomes_productions() {
    let mut world = World::new();
    shown(&mut world, 1, "compute", "SIZE = '25cc'");
    shown(
        &mut world,
        2,
        "compute_dbt_deploy",
        "AUTO SCALING STRATEGY = (ON HYDRATION (HYDRATION SIZE = '100cc', LINGER DURATION = INTERVAL '00:00:10')), SIZE = '25cc'",
    );
    fires(
        &world,
        strategies_carried_over,
        FindingId::ClusterOptionsDiffer,
        Severity::Info,
    );
    let remedy = world.with_inputs(|inputs| strategies_carried_over(inputs)[0].remedy.clone());
    assert!(
        remedy.ends_with("ALTER CLUSTER \"compute\" RESET (AUTO SCALING STRATEGY);"),
        "{remedy}"
    );
    let theirs = world.clusters[1].create_sql.as_ref().unwrap();
    let ours = theirs.replace("compute_dbt_deploy", "compute");
    world.clusters[0].create_sql = Some(ours);
    silent(&world, strategies_carried_over);
}

/// That a scheduled cluster's factor is 0 between refreshes since 26.35 was read in the server's source.
#[test]
fn the_factor_of_a_scheduled_cluster_is_no_difference() {
    let mut world = World::new();
    for (cluster, factor) in [(1, 1), (2, 0)] {
        let clusters = &mut world.catalog().clusters;
        let cluster = clusters.get_mut(&ClusterId::user(cluster)).unwrap();
        cluster.schedule = ClusterSchedule::OnRefresh;
        cluster.replication_factor = Some(factor);
    }
    silent(&world, cluster_options_differ);
    let scheduled =
        |factor| format!("REPLICATION FACTOR = {factor}, SIZE = '25cc', SCHEDULE = ON REFRESH");
    shown(&mut world, 1, "compute", &scheduled(1));
    shown(&mut world, 2, "compute_dbt_deploy", &scheduled(0));
    silent(&world, cluster_options_differ);
    for cluster in [1, 2] {
        let clusters = &mut world.catalog().clusters;
        clusters
            .get_mut(&ClusterId::user(cluster))
            .unwrap()
            .schedule = ClusterSchedule::Manual;
    }
    world.clusters.clear();
    fires(
        &world,
        cluster_options_differ,
        FindingId::ClusterOptionsDiffer,
        Severity::Warn,
    );
}

#[test]
fn a_replacement_that_waits_is_told_on_either_side() {
    for side in BOTH {
        let mut world = World::new();
        silent(&world, replacements_pending);
        let target = world.id(side, "foo");
        let waiting = world.add_in("u3", "u3", "foo2", ObjectKind::MaterializedView, &[]);
        world.catalog().replacements.insert(waiting, target);
        fires(
            &world,
            replacements_pending,
            FindingId::ReplacementPending,
            Severity::Warn,
        );
        let finding = world.with_inputs(|inputs| replacements_pending(inputs).remove(0));
        assert!(finding.objects[0].starts_with("db.other.foo2 for db.prod"));
        assert!(finding.message.contains("Before 26.34"));
        world.snapshot.server.version = "v26.39.0".to_owned();
        let finding = world.with_inputs(|inputs| replacements_pending(inputs).remove(0));
        assert!(!finding.message.contains("Before 26.34"));
    }
}

/// GRANT ALL ON TABLE of a view gives `arwd` since 26.30.1 (its release notes), and gave `r` before.
#[test]
fn what_nobody_can_do_to_a_view_is_no_lost_grant() {
    let mut world = World::new();
    let of = |text: &str| Grant::parse_list(text).unwrap();
    for (side, grants) in [
        (Side::Production, "{u1=r/u1,u2=arwd/u1}"),
        (Side::Deployment, "{u1=r/u1,u2=r/u1}"),
    ] {
        let (view, materialized) = (world.id(side, "bar"), world.id(side, "foo"));
        world.access.object_grants.insert(view, of(grants));
        world.access.object_grants.insert(materialized, of(grants));
    }
    silent(&world, owners_and_grants);
    let mut tables = World::new();
    for (side, grants) in [
        (Side::Production, "{u2=arwd/u1}"),
        (Side::Deployment, "{u2=r/u1}"),
    ] {
        let table = tables.add(side, "t", ObjectKind::Table, &[]);
        tables.access.object_grants.insert(table, of(grants));
    }
    fires(
        &tables,
        owners_and_grants,
        FindingId::GrantsDiffer,
        Severity::Warn,
    );
}
