//! Lag beside inputs and twin: what excuses a late object, and what does not.

use crate::domain::fixture::World;
use crate::domain::name::ClusterId;
use crate::domain::name::SchemaId;
use crate::domain::readiness::tests::ReplicaId;
use crate::domain::readiness::*;
use crate::domain::snapshot::Frontier;
use crate::domain::snapshot::{
    ConnectorState, ConnectorStatus, HydrationStatus, LogicalTime, RefreshSchedule,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A source outside, `behind` it on both sides the materialized view `mv`, all `lag` milliseconds late.
struct Late {
    world: World,
    source: ObjectId,
    production: ObjectId,
    deployment: ObjectId,
}

impl Late {
    fn by(lag: u64) -> Self {
        let mut world = World::empty();
        let source = world.add_in("u3", "u3", "house", ObjectKind::Source, &[]);
        let mut add = |side| world.add(side, "mv", ObjectKind::MaterializedView, &[&source]);
        let (production, deployment) = (add(Side::Production), add(Side::Deployment));
        for id in [&source, &production, &deployment] {
            world.lag(id, lag);
        }
        Self {
            world,
            source,
            production,
            deployment,
        }
    }

    fn verdict(&self, id: &ObjectId) -> (Readiness, String) {
        let board = self.world.board();
        let judged = [&board.production, &board.deployment]
            .into_iter()
            .find_map(|side| side.objects.get(id))
            .unwrap()
            .clone();
        (judged.readiness, judged.reason)
    }

    fn readiness(&self, id: &ObjectId) -> Readiness {
        self.verdict(id).0
    }

    fn of_deployment(&self) -> Readiness {
        self.readiness(&self.deployment)
    }
}

#[test]
fn lag_from_a_common_source_is_told_as_that_sources() {
    let mut late = Late::by(30_000);
    late.world.lag(&late.deployment, 30_900);
    assert_eq!(
        late.verdict(&late.deployment),
        (
            Readiness::Ready,
            "30.9 s behind with db.other.house".to_owned()
        )
    );
    let status = ConnectorStatus {
        state: ConnectorState::Stalled,
        error: None,
        since: None,
    };
    let connectors = &mut late.world.snapshot.readings.connectors;
    connectors.insert(late.source, status);
    let board = late.world.board();
    let told = "30.9 s behind with db.other.house, which is stalled";
    assert_eq!(board.deployment.clusters[0].reason, told);
    assert_eq!(board.deployment.reason, told);
    assert_eq!(board.deployment.readiness, Readiness::Ready);
}

#[test]
fn ticks_are_not_worth_a_word() {
    let late = Late::by(1_600);
    assert_eq!(
        late.verdict(&late.deployment),
        (Readiness::Ready, String::new())
    );
}

#[test]
fn a_late_source_is_told_and_not_the_table_that_it_feeds() {
    let mut late = Late::by(30_000);
    let table = late
        .world
        .add_in("u3", "u3", "bids", ObjectKind::Table, &[&late.source]);
    late.world.lag(&table, 30_000);
    let inputs = &mut late.world.catalog().inputs;
    inputs.insert(late.deployment, BTreeSet::from([table]));
    assert_eq!(
        late.verdict(&late.deployment).1,
        "30.0 s behind with db.other.house"
    );
}

#[test]
fn the_comparison_cuts_both_ways_and_includes_the_threshold() {
    for (late_side, by, expected) in [
        (Side::Deployment, 1_000, Readiness::Ready),
        (Side::Deployment, 1_001, Readiness::Lagging),
        (Side::Production, 1_000, Readiness::Ready),
        (Side::Production, 1_001, Readiness::Lagging),
    ] {
        let mut late = Late::by(1_200);
        let (id, other) = match late_side {
            Side::Deployment => (late.deployment, late.production),
            Side::Production => (late.production, late.deployment),
        };
        late.world.lag(&id, 1_200 + by);
        assert_eq!(late.readiness(&id), expected, "{late_side} {by}");
        assert_eq!(late.readiness(&other), Readiness::Ready);
    }
}

#[test]
fn neither_a_late_twin_nor_a_late_input_excuses_alone() {
    let mut late = Late::by(700);
    late.world.lag(&late.production, 30_000);
    late.world.lag(&late.deployment, 30_000);
    assert_eq!(
        late.verdict(&late.deployment),
        (
            Readiness::Lagging,
            "30.0 s behind, the input db.other.house of its side 0.7 s, its twin 30.0 s, threshold 1.0 s"
                .to_owned()
        ),
        "both sides are slow by themselves"
    );
    late.world.lag(&late.source, 30_000);
    late.world.lag(&late.production, 700);
    assert_eq!(
        late.of_deployment(),
        Readiness::Lagging,
        "its model was changed to read something slower"
    );
}

#[test]
fn without_a_twin_the_inputs_decide_and_without_inputs_the_twin() {
    let mut late = Late::by(30_000);
    late.world.remove(&late.production);
    assert_eq!(late.of_deployment(), Readiness::Ready);
    late.world.lag(&late.deployment, 31_001);
    assert_eq!(late.of_deployment(), Readiness::Lagging);
    let mut late = Late::by(30_000);
    late.world
        .catalog()
        .inputs
        .insert(late.deployment, BTreeSet::new());
    late.world.snapshot.readings.frontiers.remove(&late.source);
    assert_eq!(late.of_deployment(), Readiness::Ready);
    late.world.lag(&late.deployment, 31_001);
    assert_eq!(late.of_deployment(), Readiness::Lagging);
}

#[test]
fn with_neither_five_seconds_are_the_limit_or_a_larger_threshold() {
    let mut late = Late::by(5_000);
    late.world.remove(&late.production);
    late.world
        .catalog()
        .inputs
        .insert(late.deployment, BTreeSet::new());
    assert_eq!(late.of_deployment(), Readiness::Ready);
    late.world.lag(&late.deployment, 5_001);
    assert_eq!(
        late.verdict(&late.deployment),
        (Readiness::Lagging, "5.0 s behind, limit 5.0 s".to_owned())
    );
    let larger = Thresholds {
        lag_ms: 8_000,
        ..Thresholds::default()
    };
    assert_eq!(larger.root_lag_ms(), 8_000);
}

#[test]
fn a_source_is_judged_by_its_status_and_by_the_limit_of_roots() {
    let mut late = Late::by(700);
    let source = late
        .world
        .add(Side::Deployment, "own", ObjectKind::Source, &[]);
    late.world.lag(&source, 4_900);
    assert_eq!(late.readiness(&source), Readiness::Ready);
    late.world.lag(&source, 5_001);
    assert_eq!(late.readiness(&source), Readiness::Lagging);
    let twin = late
        .world
        .add(Side::Production, "own", ObjectKind::Source, &[]);
    assert_eq!(late.readiness(&source), Readiness::Lagging);
    late.world.lag(&twin, 5_001);
    assert_eq!(
        late.readiness(&source),
        Readiness::Ready,
        "what feeds both is late"
    );
    late.world.connector(&source, "stalled");
    assert_eq!(late.readiness(&source), Readiness::Lagging);
}

#[test]
fn a_twin_that_is_not_at_work_proves_nothing() {
    let mut late = Late::by(30_000);
    late.world.lag(&late.source, 700);
    late.world
        .catalog()
        .inputs
        .insert(late.deployment, BTreeSet::new());
    assert_eq!(
        late.of_deployment(),
        Readiness::Ready,
        "as late as its twin, and nothing else is known"
    );
    // An index that is not hydrated shows its as-of.
    late.world
        .status(&late.production, Some("u11"), Some(false));
    assert_eq!(late.of_deployment(), Readiness::Lagging);
    late.world.hydrate(&late.production, "u11");
    late.world
        .snapshot
        .readings
        .frontiers
        .remove(&late.production);
    assert_eq!(
        late.of_deployment(),
        Readiness::Lagging,
        "a twin whose lag is unknown"
    );
}

#[test]
fn unknown_is_never_caught_up_whatever_stands_beside_it() {
    let mut late = Late::by(0);
    late.world
        .lag(&late.deployment, crate::domain::fixture::NOW);
    assert_eq!(late.of_deployment(), Readiness::Unknown);
}

#[test]
fn a_chain_can_not_grow_late_step_by_step() {
    let mut late = Late::by(700);
    let mut above = late.deployment;
    for step in 1..=20u64 {
        let id = late.world.add(
            Side::Deployment,
            &format!("new_{step}"),
            ObjectKind::MaterializedView,
            &[&above],
        );
        late.world.lag(&id, 700 + 400 * step);
        above = id;
    }
    let side = late.world.board().deployment;
    let late_ones = side
        .objects
        .values()
        .filter(|object| object.readiness == Readiness::Lagging)
        .count();
    assert_eq!(
        late_ones, 18,
        "all that are more than the threshold behind the source"
    );
}

#[test]
fn an_input_of_the_same_side_that_is_late_is_judged_itself() {
    let mut late = Late::by(700);
    let above = late.world.add(
        Side::Deployment,
        "new",
        ObjectKind::Index,
        &[&late.deployment],
    );
    late.world.lag(&late.deployment, 30_000);
    late.world.lag(&above, 30_000);
    assert_eq!(late.of_deployment(), Readiness::Lagging);
    assert_eq!(late.readiness(&above), Readiness::Lagging);
    assert_eq!(late.world.board().deployment.readiness, Readiness::Lagging);
}

#[test]
fn indexes_over_an_ordinary_table_go_with_its_ticks() {
    let mut late = Late::by(700);
    for side in [Side::Production, Side::Deployment] {
        let table = late.world.add(side, "people", ObjectKind::Table, &[]);
        let index = late
            .world
            .add(side, "people_idx", ObjectKind::Index, &[&table]);
        late.world.lag(&table, 1_200);
        late.world.lag(&index, 1_200);
        assert_eq!(late.readiness(&index), Readiness::Ready);
    }
    let board = late.world.board();
    assert_eq!(board.deployment.readiness, Readiness::Ready);
    assert_eq!(board.production.readiness, Readiness::Ready);
}

#[test]
fn a_table_of_the_side_excuses_no_more_than_a_root_may_lag() {
    let mut late = Late::by(700);
    let table = late
        .world
        .add(Side::Deployment, "people", ObjectKind::Table, &[]);
    let index = late
        .world
        .add(Side::Deployment, "people_idx", ObjectKind::Index, &[&table]);
    late.world.lag(&table, 30_000);
    late.world.lag(&index, 30_000);
    assert_eq!(late.readiness(&index), Readiness::Lagging);
}

#[test]
fn views_between_are_looked_through() {
    let mut late = Late::by(30_000);
    let view = late
        .world
        .add(Side::Deployment, "v", ObjectKind::View, &[&late.source]);
    let other = late
        .world
        .add_in("u3", "u3", "w", ObjectKind::View, &[&view]);
    let index = late
        .world
        .add(Side::Deployment, "v_idx", ObjectKind::Index, &[&other]);
    late.world.lag(&index, 31_000);
    assert_eq!(late.readiness(&index), Readiness::Ready);
    late.world.lag(&index, 31_001);
    assert_eq!(late.readiness(&index), Readiness::Lagging);
}

#[test]
fn what_is_complete_or_refreshes_on_a_schedule_tells_nothing_about_others() {
    let complete = |late: &mut Late, id: &ObjectId| {
        late.world
            .snapshot
            .readings
            .frontiers
            .insert(*id, Frontier::Complete);
    };
    let mut late = Late::by(1_200);
    let production = late.production;
    complete(&mut late, &production);
    assert_eq!(
        late.of_deployment(),
        Readiness::Ready,
        "its twin was a constant"
    );
    let source = late.source;
    complete(&mut late, &source);
    assert_eq!(
        late.of_deployment(),
        Readiness::Ready,
        "only its clock moves"
    );
    let mut late = Late::by(1_200);
    late.world.lag(&late.production, 0);
    let schedule = RefreshSchedule::default();
    late.world
        .snapshot
        .readings
        .refreshes
        .insert(late.production, schedule);
    assert_eq!(
        late.of_deployment(),
        Readiness::Ready,
        "its twin is ahead until the next refresh"
    );
}

#[test]
fn a_sink_that_falls_behind_its_input_is_late_whatever_its_status_says() {
    let mut late = Late::by(700);
    let sink = late.world.add(
        Side::Deployment,
        "feed",
        ObjectKind::Sink,
        &[&late.deployment],
    );
    late.world.lag(&sink, 1_500);
    assert_eq!(late.readiness(&sink), Readiness::Ready);
    late.world.lag(&sink, 27_000);
    assert_eq!(
        late.readiness(&sink),
        Readiness::Lagging,
        "recorded: v26.39/25, a broker that is gone"
    );
}

#[test]
fn a_table_of_a_source_is_judged_by_the_sources_status_and_by_its_lag() {
    let mut late = Late::by(700);
    let table = late
        .world
        .add(Side::Deployment, "t", ObjectKind::Table, &[&late.source]);
    late.world.catalog().objects.get_mut(&table).unwrap().parent = Some(late.source);
    late.world.connector(&table, "running");
    assert_eq!(
        late.readiness(&table),
        Readiness::Unknown,
        "never written: its snapshot is not there"
    );
    late.world.lag(&table, 1_700);
    assert_eq!(late.readiness(&table), Readiness::Ready);
    late.world.lag(&table, 1_701);
    assert_eq!(late.readiness(&table), Readiness::Lagging);
}

/// Ten thousand objects on each side, every one late enough to be measured: a walk per object would follow 200,000 edges 10,000 times, and
/// this test would not end.
#[test]
fn measuring_a_large_side_walks_each_edge_once() {
    let mut world = World::empty();
    let source = world.add_in("u3", "u3", "house", ObjectKind::Source, &[]);
    world.lag(&source, 1_200);
    let catalog = Arc::make_mut(&mut world.snapshot.catalog).edit();
    let sample = catalog.objects[&source].clone();
    for (side, schema, replica) in [(0, 1, 11), (1, 2, 12)] {
        let id = |n: u64| ObjectId::user(1_000_000 + side * 10_000 + n);
        for n in 0..10_000 {
            let object = Object {
                id: id(n),
                name: crate::domain::fixture::name(&format!("o{n}")),
                schema: SchemaId::user(schema),
                kind: ObjectKind::MaterializedView,
                cluster: Some(ClusterId::user(schema)),
                ..sample.clone()
            };
            catalog.objects.insert(id(n), object);
            let below = (1..=20).filter_map(|step| n.checked_sub(step)).map(id);
            catalog
                .inputs
                .insert(id(n), below.chain([source]).collect());
            let status = HydrationStatus {
                replica: Some(ReplicaId::user(replica)),
                hydrated: Some(true),
                hydration_seconds: None,
                operators: None,
            };
            let readings = &mut world.snapshot.readings;
            readings.hydration.insert(id(n), [status].into());
            let frontier = Frontier::At(LogicalTime(crate::domain::fixture::NOW - 1_700));
            readings.frontiers.insert(id(n), frontier);
        }
    }
    let board = world.board();
    assert_eq!(board.deployment.readiness, Readiness::Ready);
    assert_eq!(board.production.readiness, Readiness::Ready);
}
