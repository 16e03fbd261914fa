//! Past operations.

mod entry;
mod export;
mod state;
mod update;
mod view;

pub(super) use export::copied;
pub use state::HistoryState;
pub(in crate::tui) use update::loaded;
pub(super) use update::{back, enter, page, perform, refresh, settle, step};
pub(super) use view::{HINTS, draw};
