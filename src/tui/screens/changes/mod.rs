//! What a deployment would change, and why.

mod diff;
mod export;
mod node;
mod state;
mod update;
mod view;

pub(super) use export::copied;
pub use state::{ChangesState, DiffLayout, DiffText, Panel};
pub(super) use update::{apply_filter, back, enter, page, parse, perform, settle, step};
pub(in crate::tui) use update::{loaded, parsed};
pub(super) use view::{HINTS, draw};
