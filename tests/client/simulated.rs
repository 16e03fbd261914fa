//! The client against the simulated Materialize, over a real socket.

use crate::proxy::{Cut, Proxy};
use crate::{connector, settings};
use cutover::domain::access::Privilege;
use cutover::domain::name::Identifier;
use cutover::domain::object::{Catalog, ObjectKind, Schema};
use cutover::domain::snapshot::{Lag, Snapshot};
use cutover::materialize::connection::{Connector, Purpose};
use cutover::materialize::error::Class;
use cutover::materialize::execute::{Executor, TransactionOutcome};
use cutover::materialize::live::{LiveFeed, Options, live};
use cutover::materialize::observe::Observer;
use cutover::materialize::picture::LinkState;
use cutover::materialize::queries::{Offer, QUERIES, Topic};
use cutover::materialize::settings::Secret;
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
        Err(_) => panic!("never came; last: {:?}", feed.pictures().borrow().link),
    }
}

fn everything() -> Offer {
    Offer::new(QUERIES.iter().flat_map(|query| {
        let (schema, relation) = query.relation.split_once('.').unwrap_or_default();
        query
            .needs
            .iter()
            .map(move |need| (schema.to_owned(), relation.to_owned(), (*need).to_owned()))
    }))
}

/// Relations of newer servers, which the simulated one does not have.
const NEWER: [&str; 1] = ["mz_internal.mz_cluster_auto_scaling_strategies"];

#[tokio::test]
async fn every_query_runs_alone_with_the_columns_that_it_names() {
    let simulator = standing().await;
    run(&simulator, &PAIR);
    let link = connector(simulator.address())
        .connect(Purpose::Observe)
        .await
        .unwrap();
    for query in QUERIES
        .iter()
        .filter(|query| !NEWER.contains(&query.relation))
    {
        let answer = link
            .run(&query.statement())
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", query.name));
        assert_eq!(answer.columns, query.columns, "{}", query.name);
    }
}

#[tokio::test]
async fn every_topic_is_readable_and_subscribable() {
    let simulator = standing().await;
    run(&simulator, &PAIR);
    let address = simulator.address();
    for topic in Topic::ALL {
        let queries: Vec<_> = everything().queries(topic).collect();
        let select = Topic::statement(&queries).unwrap();
        let link = connector(address).connect(Purpose::Observe).await.unwrap();
        link.run(&select)
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", topic.as_str()));
    }
    let feed = live(connector(address), Options::default());
    simulator.control().advance(Duration::from_secs(2));
    let first = snapshot(&feed, |_| true).await;
    assert_eq!(feed.pictures().borrow().link, LinkState::Live);
    assert_eq!(first.missing, std::collections::BTreeSet::new());
}

#[tokio::test]
async fn a_reading_holds_what_was_made() {
    let simulator = standing().await;
    run(&simulator, &PAIR);
    simulator.control().advance(Duration::from_secs(120));
    let read = observer(&simulator).await.observe().await.unwrap();
    let green = schema(&read.catalog, "green").unwrap();
    assert_eq!(green.comment.as_deref(), Some("cutover/1 role=candidate"));
    let view = read.catalog.objects_in(&green.id).next().unwrap();
    assert_eq!(view.kind, ObjectKind::MaterializedView);
    let sql = view.create_sql.as_deref().unwrap();
    assert!(sql.starts_with("CREATE MATERIALIZED VIEW"), "{sql}");
    assert_eq!(read.catalog.inputs[&view.id].len(), 1);
    let cluster = view.cluster.as_ref().unwrap();
    assert_eq!(read.catalog.replicas_of(cluster).count(), 2);
    let statuses = &read.readings.hydration[&view.id];
    assert_eq!(statuses.len(), 2);
    assert!(statuses.iter().all(|status| status.hydrated == Some(true)));
    assert!(matches!(read.lag(&view.id), Lag::Millis(lag) if lag <= 1_000));
    let index = read
        .catalog
        .objects
        .values()
        .find(|object| object.kind == ObjectKind::Index)
        .unwrap();
    assert!(index.parent.is_some());
    assert!(
        read.readings
            .replicas
            .values()
            .all(|health| health.is_online())
    );
}

