//! Whether an operation may begin, and why not.
//!
//! What stands against it by the guards' findings (lag, grants, objects) is for its plan to show; here is what the workflow itself says.

use super::waiting::hopeless;
use crate::domain::action::Operation;
use crate::domain::board::Board;
use crate::domain::environment::Side;
use crate::domain::finding::{Finding, FindingId, Severity};
use crate::domain::phase::{NamesPresent, Phase};
use crate::domain::provenance::Unfinished;
use crate::domain::way_back::is_of_a_sync;
use std::borrow::Cow;

/// Why an operation may not begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hindrance {
    NoSide,
    /// Some of its schemas and clusters exist.
    PartsMissing,
    /// A swap is committed and its last steps are not done.
    Unfinished(Unfinished),
    /// The deployment side is the retired production.
    IsWayBack,
    /// Records and audit events contradict each other.
    Contradicted,
    NothingDeployed,
    /// The deployment side is the retired production; what production lacks now, as a clause.
    AlreadyPromoted(Option<String>),
    /// The deployment side was built to equal production; what production lacks all the same, as a clause.
    Synced(Option<String>),
    NoRetired,
    RetiredEmpty,
    NothingToSync,
    /// Waiting can't help, and why.
    Hopeless(String),
}

/// Whether an operation may begin.
///
/// # Errors
/// Why not.
pub fn may(board: &Board, operation: Operation) -> Result<(), Hindrance> {
    match operation {
        Operation::Await => wait(board),
        Operation::Rollback => rollback(board),
        Operation::Cleanup if board.names == NamesPresent::Absent => Err(Hindrance::NoSide),
        // In the phase `unknown` the plan shows what goes, and a person decides.
        Operation::Init | Operation::Cleanup | Operation::Repair => unfinished(board),
        Operation::Deploy | Operation::Promote | Operation::Sync => forward(board, operation),
    }
}

/// Exactly where [`super::await_status`] says that waiting can't help.
fn wait(board: &Board) -> Result<(), Hindrance> {
    let Some(reason) = hopeless(board) else {
        return Ok(());
    };
    Err(match board.phase {
        Phase::None => Hindrance::NoSide,
        Phase::Unknown if board.names == NamesPresent::Partly => Hindrance::PartsMissing,
        Phase::Unknown => Hindrance::Contradicted,
        Phase::Initialized if board.is_empty => Hindrance::NothingDeployed,
        _ => Hindrance::Hopeless(reason),
    })
}

fn forward(board: &Board, operation: Operation) -> Result<(), Hindrance> {
    let of_a_sync = is_of_a_sync(&board.provenance);
    match (board.phase, operation) {
        (Phase::None, _) => Err(Hindrance::NoSide),
        (Phase::Unknown, _) if board.names == NamesPresent::Partly => Err(Hindrance::PartsMissing),
        // Leave to go on in spite of what is unknown is no leave to rebuild what may be the candidate.
        (Phase::Unknown, Operation::Sync) if !of_a_sync => Err(Hindrance::NothingToSync),
        (Phase::Unknown, _) => Err(Hindrance::Contradicted),
        // It finishes what is committed, a rollback too.
        (Phase::Promoting, Operation::Promote) => Ok(()),
        (Phase::Promoting, _) => unfinished(board),
        (Phase::Promoted, Operation::Deploy) => Err(Hindrance::IsWayBack),
        (_, Operation::Deploy) => Ok(()),
        (Phase::Initialized, Operation::Promote) => Err(Hindrance::NothingDeployed),
        (Phase::Promoted, Operation::Promote) => Err(Hindrance::AlreadyPromoted(
            board.wholeness.holes(Side::Production),
        )),
        (Phase::Synced, Operation::Promote) => {
            Err(Hindrance::Synced(board.wholeness.holes(Side::Production)))
        }
        (_, Operation::Promote) => Ok(()),
        (Phase::Promoted | Phase::Synced, _) => Ok(()),
        (Phase::Deploying, _) if of_a_sync => Ok(()),
        _ => Err(Hindrance::NothingToSync),
    }
}

fn unfinished(board: &Board) -> Result<(), Hindrance> {
    match (board.phase, board.provenance.unfinished) {
        (Phase::Promoting, Some(unfinished)) => Err(Hindrance::Unfinished(unfinished)),
        _ => Ok(()),
    }
}

fn rollback(board: &Board) -> Result<(), Hindrance> {
    if board.way_back.is_open() || board.provenance.unfinished == Some(Unfinished::Rollback) {
        return Ok(());
    }
    Err(match board.phase {
        _ if board.holds_retired() => Hindrance::RetiredEmpty,
        Phase::Unknown if board.names == NamesPresent::Partly => Hindrance::PartsMissing,
        _ => Hindrance::NoRetired,
    })
}

/// What an operation is called: promote reads `finish` while a committed swap is unfinished.
#[must_use]
pub fn label(operation: Operation, phase: Option<Phase>) -> &'static str {
    match (operation, phase) {
        (Operation::Promote, Some(Phase::Promoting)) => "finish",
        (operation, _) => operation.as_str(),
    }
}

