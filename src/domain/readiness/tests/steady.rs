//! Only replicas that stay make a cluster ready.

use super::*;
use crate::domain::object::{AtDeadline, Burst, Reconfiguration};

/// A second replica of the deployment cluster, which has everything hydrated and caught up; the first has nothing.
fn beside(world: &mut World, size: &str) {
    let cluster: ClusterId = crate::domain::fixture::id("u2");
    let replica: ReplicaId = crate::domain::fixture::id("u22");
    let mut other = replica_of(&replica, &cluster);
    other.size = Some(size.to_owned());
    world.catalog().replicas.insert(replica, other);
    let mut health = online();
    health.since = Some(LogicalTime(NOW - 180_000));
    world.snapshot.readings.replicas.insert(replica, health);
    for text in ["foo", "foobar"] {
        let object = green(world, text);
        world.status(&object, Some("u22"), Some(true));
    }
}

fn reconfiguring(world: &mut World, changes: &str) {
    let reconfiguration = Reconfiguration {
        changes: changes.to_owned(),
        deadline: Some(LogicalTime(NOW + 3_600_000)),
        at_deadline: AtDeadline::Rollback,
    };
    let cluster = crate::domain::fixture::id("u2");
    world
        .catalog()
        .reconfigurations
        .insert(cluster, reconfiguration);
}

#[test]
fn a_replica_that_may_be_rolled_back_makes_nothing_ready() {
    let mut world = World::new();
    beside(&mut world, "50cc");
    assert_eq!(deployment(&world).readiness, Readiness::Ready);
    reconfiguring(&mut world, "size to 50cc");
    let side = deployment(&world);
    assert_eq!(side.readiness, Readiness::Hydrating);
    assert_eq!(side.hydrated_of_total(), (0, 2));
    assert_eq!(
        side.clusters[0].activity.as_deref(),
        Some("reconfiguring size to 50cc; in 60 min it is rolled back, hydrated or not")
    );
    for text in ["foo", "foobar"] {
        let object = green(&world, text);
        world.status(&object, Some("u12"), Some(true));
    }
    assert_eq!(deployment(&world).readiness, Readiness::Ready);
}

/// That replicas of one size that are there already are the ones that stay is a belief: no relation tells it.
#[test]
fn of_one_size_the_older_replica_stays() {
    let mut world = World::new();
    beside(&mut world, "25cc");
    reconfiguring(&mut world, "availability zones to [\"a\"]");
    let side = deployment(&world);
    assert_eq!(side.readiness, Readiness::Hydrating);
    assert_eq!(side.hydrated_of_total(), (0, 2));
}

#[test]
fn a_burst_replica_makes_nothing_ready() {
    let mut world = World::new();
    beside(&mut world, "1600cc");
    let burst = Burst {
        size: "1600cc".to_owned(),
        lingers: false,
    };
    world
        .catalog()
        .bursts
        .insert(crate::domain::fixture::id("u2"), burst);
    let foo = green(&world, "foo");
    world.status(&foo, Some("u12"), Some(true));
    let side = deployment(&world);
    assert_eq!(side.readiness, Readiness::Hydrating);
    assert_eq!(
        side.clusters[0].activity.as_deref(),
        Some("burst 1600cc for 3 min, steady 1 of 2")
    );
    let foobar = green(&world, "foobar");
    world.status(&foobar, Some("u12"), Some(true));
    assert_eq!(deployment(&world).readiness, Readiness::Ready);
}

#[test]
fn the_server_that_answers_readings_is_told_of_when_it_is_unwell() {
    let mut world = World::new();
    let replica = ReplicaId::system(1);
    let trouble = |world: &World| world.snapshot.catalog_server_trouble();
    let told = |world: &mut World, health| {
        world.snapshot.readings.replicas.insert(replica, health);
        trouble(world)
    };
    assert_eq!(told(&mut world, online()), None, "some other cluster's");
    world.catalog().catalog_server.insert(replica);
    assert_eq!(told(&mut world, online()), None);
    let killed = LogicalTime(NOW - 40_000);
    let mut health = crate::domain::snapshot::ReplicaHealth {
        processes: 1,
        since: Some(killed),
        reason: Some("oom-killed".into()),
        ..Default::default()
    };
    assert_eq!(
        told(&mut world, health.clone()).as_deref(),
        Some(
            "mz_catalog_server, which answers readings of the catalog, is not online (oom-killed) for 40 s"
        )
    );
    health.online = 1;
    health.interruptions = vec![killed];
    health.oom_kills = vec![killed];
    assert_eq!(
        told(&mut world, health.clone()).as_deref(),
        Some(
            "mz_catalog_server, which answers readings of the catalog, went offline out of memory 40 s ago and may still rehydrate"
        )
    );
    health.interruptions = vec![LogicalTime(NOW - 400_000)];
    assert_eq!(told(&mut world, health), None);
}

/// Before 26.34 a change of shape belongs to the session that waits for it (no recording: the relation was always empty).
#[test]
fn a_replica_that_a_session_waits_for_makes_nothing_ready() {
    let mut world = World::new();
    beside(&mut world, "50cc");
    let replica: ReplicaId = crate::domain::fixture::id("u22");
    world.catalog().replicas.get_mut(&replica).unwrap().pending = true;
    assert_eq!(deployment(&world).readiness, Readiness::Hydrating);
}

#[test]
fn while_its_shape_changes_a_cluster_of_unknown_shape_has_no_replica_that_counts() {
    for forget in [
        (|cluster| cluster.size = None) as fn(&mut crate::domain::object::Cluster),
        |cluster| cluster.replication_factor = None,
    ] {
        let mut world = World::new();
        beside(&mut world, "25cc");
        reconfiguring(&mut world, "size to 50cc");
        let id = crate::domain::fixture::id("u2");
        forget(world.catalog().clusters.get_mut(&id).unwrap());
        assert_ne!(deployment(&world).readiness, Readiness::Ready);
    }
}
