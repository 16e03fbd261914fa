//! The client against the simulated Materialize, over a real socket.

#[path = "simulated/executing.rs"]
mod executing;
#[path = "simulated/reading.rs"]
mod reading;
#[path = "simulated/streaming.rs"]
mod streaming;

use crate::connector;
use cutover::domain::name::Identifier;
use cutover::domain::object::{Catalog, Schema};
use cutover::domain::snapshot::Snapshot;
use cutover::materialize::live::LiveFeed;
use cutover::materialize::observe::Observer;
use cutover::sim::{self, Passing, Simulator, World};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(30);

async fn simulator(passing: Passing) -> Simulator {
    Simulator::start(sim::Options {
        world: World::empty(),
        listen: "127.0.0.1:0".parse().unwrap(),
        passing,
    })
    .await
    .unwrap()
}

async fn standing() -> Simulator {
    simulator(Passing::Manual).await
}

async fn running() -> Simulator {
    simulator(Passing::Real { speed: 10.0 }).await
}

fn run(simulator: &Simulator, statements: &[&str]) {
    for statement in statements {
        simulator
            .control()
            .execute("materialize", statement)
            .unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
}

/// Blue and green with a materialized view each, on a cluster each.
const PAIR: [&str; 9] = [
    "CREATE SCHEMA blue",
    "CREATE SCHEMA green",
    "CREATE TABLE blue.t (a int)",
    "CREATE CLUSTER blue_c (SIZE '25cc', REPLICATION FACTOR 1)",
    "CREATE CLUSTER green_c (SIZE '25cc', REPLICATION FACTOR 2)",
    "CREATE MATERIALIZED VIEW blue.mv IN CLUSTER blue_c AS SELECT count(*) FROM blue.t",
    "CREATE MATERIALIZED VIEW green.mv IN CLUSTER green_c AS SELECT count(*) FROM blue.t",
    "CREATE INDEX t_idx IN CLUSTER green_c ON blue.t (a)",
    "COMMENT ON SCHEMA green IS 'cutover/1 role=candidate'",
];

fn schema<'a>(catalog: &'a Catalog, name: &str) -> Option<&'a Schema> {
    let database = catalog.database_named(&Identifier::new("materialize").unwrap())?;
    catalog.schema_named(database, &Identifier::new(name).unwrap())
}

async fn observer(simulator: &Simulator) -> Observer {
    Observer::connect(&connector(simulator.address()))
        .await
        .unwrap()
}

async fn snapshot(feed: &LiveFeed, is: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
    let mut pictures = feed.pictures();
    let found = timeout(
        PATIENCE,
        pictures.wait_for(|picture| picture.snapshot.as_deref().is_some_and(&is)),
    )
    .await;
    match found {
        Ok(found) => found.unwrap().snapshot.clone().unwrap(),
        Err(_) => panic!(
            "never came; last: {:?}",
            feed.pictures().borrow().connection
        ),
    }
}
