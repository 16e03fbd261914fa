//! Findings over the wire: each hazard made by SQL, seen by the guards, and gone when it is mended.

use super::stage::{Stage, blocks, found};
use cutover::domain::action::Operation;
use cutover::domain::finding::{Allowance, FindingId};
use cutover::domain::phase::Phase;
use cutover::domain::plan::{Confirmation, Request};
use cutover::ops::listener::channel;
use cutover::ops::progress::OutcomeKind;
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn a_hotfix_on_production_is_not_silently_reverted() {
    let stage = Stage::new().await;
    stage.ready().await;
    assert!(!found(&stage.plan(Operation::Promote).await).contains(&FindingId::TwinDiffers));
    stage.sql("CREATE OR REPLACE VIEW serving.color_card AS SELECT 1 AS fixed_by_hand");
    assert!(blocks(&stage.plan(Operation::Promote).await).contains(&FindingId::TwinDiffers));
}

/// The compiled runner puts a model where its configuration says, as dbt would: on a cluster that is no twin it has no business.
#[tokio::test]
async fn what_would_be_built_elsewhere_than_on_the_deployment_side_is_not_built() {
    let stage = Stage::new().await;
    stage.must(Operation::Init).await;
    let file = stage.folder.path().join("target/manifest.json");
    let good = std::fs::read_to_string(&file).unwrap();
    let mut manifest: serde_json::Value = serde_json::from_str(&good).unwrap();
    let foo = &mut manifest["nodes"]["model.blue_green_slim_demo.foo"];
    foo["config"]["cluster"] = "egress".into();
    std::fs::write(&file, manifest.to_string()).unwrap();
    let plan = stage.plan(Operation::Deploy).await;
    let told: Vec<_> = plan
        .blocks()
        .filter(|finding| finding.id == FindingId::BuildsIntoProduction)
        .collect();
    assert_eq!(told.len(), 1, "{:?}", found(&plan));
    assert!(
        told[0].message.contains("cluster `egress`") && told[0].message.contains("`cluster`"),
        "{}",
        told[0].message
    );
    assert_eq!(
        told[0].objects,
        ["materialize.blue_green_slim_dbt_deploy.foo"]
    );
    assert!(
        plan.confirm(&Confirmation::Flags { expect: None }).is_err(),
        "nobody can agree to it"
    );
    let named = "builds-into-production:materialize.blue_green_slim_dbt_deploy.foo";
    assert!(Allowance::parse(named).is_err(), "nor allow it by name");
    std::fs::write(&file, good).unwrap();
    stage.must(Operation::Deploy).await;
    let on_egress = stage.sql(
        "SELECT o.name FROM mz_objects o JOIN mz_clusters c ON c.id = o.cluster_id \
         WHERE c.name = 'egress' AND o.type = 'materialized-view'",
    );
    assert_eq!(on_egress, [] as [Vec<Option<String>>; 0]);
}

#[tokio::test]
async fn a_hole_on_the_deployment_side_blocks() {
    let stage = Stage::new().await;
    stage.ready().await;
    stage.sql("DROP VIEW serving_dbt_deploy.color_card");
    let plan = stage.plan(Operation::Promote).await;
    assert!(blocks(&plan).contains(&FindingId::MissingInDeployment));
    let allowed = stage
        .plan_allowing(
            Operation::Promote,
            &["missing-in-deployment:materialize.serving.color_card"],
        )
        .await;
    assert!(!blocks(&allowed).contains(&FindingId::MissingInDeployment));
    stage.must(Operation::Deploy).await;
    assert!(
        !blocks(&stage.plan(Operation::Promote).await).contains(&FindingId::MissingInDeployment)
    );
}

#[tokio::test]
async fn not_ready_blocks_a_promote_without_wait() {
    let stage = Stage::new().await;
    stage.must(Operation::Init).await;
    stage.must(Operation::Deploy).await;
    // One look: between two it may become ready.
    let request = Request::new(Operation::Promote);
    let planned = stage.workspace.plan(&request).await.unwrap();
    let hydrates = planned.observation.board.phase == Phase::Hydrating;
    assert_eq!(
        blocks(&planned.plan).contains(&FindingId::NotReady),
        hydrates
    );
    assert_eq!(stage.wait().await.outcome, OutcomeKind::Done);
    assert!(!blocks(&stage.plan(Operation::Promote).await).contains(&FindingId::NotReady));
}

#[tokio::test]
async fn a_cleanup_never_takes_another_teams_view_by_surprise() {
    let stage = Stage::new().await;
    stage.ready().await;
    stage.sql("CREATE SCHEMA team");
    stage.sql("CREATE VIEW team.moods AS SELECT * FROM blue_green_slim_dbt_deploy.foobar");
    let plan = stage.plan(Operation::Cleanup).await;
    assert!(blocks(&plan).contains(&FindingId::ClosureOutside));
    assert!(
        plan.closure
            .iter()
            .any(|item| item.name == "materialize.team.moods" && !item.inside)
    );
    let allowed = stage
        .plan_allowing(
            Operation::Cleanup,
            &["closure-outside:materialize.team.moods"],
        )
        .await;
    assert_eq!(stage.execute(allowed).await.outcome, OutcomeKind::Done);
    assert!(
        stage
            .sql("SELECT id FROM mz_views WHERE name = 'moods'")
            .is_empty()
    );
}

