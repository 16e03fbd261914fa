//! The dynamics against what a real server was seen to do.

mod external;
mod hydration;
mod telling;

use super::super::clock::Timestamp;
use super::super::pace::{Model, PaceRule, SourcePace};
use super::super::script::{Disturbance, ObjectName};
use super::tick::healthy_frontier;
use super::{Dynamics, Relation};
use crate::Value;
use crate::inventory::{Cluster, Inventory, Kind, Object, Refresh, Replica};
use std::time::Duration;

/// 10 s after a full minute.
const START: Timestamp = Timestamp(1_795_167_490_000);

struct Stage {
    dynamics: Dynamics,
    time: Timestamp,
    inventory: Inventory,
}

impl Stage {
    fn new(model: Model) -> Self {
        Self {
            dynamics: Dynamics::new(model, START),
            time: START,
            inventory: Inventory::default(),
        }
    }

    fn cluster(&mut self, id: &str, name: &str, replicas: &[&str]) {
        let cluster = Cluster {
            name: name.to_owned(),
            on_refresh: None,
        };
        self.inventory.clusters.insert(id.to_owned(), cluster);
        for (number, replica) in replicas.iter().enumerate() {
            let size = Some("25cc".to_owned());
            let replica_state = Replica {
                name: format!("r{}", number + 1),
                cluster: id.to_owned(),
                size,
            };
            self.inventory
                .replicas
                .insert((*replica).to_owned(), replica_state);
        }
        self.dynamics.follow(&self.inventory);
    }

    fn object(&mut self, id: &str, kind: Kind, cluster: Option<&str>, inputs: &[&str]) {
        let object = Object {
            kind,
            name: format!("name_{id}"),
            schema: "shop".to_owned(),
            database: "materialize".to_owned(),
            subtype: if kind == Kind::Sink { "kafka" } else { "" }.to_owned(),
            cluster: cluster.map(str::to_owned),
            inputs: inputs.iter().map(|id| (*id).to_owned()).collect(),
            constant: kind == Kind::MaterializedView && inputs.is_empty(),
            refresh: Refresh::OnCommit,
            created_at: self.time.millis(),
        };
        self.inventory.objects.insert(id.to_owned(), object);
        self.dynamics.follow(&self.inventory);
    }

    fn pass(&mut self, millis: u64) {
        self.time = self.time.plus(Duration::from_millis(millis));
        self.dynamics.advance(self.time);
    }

    fn rows_of(&self, relation: Relation, id: &str) -> Vec<Vec<Value>> {
        let about = |row: &&Vec<Value>| row.contains(&Value::from(id));
        self.dynamics
            .rows(relation)
            .iter()
            .filter(about)
            .cloned()
            .collect()
    }

    /// `[replica, hydrated]` per row.
    fn hydration(&self, id: &str) -> Vec<(Option<String>, bool)> {
        let pair = |row: Vec<Value>| match &row[1..] {
            [Value::Null, Value::Bool(hydrated)] => (None, *hydrated),
            [Value::Text(replica), Value::Bool(hydrated)] => (Some(replica.clone()), *hydrated),
            other => panic!("{other:?}"),
        };
        self.rows_of(Relation::HydrationStatuses, id)
            .into_iter()
            .map(pair)
            .collect()
    }

    fn write_frontier(&self, id: &str) -> Option<i64> {
        match self.rows_of(Relation::Frontiers, id).as_slice() {
            [row] => match row[2] {
                Value::Int(at) => Some(at),
                Value::Null => None,
                ref other => panic!("{other:?}"),
            },
            rows => panic!("{} rows", rows.len()),
        }
    }

    fn healthy(&self) -> Option<i64> {
        Some(i64::try_from(healthy_frontier(self.dynamics.now())).unwrap())
    }

    fn status(&self, relation: Relation, id: &str) -> Value {
        self.rows_of(relation, id)[0][4].clone()
    }
}

fn model(time: u64) -> Model {
    let rule = PaceRule {
        attach: Some(Duration::from_secs(2)),
        time: Some(Duration::from_secs(time)),
        ..PaceRule::default()
    };
    Model {
        default_rule: rule,
        ..Model::default()
    }
}

fn named(id: &str) -> ObjectName {
    ObjectName {
        schema: "shop".to_owned(),
        name: format!("name_{id}"),
    }
}

fn on(replica: &str, hydrated: bool) -> (Option<String>, bool) {
    (Some(replica.to_owned()), hydrated)
}

/// A table, a materialized view and an index over it, and a constant view, on a cluster with two replicas (as in recording 07).
fn recording_07() -> Stage {
    let mut stage = Stage::new(model(15));
    stage.cluster("u13", "hyd_c", &["u10", "u11"]);
    stage.pass(1_000);
    stage.object("u26", Kind::Table, None, &[]);
    stage.object("u27", Kind::MaterializedView, Some("u13"), &["u26"]);
    stage.object("u28", Kind::View, None, &["u26"]);
    stage.object("u29", Kind::Index, Some("u13"), &["u28"]);
    stage.object("u30", Kind::MaterializedView, Some("u13"), &[]);
    stage
}

#[test]
fn a_disturbance_of_nothing_is_an_error() {
    let mut stage = recording_07();
    let recover = Disturbance::Recover {
        object: named("u99"),
    };
    let error = stage.dynamics.disturb(&recover).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the world has no such object named `shop.name_u99` to disturb"
    );
}

