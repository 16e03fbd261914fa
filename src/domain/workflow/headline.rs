//! Where the deployment stands, in a sentence, and how far it has come.

use super::next::{finishing, is_proven_same, step};
use crate::domain::action::Operation;
use crate::domain::board::Board;
use crate::domain::environment::Side;
use crate::domain::finding::{Finding, FindingId};
use crate::domain::phase::{NamesPresent, Phase};
use crate::domain::picture::Preflight;
use crate::domain::quantity::count;
use crate::domain::readiness::Readiness;
use crate::domain::way_back::is_of_a_sync;
use std::borrow::Cow;

/// The steps of the workflow, in order.
pub const STEPS: [&str; 5] = ["init", "deploy", "await", "promote", "sync/cleanup"];

/// What stands there, and which operation does what about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headline {
    /// A clause.
    pub stands: Cow<'static, str>,
    /// An operation and what it does, as the rest of a sentence: `deploy` `builds it`.
    pub then: Option<(Operation, &'static str)>,
    /// What is ready must not be promoted, and what stands there says why.
    pub is_stopped: bool,
}

impl Headline {
    /// The whole sentence; `name` writes an operation.
    #[must_use]
    pub fn sentence(&self, name: impl Fn(Operation) -> String) -> String {
        match self.then {
            Some((operation, does)) => format!("{}; {} {does}", self.stands, name(operation)),
            None => self.stands.to_string(),
        }
    }
}

/// Says where the deployment stands; `ahead` is what the guards saw for the step ahead, where they have looked. Nothing is called ready
/// that they would stop, and no step is offered.
#[must_use]
pub fn headline(board: &Board, ahead: Option<&Preflight>) -> Headline {
    let headline = standing(board);
    let operation = headline.then.map(|(operation, _)| operation);
    let ahead = ahead.filter(|ahead| Some(ahead.operation) == operation);
    let Some((ahead, why)) = ahead.and_then(|ahead| Some((ahead, why_stopped(ahead)?))) else {
        return headline;
    };
    if board.phase == Phase::Ready && ahead.blocks().any(is_of_the_side) {
        return Headline {
            is_stopped: true,
            ..reasoned(&format!("DO NOT PROMOTE: {why}"), None)
        };
    }
    // What stands stays in front: that production is not well, say, is told to those too who may not roll it back.
    let stands = &headline.stands;
    reasoned(
        &format!("{stands}; {} is stopped: {why}", ahead.operation),
        None,
    )
}

/// Whether a block is about what was deployed, and not about who asks.
fn is_of_the_side(block: &Finding) -> bool {
    !matches!(
        block.id,
        FindingId::Ownership | FindingId::Permission | FindingId::ReadOnly
    ) && !is_judged_here(block)
}

/// The board itself judges readiness, and more lately than the guards looked.
fn is_judged_here(block: &Finding) -> bool {
    block.id == FindingId::NotReady
}

/// The first block in words, one of the side before one of who asks, and how many there are beside it; `None` without any.
fn why_stopped(ahead: &Preflight) -> Option<String> {
    let mut blocks: Vec<&Finding> = ahead.blocks().filter(|it| !is_judged_here(it)).collect();
    blocks.sort_by_key(|block| !is_of_the_side(block));
    let (first, more) = blocks.split_first()?;
    let more = match more.len() {
        0 => String::new(),
        more => format!(" (and {})", count(more, "more block")),
    };
    Some(format!("{}{more}", first.message.trim_end_matches('.')))
}

