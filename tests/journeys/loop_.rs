//! The whole loop: init, deploy, await, promote, rollback, promote again, sync, deploy again, cleanup.

use super::stage::{Changes, Stage, VERSIONS, blocks, found};
use cutover::domain::action::Operation;
use cutover::domain::finding::FindingId;
use cutover::domain::phase::Phase;
use cutover::domain::way_back::WayBack;
use cutover::ops::audit;
use cutover::ops::progress::{OutcomeKind, Progress};
use std::fs;
use tokio_util::sync::CancellationToken;

const DEPLOYED: [&str; 2] = ["blue_green_slim", "serving"];

#[tokio::test]
async fn from_init_to_cleanup() {
    for version in VERSIONS {
        there_and_back(&Stage::of(version).await).await;
    }
}

async fn there_and_back(stage: &Stage) {
    assert_eq!(stage.phase().await, Phase::None);
    let before: Vec<_> = DEPLOYED
        .iter()
        .map(|name| stage.schema(name).unwrap())
        .collect();
    let compute = stage.cluster("compute").unwrap();

    stage.must(Operation::Init).await;
    assert_eq!(stage.phase().await, Phase::Initialized);
    stage.must(Operation::Deploy).await;
    assert!(matches!(
        stage.phase().await,
        Phase::Hydrating | Phase::Ready
    ));
    assert_eq!(stage.wait().await.outcome, OutcomeKind::Done);
    assert_eq!(stage.phase().await, Phase::Ready);

    let plan = stage.plan(Operation::Promote).await;
    assert_eq!(blocks(&plan), [].into());
    assert!(
        found(&plan).contains(&FindingId::RemovedInDeployment),
        "warm_people leaves production"
    );
    let reads = stage.sink_reads("mood_feed");
    assert_eq!(stage.execute(plan).await.outcome, OutcomeKind::Done);
    assert_eq!(stage.phase().await, Phase::Promoted);
    for (name, id) in DEPLOYED.iter().zip(&before) {
        assert_eq!(
            stage.schema(&format!("{name}_dbt_deploy")).as_ref(),
            Some(id),
            "the id moved to the twin's name"
        );
    }
    assert_eq!(stage.cluster("compute_dbt_deploy"), Some(compute.clone()));
    assert_eq!(
        stage.sink_reads("mood_feed"),
        reads,
        "the sink reads the same name, on the new side"
    );
    assert!(matches!(
        stage.observe().await.board.way_back,
        WayBack::Ready { .. }
    ));
    let state = |file: &str| fs::read(stage.folder.path().join(file)).unwrap();
    assert_eq!(
        state("state/manifest.json"),
        state("target/manifest.json"),
        "the state follows production"
    );

    stage.must(Operation::Rollback).await;
    assert_eq!(stage.phase().await, Phase::Ready);
    assert_eq!(stage.cluster("compute"), Some(compute));
    assert_ne!(
        state("state/manifest.json"),
        state("target/manifest.json"),
        "and back"
    );

    stage.must(Operation::Promote).await;
    stage.must(Operation::Sync).await;
    assert_eq!(stage.phase().await, Phase::Synced);
    assert_eq!(stage.wait().await.outcome, OutcomeKind::Done);
    assert!(
        stage
            .observe()
            .await
            .board
            .rows
            .iter()
            .all(
                |row| row.production.is_some() && row.deployment.is_some() || row.cluster.is_none()
            )
    );

    stage.must(Operation::Cleanup).await;
    assert_eq!(stage.phase().await, Phase::None);
    assert_eq!(stage.schema("serving_dbt_deploy"), None);
    assert_eq!(stage.cluster("compute_dbt_deploy"), None);
}

