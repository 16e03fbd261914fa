//! A schema or a cluster that somebody moved alone, and records that say more than what stands there.

use super::provenance::SCHEMAS;
use super::stage::{Stage, blocks};
use cutover::domain::action::Operation;
use cutover::domain::finding::{Finding, FindingId, Severity};
use cutover::domain::phase::Phase;
use cutover::domain::plan::Plan;
use cutover::domain::way_back::WayBack;
use cutover::ops::progress::OutcomeKind;

const RELYING: [Operation; 5] = [
    Operation::Init,
    Operation::Deploy,
    Operation::Sync,
    Operation::Promote,
    Operation::Cleanup,
];

impl Stage {
    async fn promoted() -> Self {
        let stage = Self::new().await;
        stage.ready().await;
        stage.must(Operation::Promote).await;
        stage
    }

    async fn synced() -> Self {
        let stage = Self::promoted().await;
        stage.must(Operation::Sync).await;
        assert_eq!(stage.phase().await, Phase::Synced);
        stage
    }

    fn comment(&self, schema: &str, text: &str) {
        let text = text.replace('\'', "''");
        self.sql(&format!("COMMENT ON SCHEMA {schema} IS '{text}'"));
    }

    fn comment_of(&self, schema: &str) -> String {
        let comments = self.names(&format!(
            "SELECT c.comment FROM mz_internal.mz_comments c JOIN mz_schemas s ON s.id = c.id \
             WHERE c.object_type = 'schema' AND s.name = '{schema}'"
        ));
        comments.into_iter().map(|[text]| text).collect()
    }

    /// Everything that relies on which side is which is blocked, and says which statement puts it right.
    async fn relies_on(&self, name: &str, statement: &str) {
        assert_eq!(self.phase().await, Phase::Unknown);
        for operation in RELYING {
            let plan = self.plan(operation).await;
            let found = named(&plan, name);
            assert!(
                found.iter().any(|finding| {
                    finding.severity == Severity::Block && finding.remedy.contains(statement)
                }),
                "{operation}: {:#?}",
                plan.findings
            );
        }
    }

    /// A rollback is planned all the same; what it would not put back is named, and both sides are shown.
    async fn warns_of(&self, names: &[&str], statement: &str) -> Plan {
        let plan = self.plan(Operation::Rollback).await;
        assert_eq!(blocks(&plan), [].into(), "{:#?}", plan.findings);
        let is_of = |finding: &&Finding| {
            finding.severity == Severity::Warn
                && finding.message.contains("would not put back")
                && finding.remedy.contains(statement)
        };
        let told = plan.findings.iter().find(is_of);
        let told = told.unwrap_or_else(|| panic!("{:#?}", plan.findings));
        assert_eq!(told.objects, names, "{}", told.message);
        let shown = "The production side: schema blue_green_slim (u";
        assert!(
            plan.findings.iter().any(|it| it.message.contains(shown)),
            "{:#?}",
            plan.findings
        );
        plan
    }
}

fn named<'p>(plan: &'p Plan, object: &str) -> Vec<&'p Finding> {
    let findings = plan.findings.iter();
    findings
        .filter(|finding| finding.id == FindingId::ProvenanceUnknown)
        .filter(|finding| finding.objects.iter().any(|named| named == object))
        .collect()
}

#[tokio::test]
async fn a_schema_that_was_swapped_alone_is_no_committed_swap() {
    let stage = Stage::promoted().await;
    let promoted = stage.ids();
    let back =
        "ALTER SCHEMA \"materialize\".\"blue_green_slim\" SWAP WITH \"blue_green_slim_dbt_deploy\"";
    stage.sql("ALTER SCHEMA blue_green_slim SWAP WITH blue_green_slim_dbt_deploy");
    stage.relies_on("blue_green_slim", back).await;
    stage.warns_of(&["blue_green_slim"], back).await;
    let board = stage.observe().await.board;
    assert!(
        matches!(board.way_back, WayBack::Unknown { .. }),
        "{}",
        board.way_back
    );
    stage.sql(back);
    assert_eq!(stage.ids(), promoted);
    assert_eq!(stage.phase().await, Phase::Promoted);
    stage.must(Operation::Rollback).await;
}

#[tokio::test]
async fn the_same_is_seen_after_dbts_own_promote() {
    let stage = Stage::new().await;
    stage.dbt_init();
    stage.dbt_run(2);
    stage.dbt_promote();
    assert_eq!(stage.phase().await, Phase::Promoted);
    let back = "ALTER SCHEMA \"materialize\".\"serving\" SWAP WITH \"serving_dbt_deploy\"";
    stage.sql(back);
    stage.relies_on("serving", back).await;
    stage.warns_of(&["serving"], back).await;
    stage.sql(back);
    // The last swap is that of one schema still, and yet names, records and what runs where say the same again.
    stage.sql("ALTER SCHEMA blue_green_slim SWAP WITH blue_green_slim_dbt_deploy");
    let back =
        "ALTER SCHEMA \"materialize\".\"blue_green_slim\" SWAP WITH \"blue_green_slim_dbt_deploy\"";
    stage.relies_on("compute", back).await;
}

#[tokio::test]
async fn a_candidate_one_schema_of_which_was_swapped_is_no_promote_under_way() {
    let stage = Stage::new().await;
    stage.ready().await;
    let back = "ALTER SCHEMA \"materialize\".\"serving\" SWAP WITH \"serving_dbt_deploy\"";
    stage.sql(back);
    stage.relies_on("serving", back).await;
    stage.sql(back);
    assert_eq!(stage.phase().await, Phase::Ready);
    stage.must(Operation::Promote).await;
}

