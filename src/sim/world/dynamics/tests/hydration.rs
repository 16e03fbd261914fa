//! Attaching, hydration and frontiers.

use super::*;

#[test]
fn objects_are_unattached_then_hydrating_then_hydrated_per_replica() {
    let mut stage = recording_07();
    assert_eq!(stage.hydration("u27"), [(None, false)]);
    assert_eq!(stage.hydration("u30"), [(None, false)]);
    stage.pass(3_000);
    assert_eq!(stage.hydration("u27"), [on("u10", false), on("u11", false)]);
    assert_eq!(
        stage.hydration("u30"),
        [on("u10", true), on("u11", true)],
        "constant"
    );
    stage.pass(20_000);
    assert_eq!(stage.hydration("u29"), [on("u10", true), on("u11", true)]);
    assert!(
        stage.hydration("u26").is_empty() && stage.hydration("u28").is_empty(),
        "tables and views have no rows"
    );
}

#[test]
fn frontiers_do_not_prove_hydration() {
    let mut stage = recording_07();
    stage.pass(3_000);
    assert_eq!(stage.write_frontier("u26"), stage.healthy());
    assert_eq!(
        stage.write_frontier("u27"),
        Some(0),
        "an unhydrated materialized view"
    );
    assert_eq!(
        stage.write_frontier("u29"),
        Some(1_795_167_490_000),
        "an unhydrated index: its as-of"
    );
    assert_eq!(stage.write_frontier("u30"), None, "complete");
    assert!(stage.rows_of(Relation::Frontiers, "u28").is_empty());
    let lag =
        |stage: &Stage, id: &str| stage.rows_of(Relation::MaterializationLag, id)[0][1].clone();
    assert_eq!(
        lag(&stage, "u27"),
        Value::Int(stage.healthy().unwrap() * 1_000)
    );
    assert_eq!(
        lag(&stage, "u29"),
        Value::Int((stage.healthy().unwrap() - 1_795_167_490_000) * 1_000)
    );
    assert!(
        stage
            .rows_of(Relation::MaterializationLag, "u30")
            .is_empty(),
        "no inputs, no row"
    );
    stage.pass(20_000);
    assert_eq!(stage.write_frontier("u27"), stage.healthy());
    assert_eq!(lag(&stage, "u27"), Value::Int(0));
}

#[test]
fn replicas_take_different_times_and_a_complete_object_none() {
    let mut stage = recording_07();
    stage.pass(25_000);
    let took = stage
        .rows_of(Relation::ComputeHydrationStatuses, "u27")
        .iter()
        .map(|row| row[3].clone())
        .collect::<Vec<_>>();
    assert_ne!(took[0], took[1]);
    assert!(
        took.iter()
            .all(|took| matches!(took, Value::Int(12_000_000..18_000_000))),
        "{took:?}"
    );
    assert!(
        stage
            .rows_of(Relation::ComputeHydrationStatuses, "u30")
            .iter()
            .all(|row| row[3] == Value::Null)
    );
}

#[test]
fn operators_hydrate_one_after_the_other() {
    let mut stage = recording_07();
    let hydrated = |stage: &Stage| {
        let rows = stage.rows_of(Relation::OperatorHydrationStatuses, "u27");
        (
            rows.iter()
                .filter(|row| row[3] == Value::Bool(true))
                .count(),
            rows.len(),
        )
    };
    stage.pass(10_000);
    let (early, all) = hydrated(&stage);
    assert!(early > 0 && early < all, "{early} of {all}");
    stage.pass(15_000);
    assert_eq!(hydrated(&stage), (all, all));
}

#[test]
fn hydration_waits_for_inputs() {
    let mut stage = Stage::new(model(10));
    stage.cluster("u1", "c", &["u1"]);
    stage.object("u5", Kind::Table, None, &[]);
    stage.object("u6", Kind::MaterializedView, Some("u1"), &["u5"]);
    stage.object("u7", Kind::MaterializedView, Some("u1"), &["u6"]);
    stage.pass(14_000);
    assert_eq!(
        (stage.hydration("u6"), stage.hydration("u7")),
        (vec![on("u1", true)], vec![on("u1", false)])
    );
    stage.pass(12_000);
    assert_eq!(stage.hydration("u7"), [on("u1", true)]);
}

#[test]
fn what_reads_only_complete_objects_is_complete_itself() {
    let mut stage = Stage::new(model(10));
    stage.cluster("u1", "c", &["u1"]);
    stage.object("u4", Kind::MaterializedView, Some("u1"), &[]);
    stage.object("u7", Kind::MaterializedView, Some("u1"), &["u4"]);
    stage.pass(4_000);
    assert_eq!(stage.write_frontier("u7"), None);
    let row = &stage.rows_of(Relation::ComputeHydrationStatuses, "u7")[0];
    assert_eq!((&row[2], &row[3]), (&Value::Bool(true), &Value::Null));
}

#[test]
fn nothing_hydrates_on_a_paused_cluster() {
    let mut stage = Stage::new(model(1));
    stage.cluster("u1", "paused", &[]);
    stage.object("u5", Kind::Table, None, &[]);
    stage.object("u6", Kind::MaterializedView, Some("u1"), &["u5"]);
    stage.pass(600_000);
    assert_eq!(stage.hydration("u6"), [(None, false)]);
    assert_eq!(stage.write_frontier("u6"), Some(0));
}

#[test]
fn pausing_a_cluster_leaves_frontiers_where_they_were() {
    let mut stage = recording_07();
    stage.pass(25_000);
    let stopped = stage.healthy();
    stage.inventory.replicas.clear();
    stage.dynamics.follow(&stage.inventory);
    stage.pass(5_000);
    assert_eq!(stage.hydration("u27"), [(None, false)]);
    assert_eq!(stage.write_frontier("u27"), stopped);
    assert_eq!(stage.write_frontier("u26"), stage.healthy());
}

#[test]
fn a_killed_replica_starts_again_from_nothing_as_often_as_told() {
    let mut stage = recording_07();
    stage.pass(25_000);
    let kill = Disturbance::OomKill {
        cluster: "hyd_c".to_owned(),
        replica: "r1".to_owned(),
        times: 3,
        every: Duration::from_secs(30),
    };
    stage.dynamics.disturb(&kill).unwrap();
    assert_eq!(stage.hydration("u27"), [on("u11", true)]);
    let status = stage.rows_of(Relation::ReplicaStatuses, "u10");
    assert_eq!(
        status[0][2..4],
        [Value::from("offline"), Value::from("oom-killed")]
    );
    assert_eq!(
        stage.write_frontier("u27"),
        stage.healthy(),
        "the other replica goes on"
    );
    stage.pass(8_000);
    assert_eq!(stage.hydration("u27"), [on("u10", false), on("u11", true)]);
    stage.pass(120_000);
    assert_eq!(stage.hydration("u27"), [on("u10", true), on("u11", true)]);
    let kills = stage.rows_of(Relation::ReplicaStatusHistory, "oom-killed");
    assert_eq!(kills.len(), 3);
}
