//! What networks, colleagues and brokers do: lost links, races, wedged sinks, servers that go away.

use super::stage::{Changes, Stage, unfinished};
use cutover::domain::action::Operation;
use cutover::domain::phase::Phase;
use cutover::domain::plan::{Confirmation, Request, Step};
use cutover::ops::listener::channel;
use cutover::ops::progress::{OutcomeKind, Progress};
use cutover::sim::world::{Fault, FaultKind, LinkCut, Refusal};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn the_link_cut_around_every_statement_of_a_promote_leaves_no_half_state() {
    for cut in [LinkCut::BeforePerforming, LinkCut::AfterPerforming] {
        let stage = Stage::new().await;
        stage.ready().await;
        let plan = stage.plan(Operation::Promote).await;
        let statements: Vec<String> = plan
            .script()
            .iter()
            .map(|line| line.trim_end_matches(';').to_owned())
            .collect();
        for statement in statements {
            if stage.phase().await == Phase::Promoted {
                stage.must(Operation::Rollback).await;
            }
            let before = stage.cluster("compute").unwrap();
            let plan = stage.plan(Operation::Promote).await;
            // Records carry the time, so the beginning has to do.
            let matching: String = statement.chars().take(60).collect();
            stage
                .sim
                .control()
                .arm(Fault::once(&matching, FaultKind::Cut(cut)));
            let outcome = stage.execute(plan).await;
            let after = stage.cluster("compute").unwrap();
            match outcome.outcome {
                OutcomeKind::Failed => {
                    assert_eq!(before, after, "{cut:?} at {statement}: {}", outcome.message);
                    assert_eq!(stage.phase().await, Phase::Ready, "{cut:?} at {statement}");
                }
                OutcomeKind::Done => assert_eq!(
                    stage.phase().await,
                    Phase::Promoted,
                    "{cut:?} at {statement}"
                ),
                other => panic!("{cut:?} at {statement}: {other:?} {}", outcome.message),
            }
        }
    }
}

#[tokio::test]
async fn a_process_killed_around_commit_or_at_a_sink_is_finished_by_the_next() {
    for (killed_at, committed) in [
        ("COMMIT", false),
        ("ALTER SINK", true),
        (
            "COMMENT ON SCHEMA \"materialize\".\"serving_dbt_deploy\"",
            true,
        ),
    ] {
        let stage = Stage::new().await;
        stage.ready().await;
        let compute = stage.cluster("compute").unwrap();
        let plan = stage.plan(Operation::Promote).await;
        let expect = Some(plan.fingerprint.to_string());
        let confirmed = plan.confirm(&Confirmation::Flags { expect }).unwrap();
        stage
            .sim
            .control()
            .arm(Fault::once(killed_at, FaultKind::Wedge));
        let (sender, mut events) = channel();
        let workspace = stage.another_session();
        let victim = tokio::spawn(async move {
            workspace
                .execute(confirmed, sender, CancellationToken::new())
                .await
        });
        let wedged = |sql: &str| sql.starts_with(killed_at);
        loop {
            use cutover::ops::progress::Progress;
            match events.recv().await {
                Some(Progress::StatementStarted { sql }) if wedged(&sql) => break,
                Some(_) => {}
                None => panic!("{killed_at} was never sent"),
            }
        }
        victim.abort();
        let _ = victim.await;
        stage.sim.control().cut_connections();
        assert_eq!(
            stage.cluster("compute").unwrap() != compute,
            committed,
            "killed at {killed_at}"
        );
        stage.must(Operation::Promote).await;
        assert_eq!(
            stage.phase().await,
            Phase::Promoted,
            "killed at {killed_at}"
        );
        assert_ne!(
            stage.cluster("compute").unwrap(),
            compute,
            "finished, not swapped back (killed at {killed_at})"
        );
        assert!(
            stage
                .sink_reads("mood_feed")
                .iter()
                .all(|name| !name.contains("_dbt_deploy"))
        );
    }
}

