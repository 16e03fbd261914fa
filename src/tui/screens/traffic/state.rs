//! The state of the traffic screen.

use crate::tui::state::Cursor;

#[derive(Debug, Clone, Copy, Default)]
pub struct TrafficState {
    pub cursor: Cursor,
}