#[tokio::test]
async fn access_tells_grants_memberships_and_clusters() {
    let simulator = standing().await;
    run(&simulator, &PAIR);
    for statement in ["CREATE ROLE analyst", "CREATE ROLE team"] {
        simulator.control().execute("mz_system", statement).unwrap();
    }
    run(
        &simulator,
        &[
            "GRANT USAGE ON SCHEMA blue TO analyst",
            "GRANT SELECT ON blue.mv TO PUBLIC",
        ],
    );
    let mut observer = observer(&simulator).await;
    let read = observer.observe().await.unwrap();
    let access = observer.access().await.unwrap();
    assert!(access.rbac_enabled);
    assert!(access.may_create_clusters());
    let blue = schema(&read.catalog, "blue").unwrap();
    assert!(access.owns(&blue.owner));
    let usage = access.schema_grants[&blue.id]
        .iter()
        .filter(|grant| grant.privileges.contains(&Privilege::Usage))
        .count();
    assert!(usage >= 2, "the owner's and the analyst's: {usage}");
    let clusters: Vec<_> = read
        .catalog
        .clusters
        .values()
        .filter(|cluster| cluster.name.as_str().ends_with("_c"))
        .cloned()
        .collect();
    let definitions = observer.cluster_definitions(&clusters).await.unwrap();
    assert_eq!(definitions.len(), 2);
    for definition in definitions {
        let sql = definition.create_sql.unwrap();
        assert!(sql.contains("SIZE = '25cc'"), "{sql}");
    }
    let events = observer.audit_events().await.unwrap();
    assert!(events.iter().any(|event| event.object_type == "cluster"));
    observer.lag_history().await.unwrap();
}