#[tokio::test]
async fn the_last_answer_of_what_finishes_a_rollback_is_no_leave_to_promote() {
    let stage = Stage::new().await;
    stage.ready().await;
    stage.must(Operation::Promote).await;
    let control = stage.sim.control();
    let last = "COMMENT ON SCHEMA \"materialize\".\"serving\"";
    let refusal = Refusal {
        sqlstate: "XX000".to_owned(),
        message: "no".to_owned(),
        detail: None,
        hint: None,
    };
    control.arm(Fault::once(last, FaultKind::Refuse(refusal)));
    let plan = stage.plan(Operation::Rollback).await;
    stage.leaves_unfinished(plan).await;
    assert_eq!(stage.phase().await, Phase::Promoting);
    let rolled_back = stage.cluster("compute").unwrap();
    // Asked for as a promote, as the one key of the cockpit does.
    let plan = stage.plan(Operation::Promote).await;
    assert_eq!(plan.operation, Operation::Rollback);
    assert_eq!(plan.transaction(), None);
    control.arm(Fault::once(last, FaultKind::Cut(LinkCut::AfterPerforming)));
    let outcome = stage.execute(plan).await;
    assert_eq!(outcome.outcome, OutcomeKind::Done, "{}", outcome.message);
    assert_eq!(stage.cluster("compute").unwrap(), rolled_back);
    assert_eq!(stage.phase().await, Phase::Ready);
}

#[tokio::test]
async fn a_project_that_changed_while_the_link_was_lost_is_not_built() {
    let stage = Stage::new().await;
    stage.must(Operation::Init).await;
    let control = stage.sim.control();
    let held = "CREATE MATERIALIZED VIEW \"materialize\".\"blue_green_slim_dbt_deploy\".\"bar\"";
    control.arm(Fault::once(held, FaultKind::Wedge));
    let plan = stage.plan(Operation::Deploy).await;
    let expect = Some(plan.fingerprint.to_string());
    let confirmed = plan.confirm(&Confirmation::Flags { expect }).unwrap();
    let (sender, mut events) = channel();
    let workspace = stage.workspace.clone();
    let deploy = tokio::spawn(async move {
        let cancel = CancellationToken::new();
        workspace.execute(confirmed, sender, cancel).await
    });
    while let Some(event) = events.recv().await {
        if matches!(&event, Progress::StatementStarted { sql } if sql.starts_with(held)) {
            let file = stage.folder.path().join("target/manifest.json");
            let text = std::fs::read_to_string(&file).unwrap();
            std::fs::write(&file, text + "\n").unwrap();
            control.cut_connections();
        }
    }
    let outcome = deploy.await.unwrap();
    unfinished(&outcome);
    let message = &outcome.message;
    assert!(message.contains("the manifest is another one"), "{message}");
    assert_eq!(stage.phase().await, Phase::Deploying);
}

#[tokio::test]
async fn a_race_is_retried_from_a_new_observation() {
    let stage = Stage::with(Changes {
        config: Some("retry_backoff = \"10ms\""),
        ..Changes::default()
    })
    .await;
    stage.ready().await;
    let plan = stage.plan(Operation::Promote).await;
    stage.sim.control().arm(Fault::conflict_at_commit(2));
    let outcome = stage.execute(plan).await;
    assert_eq!(outcome.outcome, OutcomeKind::Done, "{}", outcome.message);
    assert_eq!(stage.phase().await, Phase::Promoted);
}

#[tokio::test]
async fn a_race_that_never_ends_swaps_nothing() {
    let stage = Stage::with(Changes {
        config: Some("retry_backoff = \"1ms\"\nmax_retries = 2"),
        ..Changes::default()
    })
    .await;
    stage.ready().await;
    let compute = stage.cluster("compute");
    let plan = stage.plan(Operation::Promote).await;
    stage.sim.control().arm(Fault::conflict_at_commit(100));
    let outcome = stage.execute(plan).await;
    assert_eq!(outcome.outcome, OutcomeKind::Failed);
    assert!(outcome.message.contains("3 times"), "{}", outcome.message);
    assert_eq!(stage.cluster("compute"), compute);
}

#[tokio::test]
async fn a_colleagues_promote_between_look_and_deed_stops_mine() {
    let stage = Stage::new().await;
    stage.ready().await;
    let plan = stage.plan(Operation::Promote).await;
    let colleague = stage.another_session();
    let theirs = colleague
        .plan(&Request::new(Operation::Promote))
        .await
        .unwrap()
        .plan;
    let expect = Some(theirs.fingerprint.to_string());
    let confirmed = theirs.confirm(&Confirmation::Flags { expect }).unwrap();
    let (sender, _events) = channel();
    assert_eq!(
        colleague
            .execute(confirmed, sender, CancellationToken::new())
            .await
            .outcome,
        OutcomeKind::Done
    );
    let compute = stage.cluster("compute");
    let outcome = stage.execute(plan).await;
    assert_eq!(outcome.outcome, OutcomeKind::Blocked, "{}", outcome.message);
    assert_eq!(
        stage.cluster("compute"),
        compute,
        "a second swap would undo the first"
    );
}

