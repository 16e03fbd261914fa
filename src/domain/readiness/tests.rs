//! The truthfulness of readiness: nothing is called ready that is not, nothing is kept waiting that is.

mod lag;
mod recorded;
mod steady;

use super::*;
use crate::domain::fixture::{NOW, World, name, online, replica_of};
use crate::domain::name::ClusterId;
use crate::domain::name::ReplicaId;
use crate::domain::reading::Missing;
use crate::domain::snapshot::{Frontier, HydrationStatus, Lag, LogicalTime, RefreshSchedule};
use std::sync::Arc;

fn deployment(world: &World) -> SideReadiness {
    world.board().deployment.clone()
}

fn green(world: &World, text: &str) -> ObjectId {
    world.id(Side::Deployment, text)
}

#[test]
fn two_equal_healthy_sides_are_ready() {
    let side = deployment(&World::new());
    assert_eq!(side.readiness, Readiness::Ready);
    assert_eq!(side.hydrated_of_total(), (2, 2), "the view needs nothing");
}

#[test]
fn an_object_that_no_replica_reported_is_not_hydrated() {
    let mut world = World::new();
    let foo = green(&world, "foo");
    world.status(&foo, None, Some(false));
    let side = deployment(&world);
    assert_eq!(side.readiness, Readiness::Hydrating);
    assert_eq!(side.hydrated_of_total(), (1, 2));
    assert_eq!(side.objects[&foo].reason, "not attached to a replica yet");
    world.snapshot.readings.hydration.remove(&foo);
    assert_eq!(
        deployment(&world).readiness,
        Readiness::Hydrating,
        "no row at all"
    );
}

#[test]
fn an_unknown_hydration_is_not_hydrated() {
    let mut world = World::new();
    let foo = green(&world, "foo");
    world.status(&foo, Some("u12"), None);
    assert_ne!(deployment(&world).readiness, Readiness::Ready);
}

#[test]
fn missing_lag_is_unknown_and_never_ready() {
    let mut world = World::new();
    let foo = green(&world, "foo");
    world.snapshot.readings.frontiers.remove(&foo);
    let side = deployment(&world);
    assert_eq!(side.objects[&foo].readiness, Readiness::Unknown);
    assert_eq!(side.readiness, Readiness::Unknown);
    assert_eq!(side.clusters[0].lag, Lag::Unknown);
}

#[test]
fn a_frontier_of_zero_is_not_a_lag_of_fifty_years() {
    let mut world = World::new();
    let foo = green(&world, "foo");
    world.lag(&foo, NOW);
    assert_eq!(deployment(&world).objects[&foo].lag, Lag::Unknown);
}

#[test]
fn a_complete_object_has_no_lag_and_needs_no_replica() {
    let mut world = World::new();
    let foo = green(&world, "foo");
    world
        .snapshot
        .readings
        .frontiers
        .insert(foo, Frontier::Complete);
    world.status(&foo, None, Some(false));
    let side = deployment(&world);
    assert_eq!(side.objects[&foo].lag, Lag::Millis(0));
    assert_eq!(side.readiness, Readiness::Ready);
}

#[test]
fn an_index_whose_frontier_looks_fine_still_has_to_hydrate() {
    let mut world = World::new();
    let bar = green(&world, "bar");
    let index = world.add(Side::Deployment, "bar_idx", ObjectKind::Index, &[&bar]);
    world.status(&index, Some("u12"), Some(false));
    world.lag(&index, 0);
    assert_eq!(
        deployment(&world).objects[&index].readiness,
        Readiness::Hydrating
    );
}

#[test]
fn a_complete_index_still_has_to_be_in_memory() {
    let mut world = World::new();
    let bar = green(&world, "bar");
    let index = world.add(Side::Deployment, "bar_idx", ObjectKind::Index, &[&bar]);
    let readings = &mut world.snapshot.readings;
    readings.frontiers.insert(index, Frontier::Complete);
    world.status(&index, Some("u12"), Some(false));
    assert_eq!(deployment(&world).readiness, Readiness::Hydrating);
    world.hydrate(&index, "u12");
    assert_eq!(deployment(&world).readiness, Readiness::Ready);
}

