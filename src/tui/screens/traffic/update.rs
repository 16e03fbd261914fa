//! Moving on the traffic screen.

use super::lines::lines;
use crate::tui::layout;
use crate::tui::state::State;

#[must_use]
pub fn page(state: &State) -> usize {
    layout::page(state.size, |body| {
        body.height.saturating_sub(layout::LIST_HEAD)
    })
}

pub fn settle(state: &mut State) {
    step(state, 0);
}

pub fn step(state: &mut State, by: isize) {
    let (length, height) = (lines(state).len(), page(state));
    state.traffic.cursor.step(by, length, height);
}