#[tokio::test]
async fn every_step_is_on_record() {
    let stage = Stage::new().await;
    stage.ready().await;
    stage.must(Operation::Promote).await;
    let entries = audit::history(&stage.workspace.settings().folders.audit).unwrap();
    let told: Vec<_> = entries
        .iter()
        .map(|entry| (entry.operation, entry.outcome.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            (Operation::Promote, Some("done")),
            (Operation::Deploy, Some("done")),
            (Operation::Init, Some("done"))
        ]
    );
    let swap: Vec<&str> = entries[0]
        .statements
        .iter()
        .map(|statement| statement.sql.as_str())
        .collect();
    let commit = swap.iter().position(|sql| *sql == "COMMIT").unwrap();
    assert!(
        swap[..commit]
            .iter()
            .any(|sql| sql.starts_with("ALTER CLUSTER \"compute\" SWAP WITH"))
    );
    assert!(
        swap[commit..]
            .iter()
            .any(|sql| sql.starts_with("ALTER SINK"))
    );
    assert!(
        entries
            .iter()
            .flat_map(|entry| &entry.statements)
            .all(|statement| !statement.outcome.is_empty())
    );
}

#[tokio::test]
async fn after_a_sync_only_the_change_is_deployed() {
    let stage = Stage::new().await;
    stage.ready().await;
    stage.must(Operation::Promote).await;
    stage.must(Operation::Sync).await;
    let plan = stage.plan(Operation::Deploy).await;
    assert!(
        plan.steps.is_empty(),
        "nothing changed: {:?}",
        plan.script()
    );
}

#[tokio::test]
async fn a_sync_builds_only_what_differs() {
    let stage = Stage::new().await;
    stage.ready().await;
    stage.must(Operation::Promote).await;
    let script = stage.plan(Operation::Sync).await.script().join("\n");
    assert!(
        script.contains("\"blue_green_slim_dbt_deploy\".\"bar\""),
        "modified: {script}"
    );
    assert!(script.contains("\"mood_share\""), "new: {script}");
    assert!(script.contains("\"warm_people\""), "removed: {script}");
    assert!(
        !script.contains(
            "CREATE MATERIALIZED VIEW \"materialize\".\"blue_green_slim_dbt_deploy\".\"foo\" "
        ),
        "unchanged: {script}"
    );
}

#[tokio::test]
async fn a_dry_run_changes_nothing() {
    let stage = Stage::new().await;
    stage.ready().await;
    let ids = |stage: &Stage| DEPLOYED.map(|name| stage.schema(name));
    let before = ids(&stage);
    let plan = stage.plan(Operation::Promote).await;
    assert!(plan.transaction().is_some());
    assert_eq!(ids(&stage), before, "the rehearsal was rolled back");
    assert_eq!(stage.phase().await, Phase::Ready);
}

#[tokio::test]
async fn an_operation_again_finds_nothing_to_do() {
    let stage = Stage::new().await;
    stage.must(Operation::Init).await;
    assert!(stage.plan(Operation::Init).await.steps.is_empty());
    stage.must(Operation::Deploy).await;
    assert!(stage.plan(Operation::Deploy).await.steps.is_empty());
    stage.must(Operation::Cleanup).await;
    assert!(stage.plan(Operation::Cleanup).await.steps.is_empty());
}

#[tokio::test]
async fn read_only_runs_nothing() {
    let stage = Stage::with(Changes {
        read_only: true,
        ..Changes::default()
    })
    .await;
    for operation in [Operation::Init, Operation::Cleanup] {
        let plan = stage.plan(operation).await;
        assert!(blocks(&plan).contains(&FindingId::ReadOnly));
    }
}

#[tokio::test]
async fn progress_ends_with_the_outcome_and_models_are_told() {
    let stage = Stage::new().await;
    stage.must(Operation::Init).await;
    let plan = stage.plan(Operation::Deploy).await;
    let (outcome, told) = stage
        .execute_cancelled_by(plan, CancellationToken::new())
        .await;
    assert_eq!(told.last(), Some(&Progress::Finished(outcome)));
    let models = told
        .iter()
        .filter(|event| matches!(event, Progress::Model { done, total, .. } if done == total))
        .count();
    assert_eq!(models, 1, "the last model completes the count");
}

#[tokio::test]
async fn cancelled_before_it_begins_nothing_happens() {
    let stage = Stage::new().await;
    stage.ready().await;
    let plan = stage.plan(Operation::Promote).await;
    let cancel = CancellationToken::new();
    cancel.cancel();
    let (outcome, _) = stage.execute_cancelled_by(plan, cancel).await;
    assert_eq!(outcome.outcome, OutcomeKind::Interrupted);
    assert_eq!(stage.phase().await, Phase::Ready);
}
