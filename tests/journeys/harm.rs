//! Production after a build that ended in whatever way: looked at, told, and never repeated by advice.

use super::stage::Stage;
use cutover::domain::action::Operation;
use cutover::domain::plan::Confirmation;
use cutover::ops::listener::channel;
use cutover::ops::progress::{Outcome, OutcomeKind, Progress};
use cutover::sim::world::{Fault, FaultKind, Refusal};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How a build ends before its last step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// All statements are answered.
    Whole,
    /// A model fails.
    Refused,
    /// The link is cut in the middle.
    Cut,
    /// The operator stops it.
    Stopped,
}

/// A deploy during which somebody drops something of production; its outcome and what was told.
async fn deployed(stage: &Stage, sql: &str, end: End) -> (Outcome, Vec<String>) {
    let control = stage.sim.control();
    let plan = stage.plan(Operation::Deploy).await;
    let expect = Some(plan.fingerprint.to_string());
    let confirmed = plan.confirm(&Confirmation::Flags { expect }).unwrap();
    let held = "CREATE MATERIALIZED VIEW \"materialize\".\"blue_green_slim_dbt_deploy\".\"bar\"";
    let kind = match end {
        End::Whole | End::Refused => FaultKind::Slow(Duration::from_secs(40)),
        End::Cut | End::Stopped => FaultKind::Wedge,
    };
    control.arm(Fault::once(held, kind));
    if end == End::Refused {
        let refusal = FaultKind::Refuse(Refusal {
            sqlstate: "XX000".to_owned(),
            message: "no".to_owned(),
            detail: None,
            hint: None,
        });
        control.arm(Fault::once("\"people_by_mood\"", refusal));
    }
    let cancel = CancellationToken::new();
    let (sender, mut events) = channel();
    let (workspace, stopped) = (stage.workspace.clone(), cancel.clone());
    let deploy = tokio::spawn(async move { workspace.execute(confirmed, sender, stopped).await });
    let mut told = Vec::new();
    while let Some(event) = events.recv().await {
        match event {
            Progress::StatementStarted { sql: started } if started.starts_with(held) => {
                stage.sql(sql);
                match end {
                    End::Cut => control.cut_connections(),
                    End::Stopped => cancel.cancel(),
                    End::Whole | End::Refused => {}
                }
            }
            Progress::Note { text } => told.push(text),
            _ => {}
        }
    }
    (deploy.await.unwrap(), told)
}

#[tokio::test]
async fn production_is_looked_at_however_a_build_ends() {
    for end in [End::Whole, End::Refused, End::Cut, End::Stopped] {
        let stage = Stage::new().await;
        stage.must(Operation::Init).await;
        let (outcome, told) = deployed(&stage, "DROP VIEW serving.warm_people CASCADE", end).await;
        let message = &outcome.message;
        assert_eq!(
            outcome.outcome,
            OutcomeKind::Unfinished,
            "{end:?}: {message}"
        );
        let gone = told.iter().any(|line| {
            line.contains("materialize.serving.warm_people of production") && line.contains("gone")
        });
        assert!(gone, "{end:?}: {told:?}");
        assert!(message.contains("warm_people"), "{end:?}: {message}");
        assert!(
            message.contains("Do not repeat `cutover deploy`"),
            "{end:?}: {message}"
        );
        let next = outcome.next.unwrap();
        assert_eq!(
            next, "dbt run --target production --select warm_people",
            "{end:?}"
        );
        let whole = stage.sql("SELECT comment FROM mz_internal.mz_comments WHERE comment LIKE '%complete=yes%role=candidate%' OR comment LIKE '%role=candidate%complete=yes%'");
        assert!(whole.is_empty(), "{end:?}: {whole:?}");
    }
}

#[tokio::test]
async fn an_untouched_production_leaves_the_usual_advice() {
    let stage = Stage::new().await;
    stage.must(Operation::Init).await;
    let (outcome, told) = deployed(&stage, "SELECT 1", End::Refused).await;
    assert_eq!(outcome.outcome, OutcomeKind::Unfinished);
    assert_eq!(outcome.next.as_deref(), Some("cutover deploy"), "{told:?}");
}

#[tokio::test]
async fn a_long_list_of_what_is_gone_is_cut_and_counted() {
    let stage = Stage::new().await;
    stage.must(Operation::Init).await;
    let all = "DROP SCHEMA blue_green_slim CASCADE";
    let (outcome, told) = deployed(&stage, all, End::Refused).await;
    let lines: Vec<&String> = told
        .iter()
        .filter(|line| line.starts_with("After"))
        .collect();
    assert_eq!(lines.len(), 10, "{told:?}");
    assert!(
        told.iter()
            .any(|line| line.contains(" more; the audit names all")),
        "{told:?}"
    );
    assert!(outcome.message.len() < 1000, "{}", outcome.message);
    let audit = std::fs::read_to_string(outcome.audit.unwrap()).unwrap();
    assert!(audit.matches("After the build").count() > 10, "{audit}");
    assert!(audit.contains(" was: CREATE MATERIALIZED VIEW"), "{audit}");
}