#[test]
fn lag_counts_by_logical_time_and_the_threshold_is_inclusive() {
    let mut world = World::new();
    let foo = green(&world, "foo");
    world.lag(&foo, 1000);
    assert_eq!(deployment(&world).readiness, Readiness::Ready);
    world.lag(&foo, 1001);
    assert_eq!(deployment(&world).readiness, Readiness::Lagging);
    world
        .snapshot
        .readings
        .frontiers
        .insert(foo, Frontier::At(LogicalTime(NOW + 5000)));
    assert_eq!(
        deployment(&world).readiness,
        Readiness::Ready,
        "ahead of the reading is no lag"
    );
}

#[test]
fn rows_of_replicas_that_are_gone_prove_nothing() {
    let mut world = World::new();
    let foo = green(&world, "foo");
    world.hydrate(&foo, "u99");
    assert_eq!(
        deployment(&world).objects[&foo].readiness,
        Readiness::Hydrating
    );
}

fn second_replica(world: &mut World) -> ReplicaId {
    let id = ReplicaId::user(22);
    let replica = replica_of(&id, &ClusterId::user(2));
    world.catalog().replicas.insert(id, replica);
    world.snapshot.readings.replicas.insert(id, online());
    id
}

#[test]
fn a_half_hydrated_second_replica_keeps_nobody_waiting() {
    let mut world = World::new();
    second_replica(&mut world);
    let foo = green(&world, "foo");
    let hydration = &mut world.snapshot.readings.hydration;
    let mut statuses = hydration.get(&foo).unwrap().to_vec();
    statuses.push(HydrationStatus {
        replica: Some(ReplicaId::user(22)),
        hydrated: Some(false),
        hydration_seconds: None,
        operators: None,
    });
    hydration.insert(foo, statuses.into());
    let side = deployment(&world);
    assert_eq!(side.readiness, Readiness::Ready);
    assert_eq!(
        (
            side.objects[&foo].hydrated_on.len(),
            side.objects[&foo].replicas
        ),
        (1, 2)
    );
}

#[test]
fn objects_spread_over_two_replicas_are_not_ready_until_one_has_them_all() {
    let mut world = World::new();
    second_replica(&mut world);
    let (foo, foobar) = (green(&world, "foo"), green(&world, "foobar"));
    world.hydrate(&foo, "u12");
    world.hydrate(&foobar, "u22");
    let side = deployment(&world);
    assert_eq!(side.readiness, Readiness::Hydrating);
    assert_eq!(side.hydrated_of_total(), (1, 2));
}

#[test]
fn replicas_of_support_count_neither_as_one_nor_as_hydrated() {
    let mut world = World::new();
    let id = second_replica(&mut world);
    world.catalog().replicas.get_mut(&id).unwrap().internal = true;
    let foo = green(&world, "foo");
    world.hydrate(&foo, "u22");
    let side = deployment(&world);
    assert_eq!(side.objects[&foo].replicas, 1);
    assert_eq!(side.objects[&foo].readiness, Readiness::Hydrating);
}

#[test]
fn a_replica_that_is_offline_can_not_vouch() {
    let mut world = World::new();
    world
        .snapshot
        .readings
        .replicas
        .get_mut(&ReplicaId::user(12))
        .unwrap()
        .online = 0;
    assert_eq!(deployment(&world).readiness, Readiness::Unknown);
    world.snapshot.readings.replicas.clear();
    assert_eq!(
        deployment(&world).readiness,
        Readiness::Unknown,
        "no status is not online"
    );
    let relation = "mz_internal.mz_cluster_replica_statuses";
    for missing in [
        Missing::relation(relation),
        Missing::column(relation, "reason"),
    ] {
        world.lack(CatalogReading::ReplicaStatuses, missing);
        assert_eq!(
            deployment(&world).readiness,
            Readiness::Ready,
            "a server that does not give it is judged by hydration"
        );
    }
}

