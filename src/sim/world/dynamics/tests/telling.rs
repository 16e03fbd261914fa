//! When the world is told (recorded: v26.39/23).

use super::*;
use std::collections::BTreeSet;

/// Both sides of a deployment behind one source, and a table of a user, all caught up.
fn both_sides() -> Stage {
    let mut stage = Stage::new(model(1));
    stage.cluster("u1", "c", &["u1"]);
    stage.cluster("u2", "c_dbt_deploy", &["u2"]);
    stage.object("u5", Kind::Source, Some("u1"), &[]);
    stage.object("u6", Kind::SourceTable, None, &["u5"]);
    stage.object("u7", Kind::MaterializedView, Some("u1"), &["u6"]);
    stage.object("u8", Kind::Index, Some("u1"), &["u7"]);
    stage.object("u9", Kind::MaterializedView, Some("u2"), &["u6"]);
    stage.object("u10", Kind::Index, Some("u2"), &["u9"]);
    stage.object("u11", Kind::Table, None, &[]);
    stage.object("u12", Kind::Index, Some("u1"), &["u11"]);
    stage.pass(60_000);
    stage
}

const MOVING: [&str; 8] = ["u5", "u6", "u7", "u8", "u9", "u10", "u11", "u12"];

#[test]
fn everything_healthy_has_one_frontier_that_steps_by_whole_seconds() {
    let mut stage = both_sides();
    let mut last = None;
    for _ in 0..600 {
        stage.pass(97);
        let at: BTreeSet<_> = MOVING.iter().map(|id| stage.write_frontier(id)).collect();
        assert_eq!(at.len(), 1, "{at:?}");
        let at = at.into_iter().next().flatten().unwrap();
        assert_eq!(at % 1_000, 1);
        assert!(last.is_none_or(|last| at >= last));
        last = Some(at);
    }
}

#[test]
fn a_reading_finds_it_as_far_behind_as_a_real_server_was_found() {
    let mut stage = both_sides();
    let mut over_a_second = 0;
    for _ in 0..600 {
        stage.pass(531);
        let now = i64::try_from(stage.dynamics.now().millis()).unwrap();
        let behind = now - stage.write_frontier("u8").unwrap();
        assert!((600..=1_700).contains(&behind), "{behind}");
        over_a_second += usize::from(behind > 1_000);
    }
    // 46 and 29 of 60 in the recording.
    assert!(
        (290..=460).contains(&over_a_second),
        "{over_a_second} of 600"
    );
}

#[test]
fn nothing_is_told_between_two_ticks() {
    let mut stage = both_sides();
    let mut told = 0;
    let mut before = stage.dynamics.generation(Relation::Frontiers);
    for _ in 0..2_000 {
        stage.pass(10);
        let now = stage.dynamics.generation(Relation::Frontiers);
        told += usize::from(now != before);
        before = now;
    }
    assert!((19..=21).contains(&told), "{told} times in 20 s");
}

#[test]
fn a_tick_comes_once_in_every_second_and_its_moment_moves_now_and_then() {
    let model = Model::default();
    let mut phases = BTreeSet::new();
    let mut at = START;
    for second in 1..=80 {
        let next = model.next_tick(at);
        assert_eq!(next.millis() / 1_000, START.millis() / 1_000 + second - 1);
        assert_eq!(model.last_tick(next), next);
        assert_eq!(
            model.last_tick(Timestamp(next.millis() - 1)),
            model.last_tick(at)
        );
        phases.insert(next.millis() % 1_000);
        at = next;
    }
    assert!((9..=11).contains(&phases.len()), "{phases:?}");
}

#[test]
fn what_happens_between_two_ticks_shows_at_the_next() {
    let mut stage = Stage::new(model(0));
    stage.cluster("u1", "c", &["u1"]);
    stage.pass(5_000);
    stage.object("u5", Kind::Table, None, &[]);
    stage.object("u6", Kind::MaterializedView, Some("u1"), &["u5"]);
    let mut changed_at = BTreeSet::new();
    let mut before = stage.hydration("u6");
    for _ in 0..500 {
        stage.pass(10);
        let now = stage.hydration("u6");
        if now != before {
            changed_at.insert(stage.time.millis() / 10);
            let tick = stage.dynamics.now();
            assert!(stage.time.since(tick) < Duration::from_millis(10));
        }
        before = now;
    }
    assert_eq!(before, [on("u1", true)]);
    assert!(!changed_at.is_empty());
}
