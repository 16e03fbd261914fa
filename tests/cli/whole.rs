//! A side with holes: nothing says that it is ready, the same, or what production was, and each command names what is missing.

use crate::stage::Stage;
use crate::{Ended, value};

impl Stage {
    /// Runs a command that must end with this code.
    fn must(&self, words: &[&str], code: i32) -> Ended {
        self.run(words).with_code(code)
    }

    /// A candidate that is hydrated.
    async fn with_candidate() -> Self {
        let stage = Self::new().await;
        stage.must(&["init", "--yes"], 0);
        stage.must(&["deploy", "--yes"], 0);
        stage.must(&["await"], 0);
        stage
    }

    /// A production that was just promoted, with its way back.
    async fn promoted() -> Self {
        let stage = Self::with_candidate().await;
        stage.agree("promote");
        stage
    }

    fn status(&self) -> serde_json::Value {
        value(&self.must(&["status", "--output", "json"], 0))
    }
}

#[track_caller]
fn says(ended: &Ended, words: &[&str]) {
    let said = format!("{}{}", ended.stdout, ended.stderr);
    for words in words {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_candidate_with_a_hole_is_not_ready_and_a_deploy_fills_it() {
    let stage = Stage::with_candidate().await;
    stage.sql("DROP MATERIALIZED VIEW blue_green_slim_dbt_deploy.bids_enriched CASCADE");
    let awaited = stage.must(&["await"], 6);
    says(
        &awaited,
        &[
            "blue_green_slim.bids_enriched",
            "missing",
            "`cutover deploy`",
        ],
    );
    let status = stage.status();
    assert_ne!(status["phase"], "ready");
    assert_eq!(status["readiness"], "failing");
    let models = &status["models"]["deployment"];
    assert!(models["standing"].as_u64() < models["total"].as_u64());
    let missing = models["missing"].as_array().unwrap();
    assert!(
        missing.contains(&"blue_green_slim.bids_enriched".into()),
        "{models}"
    );
    says(
        &stage.must(&["status"], 0),
        &["blue_green_slim.bids_enriched"],
    );
    says(
        &stage.must(&["promote", "--dry-run"], 4),
        &["model-not-built"],
    );
    says(
        &stage.must(&["run", "--until", "ready", "--yes"], 0),
        &["Ready for the promote."],
    );
    let status = stage.status();
    assert_eq!(status["phase"], "ready");
    assert_eq!(
        status["models"]["deployment"]["missing"],
        serde_json::json!([])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn status_calls_no_side_ready_that_a_promote_would_be_stopped_for() {
    let stage = Stage::with_candidate().await;
    stage.must(&["await"], 0);
    let ready = stage.status();
    assert_eq!(ready["phase"], "ready");
    says(&stage.must(&["status"], 0), &["`cutover promote` swaps"]);
    stage.sql("CREATE VIEW serving.handmade AS SELECT 1 AS a");
    let stopped = stage.must(&["status"], 0);
    says(&stopped, &["DO NOT PROMOTE: 1 object that no model made"]);
    assert!(!stopped.stdout.contains("`cutover promote` swaps"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hole_in_production_is_never_called_done_and_is_healed_by_a_promote() {
    let stage = Stage::promoted().await;
    says(
        &stage.must(&["run", "--until", "promoted", "--yes"], 0),
        &["Production runs this project."],
    );
    stage.sql("DROP VIEW serving.top_bidders CASCADE");
    let missing = &["serving.top_bidders", "cutover sync"][..];
    says(
        &stage.must(&["run", "--until", "promoted", "--yes"], 4),
        missing,
    );
    says(&stage.must(&["promote", "--yes"], 4), missing);
    says(&stage.must(&["status"], 0), &["serving.top_bidders"]);
    // Asked for by name, the retired side is rebuilt, and brings to production what is missing there.
    let healed = stage.must(&["run", "--until", "synced", "--yes"], 0);
    says(&healed, &["both sides are the same"]);
    let stands = "SELECT 1 FROM mz_views v JOIN mz_schemas s ON v.schema_id = s.id WHERE v.name = 'top_bidders' AND s.name = 'serving'";
    assert_eq!(stage.sql(stands).len(), 1);
    let status = stage.status();
    assert_eq!(status["phase"], "synced");
    assert_eq!(
        status["models"]["production"]["missing"],
        serde_json::json!([])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hole_in_production_beside_a_synced_side_makes_that_side_a_candidate() {
    let stage = Stage::promoted().await;
    stage.agree("sync");
    stage.sql("DROP VIEW serving.top_bidders CASCADE");
    says(
        &stage.must(&["promote", "--yes"], 4),
        &["serving.top_bidders", "`cutover deploy`"],
    );
    says(
        &stage.must(&["deploy", "--dry-run"], 0),
        &["serving.top_bidders", "candidate"],
    );
    stage.must(&["run", "--until", "promoted", "--yes"], 0);
    let status = stage.status();
    assert_eq!(status["phase"], "promoted");
    assert_eq!(
        status["models"]["production"]["missing"],
        serde_json::json!([])
    );
    assert_eq!(
        status["way_back"]["state"], "degraded",
        "what is retired has the hole now"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hole_in_a_synced_side_is_not_the_same_and_a_sync_fills_it() {
    let stage = Stage::promoted().await;
    stage.agree("sync");
    stage.sql("DROP VIEW serving_dbt_deploy.top_bidders CASCADE");
    says(
        &stage.must(&["await"], 6),
        &["serving.top_bidders", "`cutover sync`"],
    );
    let healed = stage.must(&["run", "--until", "synced", "--yes"], 0);
    says(&healed, &["both sides are the same"]);
    assert_eq!(
        stage.status()["models"]["deployment"]["missing"],
        serde_json::json!([])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_to_a_side_with_holes_warns_and_names_them() {
    let stage = Stage::promoted().await;
    for view in ["warm_people", "people_by_mood"] {
        stage.sql(&format!("DROP VIEW serving_dbt_deploy.{view} CASCADE"));
    }
    let missing = &["serving.warm_people", "serving.people_by_mood"][..];
    says(&stage.must(&["status"], 0), missing);
    let way_back = stage.status()["way_back"].clone();
    assert_eq!(way_back["state"], "degraded");
    assert!(
        way_back["whole"].as_u64() < way_back["total"].as_u64(),
        "{way_back}"
    );
    let shown = stage.must(&["rollback", "--dry-run"], 0);
    says(&shown, missing);
    says(&shown, &["retired-incomplete"]);
    says(&stage.must(&["rollback", "--yes"], 2), &["--expect"]);
    says(&stage.agree("rollback"), missing);
    assert_eq!(
        stage.status()["models"]["production"]["missing"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}
