//! Moving in lists and keeping them in bounds.

use crate::tui::state::{Pane, Screen, State};
use crate::tui::{layout, prose};

/// A movement in the list or text that has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    By(isize),
    Top,
    Bottom,
}

impl Move {
    fn lines(self) -> isize {
        match self {
            Self::By(lines) => lines,
            // Far enough for any list, and no overflow when added to a position.
            Self::Top => -(isize::MAX / 2),
            Self::Bottom => isize::MAX / 2,
        }
    }
}

/// Lists the board anew by the filter and the order in force.
pub fn rearrange(state: &mut State) {
    let height = layout::page(state);
    if let Some(board) = state.shown().board.clone() {
        state.cockpit.rearrange(&board, height);
    }
}

/// Brings all cursors back into bounds, after a resize or new data.
pub fn settle(state: &mut State) {
    let height = layout::page(state);
    match state.screen {
        Screen::Cockpit => state.cockpit.settle(height),
        Screen::Changes => {
            let listed = state.changes.listed.len();
            state.changes.cursor.settle(listed, height);
        }
        Screen::Run => {
            let lines = state.run.log.len();
            state.run.cursor.settle(lines, height);
        }
        Screen::Traffic => {
            let lines = crate::tui::traffic::lines(state).len();
            state.traffic.cursor.settle(lines, height);
        }
        Screen::History => {
            let entries = state
                .history
                .entries
                .here()
                .map_or(0, |entries| entries.len());
            state.history.cursor.settle(entries, height);
        }
    }
}

pub fn step(state: &mut State, by: Move) {
    let lines = by.lines();
    let height = layout::page(state);
    match state.screen {
        Screen::Cockpit if state.cockpit.focus == Pane::Objects => {
            if let Some(board) = state.shown().board.clone() {
                let before = state.cockpit.selected;
                state.cockpit.step(lines, &board, height);
                if state.cockpit.selected != before {
                    state.cockpit.scroll = 0;
                }
            }
        }
        Screen::Cockpit => scroll(state, lines),
        Screen::Changes if state.changes.reading => scroll(state, lines),
        Screen::Changes => {
            let before = state.changes.cursor.at;
            let listed = state.changes.listed.len();
            state.changes.cursor.step(lines, listed, height);
            if state.changes.cursor.at != before {
                state.changes.compare();
            }
        }
        Screen::Run => {
            let length = state.run.log.len();
            state.run.cursor.step(lines, length, height);
            state.run.following = state.run.cursor.at + 1 >= length;
        }
        Screen::Traffic => {
            let length = crate::tui::traffic::lines(state).len();
            state.traffic.cursor.step(lines, length, height);
        }
        Screen::History if state.history.open => scroll(state, lines),
        Screen::History => {
            let length = state
                .history
                .entries
                .here()
                .map_or(0, |entries| entries.len());
            state.history.cursor.step(lines, length, height);
        }
    }
}

/// Moves the text that has the keys by lines, and never past its end.
fn scroll(state: &mut State, by: isize) {
    let limit = prose::scroll_limit(state);
    let offset = match state.screen {
        Screen::Cockpit => &mut state.cockpit.scroll,
        Screen::Changes => &mut state.changes.scroll,
        _ => &mut state.history.scroll,
    };
    *offset = offset.saturating_add_signed(by).min(limit);
}
