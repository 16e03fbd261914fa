//! Running statements that change something. Nothing here retries: whoever plans observes again first.
//!
//! Names change behind a [`Fenced`] alone: no other way here leads to a COMMIT.

mod executor;
mod fenced;

pub use executor::{Done, Executor, StatementEvent, TransactionOutcome};
pub use fenced::{Fenced, Looked, Unfenced};
