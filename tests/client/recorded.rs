//! What a real server answered (recordings 07, 08 and 14), through decoding, alignment and the judgement of readiness.

use cutover::domain::environment::{Environment, NamePair, Side, Strategy};
use cutover::domain::name::{Identifier, ObjectId};
use cutover::domain::readiness::{Readiness, Thresholds, judge};
use cutover::domain::reading::MissingReadings;
use cutover::domain::snapshot::{Lag, LogicalTime, Server, Snapshot};
use cutover::materialize::assemble::Assembler;
use cutover::materialize::decode::changes::ChangedIds;
use cutover::materialize::decode::store::CatalogRows;
use cutover::materialize::live::alignment::Alignment;
use cutover::materialize::live::event::{RowUpdate, StreamMessage};
use cutover::materialize::queries::{CatalogQuery, SubscribeGroup};
use cutover::materialize::row::TextRow;
use flate2::read::GzDecoder;
use serde_json::Value;
use std::io::Read;

pub fn recording(compressed: &[u8]) -> Vec<Value> {
    let mut text = String::new();
    GzDecoder::new(compressed)
        .read_to_string(&mut text)
        .unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn name(text: &str) -> Identifier {
    Identifier::new(text).unwrap()
}

fn server() -> Server {
    Server {
        version: "v26.9.0-dev.0".to_owned(),
        host: "localhost".to_owned(),
        port: 6875,
        database: name("materialize"),
        database_id: None,
        role: name("materialize"),
        superuser: false,
        simulated: false,
    }
}

pub fn text(cell: &Value) -> Option<String> {
    match cell {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn add(told: &mut CatalogRows, fact: CatalogQuery, cells: &[Option<&str>]) {
    told.change(fact, TextRow::new(cells.iter().copied()), 1);
}

/// The ids of recording 07, by the names that its frontiers are listed under.
const OBJECTS: [(&str, &str, &str, Option<&str>); 5] = [
    ("u26", "src", "table", None),
    ("u27", "heavy", "materialized-view", Some("u13")),
    ("u28", "vw", "view", None),
    ("u29", "vw_idx", "index", Some("u13")),
    ("u30", "const", "materialized-view", Some("u13")),
];

/// Schema `hyd` and cluster `hyd_c` with its two replicas, as the recording made them.
fn catalog() -> CatalogRows {
    let mut told = CatalogRows::default();
    add(
        &mut told,
        CatalogQuery::Databases,
        &[Some("u1"), Some("materialize")],
    );
    let schema = [Some("u18"), Some("hyd"), Some("u1"), Some("u1")];
    add(&mut told, CatalogQuery::Schemas, &schema);
    let cluster = ["u13", "hyd_c", "u1", "t", "25cc", "2"].map(Some);
    add(&mut told, CatalogQuery::Clusters, &cluster);
    for (replica, number) in [("u10", "r1"), ("u11", "r2")] {
        let cells = [Some(replica), Some(number), Some("u13"), Some("25cc"), None];
        add(&mut told, CatalogQuery::Replicas, &cells);
        let online = [Some(replica), Some("0"), Some("online"), None, None];
        add(&mut told, CatalogQuery::ReplicaStatuses, &online);
    }
    for (id, object, kind, cluster) in OBJECTS {
        let cells = [
            Some(id),
            Some(object),
            Some("u18"),
            Some(kind),
            cluster,
            Some("u1"),
        ];
        add(&mut told, CatalogQuery::Objects, &cells);
    }
    told
}

fn environment() -> Environment {
    let pair = |production, deployment| NamePair {
        production: name(production),
        deployment: name(deployment),
    };
    Environment {
        target: "prod".to_owned(),
        strategy: Strategy::Swap,
        database: name("materialize"),
        schemas: vec![pair("nothing", "hyd")],
        clusters: vec![pair("nothing_c", "hyd_c")],
    }
}

/// Each reading of recording 07: hydration of one moment beside the frontiers of the next.
///
/// Its clock was the wall's; the logical time is that of the healthy input (recording 15: 1 ms before its frontier).
fn readings() -> Vec<Snapshot> {
    let compressed = include_bytes!("../data/materialize/07-hydration.jsonl.gz");
    let mut snapshots = Vec::new();
    let mut hydration: Vec<Value> = Vec::new();
    for line in recording(compressed) {
        let sql = line["sql"].as_str().unwrap();
        let Some(rows) = line["rows"].as_array() else {
            continue;
        };
        if sql.starts_with("select o.id, o.name, o.type, h.replica_id") {
            hydration.clone_from(rows);
        } else if sql.starts_with("select o.name, extract(epoch from g.lag)") {
            snapshots.push(snapshot(&hydration, rows));
        }
    }
    snapshots
}

fn snapshot(hydration: &[Value], frontiers: &[Value]) -> Snapshot {
    let mut told = catalog();
    for row in hydration {
        let cells: Vec<_> = [0, 3, 4].map(|column| text(&row[column])).into();
        let cells: Vec<_> = cells.iter().map(Option::as_deref).collect();
        add(&mut told, CatalogQuery::Hydration, &cells);
    }
    let mut time = None;
    for row in frontiers {
        let (object, frontier) = (row[0].as_str().unwrap(), text(&row[5]));
        let (id, ..) = OBJECTS.iter().find(|(_, of, ..)| *of == object).unwrap();
        if object == "src" {
            time = frontier
                .as_deref()
                .map(|text| text.parse::<u64>().unwrap() - 1);
        }
        // A view has no row; the recording shows one by its outer join.
        if object != "vw" {
            add(
                &mut told,
                CatalogQuery::Frontiers,
                &[Some(id), frontier.as_deref()],
            );
        }
    }
    Assembler::new(server(), MissingReadings::new())
        .snapshot(&told, &ChangedIds::everything(), LogicalTime(time.unwrap()))
        .unwrap()
}

#[test]
fn the_recorded_hydration_is_judged_as_it_went() {
    let environment = environment();
    let verdicts: Vec<_> = readings()
        .iter()
        .map(|snapshot| {
            let resolved = environment.resolve(&snapshot.catalog);
            judge(snapshot, &resolved, Side::Deployment, Thresholds::default())
        })
        .collect();
    assert!(verdicts.len() > 20, "{} readings", verdicts.len());
    let (hydrated, total) = verdicts[0].hydrated_of_total();
    assert_eq!((hydrated, total), (0, 3), "nothing is attached at first");
    let ready_from = verdicts
        .iter()
        .position(|verdict| verdict.readiness == Readiness::Ready)
        .unwrap();
    for (at, verdict) in verdicts.iter().enumerate() {
        let expected = if at < ready_from {
            Readiness::Hydrating
        } else {
            Readiness::Ready
        };
        assert_eq!(
            verdict.readiness, expected,
            "reading {at}: {}",
            verdict.reason
        );
    }
    // The view was complete, and the index's frontier readable, long before the materialized view was hydrated.
    let before = &verdicts[ready_from - 1].objects;
    assert_eq!(before[&ObjectId::user(30)].readiness, Readiness::Ready);
    assert_eq!(before[&ObjectId::user(30)].lag, Lag::Millis(0));
    assert_eq!(before[&ObjectId::user(29)].readiness, Readiness::Hydrating);
}

/// What the stream of recording 14 names, in place of ids.
const NAMED: [&str; 4] = ["mv", "orders", "totals", "t_primary_idx"];

fn id_of(name: &str) -> ObjectId {
    let position = NAMED.iter().position(|known| *known == name).unwrap();
    ObjectId::user(position as u64)
}

/// The stream of recording 14: every second the frontiers of healthy objects move on.
fn frontier_stream() -> Vec<StreamMessage> {
    let compressed = include_bytes!("../data/materialize/14-record-rehearsal-audit.jsonl.gz");
    let lines = recording(compressed);
    let stream = lines
        .iter()
        .find(|line| line["sql"].as_str().unwrap().starts_with("subscribe"))
        .unwrap();
    let event = |row: &Value| {
        let time = LogicalTime(row[0].as_str().unwrap().parse().unwrap());
        if row[1].as_bool().unwrap() {
            return StreamMessage::Progress(time);
        }
        let id = id_of(row[3].as_str().unwrap()).to_string();
        StreamMessage::Update(RowUpdate {
            time,
            query: CatalogQuery::Frontiers,
            row: TextRow::new([Some(id.as_str()), row[4].as_str()].into_iter()),
            diff: row[2].as_i64().unwrap(),
        })
    };
    stream["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(event)
        .collect()
}

#[test]
fn healthy_objects_stay_within_the_threshold_at_every_aligned_time() {
    let events = frontier_stream();
    assert!(events.len() > 50, "{} messages", events.len());
    let mut alignment = Alignment::new([SubscribeGroup::Frontiers]);
    let mut assembler = Assembler::new(server(), MissingReadings::new());
    let mut steps = 0;
    for event in events {
        alignment.receive(SubscribeGroup::Frontiers, event).unwrap();
        let Some(step) = alignment.advance().unwrap() else {
            continue;
        };
        steps += 1;
        let snapshot = assembler
            .snapshot(alignment.rows(), &step.changes, step.time)
            .unwrap();
        for object in NAMED {
            let Lag::Millis(lag) = snapshot.lag(&id_of(object)) else {
                panic!("{object} at {:?} is unknown", step.time);
            };
            assert!(lag <= Thresholds::default().lag_ms, "{object}: {lag} ms");
        }
    }
    assert!(steps > 5, "{steps} steps");
}

#[test]
fn recorded_progress_reads_as_the_stream_sends_it() {
    let compressed = include_bytes!("../data/materialize/08-subscribe.jsonl.gz");
    let lines = recording(compressed);
    let with_progress = lines
        .iter()
        .find(|line| line["sql"].as_str().unwrap().contains("with (progress)"))
        .unwrap();
    let columns: Vec<_> = with_progress["columns"].as_array().unwrap()[..3]
        .iter()
        .map(|column| column.as_str().unwrap())
        .collect();
    assert_eq!(columns, ["mz_timestamp", "mz_progressed", "mz_diff"]);
    let progress = with_progress["rows"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row[2] == Value::Bool(true));
    let mut last = LogicalTime::default();
    for row in progress {
        // The recording's first column is its own clock; on the wire a truth value is `t`.
        let cells = [row[1].as_str(), Some("t"), None];
        let event = StreamMessage::parse(cells.len(), |column| cells[column]).unwrap();
        let StreamMessage::Progress(time) = event else {
            panic!("{event:?}");
        };
        assert!(time >= last);
        last = time;
    }
    assert!(last > LogicalTime::default());
}
