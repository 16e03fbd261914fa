//! What comes next: by what stands on the server, and on the way of a project to a goal.

use crate::domain::action::Operation;
use crate::domain::board::Board;
use crate::domain::environment::Side;
use crate::domain::phase::{NamesPresent, Phase};
use crate::domain::project::HeldComparison;
use crate::domain::provenance::Unfinished;
use crate::domain::way_back::is_of_a_sync;

/// How far the workflow is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// The candidate is ready for its promote.
    Ready,
    /// Production runs the project.
    Promoted,
    /// Both sides hold it; there is no way back any more.
    Synced,
}

/// What to do on the way to a goal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    Operate(Operation),
    /// Wait for readiness.
    Wait,
    /// The goal is reached: a sentence.
    Reached(&'static str),
    /// Only a person can tell how to go on.
    Decide {
        /// One or more sentences.
        why: String,
        /// The command to look with, or to go on with.
        command: &'static str,
    },
}

/// The step that comes next by what stands on the server, whatever the project says. `None`: only a person can tell.
#[must_use]
pub fn step(board: &Board) -> Option<Operation> {
    Some(match board.phase {
        Phase::None => Operation::Init,
        Phase::Unknown if board.names == NamesPresent::Partly => Operation::Init,
        Phase::Unknown => return None,
        Phase::Deploying if is_of_a_sync(&board.provenance) => Operation::Sync,
        Phase::Initialized | Phase::Deploying => Operation::Deploy,
        Phase::Hydrating if board.wholeness.lacks(Side::Deployment) => Operation::Deploy,
        Phase::Hydrating => Operation::Await,
        Phase::Ready => Operation::Promote,
        Phase::Promoting => finishing(board),
        Phase::Promoted => Operation::Sync,
        Phase::Synced
            if board.wholeness.lacks(Side::Deployment)
                && !board.wholeness.lacks(Side::Production) =>
        {
            Operation::Sync
        }
        Phase::Synced => Operation::Deploy,
    })
}

/// The operation that finishes what is committed and unfinished; a promote where nothing is.
#[must_use]
pub fn finishing(board: &Board) -> Operation {
    match board.provenance.unfinished {
        Some(Unfinished::Rollback) => Operation::Rollback,
        Some(Unfinished::Promote) | None => Operation::Promote,
    }
}

/// The operation whose guards are worth a look: the next step that changes something. After a promote that is the way back, as long as it
/// is open; while nobody can tell what stands where, a promote says what is unknown. What a candidate lacks, a promote's guards name.
#[must_use]
pub fn ahead(board: &Board) -> Operation {
    match (board.phase, step(board)) {
        (Phase::Hydrating, _) | (_, None | Some(Operation::Await)) => Operation::Promote,
        (_, Some(Operation::Sync)) if board.way_back.is_open() => Operation::Rollback,
        (_, Some(operation)) => operation,
    }
}

/// What to do next so that the project reaches the goal. `settled`: readiness was waited for since the last operation, and held.
#[must_use]
pub fn next(board: &Board, goal: Goal, settled: bool) -> Next {
    match (step(board), board.phase) {
        (None, _) => Next::Decide {
            why: "Names or records contradict each other; look at `cutover status`.".to_owned(),
            command: "cutover status",
        },
        // What is missing was there once, and nobody knows who took it away.
        (_, Phase::Unknown) => Next::Decide {
            why: "Parts of the deployment side are missing; `cutover init` makes them anew."
                .to_owned(),
            command: "cutover init",
        },
        // What is unknown is built: only a deployment proves what the side holds.
        (_, Phase::Hydrating | Phase::Ready)
            if compared(board, Side::Deployment) != HeldComparison::Same
                || board.wholeness.lacks(Side::Deployment) =>
        {
            Next::Operate(Operation::Deploy)
        }
        (_, Phase::Hydrating) => Next::Wait,
        (_, Phase::Ready) if !settled => Next::Wait,
        (_, Phase::Ready) if goal == Goal::Ready => Next::Reached("Ready for the promote."),
        (_, Phase::Promoted) => after_promote(board, goal),
        (_, Phase::Synced) => synced(board, goal),
        (Some(Operation::Sync), _) => sync_cut_off(board, goal),
        (Some(operation), _) => Next::Operate(operation),
    }
}

