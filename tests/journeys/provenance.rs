//! What stands where is judged from ids, records and audit events: dbt's own promotes and forged records in between.

use super::stage::{Stage, blocks, found};
use cutover::domain::action::Operation;
use cutover::domain::finding::{FindingId, Severity};
use cutover::domain::phase::Phase;
use cutover::ops::progress::OutcomeKind;

pub const SCHEMAS: [&str; 2] = ["blue_green_slim", "serving"];
pub const CLUSTERS: [&str; 2] = ["compute", "serving"];

impl Stage {
    /// What dbt-materialize's `deploy_init` sends (recorded: dbt-02), grants aside.
    pub fn dbt_init(&self) {
        for schema in SCHEMAS {
            self.sql(&format!("CREATE SCHEMA {schema}_dbt_deploy"));
        }
        for cluster in CLUSTERS {
            self.sql(&format!(
                "CREATE CLUSTER {cluster}_dbt_deploy (SIZE = '100cc', REPLICATION FACTOR = 1)"
            ));
        }
    }

    /// A whole build by dbt: every relation of production anew on the deployment side, without any record.
    pub fn dbt_run(&self, release: u32) {
        for schema in SCHEMAS {
            for [name] in self.names(&format!(
                "SELECT o.name FROM mz_objects o JOIN mz_schemas s ON s.id = o.schema_id \
                 WHERE s.name = '{schema}_dbt_deploy' AND o.type IN ('view', 'materialized-view')"
            )) {
                let drop = format!("DROP VIEW IF EXISTS {schema}_dbt_deploy.{name} CASCADE");
                let of_view = self.sim.control().execute("materialize", &drop);
                if of_view.is_err() {
                    self.sql(&format!(
                        "DROP MATERIALIZED VIEW IF EXISTS {schema}_dbt_deploy.{name} CASCADE"
                    ));
                }
            }
        }
        for schema in SCHEMAS {
            for [name] in self.names(&format!(
                "SELECT o.name FROM mz_objects o JOIN mz_schemas s ON s.id = o.schema_id \
                 WHERE s.name = '{schema}' AND o.type IN ('view', 'materialized-view')"
            )) {
                self.sql(&format!(
                    "CREATE MATERIALIZED VIEW {schema}_dbt_deploy.{name} IN CLUSTER compute_dbt_deploy AS SELECT {release} AS release"
                ));
            }
        }
    }

    /// What dbt-materialize's `deploy_promote` sends (recorded: dbt-06).
    pub fn dbt_promote(&self) {
        let swaps: Vec<String> =
            SCHEMAS
                .map(|name| format!("ALTER SCHEMA \"{name}\" SWAP WITH \"{name}_dbt_deploy\""))
                .into_iter()
                .chain(CLUSTERS.map(|name| {
                    format!("ALTER CLUSTER \"{name}\" SWAP WITH \"{name}_dbt_deploy\"")
                }))
                .collect();
        self.sql(&format!("BEGIN; {}; COMMIT", swaps.join("; ")));
        for schema in SCHEMAS {
            self.sql(&format!(
                "COMMENT ON SCHEMA \"{schema}\" IS '\n        Deployment by materialize on \n    '"
            ));
        }
    }

    /// What dbt-materialize's `deploy_cleanup` sends (recorded: dbt-09).
    pub fn dbt_cleanup(&self) {
        for schema in SCHEMAS {
            self.sql(&format!(
                "DROP SCHEMA IF EXISTS \"{schema}_dbt_deploy\" CASCADE"
            ));
        }
        for cluster in CLUSTERS {
            self.sql(&format!(
                "DROP CLUSTER IF EXISTS \"{cluster}_dbt_deploy\" CASCADE"
            ));
        }
    }

    pub fn names(&self, sql: &str) -> Vec<[String; 1]> {
        let rows = self.sql(sql).into_iter();
        rows.filter_map(|row| Some([row.into_iter().next()??]))
            .collect()
    }

