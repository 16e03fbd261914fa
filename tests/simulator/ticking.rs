//! Lag behind a source that ticks once a second: readings of the simulator against readings of a real, healthy, quiet server.

use super::recording::read;
use super::server::{Simulator, rows};
use super::wire::Session;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Both sides of a deployment behind one source, as in the recording, and a table of a user beside it.
const WORLD: &str = r#"
[server]
opens_at = "2026-11-20T09:30:00Z"
age = "5m"
[[start]]
sql = """
create cluster ingest (size '25cc');
create cluster compute (size '25cc');
create cluster compute_dbt_deploy (size '25cc');
create schema shop;
create schema shop_dbt_deploy;
create source house in cluster ingest from load generator auction (tick interval '1s', as of 1) for all tables;
create materialized view shop.totals in cluster compute as select auction_id, sum(amount) as total from bids group by auction_id;
create index totals_idx in cluster compute on shop.totals (auction_id);
create materialized view shop.best in cluster compute as select max(total) as best from shop.totals;
create materialized view shop_dbt_deploy.totals in cluster compute_dbt_deploy as
    select auction_id, sum(amount) as total from bids group by auction_id;
create index totals_idx in cluster compute_dbt_deploy on shop_dbt_deploy.totals (auction_id);
create materialized view shop_dbt_deploy.best in cluster compute_dbt_deploy as select max(total) as best from shop_dbt_deploy.totals;
create table plain (a int);
create index plain_idx in cluster compute on plain (a);
create materialized view colors in cluster compute as select * from (values ('red'), ('blue')) as c (color);
"""
"#;

const READING: &str = "select mz_now()::text, f.object_id, f.write_frontier::text from mz_internal.mz_frontiers f \
                       where f.object_id like 'u%' order by f.object_id";

/// One reading: the time, and what each object has got to; `None` is complete.
#[derive(Debug, Clone, PartialEq)]
struct Reading {
    time: i64,
    frontiers: BTreeMap<String, Option<i64>>,
}

impl Reading {
    /// How far each object that is not complete lies behind, in milliseconds.
    fn lags(&self) -> impl Iterator<Item = i64> {
        self.frontiers.values().flatten().map(|at| self.time - at)
    }

    fn worst(&self) -> i64 {
        self.lags().max().unwrap()
    }
}

fn number(text: &Value) -> Option<i64> {
    text.as_str().map(|text| text.parse().unwrap())
}