#[test]
fn what_can_not_be_read_is_unknown_and_named() {
    let hydration = Missing::relation("mz_internal.mz_hydration_statuses");
    let mut world = World::new();
    world.snapshot.readings.hydration.clear();
    assert_eq!(deployment(&world).readiness, Readiness::Hydrating);
    world.lack(CatalogReading::Hydration, hydration);
    let verdict = deployment(&world);
    assert_eq!(verdict.readiness, Readiness::Unknown);
    assert!(
        verdict
            .reason
            .contains("mz_hydration_statuses can't be read"),
        "{}",
        verdict.reason
    );

    let status = Missing::column("mz_internal.mz_source_statuses", "status");
    let mut world = World::new();
    let source = world.add(Side::Deployment, "clicks", ObjectKind::Source, &[]);
    world.snapshot.readings.connectors.clear();
    world.lack(CatalogReading::SourceStatuses, status);
    let verdict = &deployment(&world).objects[&source];
    assert_eq!(verdict.readiness, Readiness::Unknown);
    assert!(
        verdict
            .reason
            .contains("mz_source_statuses.status can't be read"),
        "{}",
        verdict.reason
    );
}

#[test]
fn a_connector_of_unknown_state_is_never_ready() {
    let mut world = World::new();
    let source = world.add(Side::Deployment, "clicks", ObjectKind::Source, &[]);
    world.connector(&source, "dreaming");
    let verdict = &deployment(&world).objects[&source];
    assert_eq!(verdict.readiness, Readiness::Unknown);
    assert!(verdict.reason.contains("dreaming"), "{}", verdict.reason);
}

#[test]
fn a_paused_cluster_is_paused_and_a_missing_one_fails() {
    let mut world = World::new();
    world.catalog().replicas.remove(&ReplicaId::user(12));
    assert_eq!(deployment(&world).readiness, Readiness::Paused);
    world.catalog().clusters.remove(&ClusterId::user(2));
    assert_eq!(deployment(&world).readiness, Readiness::Failing);
}

#[test]
fn an_out_of_memory_loop_fails_and_a_recovered_replica_does_not() {
    let mut world = World::new();
    let foo = green(&world, "foo");
    world.status(&foo, Some("u12"), Some(false));
    let minutes = |ago: u64| LogicalTime(NOW - ago * 60_000);
    let health = world
        .snapshot
        .readings
        .replicas
        .get_mut(&ReplicaId::user(12))
        .unwrap();
    health.online = 0;
    health.oom_kills = vec![minutes(9), minutes(6), minutes(3)];
    let side = deployment(&world);
    assert_eq!(side.readiness, Readiness::Failing);
    assert_eq!(side.clusters[0].since, Some(minutes(9)));
    let health = world
        .snapshot
        .readings
        .replicas
        .get_mut(&ReplicaId::user(12))
        .unwrap();
    health.online = 1;
    health.oom_kills = vec![minutes(50), minutes(48), minutes(46)];
    assert_eq!(
        deployment(&world).readiness,
        Readiness::Hydrating,
        "46 minutes up after kills 2 minutes apart"
    );
}

#[test]
fn views_only_and_empty_sides_are_ready_and_say_so() {
    let mut world = World::empty();
    world.add(Side::Deployment, "v", ObjectKind::View, &[]);
    let side = deployment(&world);
    assert_eq!(
        (side.readiness, side.reason.as_str()),
        (Readiness::Ready, "nothing to hydrate")
    );
    assert_eq!(deployment(&World::empty()).reason, "nothing to hydrate");
}

#[test]
fn a_refresh_view_is_judged_by_its_refreshes_not_by_lag() {
    let mut world = World::new();
    let foo = green(&world, "foo");
    world.lag(&foo, 3_600_000);
    let mut schedule = RefreshSchedule {
        last_completed: Some(LogicalTime(NOW - 3_600_000)),
        next: Some(LogicalTime(NOW + 3_600_000)),
    };
    world
        .snapshot
        .readings
        .refreshes
        .insert(foo, schedule.clone());
    assert_eq!(deployment(&world).readiness, Readiness::Ready);
    schedule.next = Some(LogicalTime(NOW - 60_000));
    world
        .snapshot
        .readings
        .refreshes
        .insert(foo, schedule.clone());
    assert_eq!(
        deployment(&world).readiness,
        Readiness::Lagging,
        "a refresh is overdue"
    );
    schedule.last_completed = None;
    world.snapshot.readings.refreshes.insert(foo, schedule);
    assert_eq!(
        deployment(&world).readiness,
        Readiness::Hydrating,
        "never refreshed"
    );
}

