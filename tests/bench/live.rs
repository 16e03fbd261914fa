//! What the live picture costs this machine.
//!
//! | benchmark | what it means | budget |
//! |---|---|---|
//! | `frontiers/apply/2000` | one second's worth of frontier changes of 2,000 objects, from parsed rows to facts | a quiet screen stays under 1 % CPU, so 10 ms a second in all |
//! | `frontiers/snapshot/N` | the picture after such a second: frontiers decoded, the catalog shared | the same 10 ms, for 2,000; 20,000 shows that it grows linearly |
//! | `catalog/snapshot/N` | the picture after somebody's DDL: everything decoded again | happens with people's actions: under 100 ms is not felt |
//! | `first/N` | from the rows of every topic to the first picture | first picture under 1 s, the server's own time included |

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use cutover::domain::name::Identifier;
use cutover::domain::reading::MissingReadings;
use cutover::domain::snapshot::{LogicalTime, Server};
use cutover::materialize::assemble::Assembler;
use cutover::materialize::decode::changes::ChangedIds;
use cutover::materialize::live::alignment::Alignment;
use cutover::materialize::live::event::{RowUpdate, StreamMessage};
use cutover::materialize::queries::{CatalogQuery, SubscribeGroup};
use cutover::materialize::row::TextRow;
use std::hint::black_box;

const START: u64 = 1_795_167_680_000;
const SIZES: [usize; 2] = [2_000, 20_000];

fn server() -> Server {
    let name = |text| Identifier::new(text).unwrap();
    Server {
        version: "v26.9.0".to_owned(),
        host: "localhost".to_owned(),
        port: 6875,
        database: name("materialize"),
        database_id: None,
        role: name("materialize"),
        superuser: false,
        simulated: false,
    }
}

fn change(fact: CatalogQuery, time: u64, diff: i64, cells: &[Option<&str>]) -> StreamMessage {
    StreamMessage::Update(RowUpdate {
        time: LogicalTime(time),
        query: fact,
        row: TextRow::new(cells.iter().copied()),
        diff,
    })
}

fn frontier_row(object: usize, at: u64) -> TextRow {
    let (id, frontier) = (format!("u{object}"), at.to_string());
    TextRow::new([Some(id.as_str()), Some(frontier.as_str())].into_iter())
}

fn frontier(object: usize, time: u64, at: u64, diff: i64) -> StreamMessage {
    StreamMessage::Update(RowUpdate {
        time: LogicalTime(time),
        query: CatalogQuery::Frontiers,
        row: frontier_row(object, at),
        diff,
    })
}

/// The rows of a world of `objects` materialized views in two schemas on two clusters, as the first messages of the streams.
fn first_messages(objects: usize) -> Vec<(SubscribeGroup, StreamMessage)> {
    let mut messages = Vec::new();
    for topic in SubscribeGroup::ALL {
        messages.push((topic, StreamMessage::Progress(LogicalTime(START))));
    }
    let mut catalog = |fact, cells: &[Option<&str>]| {
        messages.push((SubscribeGroup::Catalog, change(fact, START, 1, cells)));
    };
    catalog(CatalogQuery::Databases, &[Some("u1"), Some("materialize")]);
    let create_sql =
        "SELECT customer_id, count(*) AS orders FROM orders GROUP BY customer_id ".repeat(20);
    for object in 1..=objects {
        let (id, name) = (format!("u{object}"), format!("model_{object}"));
        let input = format!("u{}", object / 2 + 1);
        let side = if object % 2 == 0 { "u10" } else { "u11" };
        catalog(
            CatalogQuery::Objects,
            &[
                Some(&id),
                Some(&name),
                Some(side),
                Some("materialized-view"),
                Some(side),
                Some("u1"),
            ],
        );
        catalog(
            CatalogQuery::MaterializedViews,
            &[Some(&id), Some(&create_sql)],
        );
        catalog(CatalogQuery::Dependencies, &[Some(&id), Some(&input)]);
    }
    for object in 1..=objects {
        let id = format!("u{object}");
        let cells = [Some(id.as_str()), Some("u3"), Some("t")];
        messages.push((
            SubscribeGroup::Hydration,
            change(CatalogQuery::Hydration, START, 1, &cells),
        ));
        messages.push((SubscribeGroup::Frontiers, frontier(object, START, START, 1)));
    }
    for topic in SubscribeGroup::ALL {
        messages.push((topic, StreamMessage::Progress(LogicalTime(START + 1))));
    }
    messages
}

