//! Frontiers of a healthy, quiet server behind a source that ticks once a second (recorded: v26.39/23): both sides are ready in every
//! reading, and a side that alone falls behind is not.

use crate::domain::action::Operation;
use crate::domain::finding::{FindingId, Severity};
use crate::domain::fixture::{self, World, asked, pair, stamp};
use crate::domain::name::{Identifier, SchemaId};
use crate::domain::object::{ObjectKind, Schema};
use crate::domain::plan::{Plan, promote, rollback};
use crate::domain::readiness::*;
use crate::domain::record::DeploymentRole;
use crate::domain::snapshot::Frontier;
use crate::domain::snapshot::Lag;
use crate::domain::snapshot::LogicalTime;
use flate2::read::GzDecoder;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Read;

/// More than the threshold, in milliseconds.
const TOO_LATE: u64 = 1_001;

/// What the server showed at one time: the frontier of each object, `None` where it is complete.
struct Reading {
    isolation: String,
    time: u64,
    frontiers: BTreeMap<ObjectId, Option<u64>>,
}

struct Recording {
    head: Value,
    readings: Vec<Reading>,
}

fn number(cell: &Value) -> Option<u64> {
    cell.as_str().map(|text| text.parse().unwrap())
}

fn recording() -> Recording {
    let compressed =
        include_bytes!("../../../../tests/data/materialize/v26.39/23-lag-ticking.jsonl.gz");
    let mut text = String::new();
    GzDecoder::new(compressed.as_slice())
        .read_to_string(&mut text)
        .unwrap();
    let mut lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    let head: Value = lines.next().unwrap();
    let mut readings = Vec::new();
    let mut streamed: BTreeMap<ObjectId, Option<u64>> = BTreeMap::new();
    for line in lines {
        match line.get("subscribe") {
            None => readings.push(Reading {
                isolation: line["isolation"].as_str().unwrap().to_owned(),
                time: number(&line["time"]).unwrap(),
                frontiers: line["frontiers"]
                    .as_object()
                    .unwrap()
                    .iter()
                    .map(|(id, frontier)| (fixture::id(id), number(frontier)))
                    .collect(),
            }),
            // `[time, progressed, diff, id, frontier]`: what stands when time moves on is what was true until then.
            Some(batch) if batch[1] == "True" && !streamed.is_empty() => readings.push(Reading {
                isolation: "subscribe".to_owned(),
                time: number(&batch[0]).unwrap(),
                frontiers: streamed.clone(),
            }),
            Some(batch) if batch[2] == "1" => {
                let id = fixture::id(batch[3].as_str().unwrap());
                streamed.insert(id, number(&batch[4]));
            }
            Some(_) => {}
        }
    }
    Recording { head, readings }
}

impl Recording {
    /// Both sides as they were, everything hydrated: `blue_green_slim` and `serving` with their twins, on clusters of one replica each.
    fn world(&self) -> World {
        let mut world = World::empty();
        let names = [
            "blue_green_slim",
            "serving",
            "blue_green_slim_dbt_deploy",
            "serving_dbt_deploy",
            "auction_house",
            "sinks",
        ];
        for (position, text) in names.iter().enumerate() {
            let id = SchemaId::user(50 + position as u64);
            let name = Identifier::new(*text).unwrap();
            let schema = world.snapshot.catalog.schemas[&SchemaId::user(3)].clone();
            world
                .catalog()
                .schemas
                .insert(id, Schema { id, name, ..schema });
        }
        world.environment.schemas = vec![pair("blue_green_slim"), pair("serving")];
        for object in self.head["objects"].as_array().unwrap() {
            let [id, schema, text, kind] = [0, 1, 2, 3].map(|at| object[at].as_str().unwrap());
            let position = names.iter().position(|name| *name == schema).unwrap();
            let cluster = match position {
                0 | 1 => "u1",
                2 | 3 => "u2",
                _ => "u3",
            };
            let kind = ObjectKind::from(kind);
            let made = world.add_in(&format!("u{}", 50 + position), cluster, text, kind, &[]);
            world.give_id(&made, fixture::id(id));
        }
        for edge in self.head["edges"].as_array().unwrap() {
            let [object, input] =
                [0, 1].map(|at| fixture::id::<ObjectId>(edge[at].as_str().unwrap()));
            let inputs = &mut world.catalog().inputs;
            inputs.entry(object).or_default().insert(input);
        }
        world
    }
}

