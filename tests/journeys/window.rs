//! Between the plan that was shown and its COMMIT: whatever comes there stops it or is none of its business.

use super::stage::{Changes, Stage, found};
use cutover::domain::action::Operation;
use cutover::domain::finding::FindingId;
use cutover::domain::phase::Phase;
use cutover::domain::plan::{Confirmation, Request, Step};
use cutover::ops::progress::{Outcome, OutcomeKind, Progress};
use cutover::sim::world::{Disturbance, Fault, FaultKind, LinkCut, ObjectName, Refusal};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Something that somebody does.
struct Hazard {
    what: &'static str,
    sql: &'static str,
    /// What the refusal names.
    names: &'static [&'static str],
    undo: &'static str,
}

/// Owners are changed by the system, everything else is done by our own role.
fn whose(sql: &str) -> &'static str {
    if sql.contains(" OWNER TO ") {
        "mz_system"
    } else {
        "materialize"
    }
}

const fn hazard(
    what: &'static str,
    sql: &'static str,
    names: &'static [&'static str],
    undo: &'static str,
) -> Hazard {
    Hazard {
        what,
        sql,
        names,
        undo,
    }
}

const HAZARDS: &[Hazard] = &[
    hazard(
        "production on 0 replicas",
        "ALTER CLUSTER compute SET (REPLICATION FACTOR 0)",
        &["cluster-options-differ", "REPLICATION FACTOR 0 -> 1"],
        "ALTER CLUSTER compute SET (REPLICATION FACTOR 1)",
    ),
    hazard(
        "the deployment side on 0 replicas",
        "ALTER CLUSTER compute_dbt_deploy SET (REPLICATION FACTOR 0)",
        &["cluster-options-differ", "REPLICATION FACTOR 1 -> 0"],
        "ALTER CLUSTER compute_dbt_deploy SET (REPLICATION FACTOR 1)",
    ),
    hazard(
        "a replica gone",
        "ALTER CLUSTER serving_dbt_deploy SET (REPLICATION FACTOR 1)",
        &["cluster-options-differ", "serving"],
        "ALTER CLUSTER serving_dbt_deploy SET (REPLICATION FACTOR 2)",
    ),
    hazard(
        "a cluster being resized, which takes its time since 26.35",
        "ALTER CLUSTER compute SET (SIZE '50cc')",
        &["reconfiguration-in-progress", "compute"],
        "ALTER CLUSTER compute SET (SIZE '100cc')",
    ),
    hazard(
        "a sink made, which would stay on the retired side",
        "CREATE SINK sinks.late IN CLUSTER egress FROM blue_green_slim.foobar INTO KAFKA CONNECTION sinks.kafka (TOPIC 'late') \
         KEY (name) NOT ENFORCED FORMAT JSON ENVELOPE UPSERT",
        &["sink materialize.sinks.late", "is new"],
        "DROP SINK sinks.late",
    ),
    hazard(
        "a grant on production, which the deployment side lacks",
        "GRANT SELECT ON blue_green_slim.foobar TO front_desk",
        &["grants-differ", "foobar", "front_desk"],
        "REVOKE SELECT ON blue_green_slim.foobar FROM front_desk",
    ),
    hazard(
        "a grant lost on the deployment side",
        "REVOKE USAGE ON SCHEMA serving_dbt_deploy FROM front_desk",
        &["grants-differ", "schema serving", "front_desk"],
        "GRANT USAGE ON SCHEMA serving_dbt_deploy TO front_desk",
    ),
    hazard(
        "another owner",
        "ALTER VIEW serving_dbt_deploy.color_card OWNER TO front_desk",
        &["owner-differs", "color_card", "front_desk"],
        "ALTER VIEW serving_dbt_deploy.color_card OWNER TO materialize",
    ),
    hazard(
        "the schema taken away from us",
        "ALTER SCHEMA serving_dbt_deploy OWNER TO front_desk",
        &["ownership", "serving_dbt_deploy", "front_desk"],
        "ALTER SCHEMA serving_dbt_deploy OWNER TO materialize",
    ),
    hazard(
        "a view of another team on production",
        "CREATE VIEW public.outside AS SELECT * FROM serving.color_card",
        &["dependent-outside", "materialize.public.outside"],
        "DROP VIEW public.outside",
    ),
    hazard(
        "something else on production's cluster",
        "CREATE MATERIALIZED VIEW public.lodger IN CLUSTER compute AS SELECT 1 AS one",
        &["foreign-on-cluster", "materialize.public.lodger"],
        "DROP MATERIALIZED VIEW public.lodger",
    ),
    hazard(
        "a source in a schema that is swapped",
        "CREATE SOURCE serving.house IN CLUSTER ingest FROM LOAD GENERATOR AUCTION FOR ALL TABLES",
        &["source-in-environment", "materialize.serving.accounts"],
        "DROP SOURCE serving.house CASCADE",
    ),
    hazard(
        "an object more on the deployment side",
        "CREATE VIEW serving_dbt_deploy.unseen AS SELECT 1 AS one",
        &["view materialize.serving_dbt_deploy.unseen", "is new"],
        "DROP VIEW serving_dbt_deploy.unseen",
    ),
    hazard(
        "an index dropped on the deployment side",
        "DROP INDEX serving_dbt_deploy.auction_board_by_price",
        &["auction_board_by_price", "is gone"],
        "CREATE INDEX auction_board_by_price IN CLUSTER serving_dbt_deploy ON serving_dbt_deploy.auction_board (highest_bid)",
    ),
    hazard(
        "a schema that is called otherwise",
        "ALTER SCHEMA serving_dbt_deploy RENAME TO elsewhere",
        &["schema serving_dbt_deploy", "is gone"],
        "ALTER SCHEMA elsewhere RENAME TO serving_dbt_deploy",
    ),
    hazard(
        "a record overwritten",
        "COMMENT ON SCHEMA serving_dbt_deploy IS 'mine'",
        &["provenance-unknown"],
        "",
    ),
];