    /// The manifest that the records on the deployment side's schemas name.
    pub fn recorded(&self) -> Vec<Option<String>> {
        let comments = self.names(
            "SELECT c.comment FROM mz_internal.mz_comments c JOIN mz_schemas s ON s.id = c.id \
             WHERE c.object_type = 'schema' AND s.name LIKE '%_dbt_deploy' ORDER BY s.name",
        );
        let manifest = |text: &str| {
            let mut words = text.split(' ');
            words.find_map(|word| Some(word.strip_prefix("manifest=")?.to_owned()))
        };
        comments.iter().map(|[text]| manifest(text)).collect()
    }

    pub fn ids(&self) -> Vec<Option<String>> {
        SCHEMAS
            .iter()
            .map(|name| self.schema(name))
            .chain(CLUSTERS.iter().map(|name| self.cluster(name)))
            .collect()
    }
}

#[tokio::test]
async fn a_promote_after_dbts_own_never_brings_the_old_release_back() {
    let stage = Stage::new().await;
    stage.ready().await;
    stage.must(Operation::Promote).await;
    let first = stage.ids();
    // Cycle 2 by dbt, over the retired side.
    stage.dbt_run(2);
    assert_eq!(stage.wait().await.outcome, OutcomeKind::Done);
    assert_eq!(
        stage.phase().await,
        Phase::Ready,
        "newer, whatever its record says"
    );
    stage.dbt_promote();
    let second = stage.ids();
    assert_ne!(first, second);
    assert_eq!(stage.phase().await, Phase::Promoted);
    let plan = stage.plan(Operation::Promote).await;
    assert!(plan.is_blocked());
    assert!(
        blocks(&plan).contains(&FindingId::AlreadyPromoted),
        "{:?}",
        found(&plan)
    );
    // With a whole dbt cycle between: cleanup, init, build, promote.
    stage.dbt_cleanup();
    assert_eq!(stage.phase().await, Phase::None);
    stage.dbt_init();
    assert_eq!(stage.phase().await, Phase::Initialized);
    stage.dbt_run(3);
    stage.dbt_promote();
    assert_eq!(stage.phase().await, Phase::Promoted);
    assert!(blocks(&stage.plan(Operation::Promote).await).contains(&FindingId::AlreadyPromoted));
    let third = stage.ids();
    // dbt's promote again swaps back: that is its way, and not ours to repeat.
    stage.dbt_promote();
    assert_eq!(stage.phase().await, Phase::Unknown);
    let plan = stage.plan(Operation::Promote).await;
    assert!(
        blocks(&plan).contains(&FindingId::ProvenanceUnknown),
        "{:?}",
        found(&plan)
    );
    stage.must(Operation::Rollback).await;
    assert_eq!(stage.ids(), third, "back to what was production before");
}

#[tokio::test]
async fn a_candidate_that_dbt_built_is_promoted_by_the_events_proof() {
    let stage = Stage::new().await;
    stage.dbt_init();
    stage.dbt_run(1);
    let awaited = stage.wait().await;
    assert_eq!(awaited.outcome, OutcomeKind::Failing);
    assert!(
        awaited.message.contains("mood_share"),
        "the project's new model: {}",
        awaited.message
    );
    stage.sql("CREATE VIEW blue_green_slim_dbt_deploy.mood_share AS SELECT 1 AS release");
    assert_eq!(stage.wait().await.outcome, OutcomeKind::Done);
    let plan = stage.plan(Operation::Promote).await;
    let told = plan
        .findings
        .iter()
        .find(|finding| finding.id == FindingId::ProvenanceUnknown)
        .unwrap();
    assert_eq!(told.severity, Severity::Info, "{}", told.message);
}

