//! What the board means for whoever decides: one answer to each question, and command line, cockpit and preflight only render it.
//!
//! | question | answered by |
//! |---|---|
//! | may this operation begin, and why not? | [`may`] |
//! | what comes next, by what stands there? | [`step`] |
//! | what comes next, on the way of a project to a goal? | [`next`] |
//! | where does it stand, in a sentence? | [`headline`] |
//! | is it ready, will it ever be? | [`await_status`], picture by picture [`AwaitWatch`] |
//! | is there a way back? | [`super::way_back`], part of the board |
//! | did it do what it should? | [`stands_after`] |

mod after;
mod begin;
mod headline;
mod next;
#[cfg(test)]
mod tests;
mod waiting;

pub use after::stands_after;
pub use begin::{Hindrance, label, may};
pub use headline::{Headline, STEPS, headline, reason, steps_done};
pub use next::{Goal, Next, ahead, finishing, next, step};
pub use waiting::{AwaitStatus, AwaitStep, AwaitWatch, Settling, await_status};
