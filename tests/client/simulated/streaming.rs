//! The live feed.

use super::{PAIR, PATIENCE, observer, run, running, schema, snapshot};
use crate::{connector, settings};
use cutover::domain::object::ObjectKind;
use cutover::domain::snapshot::{Lag, Snapshot};
use cutover::materialize::connection::{Connector, Purpose};
use cutover::materialize::live::{FeedOptions, live};
use cutover::sim::world::{Fault, FaultKind};
use cutover::sim::{self, Passing, Simulator, World};
use std::time::Duration;
use tokio::time::timeout;

#[tokio::test]
async fn hydration_arrives_as_it_happens() {
    let simulator = running().await;
    run(&simulator, &PAIR[..5]);
    let feed = live(connector(simulator.address()), FeedOptions::default());
    let before = snapshot(&feed, |snapshot| {
        schema(&snapshot.catalog, "green").is_some()
    })
    .await;
    assert!(before.readings.hydration.is_empty());
    run(&simulator, &PAIR[6..7]);
    let view = |snapshot: &Snapshot| {
        let green = schema(&snapshot.catalog, "green")?;
        let view = snapshot.catalog.objects_in(&green.id).next()?;
        Some(view.id)
    };
    let made = snapshot(&feed, |snapshot| view(snapshot).is_some()).await;
    let id = view(&made).unwrap();
    snapshot(&feed, |snapshot| {
        snapshot
            .readings
            .hydration
            .get(&id)
            .is_some_and(|statuses| {
                statuses.len() == 2 && statuses.iter().all(|one| one.hydrated == Some(true))
            })
    })
    .await;
    snapshot(
        &feed,
        |snapshot| matches!(snapshot.lag(&id), Lag::Millis(lag) if lag <= 1_000),
    )
    .await;
}

#[tokio::test]
async fn a_down_server_keeps_the_picture_and_comes_back() {
    let simulator = running().await;
    run(&simulator, &PAIR);
    let feed = live(connector(simulator.address()), FeedOptions::default());
    snapshot(&feed, |_| true).await;
    simulator.control().close();
    let lost = timeout(
        PATIENCE,
        feed.pictures()
            .wait_for(|picture| picture.connection.is_lost()),
    )
    .await
    .unwrap()
    .unwrap()
    .clone();
    assert!(lost.snapshot.is_some());
    simulator.control().open();
    feed.refresh();
    run(&simulator, &["CREATE SCHEMA later"]);
    snapshot(&feed, |snapshot| {
        schema(&snapshot.catalog, "later").is_some()
    })
    .await;
}

#[tokio::test]
async fn sessions_and_subscribers_are_seen() {
    let simulator = running().await;
    run(&simulator, &PAIR);
    let mut settings = settings(simulator.address());
    settings.application_name = "grafana".to_owned();
    settings.cluster = Some("blue_c".to_owned());
    let reader = Connector::new(settings)
        .unwrap()
        .connect(Purpose::Execute)
        .await
        .unwrap();
    let reading = tokio::spawn(async move { reader.run("SUBSCRIBE blue.mv").await });
    let feed = live(connector(simulator.address()), FeedOptions::default());
    let seen = snapshot(&feed, |snapshot| {
        !snapshot.readings.subscriptions.is_empty()
    })
    .await;
    let subscription = &seen.readings.subscriptions[0];
    let blue = schema(&seen.catalog, "blue").unwrap();
    let view = seen
        .catalog
        .objects_in(&blue.id)
        .find(|object| object.kind == ObjectKind::MaterializedView)
        .unwrap();
    assert!(subscription.objects.contains(&view.id));
    assert!(
        seen.readings
            .sessions
            .iter()
            .any(|session| session.id == subscription.session)
    );
    assert_eq!(
        seen.readings.subscriptions.len(),
        1,
        "our own streams are not readers of user objects"
    );
    reading.abort();
}

/// A belief, from the release notes of 26.39: a server ends a SUBSCRIBE whose client reads too slowly with 53200. It is begun anew.
#[tokio::test]
async fn a_stream_that_fell_behind_is_begun_anew() {
    let simulator = running().await;
    let feed = live(connector(simulator.address()), FeedOptions::default());
    snapshot(&feed, |_| true).await;
    simulator
        .control()
        .arm(Fault::once("", FaultKind::SubscribeFallsBehind));
    simulator.control().advance(Duration::from_secs(2));
    run(&simulator, &["CREATE SCHEMA later"]);
    snapshot(&feed, |seen| schema(&seen.catalog, "later").is_some()).await;
    assert_eq!(simulator.control().faults().remaining(), 0);
    assert!(feed.pictures().borrow().connection.restarts > 0);
}

/// Streams and one-shot readings are two ways to the same facts.
#[tokio::test]
async fn after_much_ado_the_live_picture_is_what_a_reading_says() {
    let simulator = Simulator::start(sim::Options {
        world: World::named("demo").unwrap(),
        listen: "127.0.0.1:0".parse().unwrap(),
        passing: Passing::Real { speed: 20.0 },
    })
    .await
    .unwrap();
    let feed = live(connector(simulator.address()), FeedOptions::default());
    snapshot(&feed, |_| true).await;
    for number in 0..15 {
        run(
            &simulator,
            &[
                &format!("CREATE SCHEMA s{number}"),
                &format!("COMMENT ON SCHEMA s{number} IS 'number {number}'"),
                &format!("CREATE CLUSTER c{number} (SIZE '25cc', REPLICATION FACTOR 2)"),
                &format!(
                    "CREATE MATERIALIZED VIEW s{number}.v IN CLUSTER c{number} AS SELECT 1 AS a"
                ),
                &format!("CREATE INDEX v_idx IN CLUSTER c{number} ON s{number}.v (a)"),
            ],
        );
        if number % 3 == 0 {
            run(&simulator, &[&format!("DROP SCHEMA s{number} CASCADE")]);
            run(&simulator, &[&format!("DROP CLUSTER c{number} CASCADE")]);
        } else {
            run(
                &simulator,
                &[&format!("ALTER SCHEMA s{number} SWAP WITH serving")],
            );
        }
        tokio::task::yield_now().await;
    }
    let read = observer(&simulator).await.observe().await.unwrap();
    let live = snapshot(&feed, |snapshot| snapshot.time >= read.time).await;
    assert_eq!(live.catalog, read.catalog);
    assert_eq!(live.missing, read.missing);
    assert_eq!(feed.pictures().borrow().connection.restarts, 0);
}
