//! Going back when something is wrong: with a stalled sink, with an unfinished promote, and with psql alone.

use super::stage::{Changes, Stage, blocks, found};
use cutover::domain::action::Operation;
use cutover::domain::finding::FindingId;
use cutover::domain::phase::Phase;
use cutover::domain::readiness::Readiness;
use cutover::ops::progress::OutcomeKind;
use cutover::sim::world::{Disturbance, Fault, FaultKind, ObjectName};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::process::Command;

const PATIENT: Changes = Changes {
    read_only: false,
    speed: None,
    config: Some("sink_deadline = \"200ms\""),
    version: None,
    isolation: None,
    deployments: None,
};

#[tokio::test]
async fn a_sink_that_hangs_does_not_stop_a_rollback_and_is_named() {
    let stage = Stage::with(PATIENT).await;
    stage.ready().await;
    let before = stage.schema("blue_green_slim");
    stage.must(Operation::Promote).await;
    let plan = stage.plan(Operation::Rollback).await;
    stage
        .sim
        .control()
        .arm(Fault::once("ALTER SINK", FaultKind::Wedge));
    let outcome = stage.leaves_unfinished(plan).await;
    assert!(
        outcome.message.contains("ALTER SINK"),
        "{}",
        outcome.message
    );
    assert_eq!(stage.schema("blue_green_slim"), before);
    stage.must(Operation::Rollback).await;
    assert_eq!(stage.phase().await, Phase::Ready);
}

#[tokio::test]
async fn a_promote_that_hangs_at_its_sink_can_be_taken_back() {
    let stage = Stage::with(PATIENT).await;
    stage.ready().await;
    let (schema, reads) = (
        stage.schema("blue_green_slim"),
        stage.sink_reads("mood_feed"),
    );
    let plan = stage.plan(Operation::Promote).await;
    stage
        .sim
        .control()
        .arm(Fault::once("ALTER SINK", FaultKind::Wedge));
    stage.leaves_unfinished(plan).await;
    assert_eq!(stage.phase().await, Phase::Promoting);
    let plan = stage.plan(Operation::Rollback).await;
    assert_eq!(blocks(&plan), [].into());
    assert!(found(&plan).contains(&FindingId::UnfinishedPromote));
    assert_eq!(stage.execute(plan).await.outcome, OutcomeKind::Done);
    assert_eq!(stage.schema("blue_green_slim"), schema);
    assert_eq!(stage.sink_reads("mood_feed"), reads);
    assert_eq!(stage.phase().await, Phase::Ready);
}

/// The rollback.sql that a promote left beside its audit, newest first.
fn left_beside(audit: &Path) -> PathBuf {
    let script = audit.with_extension("rollback.sql");
    assert!(script.is_file(), "{}", script.display());
    script
}

async fn psql(stage: &Stage, script: &Path) -> (bool, String) {
    let address = stage.sim.address();
    let output = Command::new("psql")
        .args(["-X", "-q", "-f"])
        .arg(script)
        .args([
            "-h",
            &address.ip().to_string(),
            "-p",
            &address.port().to_string(),
        ])
        .args(["-U", "materialize", "-d", "materialize"])
        .env("PGSSLMODE", "disable")
        .output()
        .await
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

#[tokio::test]
async fn psql_alone_takes_a_promote_back_once_and_only_while_the_ids_hold() {
    if std::process::Command::new("psql")
        .arg("--version")
        .output()
        .is_err()
    {
        return;
    }
    let stage = Stage::new().await;
    stage.ready().await;
    let ids = || {
        (
            stage.schema("blue_green_slim"),
            stage.cluster("compute"),
            stage.sink_reads("mood_feed"),
        )
    };
    let before = ids();
    let outcome = stage.perform(Operation::Promote).await;
    assert_eq!(outcome.outcome, OutcomeKind::Done, "{}", outcome.message);
    assert_ne!(ids(), before);
    let script = left_beside(&outcome.audit.unwrap());
    let (well, text) = psql(&stage, &script).await;
    assert!(well && text.contains("Rolled back."), "{text}");
    assert_eq!(ids(), before);
    assert_eq!(
        stage.phase().await,
        Phase::Ready,
        "the candidate is one again"
    );
    let (well, text) = psql(&stage, &script).await;
    assert!(!well && text.contains("Nothing was changed"), "{text}");
    assert_eq!(ids(), before, "a second time it stops at the ids");
    let again = stage.perform(Operation::Promote).await;
    assert_eq!(again.outcome, OutcomeKind::Done, "{}", again.message);
    stage.must(Operation::Sync).await;
    let after = ids();
    let (well, text) = psql(&stage, &left_beside(&again.audit.unwrap())).await;
    assert!(!well && text.contains("not whole any more"), "{text}");
    assert_eq!(ids(), after);
}

/// Lets `auction_totals` of the deployment side fall behind, and waits until it shows.
async fn fall_behind(stage: &Stage, lasts: Option<Duration>) {
    let behind = Disturbance::FallBehind {
        object: ObjectName {
            schema: "blue_green_slim_dbt_deploy".to_owned(),
            name: "auction_totals".to_owned(),
        },
        by: Duration::from_secs(30),
        lasts,
    };
    stage.sim.control().disturb(&behind).unwrap();
    while lasts.is_none() && stage.observe().await.board.deployment.readiness != Readiness::Lagging
    {
    }
}

#[tokio::test]
async fn a_flap_between_look_and_deed_does_not_refuse_a_promote() {
    let stage = Stage::new().await;
    stage.ready().await;
    let plan = stage.plan(Operation::Promote).await;
    assert_eq!(blocks(&plan), [].into());
    // Half a second of this machine at the stage's speed.
    fall_behind(&stage, Some(Duration::from_secs(20))).await;
    let outcome = stage.execute(plan).await;
    assert_eq!(outcome.outcome, OutcomeKind::Done, "{}", outcome.message);
}

#[tokio::test]
async fn a_deployment_side_that_stays_behind_stops_a_promote_and_never_a_rollback() {
    let stage = Stage::new().await;
    stage.ready().await;
    let plan = stage.plan(Operation::Promote).await;
    fall_behind(&stage, None).await;
    let outcome = stage.execute(plan).await;
    assert_eq!(outcome.outcome, OutcomeKind::Blocked, "{}", outcome.message);
    assert!(
        outcome.message.contains("new: not-ready"),
        "{}",
        outcome.message
    );
    assert_eq!(stage.phase().await, Phase::Hydrating);
    let allowed = stage
        .plan_allowing(
            Operation::Promote,
            &[
                "not-ready:compute_dbt_deploy",
                "not-ready:serving_dbt_deploy",
            ],
        )
        .await;
    assert_eq!(stage.execute(allowed).await.outcome, OutcomeKind::Done);
    // What fell behind is production now: going back helps, and what is retired could be as late.
    let plan = stage.plan(Operation::Rollback).await;
    assert_eq!(blocks(&plan), [].into());
    assert!(found(&plan).contains(&FindingId::ProductionUnhealthy));
    assert_eq!(stage.execute(plan).await.outcome, OutcomeKind::Done);
}