#[tokio::test]
async fn a_wedged_sink_is_left_and_finished_later() {
    let stage = Stage::with(Changes {
        config: Some("sink_deadline = \"200ms\""),
        ..Changes::default()
    })
    .await;
    stage.ready().await;
    let plan = stage.plan(Operation::Promote).await;
    assert!(
        plan.steps
            .iter()
            .any(|step| matches!(step, Step::MoveSink { .. }))
    );
    stage
        .sim
        .control()
        .arm(Fault::once("ALTER SINK", FaultKind::Wedge));
    stage.leaves_unfinished(plan).await;
    assert_eq!(stage.phase().await, Phase::Promoting);
    let rest = stage.plan(Operation::Promote).await;
    assert!(rest.transaction().is_none());
    assert_eq!(stage.execute(rest).await.outcome, OutcomeKind::Done);
    assert_eq!(stage.phase().await, Phase::Promoted);
}

#[tokio::test]
async fn a_model_that_the_server_refuses_leaves_the_deployment_unfinished_and_the_same_command_goes_on()
 {
    let stage = Stage::new().await;
    stage.must(Operation::Init).await;
    let plan = stage.plan(Operation::Deploy).await;
    let refusal = cutover::sim::world::Refusal {
        sqlstate: "XX000".to_owned(),
        message: "out of patience".to_owned(),
        detail: None,
        hint: None,
    };
    stage.sim.control().arm(Fault::once(
        "CREATE MATERIALIZED VIEW \"materialize\".\"blue_green_slim_dbt_deploy\".\"bar\"",
        FaultKind::Refuse(refusal),
    ));
    let outcome = stage.leaves_unfinished(plan).await;
    assert!(outcome.message.contains("out of patience"));
    assert_eq!(stage.phase().await, Phase::Deploying);
    stage.must(Operation::Deploy).await;
    assert_eq!(stage.wait().await.outcome, OutcomeKind::Done);
}

#[tokio::test]
async fn await_survives_a_server_that_restarts() {
    let stage = Stage::with(Changes {
        speed: Some(3.0),
        ..Changes::default()
    })
    .await;
    stage.must(Operation::Init).await;
    stage.must(Operation::Deploy).await;
    let workspace = stage.another_session();
    let (sender, mut events) = channel();
    let waiting = tokio::spawn(async move {
        workspace
            .wait_until_ready(&sender, &CancellationToken::new())
            .await
    });
    let first = events.recv().await;
    assert!(first.is_some());
    stage.sim.control().close();
    stage.sim.control().open();
    let outcome = tokio::time::timeout(Duration::from_secs(60), waiting)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(outcome.outcome, OutcomeKind::Done, "{}", outcome.message);
}

#[tokio::test]
async fn await_ends_at_once_when_waiting_can_not_help() {
    let stage = Stage::new().await;
    assert_eq!(
        stage.wait().await.outcome,
        OutcomeKind::Failing,
        "no deployment side"
    );
    stage.must(Operation::Init).await;
    stage.must(Operation::Deploy).await;
    stage.sql("ALTER CLUSTER compute_dbt_deploy SET (REPLICATION FACTOR 0)");
    let outcome = stage.wait().await;
    assert_eq!(outcome.outcome, OutcomeKind::Failing);
    assert!(
        outcome.message.contains("compute_dbt_deploy"),
        "{}",
        outcome.message
    );
}