fn world(objects: usize) -> Alignment {
    let mut alignment = Alignment::new(SubscribeGroup::ALL);
    for (topic, event) in first_messages(objects) {
        alignment.receive(topic, event).unwrap();
    }
    assert!(alignment.advance().unwrap().is_some());
    alignment
}

/// One second in which every frontier moves on: the messages of the frontiers' stream, and the progress of the others.
fn second(objects: usize, number: u64) -> Vec<(SubscribeGroup, StreamMessage)> {
    let (before, after) = (START + 1_000 * (number - 1), START + 1_000 * number);
    let mut messages = Vec::with_capacity(objects * 2 + SubscribeGroup::ALL.len());
    for object in 1..=objects {
        messages.push((
            SubscribeGroup::Frontiers,
            frontier(object, after, before, -1),
        ));
        messages.push((SubscribeGroup::Frontiers, frontier(object, after, after, 1)));
    }
    for topic in SubscribeGroup::ALL {
        messages.push((topic, StreamMessage::Progress(LogicalTime(after + 1))));
    }
    messages
}

fn frontiers(c: &mut Criterion) {
    let mut group = c.benchmark_group("frontiers");
    let objects = SIZES[0];
    let mut alignment = world(objects);
    let mut number = 0;
    group.bench_function(BenchmarkId::new("apply", objects), |bencher| {
        bencher.iter_batched(
            || {
                number += 1;
                second(objects, number)
            },
            |messages| {
                for (topic, event) in messages {
                    alignment.receive(topic, event).unwrap();
                }
                black_box(alignment.advance().unwrap());
            },
            criterion::BatchSize::PerIteration,
        );
    });
    for objects in SIZES {
        let alignment = world(objects);
        let mut assembler = Assembler::new(server(), MissingReadings::new());
        let time = LogicalTime(START);
        let rows = alignment.rows();
        assembler
            .snapshot(rows, &ChangedIds::everything(), time)
            .unwrap();
        let mut changes = ChangedIds::default();
        (1..=objects)
            .for_each(|object| changes.note(CatalogQuery::Frontiers, &frontier_row(object, START)));
        group.bench_function(BenchmarkId::new("snapshot", objects), |bencher| {
            bencher.iter(|| black_box(assembler.snapshot(rows, &changes, time)));
        });
    }
    group.finish();
}

fn catalog(c: &mut Criterion) {
    let mut group = c.benchmark_group("catalog");
    for objects in SIZES {
        let alignment = world(objects);
        group.bench_function(BenchmarkId::new("snapshot", objects), |bencher| {
            bencher.iter(|| {
                let mut assembler = Assembler::new(server(), MissingReadings::new());
                let everything = ChangedIds::everything();
                black_box(assembler.snapshot(alignment.rows(), &everything, LogicalTime(START)))
            });
        });
    }
    group.finish();
}

fn first(c: &mut Criterion) {
    let mut group = c.benchmark_group("first");
    group.sample_size(10);
    for objects in SIZES {
        group.bench_function(BenchmarkId::from_parameter(objects), |bencher| {
            bencher.iter_batched(
                || first_messages(objects),
                |messages| {
                    let mut alignment = Alignment::new(SubscribeGroup::ALL);
                    for (topic, event) in messages {
                        alignment.receive(topic, event).unwrap();
                    }
                    let step = alignment.advance().unwrap().unwrap();
                    let mut assembler = Assembler::new(server(), MissingReadings::new());
                    black_box(assembler.snapshot(alignment.rows(), &step.changes, step.time))
                },
                criterion::BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, frontiers, catalog, first);
criterion_main!(benches);
