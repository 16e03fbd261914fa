//! What is copied of the traffic screen.

use super::lines::{TrafficLine, lines};
use crate::tui::state::State;

/// Who or what the line under the cursor is about, or all of the line.
#[must_use]
pub fn copied(state: &State, all: bool) -> Option<String> {
    match lines(state).get(state.traffic.cursor.at)? {
        TrafficLine::Cells { cells, .. } if all => Some(cells.join("\t")),
        TrafficLine::Cells { cells, .. } => cells.first().cloned(),
        TrafficLine::Words { text, .. } | TrafficLine::Heading(text) => Some(text.clone()),
        TrafficLine::Heads(_) => None,
    }
}
