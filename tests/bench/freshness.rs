//! How old what the operator sees is: from the moment the catalog shows a change to the moment the picture does.
//!
//! The simulated Materialize runs at the pace of a real one (its streams progress every second), over a real socket. The number is
//! the whole way through server, wire, alignment and decoding; drawing adds at most 33 ms. Budget: a median under 1.5 s.
//!
//! `first picture/N`: from nothing to the first picture of N objects, connecting, probing and six snapshots included. Budget: 1 s.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use cutover::materialize::connection::Connector;
use cutover::materialize::live::{FeedOptions, live};
use cutover::materialize::settings::{ConnectionSettings, SslMode};
use cutover::sim::{self, Passing, Simulator, World};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

async fn simulator() -> Simulator {
    Simulator::start(sim::Options {
        world: World::empty(),
        listen: "127.0.0.1:0".parse().unwrap(),
        passing: Passing::Real { speed: 1.0 },
    })
    .await
    .unwrap()
}

fn connector(simulator: &Simulator) -> Connector {
    Connector::new(ConnectionSettings {
        host: simulator.address().ip().to_string(),
        port: simulator.address().port(),
        sslmode: SslMode::Disable,
        ..ConnectionSettings::default()
    })
    .unwrap()
}

fn change_to_picture(c: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let simulator = runtime.block_on(simulator());
    let feed = runtime.block_on(async { live(connector(&simulator), FeedOptions::default()) });
    let mut pictures = feed.pictures();
    let mut number = 0;
    let mut one = || {
        number += 1;
        let name = format!("made_{number}");
        simulator
            .control()
            .execute("materialize", &format!("CREATE SCHEMA {name}"))
            .unwrap();
        let made = Instant::now();
        runtime.block_on(async {
            pictures
                .wait_for(|picture| {
                    picture.snapshot.as_ref().is_some_and(|snapshot| {
                        let mut schemas = snapshot.catalog.schemas.values();
                        schemas.any(|schema| schema.name.as_str() == name)
                    })
                })
                .await
                .unwrap();
        });
        // The next change comes at another phase of the server's second.
        std::thread::sleep(Duration::from_millis(137));
        made.elapsed().saturating_sub(Duration::from_millis(137))
    };
    let mut group = c.benchmark_group("freshness");
    group
        .sample_size(10)
        .warm_up_time(Duration::from_secs(2))
        .measurement_time(Duration::from_secs(20));
    group.bench_function("change to picture", |bencher| {
        bencher.iter_custom(|times| (0..times).map(|_| one()).sum());
    });
    group.finish();
}

/// Materialized views in two schemas on two clusters, as a production and its twin.
fn fill(simulator: &Simulator, objects: usize) {
    let run = |statement: &str| {
        simulator
            .control()
            .execute("materialize", statement)
            .unwrap();
    };
    run("CREATE TABLE orders (id int, amount int)");
    for side in ["blue", "green"] {
        run(&format!("CREATE SCHEMA {side}"));
        run(&format!("CREATE CLUSTER {side}_c (SIZE '25cc')"));
        for number in 0..objects / 2 {
            run(&format!(
                "CREATE MATERIALIZED VIEW {side}.model_{number} IN CLUSTER {side}_c \
                 AS SELECT id, sum(amount) AS amount FROM orders WHERE id % {objects} = {number} GROUP BY id"
            ));
        }
    }
}

fn first_picture(c: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let mut group = c.benchmark_group("first picture");
    for objects in [0, 2_000] {
        let simulator = runtime.block_on(simulator());
        fill(&simulator, objects);
        group.bench_function(BenchmarkId::from_parameter(objects), |bencher| {
            bencher.iter(|| {
                runtime.block_on(async {
                    let feed = live(connector(&simulator), FeedOptions::default());
                    let mut pictures = feed.pictures();
                    let first = pictures.wait_for(|picture| picture.snapshot.is_some());
                    assert!(first.await.is_ok());
                });
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = change_to_picture, first_picture
}
criterion_main!(benches);
