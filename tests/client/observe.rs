//! One-shot readings: one time for everything, and less of it from servers that offer less.

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
async fn everything_is_read_in_one_transaction() {
    let script = script().await;
    let snapshot = observer(&script).await.observe().await.unwrap();
    assert_eq!(snapshot.time.0, START + 1_000);
    let schema = &snapshot.catalog.schemas[&SchemaId::user(10)];
    assert_eq!(schema.comment.as_deref(), Some("by hand"));
    let frontier = snapshot.readings.frontiers.get(&ObjectId::user(13));
    assert_eq!(frontier, Some(&Frontier::Complete));
    assert!(snapshot.missing.is_empty());
    let order: Vec<_> = ["BEGIN", "mz_now()", "COMMIT"]
        .iter()
        .map(|text| script.heard(text).len())
        .collect();
    assert_eq!(order, [1, 6, 1]);
}

#[tokio::test]
async fn a_server_that_refuses_the_transaction_is_read_without() {
    let script = script().await;
    let refusal = "transactions can only reference objects in the same timedomain";
    script.reply_once("'hydration' AS fact", Reply::Error("XX000", refusal));
    let mut observer = observer(&script).await;
    let snapshot = observer.observe().await.unwrap();
    assert_eq!(snapshot.time.0, START + 1_000, "the frontiers' own time");
    assert_eq!(script.heard("ROLLBACK").len(), 1);
    observer.observe().await.unwrap();
    assert_eq!(script.heard("BEGIN").len(), 1, "it is not tried again");
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
