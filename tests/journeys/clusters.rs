//! Options of clusters that a role which is no superuser can't set.

use crate::stage::{Stage, VERSIONS, blocks, found};
use cutover::domain::action::Operation;
use cutover::domain::finding::FindingId;
use cutover::ops::progress::OutcomeKind;
use std::collections::BTreeSet;

/// Production's cluster gets what only the system may give; the twin is created without, and that is said until it is given there too.
#[tokio::test]
async fn an_init_leaves_out_what_only_the_system_may_set() {
    for version in VERSIONS {
        leaves_out_what_only_the_system_may_set(&Stage::of(version).await).await;
    }
}

async fn leaves_out_what_only_the_system_may_set(stage: &Stage) {
    let as_system = |sql: &str| stage.sim.control().execute("mz_system", sql).unwrap();
    as_system("ALTER CLUSTER compute SET (WORKLOAD CLASS 'heavy')");
    let plan = stage.plan(Operation::Init).await;
    assert_eq!(blocks(&plan), BTreeSet::new());
    assert!(found(&plan).contains(&FindingId::ClusterOptionsLeftOut));
    let (outcome, _) = stage.execute_cancelled_by(plan, Default::default()).await;
    assert_eq!(outcome.outcome, OutcomeKind::Done, "{}", outcome.message);
    assert!(stage.plan(Operation::Init).await.steps.is_empty());
    stage.must(Operation::Deploy).await;
    assert_eq!(stage.wait().await.outcome, OutcomeKind::Done);
    let differs = |plan: &cutover::domain::plan::Plan| {
        let of = |finding: &&cutover::domain::finding::Finding| {
            finding.id == FindingId::ClusterOptionsDiffer
        };
        plan.findings
            .iter()
            .find(of)
            .map(|finding| finding.objects.clone())
    };
    let promote = stage.plan(Operation::Promote).await;
    assert_eq!(
        differs(&promote).unwrap_or_default(),
        ["compute_dbt_deploy: WORKLOAD CLASS 'heavy' -> none"]
    );
    as_system("ALTER CLUSTER compute_dbt_deploy SET (WORKLOAD CLASS = 'heavy')");
    assert_eq!(differs(&stage.plan(Operation::Promote).await), None);
}