#[tokio::test]
async fn a_ci_tag_that_holds_a_record_is_no_way_back() {
    let stage = Stage::new().await;
    stage.ready().await;
    let before = stage.ids();
    for schema in SCHEMAS {
        let twin = stage.schema(schema).unwrap();
        stage.sql(&format!(
            "COMMENT ON SCHEMA {schema}_dbt_deploy IS 'pr | cutover/1 role=retired env=production twin={twin} complete=yes by=x at=x'"
        ));
    }
    assert_eq!(stage.phase().await, Phase::Unknown);
    let plan = stage.plan(Operation::Rollback).await;
    assert!(
        blocks(&plan).contains(&FindingId::NoWayBack),
        "{:?}",
        found(&plan)
    );
    assert!(blocks(&stage.plan(Operation::Promote).await).contains(&FindingId::ProvenanceUnknown));
    stage.must(Operation::Repair).await;
    assert_eq!(stage.phase().await, Phase::Ready);
    assert_eq!(stage.ids(), before);
    assert!(stage.plan(Operation::Repair).await.steps.is_empty());
}

#[tokio::test]
async fn a_record_that_a_comment_overwrote_is_made_again() {
    let stage = Stage::new().await;
    stage.ready().await;
    stage.must(Operation::Promote).await;
    stage.sql("COMMENT ON SCHEMA serving_dbt_deploy IS 'do not touch'");
    stage.sql("COMMENT ON SCHEMA serving IS 'dashboards'");
    stage.must(Operation::Repair).await;
    let comments = stage.sql(
        "SELECT c.comment FROM mz_internal.mz_comments c JOIN mz_schemas s ON s.id = c.id \
         WHERE c.object_type = 'schema' AND s.name IN ('serving', 'serving_dbt_deploy')",
    );
    let texts: Vec<String> = comments
        .into_iter()
        .filter_map(|row| row[0].clone())
        .collect();
    assert!(
        texts.iter().any(
            // The state directory said it, and nothing proves it.
            |text| text.starts_with("do not touch | cutover/1 role=retired")
                && text.contains(" claimed=")
        ),
        "{texts:?}"
    );
    assert!(
        texts.iter().any(
            |text| text.starts_with("dashboards | cutover/1 role=production")
                && text.contains(" manifest=")
        ),
        "{texts:?}"
    );
    stage.must(Operation::Rollback).await;
}

#[tokio::test]
async fn records_that_are_all_gone_are_made_again_from_the_last_build_of_this_machine() {
    let stage = Stage::new().await;
    stage.ready().await;
    let before = stage.recorded();
    assert!(before.iter().all(Option::is_some), "{before:?}");
    for schema in SCHEMAS {
        stage.sql(&format!(
            "COMMENT ON SCHEMA {schema}_dbt_deploy IS 'do not touch'"
        ));
    }
    // As another machine sees it: there is no trail of the build.
    let audit = stage.workspace.settings().folders.audit.clone();
    let aside = stage.folder.path().join("aside");
    std::fs::rename(&audit, &aside).unwrap();
    let told = stage.plan(Operation::Repair).await.summary.join(" ");
    assert!(told.contains("Unknown stays which manifest"), "{told}");
    assert!(
        told.contains("no build on its schemas is on record"),
        "{told}"
    );
    std::fs::rename(&aside, &audit).unwrap();
    stage.must(Operation::Repair).await;
    assert_eq!(stage.recorded(), before);
    let deploy = stage.plan(Operation::Deploy).await;
    assert!(deploy.steps.is_empty(), "{:?}", deploy.script());
    // What somebody built over it is not ours any more.
    stage.must(Operation::Promote).await;
    stage.must(Operation::Rollback).await;
    stage.dbt_run(2);
    for schema in SCHEMAS {
        stage.sql(&format!("COMMENT ON SCHEMA {schema}_dbt_deploy IS 'mine'"));
    }
    let told = stage.plan(Operation::Repair).await.summary.join(" ");
    assert!(told.contains("are not those that the last build"), "{told}");
}
