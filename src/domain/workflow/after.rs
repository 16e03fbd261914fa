//! Where the deployment must stand after an operation.

use crate::domain::action::Operation;
use crate::domain::board::Board;
use crate::domain::phase::Phase;
use crate::domain::provenance::Unfinished;

/// Whether the catalog shows that the swap of a promote or rollback took effect. A promote may have been finished by somebody else since; a
/// rollback begins in the phase `promoted`, or `promoting` where it takes back an unfinished promote, which proves nothing for it.
#[must_use]
pub fn is_committed(operation: Operation, board: &Board) -> bool {
    match operation {
        Operation::Rollback => board.provenance.unfinished == Some(Unfinished::Rollback),
        Operation::Promote => matches!(board.phase, Phase::Promoting | Phase::Promoted),
        _ => board.phase == Phase::Promoting,
    }
}

/// Whether this is where an operation leaves the deployment once all its steps are done.
#[must_use]
pub fn stands_after(operation: Operation, board: &Board) -> bool {
    match (operation, board.phase) {
        (Operation::Init | Operation::Await, _)
        | (Operation::Promote, Phase::Promoted)
        | (Operation::Cleanup, Phase::None)
        | (Operation::Sync, Phase::Synced)
        | (Operation::Rollback, Phase::Hydrating | Phase::Ready) => true,
        // A selection that leaves changes unbuilt stays `deploying`.
        (Operation::Deploy, phase) => phase.holds_candidate(),
        (Operation::Repair, phase) => {
            !matches!(phase, Phase::None | Phase::Promoting | Phase::Unknown)
        }
        _ => false,
    }
}