/// Deployed, promoted and rolled back: from then on every schema has its record, and a promote begins with BEGIN.
async fn candidate_again() -> Stage {
    let stage = Stage::with(Changes {
        config: Some("settle = \"200ms\""),
        ..Changes::default()
    })
    .await;
    stage.ready().await;
    stage.must(Operation::Promote).await;
    stage.must(Operation::Rollback).await;
    let outcome = stage.wait().await;
    assert_eq!(outcome.outcome, OutcomeKind::Done, "{}", outcome.message);
    stage
}

/// Runs a promote in which `fault` strikes, and says how it ended; names must not have moved unless it says so.
async fn promote_with(stage: &Stage, fault: Fault) -> Outcome {
    let before = stage.cluster("compute");
    let plan = stage.plan(Operation::Promote).await;
    assert!(!plan.is_blocked(), "{:?}", plan.findings);
    assert!(matches!(plan.steps[0], Step::Transaction(_)));
    stage.sim.control().arm(fault);
    let outcome = stage.execute(plan).await;
    assert_eq!(stage.sim.control().faults().remaining(), 0, "it struck");
    let moved = stage.cluster("compute") != before;
    assert_eq!(
        moved,
        outcome.outcome == OutcomeKind::Done,
        "{}",
        outcome.message
    );
    outcome
}

fn meanwhile(at: &str, sql: &str) -> Fault {
    let (role, sql) = (whose(sql).to_owned(), sql.to_owned());
    Fault::once(at, FaultKind::Meanwhile { role, sql })
}

fn must_be_refused(what: &str, outcome: &Outcome, names: &[&str]) {
    let message = &outcome.message;
    assert_eq!(outcome.outcome, OutcomeKind::Blocked, "{what}: {message}");
    assert_eq!(outcome.outcome.exit_code(), 4);
    assert!(
        message.starts_with("The facts changed since the plan was shown"),
        "{what}: {message}"
    );
    for name in names {
        assert!(message.contains(name), "{what}: {name}: {message}");
    }
}

async fn mend(stage: &Stage, sql: &str) {
    let undone = stage.sim.control().execute(whose(sql), sql);
    assert!(undone.is_ok(), "{sql}: {undone:?}");
    let waited = stage.wait().await;
    assert_eq!(waited.outcome, OutcomeKind::Done, "{}", waited.message);
}

/// At BEGIN, before the fence stands; and right before COMMIT, which then fails and is tried again under another fence.
#[tokio::test]
async fn what_comes_between_the_plan_and_its_commit_is_named_and_stops_it() {
    let stage = candidate_again().await;
    for (number, hazard) in HAZARDS.iter().enumerate() {
        let at = if number % 2 == 0 { "begin" } else { "commit" };
        let outcome = promote_with(&stage, meanwhile(at, hazard.sql)).await;
        must_be_refused(hazard.what, &outcome, hazard.names);
        if !hazard.undo.is_empty() {
            mend(&stage, hazard.undo).await;
        }
    }
}

