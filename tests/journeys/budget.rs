//! What each operation asks of a server: a real one's cost is statements and round trips.

use super::stage::{Changes, Stage};
use crate::tap::{Passed, Tap};
use cutover::domain::action::Operation;
use cutover::ops::progress::OutcomeKind;

/// A stage that is worked on over a tap.
async fn tapped() -> (Stage, Tap) {
    let mut stage = Stage::with(Changes {
        // A lag that comes and goes makes a promote look again; and where seconds pass too fast, a tick is soon of the past and is read anew.
        speed: Some(4.0),
        config: Some("lag_threshold = \"60 s\""),
        ..Changes::default()
    })
    .await;
    let tap = Tap::before(stage.sim.address()).await;
    stage.workspace = stage.session_by(tap.address);
    (stage, tap)
}

/// Statements, and the turns of the connection that had most.
fn cost(passed: &[Passed]) -> (usize, usize) {
    let statements = passed.iter().map(|it| it.statements.len()).sum();
    let turns = passed.iter().map(|it| it.turns).max();
    (statements, turns.unwrap_or(0))
}

#[tokio::test]
async fn a_look_takes_four_turns_however_much_there_is() {
    let (stage, tap) = tapped().await;
    stage.observe().await;
    let passed = tap.take();
    // One connection to the catalog, one to what ticks.
    assert_eq!(passed.len(), 2, "{passed:#?}");
    // Who we are, and what is offered; the catalog with its grants; the names' audit events beside two clusters; what had been made before
    // those events.
    assert_eq!(cost(&passed), (14, 4), "{passed:#?}");
    stage.must(Operation::Init).await;
    stage.must(Operation::Deploy).await;
    tap.take();
    stage.observe().await;
    // Two more clusters.
    assert_eq!(cost(&tap.take()), (16, 4));
}

/// How often everything was looked at.
fn looks_at(passed: &[Passed]) -> usize {
    let statements = passed.iter().flat_map(|it| &it.statements);
    let looks = statements.filter(|it| it.contains("'frontiers' AS fact"));
    looks.count()
}

#[tokio::test]
async fn operations_look_no_more_often_than_they_must() {
    let (stage, tap) = tapped().await;
    // The plan that is shown, what binds, and what stands there afterwards. A deploy takes its lease between the first two; the first
    // promote writes down what production runs before its fence stands, from a look of its own.
    for (operation, looks, statements) in [
        (Operation::Init, 3, 60),
        (Operation::Deploy, 4, 140),
        (Operation::Promote, 4, 100),
        (Operation::Rollback, 3, 80),
        (Operation::Cleanup, 3, 70),
    ] {
        if operation == Operation::Promote {
            assert_eq!(stage.wait().await.outcome, OutcomeKind::Done);
        }
        tap.take();
        stage.must(operation).await;
        let passed = tap.take();
        assert_eq!(looks_at(&passed), looks, "{operation:?}");
        let (sent, _) = cost(&passed);
        assert!(sent <= statements, "{operation:?}: {sent} statements");
    }
}
