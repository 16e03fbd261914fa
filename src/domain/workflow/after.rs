//! Where the deployment must stand after an operation.

use crate::domain::action::Operation;
use crate::domain::board::Board;
use crate::domain::environment::Strategy;
use crate::domain::phase::Phase;

/// Whether this is where an operation leaves the deployment once all its steps are done.
#[must_use]
pub fn stands_after(operation: Operation, board: &Board) -> bool {
    match (operation, board.phase) {
        (Operation::Init | Operation::Await, _)
        | (Operation::Promote, Phase::Promoted)
        | (Operation::Cleanup, Phase::None)
        | (Operation::Sync, Phase::Synced)
        | (Operation::Rollback, Phase::Hydrating | Phase::Ready) => true,
        // What left production is retired where it is the older release. Under `targets` no name moves, and this is where it was.
        (Operation::Rollback, Phase::Promoted) => board.environment.strategy == Strategy::Swap,
        // A selection that leaves changes unbuilt stays `deploying`.
        (Operation::Deploy, phase) => phase.holds_candidate(),
        (Operation::Repair, phase) => {
            !matches!(phase, Phase::None | Phase::Promoting | Phase::Unknown)
        }
        _ => false,
    }
}
