//! What each operation asks of a server: a real one's cost is statements and round trips.

use super::stage::{Changes, Stage};
use crate::tap::{Passed, Tap};
use cutover::domain::action::Operation;
use cutover::ops::workspace::Workspace;
use std::sync::Arc;

/// A stage, and somebody who works on it over a tap.
async fn tapped() -> (Stage, Tap, Arc<Workspace>) {
    let stage = Stage::with(Changes::default()).await;
    let tap = Tap::before(stage.sim.address()).await;
    let workspace = stage.session_by(tap.address);
    (stage, tap, workspace)
}

/// Statements, and the turns of the connection that had most.
fn cost(passed: &[Passed]) -> (usize, usize) {
    let statements = passed.iter().map(|it| it.statements.len()).sum();
    let turns = passed.iter().map(|it| it.turns).max();
    (statements, turns.unwrap_or(0))
}

#[tokio::test]
async fn a_look_takes_four_turns_however_much_there_is() {
    let (stage, tap, workspace) = tapped().await;
    workspace.observe().await.unwrap();
    let passed = tap.take();
    // One connection to the catalog, one to what ticks.
    assert_eq!(passed.len(), 2, "{passed:#?}");
    // Who we are, and what is offered; the catalog with its grants; the names' audit events beside two clusters; what had been made before
    // those events.
    assert_eq!(cost(&passed), (14, 4), "{passed:#?}");
    stage.must(Operation::Init).await;
    stage.must(Operation::Deploy).await;
    workspace.observe().await.unwrap();
    // Two more clusters.
    assert_eq!(cost(&tap.take()), (16, 4));
}
