//! The live feed against a server whose time and faults the test decides.

use crate::proxy::Proxy;
use crate::script::{Reply, START, Script};
use crate::{connector, settings};
use cutover::domain::failure::told;
use cutover::domain::name::{DatabaseId, ObjectId, SchemaId};
use cutover::domain::picture::{ConnectionState, Picture};
use cutover::domain::reading::CatalogReading;
use cutover::domain::snapshot::{Lag, Snapshot};
use cutover::materialize::connection::Connector;
use cutover::materialize::live::{FeedOptions, LiveFeed, live};
use cutover::materialize::queries::CatalogQuery;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(20);

fn feed(address: SocketAddr) -> LiveFeed {
    live(connector(address), FeedOptions::default())
}

/// Waits for a picture of which this is true.
async fn picture(feed: &LiveFeed, is: impl FnMut(&Picture) -> bool) -> Picture {
    let mut pictures = feed.pictures();
    let found = timeout(PATIENCE, pictures.wait_for(is)).await;
    match found {
        Ok(found) => found.unwrap().clone(),
        Err(_) => panic!(
            "never came; last: {:?}",
            feed.pictures().borrow().connection
        ),
    }
}

async fn snapshot(feed: &LiveFeed, mut is: impl FnMut(&Snapshot) -> bool) -> Arc<Snapshot> {
    let found = picture(feed, |picture| {
        picture.snapshot.as_deref().is_some_and(&mut is)
    })
    .await;
    found.snapshot.unwrap()
}

const SCHEMA: (CatalogQuery, i64, &[&str]) =
    (CatalogQuery::Schemas, 1, &["u10", "prod", "u1", "u1"]);
const VIEW: (CatalogQuery, i64, &[&str]) = (
    CatalogQuery::Objects,
    1,
    &["u13", "mv", "u10", "materialized-view", "u4", "u1"],
);

fn view() -> ObjectId {
    ObjectId::user(13)
}

#[tokio::test]
async fn changes_show_up_together_at_one_time() {
    let script = Script::start().await;
    script.second(&[(CatalogQuery::Databases, 1, &["u1", "materialize"]), SCHEMA]);
    let feed = feed(script.address);
    let first = snapshot(&feed, |_| true).await;
    assert_eq!(first.time.0, START + 1_000);
    assert_eq!(first.server.database_id, Some(DatabaseId::user(1)));
    assert!(first.server.simulated);
    script.second(&[
        VIEW,
        (CatalogQuery::Hydration, 1, &["u13", "-", "f"]),
        (CatalogQuery::Frontiers, 1, &["u13", "1795167675000"]),
    ]);
    let second = snapshot(&feed, |snapshot| {
        snapshot.catalog.objects.contains_key(&view())
    })
    .await;
    assert_eq!(second.readings.hydration_of(&view())[0].replica, None);
    assert_eq!(second.lag(&view()), Lag::Millis(7_000));
    script.second(&[
        (CatalogQuery::Frontiers, -1, &["u13", "1795167675000"]),
        (CatalogQuery::Frontiers, 1, &["u13", "1795167683001"]),
    ]);
    let third = snapshot(&feed, |snapshot| snapshot.lag(&view()) == Lag::Millis(0)).await;
    assert!(
        Arc::ptr_eq(&second.catalog, &third.catalog),
        "an unchanged catalog is shared"
    );
}

#[tokio::test]
async fn an_object_made_again_under_its_name_is_another_one() {
    let script = Script::start().await;
    script.second(&[
        SCHEMA,
        VIEW,
        (CatalogQuery::Hydration, 1, &["u13", "u3", "t"]),
    ]);
    let feed = feed(script.address);
    snapshot(&feed, |snapshot| snapshot.readings.hydration.len() == 1).await;
    script.second(&[
        (VIEW.0, -1, VIEW.2),
        (CatalogQuery::Hydration, -1, &["u13", "u3", "t"]),
        (
            CatalogQuery::Objects,
            1,
            &["u14", "mv", "u10", "materialized-view", "u4", "u1"],
        ),
    ]);
    let after = snapshot(&feed, |snapshot| {
        snapshot.catalog.objects.contains_key(&ObjectId::user(14))
    })
    .await;
    assert!(!after.catalog.objects.contains_key(&view()));
    assert!(
        after.readings.hydration.is_empty(),
        "the old one's hydration says nothing about the new one"
    );
}