/// The project as it reads where a macro of it puts everything into another database.
fn in_another_database(stage: &Stage) {
    let file = stage.folder.path().join("target/manifest.json");
    let text = std::fs::read_to_string(&file).unwrap();
    let mut manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    for node in manifest["nodes"].as_object_mut().unwrap().values_mut() {
        node["database"] = "prod_db".into();
    }
    std::fs::write(&file, manifest.to_string()).unwrap();
}

#[tokio::test]
async fn a_project_that_lies_in_another_database_is_not_deployed_as_nothing() {
    for built in [false, true] {
        let stage = Stage::new().await;
        match built {
            true => stage.ready().await,
            false => stage.must(Operation::Init).await,
        }
        in_another_database(&stage);
        let plan = stage.plan(Operation::Deploy).await;
        let blocks = blocks(&plan);
        assert!(
            blocks.contains(&FindingId::BuildsIntoProduction),
            "{built}: {blocks:?}"
        );
        assert!(
            !blocks.contains(&FindingId::ClosureOutside),
            "{built}: {:?}",
            plan.findings
        );
        let told = plan.findings.iter().any(|finding| {
            finding
                .message
                .contains("in database `prod_db`, not in `materialize`")
        });
        assert!(told, "{:?}", plan.findings);
    }
}

#[tokio::test]
async fn what_appears_between_look_and_drop_stops_the_drop() {
    let stage = Stage::new().await;
    stage.ready().await;
    let plan = stage.plan(Operation::Cleanup).await;
    stage.sql("CREATE SCHEMA team");
    stage.sql("CREATE VIEW team.moods AS SELECT * FROM blue_green_slim_dbt_deploy.foobar");
    let outcome = stage.execute(plan).await;
    assert_eq!(outcome.outcome, OutcomeKind::Blocked, "{}", outcome.message);
    assert_eq!(
        stage
            .sql("SELECT id FROM mz_views WHERE name = 'moods'")
            .len(),
        1
    );
    assert!(stage.schema("serving_dbt_deploy").is_some());
}

#[tokio::test]
async fn production_that_reads_the_retired_side_is_never_dropped() {
    let stage = Stage::new().await;
    stage.ready().await;
    stage.sql("CREATE VIEW serving.leftover AS SELECT * FROM blue_green_slim_dbt_deploy.foobar");
    let plan = stage.plan(Operation::Cleanup).await;
    assert!(blocks(&plan).contains(&FindingId::ClosureIntoProduction));
}

#[tokio::test]
async fn a_dependent_outside_is_named_before_the_swap() {
    let stage = Stage::new().await;
    stage.ready().await;
    stage.sql("CREATE SCHEMA team");
    stage.sql("CREATE VIEW team.moods AS SELECT * FROM blue_green_slim.foobar");
    let plan = stage.plan(Operation::Promote).await;
    assert!(found(&plan).contains(&FindingId::DependentOutside));
    assert_eq!(blocks(&plan), [].into(), "worth a look, no reason to stop");
}

#[tokio::test]
async fn a_sink_in_the_environment_blocks() {
    let stage = Stage::new().await;
    stage.sql("CREATE SINK serving.stray IN CLUSTER egress FROM blue_green_slim.foobar INTO KAFKA CONNECTION sinks.kafka (TOPIC 'stray') KEY (name) NOT ENFORCED FORMAT JSON ENVELOPE UPSERT");
    assert!(blocks(&stage.plan(Operation::Init).await).contains(&FindingId::SinkInEnvironment));
}

#[tokio::test]
async fn ownership_is_seen_before_the_server_refuses() {
    let stage = Stage::new().await;
    stage.ready().await;
    stage
        .sim
        .control()
        .execute(
            "mz_system",
            "ALTER SCHEMA materialize.serving OWNER TO front_desk",
        )
        .unwrap();
    assert!(blocks(&stage.plan(Operation::Promote).await).contains(&FindingId::Ownership));
    assert!(
        blocks(&stage.plan(Operation::Cleanup).await).is_empty(),
        "cleanup touches only the deployment side"
    );
}

#[tokio::test]
async fn an_unrecorded_side_is_said_to_be_one() {
    let stage = Stage::new().await;
    stage.ready().await;
    for schema in ["blue_green_slim_dbt_deploy", "serving_dbt_deploy"] {
        stage.sql(&format!("COMMENT ON SCHEMA {schema} IS NULL"));
    }
    assert!(found(&stage.plan(Operation::Promote).await).contains(&FindingId::ProvenanceUnknown));
    assert!(found(&stage.plan(Operation::Cleanup).await).contains(&FindingId::ProvenanceUnknown));
}

/// Whoever executes a plan makes it anew from the request that it carries; without it the plan would be another one.
#[tokio::test]
async fn a_plan_carries_what_was_asked_for() {
    let stage = Stage::new().await;
    let mut request = Request::new(Operation::Init);
    request.sizes = [("compute".to_owned(), "50cc".to_owned())].into();
    let plan = stage.workspace.plan(&request).await.unwrap().plan;
    assert_eq!(plan.request, request);
    let expect = Some(plan.fingerprint.to_string());
    let confirmed = plan.confirm(&Confirmation::Flags { expect }).unwrap();
    let (progress, _events) = channel();
    let outcome = stage
        .another_session()
        .execute(confirmed, progress, CancellationToken::new())
        .await;
    assert_eq!(outcome.outcome, OutcomeKind::Done, "{}", outcome.message);
}