fn recorded() -> Vec<Value> {
    read("v26.39/23-lag-ticking.jsonl.gz")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The recorded readings of an isolation level.
fn readings(isolation: &str) -> Vec<Reading> {
    recorded()
        .iter()
        .filter(|line| line["isolation"] == isolation)
        .map(|line| Reading {
            time: number(&line["time"]).unwrap(),
            frontiers: line["frontiers"]
                .as_object()
                .unwrap()
                .iter()
                .map(|(id, at)| (id.clone(), number(at)))
                .collect(),
        })
        .collect()
}

fn look(session: &mut Session) -> Reading {
    let rows = session.ask(READING).rows;
    let cell = |row: &[Option<String>], at: usize| row[at].clone();
    Reading {
        time: cell(&rows[0], 0).unwrap().parse().unwrap(),
        frontiers: rows
            .iter()
            .map(|row| {
                let at = cell(row, 2).map(|at| at.parse().unwrap());
                (cell(row, 1).unwrap(), at)
            })
            .collect(),
    }
}

/// Looks at random moments, half a second apart on average, as the recording did.
fn simulated(simulator: &Simulator, isolation: &str, count: u64) -> Vec<Reading> {
    let mut session = Session::login(simulator.address(), "materialize");
    rows(
        &mut session,
        &format!("set transaction_isolation = '{isolation}'"),
    );
    let mut chance = 7_u64;
    (0..count)
        .map(|_| {
            chance = chance
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            simulator.pass(Duration::from_millis((chance >> 33) % 1_000));
            look(&mut session)
        })
        .collect()
}

/// How many in a hundred readings find the worst object more than a second behind.
fn over_a_second(readings: &[Reading]) -> usize {
    let over = readings.iter().filter(|reading| reading.worst() > 1_000);
    over.count() * 100 / readings.len()
}

/// The id of an object of a schema.
fn id(session: &mut Session, schema: &str, name: &str) -> String {
    let sql = format!(
        "select o.id from mz_objects o join mz_schemas s on s.id = o.schema_id where s.name = '{schema}' and o.name = '{name}'"
    );
    rows(session, &sql).remove(0)
}

#[test]
fn readings_at_random_moments_find_the_lag_that_a_real_server_showed() {
    let simulator = Simulator::start(WORLD);
    for isolation in ["strict serializable", "serializable"] {
        let (real, simulated) = (readings(isolation), simulated(&simulator, isolation, 300));
        for reading in real.iter().chain(&simulated) {
            for lag in reading.lags() {
                assert!((600..=1_700).contains(&lag), "{isolation}: {lag} ms");
            }
            for at in reading.frontiers.values().flatten() {
                assert_eq!(at % 1_000, 1, "{isolation}: a step of a whole second");
            }
        }
        let (real, simulated) = (over_a_second(&real), over_a_second(&simulated));
        assert!((48..=77).contains(&real), "{isolation}: {real} in 100");
        assert!(
            (45..=80).contains(&simulated),
            "{isolation}: {simulated} in 100"
        );
    }
}

#[test]
fn twins_differ_by_nothing_and_a_plain_table_steps_too() {
    let simulator = Simulator::start(WORLD);
    let mut session = Session::login(simulator.address(), "materialize");
    let mut pairs = Vec::new();
    for name in ["totals", "totals_idx", "best"] {
        let of = |session: &mut Session, schema| id(session, schema, name);
        pairs.push((
            of(&mut session, "shop"),
            of(&mut session, "shop_dbt_deploy"),
        ));
    }
    let plain = [
        id(&mut session, "public", "plain"),
        id(&mut session, "public", "plain_idx"),
    ];
    let complete = id(&mut session, "public", "colors");
    for reading in simulated(&simulator, "strict serializable", 60) {
        for (one, other) in &pairs {
            assert_eq!(reading.frontiers[one], reading.frontiers[other]);
        }
        for id in &plain {
            assert_eq!(reading.frontiers[id], reading.frontiers[&pairs[0].0]);
        }
        assert_eq!(reading.frontiers[&complete], None);
    }
}

/// What a SUBSCRIBE with progress says of one object: the times of its progress, and its changes as time, diff and frontier.
#[derive(Debug, Default)]
struct Stream {
    progress: Vec<i64>,
    changes: Vec<(i64, i64, i64)>,
}

impl Stream {
    fn add(&mut self, row: &[Option<String>], object: &str) {
        let number = |at: usize| row[at].as_ref().map(|text| text.parse::<i64>().unwrap());
        let time = number(0).unwrap();
        if matches!(row[1].as_deref(), Some("t" | "True")) {
            self.progress.push(time);
        } else if row[3].as_deref() == Some(object) {
            self.changes
                .push((time, number(2).unwrap(), number(4).unwrap()));
        }
    }

    /// Holds what the recording shows: one change in each step of progress, by whole seconds, at the time of the progress before.
    fn check(&self, whose: &str) {
        let steps: BTreeSet<i64> = self
            .changes
            .iter()
            .skip(1)
            .map(|(time, ..)| *time)
            .collect();
        assert!(steps.len() >= 20, "{whose}: {} steps", steps.len());
        for time in &steps {
            assert!(self.progress.contains(time), "{whose}: {time} was promised");
            let of_step: Vec<_> = self
                .changes
                .iter()
                .filter(|(at, ..)| at == time)
                .map(|(_, diff, at)| (*diff, *at))
                .collect();
            let [(-1, before), (1, after)] = of_step[..] else {
                panic!("{whose}: {of_step:?}");
            };
            assert_eq!((after - before) % 1_000, 0, "{whose}");
            assert!(after > before, "{whose}");
        }
    }
}

#[test]
fn a_subscribe_steps_once_a_tick_as_the_recorded_one_did() {
    let mut real = Stream::default();
    for line in recorded() {
        if let Some(row) = line["subscribe"].as_array() {
            let row: Vec<_> = row
                .iter()
                .map(|cell| cell.as_str().map(str::to_owned))
                .collect();
            real.add(&row, "u239");
        }
    }
    real.check("recorded");

    let simulator = Simulator::start(WORLD);
    let mut session = Session::login(simulator.address(), "materialize");
    let object = id(&mut session, "shop", "totals");
    rows(
        &mut session,
        "begin; declare c cursor for subscribe (select object_id, write_frontier::text from mz_internal.mz_frontiers \
         where object_id like 'u%') with (progress)",
    );
    let mut stream = Stream::default();
    let mut fetches = 0;
    for _ in 0..300 {
        simulator.pass(Duration::from_millis(100));
        let answer = session.ask("fetch all c with (timeout = '0s')");
        fetches += usize::from(!answer.rows.is_empty());
        for row in answer.rows {
            stream.add(&row, &object);
        }
    }
    stream.check("simulated");
    assert!((27..=33).contains(&fetches), "{fetches} batches in 30 s");
}