impl Hindrance {
    /// One clause that fits beside a key.
    #[must_use]
    pub fn clause(&self) -> Cow<'static, str> {
        let clause = match self {
            Self::NoSide => "there is no deployment side: init first",
            Self::PartsMissing => "parts of the deployment side are missing: init makes them",
            Self::Unfinished(Unfinished::Promote) => "a promote is unfinished: finish it first",
            Self::Unfinished(Unfinished::Rollback) => "a rollback is unfinished: finish it first",
            Self::IsWayBack => "the deployment side is the way back: sync or clean up first",
            Self::Contradicted => "names or records contradict each other: see the findings",
            Self::NothingDeployed => "nothing is deployed yet",
            Self::AlreadyPromoted(_) => "already promoted",
            Self::Synced(None) => {
                "the other side was built to equal production: deploy a change first"
            }
            Self::Synced(Some(_)) => {
                "production lacks models: deploy makes this side the candidate that brings them back"
            }
            Self::NoRetired => "there is no retired production to go back to",
            Self::RetiredEmpty => "the retired side is empty: there is nothing to go back to",
            Self::NothingToSync => "sync follows a promote",
            Self::Hopeless(reason) => return Cow::Owned(reason.clone()),
        };
        Cow::Borrowed(clause)
    }

    /// The finding that blocks the operation's plan; `None` where the plan needs none of its own: the guards name what is missing or
    /// contradicted, and there is nothing to clean up.
    #[must_use]
    pub fn finding(&self, operation: Operation, environment: &str) -> Option<Finding> {
        let (id, message, remedy) = match self {
            Self::NoSide | Self::PartsMissing | Self::Contradicted | Self::Hopeless(_) => {
                return None;
            }
            Self::Unfinished(unfinished) => {
                return Some(unfinished_finding(*unfinished, operation, environment));
            }
            Self::IsWayBack => (
                FindingId::WayBackEnds,
                "The deployment side is the retired production, and this would build over it.",
                "Run `cutover sync` or `cutover cleanup` first, or allow it by name.",
            ),
            Self::NothingDeployed => (
                FindingId::NothingToDo,
                "Nothing is deployed yet: there is nothing to promote.",
                "Run `cutover deploy` first.",
            ),
            Self::AlreadyPromoted(None) => (
                FindingId::AlreadyPromoted,
                "The deployment side holds the retired production: a promote would undo the last one.",
                "Deploy a change first, after `cutover sync`; to go back, use `cutover rollback`.",
            ),
            Self::AlreadyPromoted(Some(_)) => (
                FindingId::AlreadyPromoted,
                "The deployment side holds the retired production: a promote would undo the last one.",
                "Run `cutover sync`, which builds there what production should run, then `cutover run --until promoted`; to go back, use `cutover rollback`.",
            ),
            Self::Synced(None) => (
                FindingId::AlreadyPromoted,
                "The deployment side was built to equal production: there is nothing to promote.",
                "Deploy a change first.",
            ),
            // What is missing in production comes back with a candidate that holds it, and the deployment side can become one.
            Self::Synced(Some(_)) => (
                FindingId::AlreadyPromoted,
                "The deployment side was built to equal production.",
                "Run `cutover deploy`: it makes that side the candidate, which a promote brings to production.",
            ),
            Self::NoRetired => (
                FindingId::NoWayBack,
                "There is no retired production to go back to.",
                "A rollback follows a promote, until sync or cleanup.",
            ),
            Self::RetiredEmpty => (
                FindingId::NoWayBack,
                "The deployment side is empty: there is nothing to go back to.",
                "A rollback follows a promote, until sync or cleanup.",
            ),
            Self::NothingToSync => (
                FindingId::NothingToDo,
                "There is no retired production to sync.",
                "A sync follows a promote.",
            ),
        };
        let message = match self {
            Self::AlreadyPromoted(Some(holes)) | Self::Synced(Some(holes)) => {
                format!("{message} In production {holes}.")
            }
            _ => message.to_owned(),
        };
        Some(blocking(id, message, remedy, environment))
    }
}

fn unfinished_finding(unfinished: Unfinished, operation: Operation, environment: &str) -> Finding {
    let (swap, command) = match unfinished {
        Unfinished::Promote => ("promote", "cutover promote"),
        Unfinished::Rollback => ("rollback", "cutover rollback"),
    };
    let id = match operation {
        // It would build over, or drop, what the unfinished swap left behind.
        Operation::Deploy | Operation::Cleanup => FindingId::WayBackEnds,
        Operation::Init => FindingId::UnfinishedPromote,
        _ => FindingId::NothingToDo,
    };
    blocking(
        id,
        format!("A {swap} is committed and unfinished."),
        &format!("Finish it first, which swaps nothing: `{command}`."),
        environment,
    )
}

fn blocking(id: FindingId, message: String, remedy: &str, environment: &str) -> Finding {
    Finding {
        id,
        severity: Severity::Block,
        message,
        remedy: remedy.to_owned(),
        objects: vec![environment.to_owned()],
    }
}