#[tokio::test]
async fn a_lost_link_keeps_the_picture_and_comes_back() {
    let script = Script::start().await;
    let proxy = Proxy::before(script.address).await;
    script.second(&[SCHEMA]);
    let feed = feed(proxy.address);
    let before = snapshot(&feed, |_| true).await;
    assert_eq!(proxy.accepted(), 6, "one connection for each topic");
    proxy.refuse();
    proxy.cut_all();
    let lost = picture(&feed, |picture| {
        matches!(
            picture.connection.state,
            ConnectionState::Lost { attempts: 1.., .. }
        )
    })
    .await;
    assert_eq!(lost.snapshot.as_deref(), Some(&*before));
    script.second(&[(CatalogQuery::Schemas, 1, &["u11", "green", "u1", "u1"])]);
    proxy.pass();
    feed.refresh();
    let back = picture(&feed, |picture| {
        picture.connection.state == ConnectionState::Live
    })
    .await;
    let schemas = &back.snapshot.unwrap().catalog.schemas;
    assert!(schemas.contains_key(&SchemaId::user(11)));
    assert_eq!(
        back.connection.restarts, 1,
        "one outage, however many tries"
    );
}

#[tokio::test]
async fn a_row_that_was_never_there_starts_the_streams_anew() {
    let script = Script::start().await;
    script.second(&[SCHEMA]);
    let feed = feed(script.address);
    snapshot(&feed, |_| true).await;
    let ghost = ["u99", "ghost", "u1", "u1"];
    script.second(&[(CatalogQuery::Schemas, -1, &ghost)]);
    let gap = picture(&feed, |picture| picture.connection.last_gap.is_some()).await;
    assert!(gap.connection.last_gap.unwrap().contains("never there"));
    script.second(&[(CatalogQuery::Schemas, 1, &ghost)]);
    picture(&feed, |picture| {
        picture.connection.restarts == 1 && picture.connection.state == ConnectionState::Live
    })
    .await;
}

#[tokio::test]
async fn what_a_role_can_t_read_costs_a_column() {
    let script = Script::start().await;
    script.second(&[SCHEMA]);
    script.reply(
        "mz_internal.mz_sessions",
        Reply::Error(
            "42501",
            "permission denied for TABLE \"mz_internal.mz_sessions\"",
        ),
    );
    let feed = feed(script.address);
    let found = picture(&feed, |picture| picture.snapshot.is_some()).await;
    assert_eq!(found.connection.state, ConnectionState::Live);
    let snapshot = found.snapshot.unwrap();
    assert!(snapshot.lacks(CatalogReading::Sessions));
    assert!(!snapshot.lacks(CatalogReading::Subscriptions));
}

#[tokio::test]
async fn a_server_that_refuses_subscribe_is_polled() {
    let script = Script::start().await;
    script.second(&[SCHEMA]);
    script.reply(
        "SUBSCRIBE",
        Reply::Error("0A000", "SUBSCRIBE is not supported here"),
    );
    let feed = feed(script.address);
    let found = picture(&feed, |picture| picture.snapshot.is_some()).await;
    assert!(matches!(
        found.connection.state,
        ConnectionState::Polling { .. }
    ));
    assert!(
        found
            .connection
            .polling_reason
            .unwrap()
            .contains("not supported here")
    );
    script.second(&[VIEW]);
    feed.refresh();
    snapshot(&feed, |snapshot| {
        snapshot.catalog.objects.contains_key(&view())
    })
    .await;
}

#[tokio::test]
async fn polling_can_be_asked_for() {
    let script = Script::start().await;
    script.second(&[SCHEMA]);
    let every = Duration::from_millis(50);
    let options = FeedOptions { poll: Some(every) };
    let feed = live(connector(script.address), options);
    let first = snapshot(&feed, |_| true).await;
    script.second(&[VIEW]);
    let second = snapshot(&feed, |snapshot| snapshot.time > first.time).await;
    assert!(second.catalog.objects.contains_key(&view()));
    assert!(script.heard("SUBSCRIBE").is_empty());
}

#[tokio::test]
async fn a_silent_stream_holds_the_picture_back() {
    let script = Script::start().await;
    script.second(&[SCHEMA]);
    let feed = feed(script.address);
    let before = snapshot(&feed, |_| true).await;
    script.silence("'frontiers' AS fact");
    script.second(&[VIEW]);
    script.second(&[]);
    let mut pictures = feed.pictures();
    pictures.mark_unchanged();
    let quiet = timeout(Duration::from_millis(500), pictures.changed()).await;
    assert!(quiet.is_err(), "no picture without the frontiers' word");
    assert_eq!(pictures.borrow().snapshot.as_deref(), Some(&*before));
}

#[tokio::test]
async fn a_link_that_passes_nothing_is_noticed() {
    let script = Script::start().await;
    let proxy = Proxy::before(script.address).await;
    script.second(&[SCHEMA]);
    let mut settings = settings(proxy.address);
    settings.deadlines.stream = Duration::from_millis(300);
    let feed = live(Connector::new(settings).unwrap(), FeedOptions::default());
    snapshot(&feed, |_| true).await;
    proxy.hold();
    let lost = picture(&feed, |picture| picture.connection.is_lost()).await;
    let ConnectionState::Lost { error, .. } = lost.connection.state else {
        panic!("{:?}", lost.connection.state);
    };
    assert!(told(&error).contains("no sign of life"), "{error}");
    assert!(lost.snapshot.is_some());
}