fn standing(board: &Board) -> Headline {
    let reason = &board.deployment.reason;
    let (stands, then) = match board.phase {
        Phase::None if board.names == NamesPresent::Partly => (
            "parts of the deployment side stand, and they are empty",
            Some((Operation::Init, "makes the rest")),
        ),
        Phase::None => (
            "there is no deployment side",
            Some((Operation::Init, "creates it")),
        ),
        Phase::Initialized => (
            "nothing is built there yet",
            Some((Operation::Deploy, "builds it")),
        ),
        Phase::Deploying if board.at_work.is_some() => {
            let who = board.at_work.as_deref().unwrap_or_default();
            return reasoned(&format!("{who} is at work"), None);
        }
        Phase::Deploying if is_of_a_sync(&board.provenance) => (
            "a sync was cut off, or models failed",
            Some((Operation::Sync, "goes on with it")),
        ),
        Phase::Deploying => (
            "a deployment was cut off, was partial, or models failed",
            Some((Operation::Deploy, "goes on with it")),
        ),
        Phase::Hydrating if board.wholeness.lacks(Side::Deployment) => {
            return reasoned(reason, Some((Operation::Deploy, "builds what is missing")));
        }
        Phase::Hydrating => return reasoned(reason, None),
        Phase::Ready if reason.is_empty() => (
            "every object is hydrated and caught up",
            Some((Operation::Promote, "swaps")),
        ),
        Phase::Ready => return reasoned(reason, Some((Operation::Promote, "swaps"))),
        Phase::Promoting => (
            "the swap is committed and its last steps are not done",
            Some((finishing(board), "does them")),
        ),
        Phase::Promoted | Phase::Synced if board.wholeness.lacks(Side::Production) => {
            return with_holes_in_production(board);
        }
        Phase::Promoted if board.production.readiness != Readiness::Ready => {
            return with_production_unwell(board);
        }
        Phase::Promoted if board.way_back.is_open() => (
            "production moved",
            Some((Operation::Rollback, "goes back until sync or cleanup")),
        ),
        Phase::Promoted => (
            "production moved, and the retired side is empty",
            Some((Operation::Sync, "builds there what production runs")),
        ),
        Phase::Synced if board.wholeness.lacks(Side::Deployment) => {
            return reasoned(reason, Some((Operation::Sync, "builds what is missing")));
        }
        Phase::Synced if !is_proven_same(board) => (
            "a sync made the deployment side, and whether it is whole is not known",
            Some((Operation::Deploy, "builds the next change")),
        ),
        Phase::Synced => (
            "both sides hold what production runs",
            Some((Operation::Deploy, "builds the next change")),
        ),
        Phase::Unknown if board.names == NamesPresent::Partly => (
            "parts of the deployment side are missing",
            Some((Operation::Init, "makes them anew")),
        ),
        Phase::Unknown => (
            "names or records contradict each other; see the findings",
            None,
        ),
    };
    Headline {
        stands: Cow::Borrowed(stands),
        then,
        is_stopped: false,
    }
}

/// Nothing that follows a promote is said to be done while production lacks what it should run.
fn with_holes_in_production(board: &Board) -> Headline {
    let holes = board.wholeness.holes(Side::Production);
    let stands = format!("in production {}", holes.unwrap_or_default());
    let then = match board.phase {
        Phase::Promoted if board.way_back.is_open() => {
            (Operation::Rollback, "goes back until sync or cleanup")
        }
        Phase::Promoted => (Operation::Sync, "builds there what production should run"),
        _ => (
            Operation::Deploy,
            "makes the deployment side the candidate that brings it back",
        ),
    };
    reasoned(&stands, Some(then))
}

/// The way back is named where the retired side is better off.
fn with_production_unwell(board: &Board) -> Headline {
    let production = &board.production;
    let stands = format!(
        "production moved and is {}: {}",
        production.readiness, production.reason
    );
    let retired = board.deployment.readiness;
    match board.way_back.is_open() {
        true if retired == Readiness::Ready => reasoned(
            &stands,
            Some((Operation::Rollback, "goes back to what is ready")),
        ),
        true => reasoned(&format!("{stands}; the retired side is {retired}"), None),
        false => reasoned(&stands, None),
    }
}

/// Why the deployment side is not ready; where there is nothing to judge, that there is not.
#[must_use]
pub fn reason(board: &Board) -> Cow<'_, str> {
    match board.readiness() {
        Some(_) => Cow::Borrowed(&board.deployment.reason),
        None => standing(board).stands,
    }
}

fn reasoned(reason: &str, then: Option<(Operation, &'static str)>) -> Headline {
    Headline {
        stands: Cow::Owned(reason.to_owned()),
        then,
        is_stopped: false,
    }
}

/// How many of [`STEPS`] are done; `None` where nobody can tell.
#[must_use]
pub fn steps_done(board: &Board) -> Option<usize> {
    let lacks = |side| board.wholeness.lacks(side);
    match board.phase {
        Phase::Unknown => return None,
        Phase::Synced if !lacks(Side::Production) && !lacks(Side::Deployment) => {
            return Some(STEPS.len());
        }
        _ => {}
    }
    step(board).map(|step| match step {
        Operation::Init | Operation::Cleanup | Operation::Repair => 0,
        Operation::Deploy => 1,
        Operation::Await => 2,
        // What finishes a rollback leaves a candidate that is to be promoted.
        Operation::Promote | Operation::Rollback => 3,
        Operation::Sync => 4,
    })
}