#[tokio::test]
async fn an_object_that_is_dropped_or_replaced_meanwhile_stops_it() {
    let stage = candidate_again().await;
    let shown = stage.sql("SHOW CREATE VIEW serving_dbt_deploy.color_card");
    let original = shown[0][1].clone().unwrap();
    let drop = "DROP VIEW serving_dbt_deploy.color_card";
    let outcome = promote_with(&stage, meanwhile("begin", drop)).await;
    must_be_refused(
        drop,
        &outcome,
        &["color_card", "is gone", "missing-in-deployment"],
    );
    mend(&stage, &original).await;
    let replace = format!("{drop}; {original}");
    let outcome = promote_with(&stage, meanwhile("begin", &replace)).await;
    must_be_refused(&replace, &outcome, &["color_card was replaced"]);
    let hotfix = "CREATE OR REPLACE VIEW serving.color_card AS SELECT 1 AS by_hand";
    let outcome = promote_with(&stage, meanwhile("begin", hotfix)).await;
    must_be_refused(
        hotfix,
        &outcome,
        &["twin-differs", "materialize.serving.color_card"],
    );
}

fn behind(schema: &str, name: &str, seconds: u64) -> Disturbance {
    Disturbance::FallBehind {
        object: object(schema, name),
        by: Duration::from_secs(seconds),
        lasts: None,
    }
}

fn object(schema: &str, name: &str) -> ObjectName {
    ObjectName {
        schema: schema.to_owned(),
        name: name.to_owned(),
    }
}

#[tokio::test]
async fn lag_and_stalls_that_come_stop_it_and_those_that_go_do_not() {
    let stage = candidate_again().await;
    for (disturbance, mended, names) in [
        (
            behind("blue_green_slim_dbt_deploy", "bids_enriched", 600),
            behind("blue_green_slim_dbt_deploy", "bids_enriched", 0),
            &["not-ready", "compute_dbt_deploy"],
        ),
        (
            behind("blue_green_slim", "bids_enriched", 600),
            behind("blue_green_slim", "bids_enriched", 0),
            &["production-unhealthy", "compute"],
        ),
        (
            Disturbance::Stall {
                object: object("sinks", "mood_feed"),
                error: "kafka: broker gone".to_owned(),
                lasts: None,
            },
            Disturbance::Recover {
                object: object("sinks", "mood_feed"),
            },
            &["sink-stalled", "mood_feed"],
        ),
    ] {
        let plan = stage.plan(Operation::Promote).await;
        stage.disturb(&disturbance);
        let outcome = stage.execute(plan).await;
        must_be_refused(names[0], &outcome, names);
        stage.disturb(&mended);
        let waited = stage.wait().await;
        assert_eq!(waited.outcome, OutcomeKind::Done, "{}", waited.message);
    }
    stage.disturb(&behind("blue_green_slim", "bids_enriched", 600));
    let plan = stage.plan(Operation::Promote).await;
    assert!(plan.has_warnings(), "{:?}", plan.findings);
    stage.disturb(&behind("blue_green_slim", "bids_enriched", 0));
    let outcome = stage.execute(plan).await;
    assert_eq!(outcome.outcome, OutcomeKind::Done, "{}", outcome.message);
}

#[tokio::test]
async fn what_is_none_of_its_business_lets_it_pass() {
    let stage = candidate_again().await;
    for (at, sql) in [
        ("begin", "CREATE SCHEMA elsewhere"),
        ("commit", "CREATE VIEW elsewhere.one AS SELECT 1 AS one"),
        ("commit", "INSERT INTO notes VALUES (1)"),
    ] {
        if sql.starts_with("INSERT") {
            stage.sql("CREATE TABLE notes (a int)");
        }
        let outcome = promote_with(&stage, meanwhile(at, sql)).await;
        assert_eq!(
            outcome.outcome,
            OutcomeKind::Done,
            "{sql}: {}",
            outcome.message
        );
        stage.must(Operation::Rollback).await;
        assert_eq!(stage.wait().await.outcome, OutcomeKind::Done);
    }
}