/// What is missing in production stands on the other side, which becomes the candidate.
fn synced(board: &Board, goal: Goal) -> Next {
    match compared(board, Side::Production) {
        HeldComparison::Same if board.wholeness.lacks(Side::Production) => {
            Next::Operate(Operation::Deploy)
        }
        HeldComparison::Same if is_proven_same(board) => {
            Next::Reached("Production runs this project, and both sides are the same.")
        }
        HeldComparison::Same if goal == Goal::Synced => Next::Operate(Operation::Sync),
        HeldComparison::Same => Next::Reached("Production runs this project."),
        HeldComparison::Differs | HeldComparison::Unknown(_) => Next::Operate(Operation::Deploy),
    }
}

/// Sync ends the way back, so it happens only when it was asked for by name.
fn after_promote(board: &Board, goal: Goal) -> Next {
    if goal == Goal::Synced {
        return Next::Operate(Operation::Sync);
    }
    let holes = board.wholeness.holes(Side::Production);
    match (compared(board, Side::Production), holes) {
        (HeldComparison::Same, Some(holes)) => Next::Decide {
            why: format!(
                "In production {holes}. The deployment side is the way back to the retired production; `cutover sync` ends it and builds there what production should run, and `cutover run --until promoted` then promotes that."
            ),
            command: "cutover sync",
        },
        (HeldComparison::Same, None) => Next::Reached("Production runs this project."),
        (HeldComparison::Differs, _) => Next::Decide {
            why: "The deployment side is the way back to the retired production; the next deployment needs it."
                .to_owned(),
            command: "cutover sync",
        },
        (HeldComparison::Unknown(why), _) if board.provenance.is_outdated(Side::Production) => Next::Decide {
            why: format!(
                "Whether production runs this project is unknown: {why}. `cutover rollback` goes back to what ran before, `cutover sync` ends that way and builds there what production should run."
            ),
            command: "cutover status",
        },
        (HeldComparison::Unknown(why), _) => Next::Decide {
            why: format!(
                "Whether production runs this project is unknown: {why}. Fetch the state directory of the machine that deployed it."
            ),
            command: "cutover status",
        },
    }
}

/// The way back has ended already. What production runs needs no second deployment; what it does not run goes over the half of the sync.
fn sync_cut_off(board: &Board, goal: Goal) -> Next {
    match compared(board, Side::Production) {
        HeldComparison::Same if board.wholeness.lacks(Side::Production) => {
            Next::Operate(Operation::Deploy)
        }
        HeldComparison::Same if goal == Goal::Synced => Next::Operate(Operation::Sync),
        HeldComparison::Same => Next::Reached("Production runs this project."),
        HeldComparison::Differs | HeldComparison::Unknown(_) => Next::Operate(Operation::Deploy),
    }
}

/// Whether both sides are known to hold the same: nothing of its manifest is missing on the deployment side, or each object of either is
/// defined as its twin is.
pub(super) fn is_proven_same(board: &Board) -> bool {
    let whole = board.wholeness.of(Side::Deployment);
    whole.is_some_and(|whole| whole.missing.is_empty()) || board.provenance.age.is_same()
}

/// The project as compiled against what a side holds.
fn compared(board: &Board, side: Side) -> HeldComparison {
    if board.provenance.is_outdated(side) {
        return HeldComparison::Unknown(format!(
            "somebody built on the {side} side since its record was written"
        ));
    }
    match &board.project {
        Some(project) => project.compared_with(side, board.provenance.record(side)),
        None => HeldComparison::Unknown("dbt has not read the project".to_owned()),
    }
}
