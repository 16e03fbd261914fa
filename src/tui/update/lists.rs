//! Moving in the list or text of the screen, and keeping cursors in bounds.

use crate::tui::screens::parts_of;
use crate::tui::state::State;

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

/// Brings all cursors back into bounds, after a resize or new data.
pub fn settle(state: &mut State) {
    (parts_of(state.screen).settle)(state);
}

pub fn step(state: &mut State, by: Move) {
    (parts_of(state.screen).step)(state, by.lines());
}
