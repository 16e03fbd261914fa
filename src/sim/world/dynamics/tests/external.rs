//! Sources and sinks.

use super::*;

fn with_source(model: Model) -> Stage {
    let mut stage = Stage::new(model);
    stage.cluster("u1", "c", &["u1"]);
    stage.object("u5", Kind::Source, Some("u1"), &[]);
    stage.object("u6", Kind::SourceTable, None, &["u5"]);
    stage.object("u7", Kind::MaterializedView, Some("u1"), &["u6"]);
    stage.object("u8", Kind::Sink, Some("u1"), &["u7"]);
    stage
}

#[test]
fn a_stalled_source_holds_up_everything_behind_it() {
    let mut stage = with_source(model(1));
    stage.pass(20_000);
    let before = stage.healthy();
    let stall = Disturbance::Stall {
        object: named("u5"),
        error: "broker gone".to_owned(),
        lasts: Some(Duration::from_secs(40)),
    };
    stage.dynamics.disturb(&stall).unwrap();
    stage.pass(30_000);
    assert_eq!(
        stage.status(Relation::SourceStatuses, "u5"),
        Value::from("stalled")
    );
    assert_eq!(
        stage.status(Relation::SourceStatuses, "u6"),
        Value::from("stalled"),
        "a table shows its source's status"
    );
    assert_eq!(stage.write_frontier("u7"), before);
    assert_eq!(
        stage.hydration("u7"),
        [on("u1", true)],
        "lag is not hydration"
    );
    stage.pass(20_000);
    assert_eq!(
        stage.status(Relation::SourceStatuses, "u6"),
        Value::from("running")
    );
    assert_eq!(stage.write_frontier("u7"), stage.healthy());
}

#[test]
fn hydration_waits_for_a_sources_snapshot_which_statistics_show() {
    let mut slow = model(1);
    slow.statistics_every = Duration::from_secs(10);
    let shop = SourcePace {
        snapshot_records: 30_000,
        snapshot_rate: 1_000,
        ..SourcePace::default()
    };
    slow.sources.insert("shop.name_u5".to_owned(), shop);
    let mut stage = with_source(slow);
    assert!(stage.dynamics.rows(Relation::SourceStatistics).is_empty());
    stage.pass(20_000);
    let row = stage.rows_of(Relation::SourceStatistics, "u5").remove(0);
    assert_eq!(
        (&row[9], &row[11]),
        (&Value::Int(30_000), &Value::Bool(false))
    );
    assert!(
        matches!(row[10], Value::Int(1_000..30_000)),
        "{:?}",
        row[10]
    );
    assert_eq!(
        (stage.write_frontier("u6"), stage.write_frontier("u7")),
        (Some(0), Some(0))
    );
    stage.pass(25_000);
    let row = stage.rows_of(Relation::SourceStatistics, "u5").remove(0);
    assert_eq!(
        (&row[10], &row[11]),
        (&Value::Int(30_000), &Value::Bool(true))
    );
    assert_eq!(stage.hydration("u7"), [on("u1", true)]);
}

#[test]
fn a_stalled_sink_is_not_hydrated_can_not_move_and_sometimes_says_it_runs() {
    let mut stage = with_source(model(1));
    let stall = Disturbance::Stall {
        object: named("u8"),
        error: "kafka: no".to_owned(),
        lasts: None,
    };
    stage.dynamics.disturb(&stall).unwrap();
    let mut said = std::collections::BTreeSet::new();
    for _ in 0..120 {
        stage.pass(1_000);
        let Value::Text(status) = stage.status(Relation::SinkStatuses, "u8") else {
            panic!()
        };
        said.insert(status);
        assert!(!stage.dynamics.sink_can_move("u8"));
        assert!(stage.hydration("u8").iter().all(|(_, hydrated)| !hydrated));
        assert_eq!(stage.write_frontier("u8"), Some(0));
    }
    assert!(
        said.contains("stalled") && said.contains("running"),
        "{said:?}"
    );
    stage
        .dynamics
        .disturb(&Disturbance::Recover {
            object: named("u8"),
        })
        .unwrap();
    stage.pass(1_000);
    assert_eq!(stage.hydration("u8"), [on("u1", true)]);
    assert!(stage.dynamics.sink_can_move("u8"));
}

#[test]
fn a_running_sink_is_at_most_a_second_behind() {
    let mut stage = with_source(model(1));
    stage.pass(20_000);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..60 {
        stage.pass(1_000);
        seen.insert(stage.healthy().unwrap() - stage.write_frontier("u8").unwrap());
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [0, 1_000]);
}

#[test]
fn a_moved_sink_reads_the_new_object() {
    let mut stage = with_source(model(1));
    stage.cluster("u2", "other", &[]);
    stage.object("u9", Kind::MaterializedView, Some("u2"), &["u6"]);
    stage.pass(20_000);
    stage.inventory.objects.get_mut("u8").unwrap().inputs = vec!["u9".to_owned()];
    stage.dynamics.follow(&stage.inventory);
    let row = stage.rows_of(Relation::MaterializationLag, "u8").remove(0);
    assert_eq!(row[3], Value::from("u9"));
    let before = stage.write_frontier("u8");
    stage.pass(5_000);
    assert_eq!(
        stage.write_frontier("u8"),
        before,
        "what it reads now is not hydrated"
    );
}
