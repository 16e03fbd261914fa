//! What servers of some versions do, and sessions of others.

use super::stage::{Changes, Stage, blocks, found};
use crate::server;
use cutover::domain::action::Operation;
use cutover::domain::finding::{FindingId, Severity};
use cutover::domain::plan::{BurstStrategy, Bursts, Request};
use cutover::domain::readiness::Readiness;
use cutover::ops::doctor::Health;
use cutover::ops::progress::OutcomeKind;
use cutover::ops::status::ClusterStatus;
use cutover::sim::ServerVersion;
use std::time::Duration;
use tokio_postgres::NoTls;

/// A stage whose time passes no faster than ours, but for what a test lets pass at once.
async fn slowly() -> Stage {
    Stage::with(Changes {
        speed: Some(1.0),
        config: Some("settle = \"0 s\""),
        ..Changes::default()
    })
    .await
}

async fn compute(stage: &Stage) -> ClusterStatus {
    let status = stage.workspace.status().await.unwrap();
    let mut clusters = status.clusters.into_iter();
    clusters.find(|it| it.name == "compute_dbt_deploy").unwrap()
}

/// Recorded: v26.24/18.
#[tokio::test]
async fn a_type_in_a_swapped_schema_stops_a_promote_and_not_the_way_back() {
    let stage = Stage::of(ServerVersion::V26_9).await;
    stage.ready().await;
    stage.sql("CREATE TYPE blue_green_slim.strs AS LIST (ELEMENT TYPE = text)");
    let plan = stage.plan(Operation::Promote).await;
    let finding = plan
        .blocks()
        .find(|finding| finding.id == FindingId::SwapUnsafe)
        .unwrap();
    assert_eq!(finding.objects, ["materialize.blue_green_slim.strs"]);
    // Somebody else's tool swaps all the same.
    for (kind, name) in [
        ("SCHEMA", "blue_green_slim"),
        ("SCHEMA", "serving"),
        ("CLUSTER", "compute"),
        ("CLUSTER", "serving"),
    ] {
        stage.sql(&format!("ALTER {kind} {name} SWAP WITH {name}_dbt_deploy"));
    }
    let status = stage.workspace.status().await.unwrap();
    let told = status
        .findings
        .iter()
        .find(|finding| finding.id == FindingId::SwapUnsafe)
        .unwrap();
    assert_eq!(told.severity, Severity::Warn);
    assert_eq!(
        told.objects,
        ["materialize.blue_green_slim_dbt_deploy.strs"]
    );
    let doctor = stage.workspace.doctor().await;
    let check = doctor.iter().find(|check| check.name == "types").unwrap();
    assert_eq!(check.health, Health::Warn, "{check:?}");
    assert!(check.message.contains("blue_green_slim_dbt_deploy.strs"));
    let back = stage.plan(Operation::Rollback).await;
    assert!(!blocks(&back).contains(&FindingId::SwapUnsafe), "{back:#?}");
    stage.must(Operation::Rollback).await;
    let doctor = stage.workspace.doctor().await;
    let check = doctor.iter().find(|check| check.name == "types").unwrap();
    assert_eq!(check.health, Health::Ok, "{check:?}");
}

/// Recorded: v26.39/21.
#[tokio::test]
async fn a_session_with_a_temporary_view_stops_neither_promote_nor_cleanup() {
    let stage = Stage::new().await;
    stage.ready().await;
    let (client, link) = tokio_postgres::connect(&server::url(stage.sim.address()), NoTls)
        .await
        .unwrap();
    let link = tokio::spawn(link);
    let view = "CREATE TEMPORARY VIEW peek AS SELECT * FROM blue_green_slim.foobar";
    client.batch_execute(view).await.unwrap();
    let plan = stage.plan(Operation::Promote).await;
    let told = plan
        .findings
        .iter()
        .find(|finding| finding.id == FindingId::DependentOutside)
        .unwrap();
    assert_eq!(told.severity, Severity::Info, "{told:?}");
    assert_eq!(told.objects, ["peek"]);
    assert!(told.message.contains("peek of materialize"), "{told:?}");
    stage.must(Operation::Promote).await;
    let plan = stage.plan(Operation::Cleanup).await;
    assert!(!blocks(&plan).contains(&FindingId::ClosureOutside));
    assert!(found(&plan).contains(&FindingId::ClosureOutside));
    stage.execute(plan).await;
    assert!(client.batch_execute("SELECT * FROM peek").await.is_err());
    drop(client);
    link.await.unwrap().unwrap();
}

