//! One-shot readings: few statements, and less of them from servers that offer less.

use crate::connector;
use crate::script::{Reply, START, Script};
use cutover::domain::name::{ObjectId, SchemaId};
use cutover::domain::reading::{CatalogReading, Missing, MissingReadings};
use cutover::domain::snapshot::Frontier;
use cutover::materialize::error::Class;
use cutover::materialize::observe::Observer;
use cutover::materialize::queries::CatalogQuery;

async fn script() -> Script {
    let script = Script::start().await;
    script.second(&[
        (CatalogQuery::Databases, 1, &["u1", "materialize"]),
        (CatalogQuery::Schemas, 1, &["u10", "prod", "u1", "u1"]),
        (CatalogQuery::Comments, 1, &["u10", "schema", "by hand"]),
        (CatalogQuery::Frontiers, 1, &["u13", "-"]),
    ]);
    script
}

async fn observer(script: &Script) -> Observer {
    Observer::connect(&connector(script.address)).await.unwrap()
}

#[tokio::test]
async fn the_catalog_is_one_statement_and_what_ticks_is_read_beside_it() {
    let script = script().await;
    let mut observer = observer(&script).await;
    let before = script.heard("").len();
    let snapshot = observer.observe().await.unwrap();
    assert_eq!(snapshot.time.0, START + 1_000);
    assert_eq!(snapshot.catalog_time.0, START + 1_000);
    let schema = &snapshot.catalog.schemas[&SchemaId::user(10)];
    assert_eq!(schema.comment.as_deref(), Some("by hand"));
    let frontier = snapshot.readings.frontiers.get(&ObjectId::user(13));
    assert_eq!(frontier, Some(&Frontier::Complete));
    assert!(snapshot.missing.is_empty());
    let heard = |text| script.heard(text).len();
    // Frontiers with hydration; connectors; replicas; readers. No refreshes, as nothing has a refresh strategy.
    assert_eq!(heard("") - before, 1 + 4);
    assert_eq!(
        (heard("'objects' AS fact"), heard("'sessions' AS fact")),
        (1, 1)
    );
    assert_eq!(heard("'refreshes' AS fact"), 0);
    let opened_under = |level: &str| {
        let startups = script.startups();
        let option = format!("--transaction_isolation={level} ");
        startups.iter().filter(|it| it.contains(&option)).count()
    };
    assert_eq!(opened_under("serializable"), 1);
    assert_eq!(opened_under("strict\\ serializable"), 1);
}

#[tokio::test]
async fn a_tick_that_stands_still_is_not_the_picture_s_time() {
    let script = script().await;
    script.stale("'frontiers' AS fact", 59_000);
    let snapshot = observer(&script).await.observe().await.unwrap();
    assert_eq!(snapshot.time.0, START + 1_000 - 59_000);
    script.stale("'frontiers' AS fact", 61_000);
    let snapshot = observer(&script).await.observe().await.unwrap();
    assert_eq!(snapshot.time, snapshot.catalog_time);
}

#[tokio::test]
async fn refreshes_are_read_where_something_is_refreshed() {
    let script = script().await;
    script.second(&[
        (CatalogQuery::RefreshStrategies, 1, &["u13"]),
        (CatalogQuery::Refreshes, 1, &["u13", "1795167680000", "-"]),
    ]);
    observer(&script).await.observe().await.unwrap();
    assert_eq!(script.heard("'refreshes' AS fact").len(), 1);
}

#[tokio::test]
async fn what_is_refused_of_a_statement_is_left_out_of_it() {
    let script = script().await;
    let refusal = Reply::Error(
        "42501",
        "permission denied for SOURCE \"mz_internal.mz_hydration_statuses\"",
    );
    script.reply("mz_internal.mz_hydration_statuses", refusal);
    let snapshot = observer(&script).await.observe().await.unwrap();
    assert!(snapshot.missing.contains_key(&CatalogReading::Hydration));
    let frontier = snapshot.readings.frontiers.get(&ObjectId::user(13));
    assert_eq!(
        frontier,
        Some(&Frontier::Complete),
        "the rest of it is read"
    );
}

#[tokio::test]
async fn an_older_server_costs_columns() {
    let script = script().await;
    script.lack("mz_internal.mz_comments");
    script.lack("mz_catalog.mz_tables.source_id");
    let snapshot = observer(&script).await.observe().await.unwrap();
    assert_eq!(
        snapshot.missing,
        MissingReadings::from([
            (
                CatalogReading::Comments,
                Missing::relation("mz_internal.mz_comments")
            ),
            (
                CatalogReading::TableSources,
                Missing::column("mz_catalog.mz_tables", "source_id")
            ),
        ])
    );
    assert_eq!(snapshot.catalog.schemas[&SchemaId::user(10)].comment, None);
}

#[tokio::test]
async fn a_server_without_clusters_is_no_materialize() {
    let script = script().await;
    script.lack("mz_catalog.mz_clusters");
    let error = Observer::connect(&connector(script.address))
        .await
        .err()
        .unwrap();
    assert!(matches!(error.class, Class::Unsupported(_)), "{error}");
    assert!(error.to_string().contains("mz_catalog.mz_clusters"));
}
