//! The operation that runs or ran last.

mod export;
mod state;
mod update;
mod view;

pub(super) use export::{copied, file};
pub use state::{LogLine, ModelLine, RunState, StatementLine};
pub(super) use update::{back, page, perform, search_on, settle, step};
pub(super) use view::{HINTS, draw};