#[tokio::test]
async fn hydration_arrives_as_it_happens() {
    let simulator = running().await;
    run(&simulator, &PAIR[..5]);
    let feed = live(connector(simulator.address()), Options::default());
    let before = snapshot(&feed, |snapshot| {
        schema(&snapshot.catalog, "green").is_some()
    })
    .await;
    assert!(before.readings.hydration.is_empty());
    run(&simulator, &PAIR[6..7]);
    let view = |snapshot: &Snapshot| {
        let green = schema(&snapshot.catalog, "green")?;
        let view = snapshot.catalog.objects_in(&green.id).next()?;
        Some(view.id.clone())
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
async fn a_swap_moves_names_and_comments_stay_with_ids() {
    let simulator = standing().await;
    run(&simulator, &PAIR);
    let mut observer = observer(&simulator).await;
    let before = observer.observe().await.unwrap();
    let green = schema(&before.catalog, "green").unwrap().clone();
    let mut executor = Executor::connect(&connector(simulator.address()), |_| {})
        .await
        .unwrap();
    let swaps = [
        r#"ALTER SCHEMA "materialize"."blue" SWAP WITH "green""#,
        r#"ALTER CLUSTER "blue_c" SWAP WITH "green_c""#,
    ];
    let rehearsed = executor.rehearse(&swaps).await;
    assert!(
        matches!(rehearsed, TransactionOutcome::Rehearsed { .. }),
        "{rehearsed:?}"
    );
    let unchanged = observer.observe().await.unwrap();
    assert_eq!(unchanged.catalog, before.catalog);
    let committed = executor.transaction(&swaps).await;
    assert!(
        matches!(committed, TransactionOutcome::Committed { .. }),
        "{committed:?}"
    );
    let after = observer.observe().await.unwrap();
    let blue = schema(&after.catalog, "blue").unwrap();
    assert_eq!((&blue.id, &blue.comment), (&green.id, &green.comment));
}

#[tokio::test]
async fn a_cut_around_commit_is_settled_by_reading_back() {
    for (cut, swapped) in [(Cut::Before, false), (Cut::After, true)] {
        let simulator = standing().await;
        run(&simulator, &PAIR);
        let mut observer = observer(&simulator).await;
        let before = observer.observe().await.unwrap();
        let proxy = Proxy::before(simulator.address()).await;
        let mut executor = Executor::connect(&connector(proxy.address), |_| {})
            .await
            .unwrap();
        proxy.cut_at(b"COMMIT", cut);
        let outcome = executor
            .transaction(&["ALTER SCHEMA blue SWAP WITH green"])
            .await;
        assert!(
            matches!(outcome, TransactionOutcome::Unknown { .. }),
            "{outcome:?}"
        );
        let after = observer.observe().await.unwrap();
        let id = |snapshot: &Snapshot| schema(&snapshot.catalog, "blue").unwrap().id.clone();
        assert_eq!(id(&before) != id(&after), swapped, "{cut:?}");
    }
}

#[tokio::test]
async fn a_failed_transaction_does_not_commit() {
    let simulator = standing().await;
    run(&simulator, &PAIR);
    let link = connector(simulator.address())
        .connect(Purpose::Execute)
        .await
        .unwrap();
    link.run("BEGIN").await.unwrap();
    link.run("ALTER SCHEMA blue SWAP WITH nosuch")
        .await
        .unwrap_err();
    let end = link.run("COMMIT").await.unwrap();
    assert_eq!(end.tag, "ROLLBACK", "the tag alone tells it");
}

#[tokio::test]
async fn a_race_is_told_as_one() {
    let simulator = standing().await;
    run(&simulator, &PAIR);
    let control = simulator.control();
    control.arm(sim::Fault::conflict_at_commit(1));
    let mut executor = Executor::connect(&connector(simulator.address()), |_| {})
        .await
        .unwrap();
    let swap = ["ALTER SCHEMA blue SWAP WITH green"];
    let lost = executor.transaction(&swap).await;
    assert!(lost.is_retryable(), "{lost:?}");
    let won = executor.transaction(&swap).await;
    assert!(
        matches!(won, TransactionOutcome::Committed { .. }),
        "{won:?}"
    );
}

#[tokio::test]
async fn a_down_server_keeps_the_picture_and_comes_back() {
    let simulator = running().await;
    run(&simulator, &PAIR);
    let feed = live(connector(simulator.address()), Options::default());
    snapshot(&feed, |_| true).await;
    simulator.control().close();
    let lost = timeout(
        PATIENCE,
        feed.pictures()
            .wait_for(|picture| matches!(picture.link, LinkState::Lost { .. })),
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
    let feed = live(connector(simulator.address()), Options::default());
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

#[tokio::test]
async fn a_server_that_calls_itself_simulated_is_shown_as_one() {
    let simulator = Simulator::start(sim::Options {
        world: World::from_toml("[server]\nversion = \"v26.9.0 (simulated)\"").unwrap(),
        listen: "127.0.0.1:0".parse().unwrap(),
        passing: Passing::Manual,
    })
    .await
    .unwrap();
    let observer = observer(&simulator).await;
    assert!(observer.server().simulated, "{}", observer.server().version);
}

#[tokio::test]
async fn a_wrong_password_is_told_without_showing_it() {
    let world = "[[role]]\nname = \"operator\"\npassword = \"right horse\"";
    let simulator = Simulator::start(sim::Options {
        world: World::from_toml(world).unwrap(),
        listen: "127.0.0.1:0".parse().unwrap(),
        passing: Passing::Manual,
    })
    .await
    .unwrap();
    let mut settings = settings(simulator.address());
    settings.user = "operator".to_owned();
    for wrong in [None, Some("wrong horse")] {
        settings.password = wrong.map(Secret::new);
        let error = Connector::new(settings.clone())
            .unwrap()
            .connect(Purpose::Observe)
            .await
            .err()
            .unwrap();
        assert!(
            matches!(error.class, Class::Authentication { .. }),
            "{error}"
        );
        assert!(error.to_string().contains("operator"), "{error}");
        assert!(!error.to_string().contains("horse"), "{error}");
    }
    settings.password = Some(Secret::new("right horse"));
    let link = Connector::new(settings)
        .unwrap()
        .connect(Purpose::Observe)
        .await;
    assert!(link.is_ok(), "{:?}", link.err());
}