#[tokio::test]
async fn a_race_with_somebody_who_built_is_not_retried_over_their_work() {
    let stage = Stage::with(Changes {
        config: Some("retry_backoff = \"2s\""),
        ..Changes::default()
    })
    .await;
    stage.ready().await;
    let compute = stage.cluster("compute");
    let plan = stage.plan(Operation::Promote).await;
    assert!(
        matches!(plan.steps[0], Step::Run(_)),
        "a first promote writes records before it swaps"
    );
    stage.sim.control().arm(Fault::conflict_at_commit(1));
    let expect = Some(plan.fingerprint.to_string());
    let confirmed = plan.confirm(&Confirmation::Flags { expect }).unwrap();
    let (sender, mut events) = channel();
    let workspace = std::sync::Arc::clone(&stage.workspace);
    let promote = tokio::spawn(async move {
        workspace
            .execute(confirmed, sender, CancellationToken::new())
            .await
    });
    loop {
        use cutover::ops::progress::Progress;
        match events.recv().await {
            Some(Progress::Note { text }) if text.contains("trying again") => break,
            Some(_) => {}
            None => panic!("the race was never told"),
        }
    }
    stage.sql("CREATE VIEW serving_dbt_deploy.unseen AS SELECT 1 AS one");
    let outcome = promote.await.unwrap();
    assert_eq!(outcome.outcome, OutcomeKind::Blocked, "{}", outcome.message);
    assert_eq!(stage.cluster("compute"), compute);
}

#[tokio::test]
async fn what_half_a_sync_built_is_built_anew_by_a_deploy_that_takes_it_back() {
    let stage = Stage::new().await;
    let project = stage.folder.path();
    let earlier = std::fs::read(project.join("state/manifest.json")).unwrap();
    stage.ready().await;
    stage.must(Operation::Promote).await;
    let plan = stage.plan(Operation::Sync).await;
    let create = |script: &[String], model: &str| -> Option<String> {
        let name = format!("\"blue_green_slim_dbt_deploy\".\"{model}\" ");
        let made = script
            .iter()
            .find(|line| line.starts_with("CREATE ") && line.contains(&name));
        made.map(|line| line.chars().take(70).collect())
    };
    let second = create(&plan.script(), "foobar").unwrap();
    let refusal = cutover::sim::world::Refusal {
        sqlstate: "XX000".to_owned(),
        message: "out of patience".to_owned(),
        detail: None,
        hint: None,
    };
    stage
        .sim
        .control()
        .arm(Fault::once(&second, FaultKind::Refuse(refusal)));
    stage.leaves_unfinished(plan).await;
    std::fs::write(project.join("target/manifest.json"), earlier).unwrap();
    let back = stage.plan(Operation::Deploy).await.script();
    assert!(
        create(&back, "bar").is_some(),
        "the deployment side may hold production's bar: {back:?}"
    );
}

#[tokio::test]
async fn await_does_not_call_a_side_with_a_hole_ready() {
    let stage = Stage::new().await;
    stage.ready().await;
    stage.sql("DROP SCHEMA serving_dbt_deploy CASCADE");
    assert_eq!(stage.phase().await, Phase::Unknown);
    let outcome = stage.wait().await;
    assert_eq!(outcome.outcome, OutcomeKind::Failing, "{}", outcome.message);
}

#[tokio::test]
async fn a_build_after_which_production_moved_is_never_whole() {
    let stage = Stage::new().await;
    stage.must(Operation::Init).await;
    let plan = stage.plan(Operation::Deploy).await;
    let last = plan
        .steps
        .iter()
        .filter_map(|step| match step {
            Step::Build { statements, .. } => statements.first(),
            _ => None,
        })
        .next_back()
        .unwrap();
    // Time for the colleague who drops something of production meanwhile.
    let slow = FaultKind::Slow(Duration::from_secs(40));
    stage.sim.control().arm(Fault::once(last.sql(), slow));
    let expect = Some(plan.fingerprint.to_string());
    let confirmed = plan.confirm(&Confirmation::Flags { expect }).unwrap();
    let (sender, mut events) = channel();
    let execution = stage
        .workspace
        .execute(confirmed, sender, CancellationToken::new());
    let colleague = async {
        while let Some(event) = events.recv().await {
            if matches!(event, Progress::Model { done: 1, .. }) {
                stage.sql("DROP VIEW serving.color_card");
                break;
            }
        }
    };
    let (outcome, ()) = tokio::join!(execution, colleague);
    unfinished(&outcome);
    assert!(
        outcome
            .message
            .contains("1 object of it is gone (materialize.serving.color_card)"),
        "{}",
        outcome.message
    );
    assert_eq!(
        outcome.next.as_deref(),
        Some("dbt run --target production --select color_card")
    );
    let record = stage.observe().await.board.provenance.deployment.clone();
    assert!(!record.unwrap().complete);
}