const THEIR_SWAP: &str = "BEGIN; ALTER SCHEMA blue_green_slim SWAP WITH blue_green_slim_dbt_deploy; \
    ALTER SCHEMA serving SWAP WITH serving_dbt_deploy; ALTER CLUSTER compute SWAP WITH compute_dbt_deploy; \
    ALTER CLUSTER serving SWAP WITH serving_dbt_deploy; COMMIT";

#[tokio::test]
async fn of_two_who_swap_one_commits_and_the_other_says_who_did() {
    for at in ["begin", "commit"] {
        let stage = candidate_again().await;
        let before = stage.cluster("compute");
        let plan = stage.plan(Operation::Promote).await;
        stage.sim.control().arm(meanwhile(at, THEIR_SWAP));
        let outcome = stage.execute(plan).await;
        let message = &outcome.message;
        assert_ne!(stage.cluster("compute"), before, "theirs stands: {message}");
        assert_eq!(outcome.outcome, OutcomeKind::Blocked, "{message}");
        assert!(
            message.starts_with(
                "Somebody else swapped these names since the plan was shown (materialize, at 20"
            ),
            "{message}"
        );
    }
}

#[tokio::test]
async fn a_race_that_can_not_be_won_ends_in_time_and_names_who_makes_ddl() {
    let stage = Stage::with(Changes {
        config: Some("retry_backoff = \"10ms\"\nretry_for = \"500ms\""),
        ..Changes::default()
    })
    .await;
    stage.ready().await;
    let before = stage.cluster("compute");
    let plan = stage.plan(Operation::Promote).await;
    stage.sim.control().arm(Fault::always(
        "commit",
        FaultKind::Meanwhile {
            role: "mz_system".to_owned(),
            sql: "COMMENT ON SCHEMA public IS 'busy'".to_owned(),
        },
    ));
    let outcome = stage.execute(plan).await;
    let message = &outcome.message;
    assert_eq!(outcome.outcome, OutcomeKind::Failed, "{message}");
    assert_eq!(stage.cluster("compute"), before);
    assert!(message.contains("nothing was swapped"), "{message}");
    assert!(
        message.contains("DDL meanwhile by ")
            && message.contains("mz_system (")
            && message.contains("the last: comment schema)"),
        "{message}"
    );
}

#[tokio::test]
async fn a_commit_that_is_late_is_made_to_fail_before_anything_is_said_of_it() {
    let stage = candidate_again().await;
    let later = LinkCut::PerformingLater(Duration::from_secs(3_600));
    let outcome = promote_with(&stage, Fault::once("commit", FaultKind::Cut(later))).await;
    let message = &outcome.message;
    assert_eq!(outcome.outcome, OutcomeKind::Failed, "{message}");
    let id = stage.cluster("compute").unwrap();
    assert!(
        message.contains("did not take effect and can't any more")
            && message.contains(&format!("cluster compute {id}"))
            && message.contains("at the logical time 1"),
        "{message}"
    );
    stage.sim.control().advance(Duration::from_secs(7_200));
    assert_eq!(stage.phase().await, Phase::Ready);
    assert_eq!(stage.cluster("compute"), Some(id));
}

#[tokio::test]
async fn where_a_late_commit_can_not_be_fenced_off_its_outcome_is_unknown() {
    let stage = candidate_again().await;
    let control = stage.sim.control();
    control.arm(Fault::once(
        "create temporary view",
        FaultKind::Refuse(Refusal {
            sqlstate: "42501".to_owned(),
            message: "permission denied".to_owned(),
            detail: None,
            hint: None,
        }),
    ));
    let cut = FaultKind::Cut(LinkCut::BeforePerforming);
    let outcome = promote_with(&stage, Fault::once("commit", cut)).await;
    assert_eq!(outcome.outcome, OutcomeKind::Unknown, "{}", outcome.message);
    assert_eq!(outcome.outcome.exit_code(), 5);
}

/// What was looked at under the fence, and when, stands in the audit before the other renames.
#[tokio::test]
async fn the_audit_holds_the_proof() {
    let stage = candidate_again().await;
    let plan = stage.plan(Operation::Promote).await;
    let (compute, fingerprint) = (stage.cluster("compute").unwrap(), plan.fingerprint.clone());
    let outcome = stage.execute(plan).await;
    assert_eq!(outcome.outcome, OutcomeKind::Done, "{}", outcome.message);
    let audit = std::fs::read_to_string(outcome.audit.unwrap()).unwrap();
    let lines: Vec<serde_json::Value> = audit
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let events: Vec<&str> = lines
        .iter()
        .map(|line| line["event"].as_str().unwrap())
        .take(8)
        .collect();
    let fence = [
        "began", "note", "sent", "answered", "sent", "answered", "looked", "sent",
    ];
    assert_eq!(events, fence, "BEGIN, the first rename, the look");
    let looked = &lines[6];
    assert_eq!(looked["fingerprint"], fingerprint.as_str());
    assert!(looked["logical_time"].as_u64().unwrap() > 1_700_000_000_000);
    let ids = looked["ids"].as_array().unwrap();
    assert!(
        ids.contains(&format!("cluster compute {compute}").into()),
        "{ids:?}"
    );
    assert!(looked["objects"].as_u64().unwrap() > 20, "{looked}");
}

