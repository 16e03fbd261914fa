//! Who reads which side.

mod export;
mod lines;
mod state;
mod update;
mod view;

pub(super) use export::copied;
pub use state::TrafficState;
pub(super) use update::{page, settle, step};
pub(super) use view::{HINTS, draw};