#[tokio::test]
async fn a_cluster_that_was_swapped_alone_stops_all_that_relies_on_its_name() {
    for ready in [true, false] {
        let stage = match ready {
            true => {
                let stage = Stage::new().await;
                stage.ready().await;
                stage
            }
            false => Stage::promoted().await,
        };
        let phase = stage.phase().await;
        let before = stage.ids();
        let back = "ALTER CLUSTER \"compute\" SWAP WITH \"compute_dbt_deploy\"";
        stage.sql(back);
        stage.relies_on("compute_dbt_deploy", back).await;
        if !ready {
            stage.warns_of(&["compute"], back).await;
        }
        stage.sql(back);
        assert_eq!(stage.ids(), before);
        assert_eq!(stage.phase().await, phase);
    }
}

#[tokio::test]
async fn a_side_that_equals_production_is_not_newer_once_its_records_are_gone() {
    let stage = Stage::synced().await;
    // A build that began and built nothing yet, and then somebody's comments over its records.
    for schema in SCHEMAS {
        let twin = format!("{schema}_dbt_deploy");
        let begun = stage
            .comment_of(&twin)
            .replace("role=synced", "role=candidate")
            .replace("complete=yes", "complete=no");
        stage.comment(&twin, &begun);
    }
    assert_eq!(stage.phase().await, Phase::Deploying);
    for schema in SCHEMAS {
        stage.comment(&format!("{schema}_dbt_deploy"), "hi");
    }
    let plan = stage.plan(Operation::Promote).await;
    assert!(plan.is_blocked(), "{:#?}", plan.findings);
    let script = stage.plan(Operation::Repair).await.script().join("\n");
    assert!(
        !script.contains("role=candidate"),
        "nothing was built, so nothing is a candidate: {script}"
    );
}

#[tokio::test]
async fn a_rollback_of_dbts_promote_makes_up_no_manifest() {
    let stage = Stage::promoted().await;
    stage.dbt_run(2);
    stage.dbt_promote();
    assert_eq!(stage.phase().await, Phase::Promoted);
    let held = stage.recorded();
    stage.must(Operation::Rollback).await;
    for schema in SCHEMAS {
        let comment = stage.comment_of(&format!("{schema}_dbt_deploy"));
        assert!(comment.contains("role=candidate"), "{comment}");
        assert!(
            !comment.contains(" manifest="),
            "dbt built something else there: {comment}"
        );
        // The side that came back holds what it held, and its record tells it.
        let comment = stage.comment_of(schema);
        let manifest = held[0].as_deref().unwrap();
        assert!(
            comment.contains(&format!(" manifest={manifest} ")),
            "{comment}"
        );
    }
    let deploy = stage.plan(Operation::Deploy).await;
    assert!(!deploy.steps.is_empty(), "{:?}", deploy.summary);
}

#[tokio::test]
async fn a_candidate_that_somebody_built_over_takes_no_manifest_along() {
    let stage = Stage::new().await;
    stage.ready().await;
    stage.sql("DROP VIEW serving_dbt_deploy.top_bidders CASCADE");
    stage.sql("CREATE VIEW serving_dbt_deploy.top_bidders AS SELECT 2 AS release");
    assert_eq!(stage.wait().await.outcome, OutcomeKind::Done);
    let deploy = stage.plan(Operation::Deploy).await;
    assert!(!deploy.steps.is_empty(), "{:?}", deploy.summary);
    let allowed = [
        "missing-in-deployment:materialize.serving.top_bidders_buyer_idx",
        "twin-differs:materialize.serving.top_bidders",
    ];
    let plan = stage.plan_allowing(Operation::Promote, &allowed).await;
    let outcome = stage.execute(plan).await;
    assert_eq!(outcome.outcome, OutcomeKind::Done, "{}", outcome.message);
    let comment = stage.comment_of("serving");
    assert!(comment.contains("role=production"), "{comment}");
    assert!(!comment.contains(" manifest="), "{comment}");
}

#[tokio::test]
async fn productions_records_are_made_again_beside_a_candidate() {
    let stage = Stage::synced().await;
    let before = SCHEMAS.map(|schema| stage.comment_of(schema));
    for schema in SCHEMAS {
        let twin = format!("{schema}_dbt_deploy");
        let candidate = stage
            .comment_of(&twin)
            .replace("role=synced", "role=candidate");
        stage.comment(&twin, &candidate);
        stage.comment(schema, "hi");
    }
    stage.must(Operation::Repair).await;
    for (schema, before) in SCHEMAS.iter().zip(before) {
        let manifest = before.split(' ').find(|word| word.starts_with("manifest="));
        let comment = stage.comment_of(schema);
        assert!(
            comment.starts_with("hi | cutover/1 role=production")
                && comment.contains(manifest.unwrap()),
            "{comment}"
        );
    }
    assert!(stage.plan(Operation::Repair).await.steps.is_empty());
}

#[tokio::test]
async fn a_made_up_sync_is_not_believed() {
    let stage = Stage::promoted().await;
    for schema in SCHEMAS {
        let twin = format!("{schema}_dbt_deploy");
        let synced = stage
            .comment_of(&twin)
            .replace("role=retired", "role=synced");
        stage.comment(&twin, &synced);
    }
    assert_eq!(stage.phase().await, Phase::Unknown);
    let plan = stage.plan(Operation::Deploy).await;
    assert!(blocks(&plan).contains(&FindingId::ProvenanceUnknown));
    stage.must(Operation::Repair).await;
    assert_eq!(stage.phase().await, Phase::Promoted);
}
