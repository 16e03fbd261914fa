//! Connections and one-shot readings.

use super::{PAIR, observer, run, running, schema, snapshot, standing};
use crate::{connector, settings};
use cutover::domain::access::Privilege;
use cutover::domain::object::ObjectKind;
use cutover::domain::picture::ConnectionState;
use cutover::domain::reading::MissingReadings;
use cutover::domain::snapshot::Lag;
use cutover::materialize::connection::{Connector, Purpose};
use cutover::materialize::error::Class;
use cutover::materialize::live::{FeedOptions, live};
use cutover::materialize::offer::Offer;
use cutover::materialize::queries::{QUERIES, SubscribeGroup, one_select};
use cutover::materialize::settings::Secret;
use cutover::sim::{self, Passing, Simulator, World};
use std::time::Duration;

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
    let simulator = running().await;
    run(&simulator, &PAIR);
    let address = simulator.address();
    for topic in SubscribeGroup::ALL {
        let queries: Vec<_> = everything().queries(topic).collect();
        let select = one_select(&queries).unwrap();
        let link = connector(address).connect(Purpose::Observe).await.unwrap();
        link.run(&select)
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", topic.as_str()));
    }
    let feed = live(connector(address), FeedOptions::default());
    let first = snapshot(&feed, |_| true).await;
    assert_eq!(
        feed.pictures().borrow().connection.state,
        ConnectionState::Live
    );
    assert_eq!(first.missing, MissingReadings::new());
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
    let statuses = read.readings.hydration_of(&view.id);
    assert_eq!(statuses.len(), 2);
    assert!(statuses.iter().all(|status| status.hydrated == Some(true)));
    assert!(matches!(read.lag(&view.id), Lag::Millis(lag) if lag <= 1_700));
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
    let access = observer.catalog().access().await.unwrap();
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
    let definitions = observer
        .catalog()
        .cluster_definitions(&clusters)
        .await
        .unwrap();
    assert_eq!(definitions.len(), 2);
    for definition in definitions {
        let sql = definition.create_sql.unwrap();
        assert!(sql.contains("SIZE = '25cc'"), "{sql}");
    }
    observer.catalog().lag_history().await.unwrap();
}

#[tokio::test]
async fn a_server_that_calls_itself_simulated_is_shown_as_one() {
    let simulator = Simulator::start(sim::Options {
        world: World::from_toml("[server]\nversion = \"v26.39.0 (simulated)\"").unwrap(),
        listen: "127.0.0.1:0".parse().unwrap(),
        passing: Passing::Manual,
    })
    .await
    .unwrap();
    let observer = observer(&simulator).await;
    assert!(
        observer.catalog().server().simulated,
        "{}",
        observer.catalog().server().version
    );
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