#[test]
fn a_scheduled_cluster_between_refreshes_is_ready() {
    let mut world = World::new();
    let (foo, foobar) = (green(&world, "foo"), green(&world, "foobar"));
    world
        .catalog()
        .clusters
        .get_mut(&ClusterId::user(2))
        .unwrap()
        .schedule = ClusterSchedule::OnRefresh;
    world.catalog().replicas.remove(&ReplicaId::user(12));
    assert_eq!(deployment(&world).readiness, Readiness::Paused);
    for id in [foo, foobar] {
        let schedule = RefreshSchedule {
            last_completed: Some(LogicalTime(NOW - 1000)),
            next: Some(LogicalTime(NOW + 1000)),
        };
        world.snapshot.readings.refreshes.insert(id, schedule);
    }
    assert_eq!(deployment(&world).readiness, Readiness::Ready);
}

#[test]
fn a_table_from_a_source_follows_its_source_and_a_plain_table_needs_nothing() {
    let mut world = World::new();
    let table = world.add(Side::Deployment, "t", ObjectKind::Table, &[]);
    assert_eq!(deployment(&world).readiness, Readiness::Ready);
    world.catalog().objects.get_mut(&table).unwrap().parent = Some(ObjectId::user(7));
    assert_eq!(
        deployment(&world).readiness,
        Readiness::Unknown,
        "no status is unknown"
    );
    world.connector(&table, "stalled");
    assert_eq!(deployment(&world).readiness, Readiness::Lagging);
    world.connector(&table, "running");
    world.lag(&table, 0);
    assert_eq!(deployment(&world).readiness, Readiness::Ready);
    world.connector(&table, "levitating");
    assert_eq!(
        deployment(&world).readiness,
        Readiness::Unknown,
        "a new word is not ready"
    );
}

#[test]
fn an_object_dropped_and_made_again_is_another_object() {
    let mut world = World::new();
    let foo = green(&world, "foo");
    world.remove(&foo);
    let again = world.add(Side::Deployment, "foo", ObjectKind::MaterializedView, &[]);
    assert_ne!(foo, again);
    // The rows of the old id are still there; they must not vouch for the new one.
    world.snapshot.readings.hydration.remove(&again);
    assert_eq!(deployment(&world).readiness, Readiness::Hydrating);
}

#[test]
fn a_foreign_object_on_the_deployment_cluster_counts() {
    let mut world = World::new();
    let index = world.add_in("u3", "u2", "adhoc", ObjectKind::Index, &[]);
    world.status(&index, None, Some(false));
    assert_eq!(deployment(&world).readiness, Readiness::Hydrating);
}

#[test]
fn the_largest_name_of_a_cluster_is_not_a_pattern() {
    let mut world = World::new();
    let decoy = ClusterId::user(40);
    let mut cluster = world.snapshot.catalog.clusters[&ClusterId::user(2)].clone();
    cluster.id = decoy;
    cluster.name = name("compute_dbt_deploy2");
    world.catalog().clusters.insert(decoy, cluster);
    assert_eq!(deployment(&world).clusters.len(), 1);
    assert_eq!(deployment(&world).clusters[0].id, Some(ClusterId::user(2)));
}

#[test]
fn judging_is_a_function_of_the_snapshot_alone() {
    let world = World::new();
    let snapshot = Arc::new(world.snapshot.clone());
    let resolved = world.environment.resolve(&snapshot.catalog);
    let judged = || {
        judge(
            &snapshot,
            &resolved,
            Side::Deployment,
            Thresholds::default(),
        )
    };
    assert_eq!(judged(), judged());
}
