//! What servers of some versions do, and sessions of others.

use super::stage::{Stage, blocks, found};
use crate::server;
use cutover::domain::action::Operation;
use cutover::domain::finding::{FindingId, Severity};
use cutover::ops::doctor::Health;
use cutover::sim::ServerVersion;
use tokio_postgres::NoTls;

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