/// Puts the frontiers of a reading into the world; those of `late` stay behind by `by` milliseconds.
fn show(world: &mut World, reading: &Reading, late: &BTreeSet<ObjectId>, by: u64) {
    let frontiers = &mut world.snapshot.readings.frontiers;
    frontiers.clear();
    for (id, frontier) in &reading.frontiers {
        let behind = if late.contains(id) { by } else { 0 };
        let frontier = frontier.map_or(Frontier::Complete, |at| {
            Frontier::At(LogicalTime(at - behind))
        });
        frontiers.insert(*id, frontier);
    }
    world.snapshot.time = LogicalTime(reading.time);
}

fn members(world: &World, side: Side) -> BTreeSet<ObjectId> {
    let resolved = world.environment.resolve(&world.snapshot.catalog);
    resolved.members(side).map(|object| object.id).collect()
}

fn planned(world: &World, operation: fn(&World) -> Plan) -> Option<Severity> {
    let plan = operation(world);
    plan.findings
        .iter()
        .filter(|finding| finding.id == FindingId::NotReady)
        .map(|finding| finding.severity)
        .max()
}

fn promoting(world: &World) -> Plan {
    world.with_inputs(|facts| promote(facts, &stamp(), &asked(Operation::Promote), None))
}

fn rolling_back(world: &World) -> Plan {
    world.with_inputs(|facts| rollback(facts, &stamp(), &asked(Operation::Rollback), None))
}

/// A record on both schemas of the deployment side.
fn record(world: &mut World, role: DeploymentRole) {
    for schema in ["u52", "u53"] {
        world.record_on(schema, role, true);
    }
}

#[test]
fn promote_and_rollback_find_both_sides_ready_in_every_recorded_reading() {
    let recording = recording();
    let strict = |reading: &&Reading| reading.isolation == "strict serializable";
    assert_eq!(recording.readings.iter().filter(strict).count(), 60);
    assert!(
        recording.readings.len() > 145,
        "120 readings and a stream of 30 s"
    );
    let mut world = recording.world();
    let (mut over_a_second, nobody) = (0, BTreeSet::new());
    for reading in &recording.readings {
        show(&mut world, reading, &nobody, 0);
        record(&mut world, DeploymentRole::Candidate);
        let board = world.board();
        for side in [&board.production, &board.deployment] {
            assert_eq!(side.readiness, Readiness::Ready, "{}", side.reason);
            assert_eq!(side.reason, "", "ticks are not told");
        }
        let Lag::Millis(worst) = board.deployment.worst_lag() else {
            panic!("every lag is known");
        };
        over_a_second += usize::from(worst > Thresholds::default().lag_ms);
        assert_eq!(planned(&world, promoting), None);
        record(&mut world, DeploymentRole::Retired);
        assert_eq!(planned(&world, rolling_back), None);
    }
    assert!(over_a_second >= 60, "the recording holds what made it flap");
}

#[test]
fn a_deployment_side_that_alone_falls_behind_is_not_promoted() {
    let recording = recording();
    let mut world = recording.world();
    let late = members(&world, Side::Deployment);
    for reading in &recording.readings {
        show(&mut world, reading, &late, TOO_LATE);
        record(&mut world, DeploymentRole::Candidate);
        assert_eq!(planned(&world, promoting), Some(Severity::Block));
        record(&mut world, DeploymentRole::Retired);
        assert_eq!(
            planned(&world, rolling_back),
            Some(Severity::Warn),
            "lag alone never blocks it"
        );
        assert_eq!(world.board().production.readiness, Readiness::Ready);
    }
}

#[test]
fn one_object_that_alone_falls_behind_is_enough() {
    let recording = recording();
    let mut world = recording.world();
    let strict = |reading: &&Reading| reading.isolation == "strict serializable";
    for (reading, id) in recording
        .readings
        .iter()
        .filter(strict)
        .zip(["u513", "u516", "u525", "u527"].iter().cycle())
    {
        show(
            &mut world,
            reading,
            &BTreeSet::from([fixture::id(id)]),
            TOO_LATE,
        );
        record(&mut world, DeploymentRole::Candidate);
        let side = world.board().deployment;
        assert_eq!(side.objects[&fixture::id(id)].readiness, Readiness::Lagging);
        assert_eq!(planned(&world, promoting), Some(Severity::Block));
    }
}

#[test]
fn production_that_alone_falls_behind_is_unhealthy_and_does_not_hold_the_deployment_up() {
    let recording = recording();
    let mut world = recording.world();
    let late = members(&world, Side::Production);
    for reading in &recording.readings {
        show(&mut world, reading, &late, TOO_LATE);
        record(&mut world, DeploymentRole::Candidate);
        assert_eq!(planned(&world, promoting), None);
        assert_eq!(world.board().production.readiness, Readiness::Lagging);
        record(&mut world, DeploymentRole::Retired);
        assert_eq!(
            planned(&world, rolling_back),
            None,
            "the retired side is the better one"
        );
    }
}