#[test]
fn an_object_that_falls_behind_lags_its_inputs() {
    let mut stage = recording_07();
    stage.pass(25_000);
    let by = Duration::from_secs(7);
    let lasts = Some(Duration::from_secs(60));
    stage
        .dynamics
        .disturb(&Disturbance::FallBehind {
            object: named("u27"),
            by,
            lasts,
        })
        .unwrap();
    stage.pass(30_000);
    assert_eq!(
        stage.write_frontier("u27"),
        stage.healthy().map(|at| at - 7_000)
    );
    stage.pass(40_000);
    assert_eq!(stage.write_frontier("u27"), stage.healthy());
}

#[test]
fn wallclock_lag_comes_late_and_null_first() {
    let mut stage = recording_07();
    let lag = |stage: &Stage, id: &str| {
        stage
            .rows_of(Relation::WallclockGlobalLag, id)
            .first()
            .map(|row| row[1].clone())
    };
    stage.pass(40_000);
    assert_eq!(
        lag(&stage, "u27"),
        None,
        "hydrated, but the minute isn't over"
    );
    stage.pass(10_000);
    assert_eq!(
        lag(&stage, "u27"),
        Some(Value::Null),
        "it was unreadable for a part of the minute"
    );
    assert_eq!(lag(&stage, "u29"), Some(Value::Null));
    assert!(matches!(
        lag(&stage, "u26"),
        Some(Value::Int(1_000_000 | 2_000_000))
    ));
    assert_eq!(lag(&stage, "u28"), None, "views have none");
    stage.pass(60_000);
    assert!(
        matches!(lag(&stage, "u27"), Some(Value::Int(1_000_000 | 2_000_000))),
        "{:?}",
        lag(&stage, "u27")
    );
    assert_eq!(lag(&stage, "u30"), Some(Value::Int(0)), "complete");
    assert_eq!(
        stage
            .rows_of(Relation::WallclockGlobalLagRecentHistory, "u27")
            .len(),
        2
    );
}

#[test]
fn a_refreshed_view_is_at_its_next_refresh() {
    let mut stage = Stage::new(model(1));
    stage.cluster("u1", "c", &["u1"]);
    stage.object("u5", Kind::Table, None, &[]);
    stage.object("u6", Kind::MaterializedView, Some("u1"), &["u5"]);
    let hour = Duration::from_secs(3_600);
    let aligned_to = START.millis();
    let object = stage.inventory.objects.remove("u6").unwrap();
    stage.dynamics.follow(&stage.inventory);
    let refresh = Refresh::Every {
        aligned_to,
        interval: hour,
    };
    stage
        .inventory
        .objects
        .insert("u7".to_owned(), Object { refresh, ..object });
    stage.dynamics.follow(&stage.inventory);
    stage.pass(10_000);
    let next = i64::try_from(aligned_to).unwrap() + 3_600_000;
    assert_eq!(stage.write_frontier("u7"), Some(next));
    let row = stage
        .rows_of(Relation::MaterializedViewRefreshes, "u7")
        .remove(0);
    assert_eq!(row[1..], [Value::Int(next - 3_600_000), Value::Int(next)]);
    stage.pass(3_600_000);
    assert_eq!(stage.write_frontier("u7"), Some(next + 3_600_000));
}

#[test]
fn names_that_move_leave_hydration_alone() {
    let mut stage = recording_07();
    stage.pass(25_000);
    for object in stage.inventory.objects.values_mut() {
        object.schema = "shop_dbt_deploy".to_owned();
    }
    stage.inventory.clusters.get_mut("u13").unwrap().name = "hyd_c_dbt_deploy".to_owned();
    stage.dynamics.follow(&stage.inventory);
    stage.pass(1_000);
    assert_eq!(stage.hydration("u27"), [on("u10", true), on("u11", true)]);
}

#[test]
fn a_step_returns_only_what_may_have_changed() {
    let mut stage = recording_07();
    stage.pass(30_000);
    let now = stage.time;
    let all: Vec<_> = stage
        .dynamics
        .step(now)
        .into_iter()
        .map(|reading| reading.relation)
        .collect();
    assert!(all.contains(&Relation::HydrationStatuses) && all.contains(&Relation::ReplicaStatuses));
    let quiet = stage.dynamics.step(now.plus(Duration::from_secs(2)));
    let quiet: Vec<_> = quiet.into_iter().map(|reading| reading.relation).collect();
    let moving = [
        Relation::Frontiers,
        Relation::ReplicaFrontiers,
        Relation::MaterializationLag,
        Relation::MaterializedViewRefreshes,
    ];
    assert_eq!(quiet, moving);
}

#[test]
fn utilization_is_unknown_for_a_new_replica_and_grows_with_what_it_holds() {
    let mut stage = recording_07();
    stage.pass(1_000);
    let memory = |stage: &Stage| stage.rows_of(Relation::ReplicaUtilization, "u10")[0][3].clone();
    assert_eq!(memory(&stage), Value::Null);
    stage.pass(60_000);
    let Value::Float(percent) = memory(&stage) else {
        panic!()
    };
    assert!(
        percent > 400.0 / 4_096.0 * 100.0 && percent < 50.0,
        "{percent}"
    );
}

#[test]
fn built_in_indexes_are_hydrated_wherever_a_replica_is_online() {
    let mut stage = Stage::new(model(10));
    stage.cluster("u1", "c", &["u1"]);
    stage.object(
        "si144115188075856129",
        Kind::IntrospectionIndex,
        Some("u1"),
        &[],
    );
    stage.pass(2_000);
    assert_eq!(stage.hydration("si144115188075856129"), [on("u1", true)]);
    assert!(
        stage
            .rows_of(Relation::Frontiers, "si144115188075856129")
            .is_empty()
    );
}
