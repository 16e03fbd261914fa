//! One-shot readings: few statements, and less of them from servers that offer less.

use crate::script::{Reply, START, Script};
use crate::{connector, settings};
use cutover::domain::name::{ObjectId, SchemaId};
use cutover::domain::reading::{CatalogReading, Missing, MissingReadings};
use cutover::domain::snapshot::Frontier;
use cutover::materialize::connection::Connector;
use cutover::materialize::error::Class;
use cutover::materialize::observe::Observer;
use cutover::materialize::offer::{KeptOffers, Offer};
use cutover::materialize::queries::CatalogQuery;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

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
    let asked = || script.heard("'frontiers' AS fact").len();
    script.stale("'frontiers' AS fact", 2_900);
    let snapshot = observer(&script).await.observe().await.unwrap();
    assert_eq!(snapshot.time.0, START + 1_000 - 2_900);
    assert_eq!(asked(), 1);
    // It is read once more; still of the past, its frontiers are reckoned from now.
    script.stale("'frontiers' AS fact", 3_100);
    let snapshot = observer(&script).await.observe().await.unwrap();
    assert_eq!(snapshot.time, snapshot.catalog_time);
    assert_eq!(asked(), 3);
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

/// Keeps offers in memory.
#[derive(Default)]
struct Kept(Mutex<HashMap<String, Offer>>);

impl KeptOffers for Kept {
    fn find(&self, server: &str) -> Option<Offer> {
        self.0.lock().unwrap().get(server).cloned()
    }

    fn keep(&self, server: &str, offer: &Offer) {
        let kept = (server.to_owned(), offer.clone());
        self.0.lock().unwrap().extend([kept]);
    }

    fn forget(&self, server: &str) {
        self.0.lock().unwrap().remove(server);
    }
}

#[tokio::test]
async fn what_a_version_offers_is_asked_once_and_anew_after_a_refusal() {
    let script = script().await;
    script.version("v26.39.0 (0123abcd)");
    let kept = Arc::new(Kept::default());
    let connector = Connector::keeping(settings(script.address), Some(kept)).unwrap();
    let asked = || script.heard("mz_catalog.mz_columns").len();
    for _ in 0..2 {
        Observer::connect(&connector).await.unwrap();
        assert_eq!(asked(), 1);
    }
    script.version("v26.40.0 (4567cdef)");
    let mut observer = Observer::connect(&connector).await.unwrap();
    assert_eq!(asked(), 2, "another version");
    let gone = Reply::Error("XX000", "unknown catalog item 'mz_internal.mz_frontiers'");
    script.reply("mz_internal.mz_frontiers", gone);
    observer.observe().await.unwrap();
    Observer::connect(&connector).await.unwrap();
    assert_eq!(asked(), 3, "what was kept was wrong");
}