/// The look under the fence is the binding one: none comes before it, and one after COMMIT verifies.
#[tokio::test]
async fn a_promote_looks_once_under_its_fence_and_once_after_it() {
    let stage = candidate_again().await;
    stage.sql("CREATE TABLE looks (a int)");
    let plan = stage.plan(Operation::Promote).await;
    stage.sim.control().arm(Fault::always(
        "FROM mz_internal.mz_frontiers",
        FaultKind::Meanwhile {
            role: "materialize".to_owned(),
            sql: "INSERT INTO looks VALUES (1)".to_owned(),
        },
    ));
    let outcome = stage.execute(plan).await;
    assert_eq!(outcome.outcome, OutcomeKind::Done, "{}", outcome.message);
    assert_eq!(stage.sql("SELECT a FROM looks").len(), 2);
}

#[tokio::test]
async fn a_rollback_goes_on_in_spite_of_what_only_warns_and_tells_it() {
    let stage = candidate_again().await;
    stage.must(Operation::Promote).await;
    let plan = stage.plan(Operation::Rollback).await;
    stage.disturb(&behind("blue_green_slim", "bids_enriched", 600));
    let (outcome, told) = stage
        .execute_cancelled_by(plan, CancellationToken::new())
        .await;
    assert_eq!(outcome.outcome, OutcomeKind::Done, "{}", outcome.message);
    let is_told = |event: &Progress| matches!(event, Progress::Note { text } if text.starts_with("Since the plan was shown: new: production-unhealthy"));
    assert!(told.iter().any(is_told), "{told:?}");
}

/// In an incident nobody waits for other people's DDL: the plan says that it looks at nothing, and the ids are read afterwards.
#[tokio::test]
async fn a_rollback_may_be_sent_without_a_fence_by_a_yes_of_its_own() {
    let stage = candidate_again().await;
    stage.must(Operation::Promote).await;
    let before = stage.cluster("compute");
    let fenced = stage.plan(Operation::Rollback).await;
    let mut request = Request::new(Operation::Rollback);
    request.without_fence = true;
    let plan = stage.workspace.plan(&request).await.unwrap().plan;
    assert!(found(&plan).contains(&FindingId::FenceLeftOut));
    assert_ne!(plan.fingerprint, fenced.fingerprint);
    let bare = plan.clone().confirm(&Confirmation::Flags { expect: None });
    assert!(bare.is_err(), "it takes --expect");
    let outcome = stage.execute(plan).await;
    assert_eq!(outcome.outcome, OutcomeKind::Done, "{}", outcome.message);
    assert_ne!(stage.cluster("compute"), before);
    let audit = std::fs::read_to_string(outcome.audit.unwrap()).unwrap();
    assert!(!audit.contains("\"event\":\"looked\""));
}

#[tokio::test]
async fn a_rollback_without_a_fence_that_only_swaps_back_says_what_it_did() {
    let stage = candidate_again().await;
    stage.must(Operation::Promote).await;
    let before = stage.cluster("compute");
    let mut request = Request::new(Operation::Rollback);
    request.without_fence = true;
    let plan = stage.workspace.plan(&request).await.unwrap().plan;
    // Right before our BEGIN, after the last look: nothing tells it until the ids are read.
    stage.sim.control().arm(meanwhile(
        "ALTER SCHEMA \"materialize\".\"blue_green_slim\"",
        THEIR_SWAP,
    ));
    let outcome = stage.execute(plan).await;
    assert_ne!(outcome.outcome, OutcomeKind::Done, "{}", outcome.message);
    assert_eq!(stage.cluster("compute"), before, "swapped twice");
    assert!(
        outcome
            .message
            .contains("somebody swapped the names back since"),
        "{}",
        outcome.message
    );
}