/// Recorded: v26.39/20.
#[tokio::test]
async fn a_change_of_shape_is_told_and_its_replicas_make_nothing_ready() {
    let stage = slowly().await;
    stage.must(Operation::Init).await;
    stage.must(Operation::Deploy).await;
    stage.sim.control().advance(Duration::from_secs(600));
    assert_eq!(compute(&stage).await.readiness, Some(Readiness::Ready));
    stage.sql("ALTER CLUSTER compute_dbt_deploy SET (SIZE = '50cc')");
    let cluster = compute(&stage).await;
    assert_eq!(
        cluster.activity.as_deref(),
        Some("reconfiguring size to 50cc; in 24 h it is rolled back, hydrated or not")
    );
    let steady: Vec<_> = cluster.replicas.iter().map(|it| it.steady).collect();
    assert_eq!(steady, [true, false]);
    let plan = stage.plan(Operation::Promote).await;
    assert!(found(&plan).contains(&FindingId::ReconfigurationInProgress));
    stage.sim.control().advance(Duration::from_secs(600));
    let cluster = compute(&stage).await;
    assert_eq!(cluster.activity, None);
    assert_eq!(cluster.replicas.len(), 1);
    assert_eq!(cluster.replicas[0].size.as_deref(), Some("50cc"));
    assert_eq!(cluster.readiness, Some(Readiness::Ready));
    let plan = stage.plan(Operation::Promote).await;
    assert!(!found(&plan).contains(&FindingId::ReconfigurationInProgress));
    assert!(found(&plan).contains(&FindingId::ClusterOptionsDiffer));
}

/// Recorded: v26.39/20.
#[tokio::test]
async fn a_burst_is_the_deployment_sides_until_a_promote_says_that_it_becomes_productions() {
    let stage = slowly().await;
    let burst = BurstStrategy {
        size: "50cc".to_owned(),
        linger: Some("1h".to_owned()),
    };
    let request = Request {
        bursts: Bursts::from([("compute".to_owned(), burst)]),
        ..Request::new(Operation::Init)
    };
    let plan = stage.workspace.plan(&request).await.unwrap().plan;
    let outcome = stage.execute(plan).await;
    assert_eq!(outcome.outcome, OutcomeKind::Done, "{}", outcome.message);
    stage.must(Operation::Deploy).await;
    stage.sim.control().advance(Duration::from_secs(1));
    let cluster = compute(&stage).await;
    assert_eq!(cluster.readiness, Some(Readiness::Hydrating));
    let activity = cluster.activity.unwrap();
    assert!(activity.starts_with("burst 50cc "), "{activity}");
    assert!(activity.contains(", steady "), "{activity}");
    stage.sim.control().advance(Duration::from_secs(600));
    let cluster = compute(&stage).await;
    assert_eq!(cluster.readiness, Some(Readiness::Ready));
    let activity = cluster.activity.unwrap();
    assert!(
        activity.starts_with("burst 50cc lingers for "),
        "{activity}"
    );
    let plan = stage.plan(Operation::Promote).await;
    let told = plan.findings.iter().find(|finding| {
        finding.id == FindingId::ClusterOptionsDiffer && finding.severity == Severity::Info
    });
    let remedy = &told.unwrap().remedy;
    assert!(
        remedy.contains("ALTER CLUSTER \"compute\" RESET"),
        "{remedy}"
    );
    stage.sim.control().advance(Duration::from_secs(3_600));
    assert_eq!(compute(&stage).await.activity, None);
}

/// Recorded: v26.24/18, v26.39/18.
#[tokio::test]
async fn a_replaced_view_keeps_its_twin_and_is_told_while_it_waits() {
    let stage = Stage::new().await;
    stage.ready().await;
    stage.sql(
        "CREATE REPLACEMENT MATERIALIZED VIEW blue_green_slim.foo2 FOR blue_green_slim.foo IN CLUSTER compute AS \
         SELECT name, favorite_color FROM (VALUES ('ada', 'green')) AS people (name, favorite_color)",
    );
    let plan = stage.plan(Operation::Promote).await;
    let told = plan
        .findings
        .iter()
        .find(|finding| finding.id == FindingId::ReplacementPending)
        .unwrap();
    assert_eq!(
        told.objects,
        ["materialize.blue_green_slim.foo2 for materialize.blue_green_slim.foo"]
    );
    let id = |name: &str| {
        let sql = format!("SELECT id FROM mz_objects WHERE name = '{name}' ORDER BY id LIMIT 1");
        stage.sql(&sql)[0][0].clone().unwrap()
    };
    let replacement = id("foo2");
    stage.sql("ALTER MATERIALIZED VIEW blue_green_slim.foo APPLY REPLACEMENT blue_green_slim.foo2");
    stage.sim.control().advance(Duration::from_secs(60));
    let observation = stage.observe().await;
    let mut rows = observation.board.rows.iter();
    let row = rows.find(|row| row.name.as_str() == "foo").unwrap();
    let production = row.production.as_ref().unwrap();
    assert_eq!(production.id.to_string(), replacement);
    assert_eq!(
        production.readiness,
        Readiness::Ready,
        "{}",
        production.reason
    );
    assert!(row.deployment.is_some());
    let plan = stage.plan(Operation::Promote).await;
    assert!(!found(&plan).contains(&FindingId::ReplacementPending));
    // A change made by hand is not reverted in silence.
    assert!(
        blocks(&plan).contains(&FindingId::TwinDiffers),
        "{:?}",
        found(&plan)
    );
}
