//! The cockpit: both sides, live.

mod chain;
mod clusters;
mod detail;
mod estimate;
mod export;
mod journal;
mod objects;
mod preflight;
mod state;
mod update;
mod view;

pub(super) use export::{copied, file};
pub use state::{CockpitState, Pane};
pub(in crate::tui) use update::rearrange;
pub(super) use update::{apply_filter, back, click, page, perform, select, settle, step};
pub use view::pane;
pub(super) use view::{HINTS, ZOOMED_HINTS, draw};
