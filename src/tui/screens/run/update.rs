//! Keys of the run screen: following and searching the log.

use crate::tui::effect::Effect;
use crate::tui::keymap::ScreenCommand;
use crate::tui::layout;
use crate::tui::state::State;
use crate::tui::update::flash;

/// Rows of the log.
#[must_use]
pub fn page(state: &State) -> usize {
    layout::page(state.size, |body| {
        let log = layout::list_and_panel(body).1;
        log.height.saturating_sub(1)
    })
}

pub fn settle(state: &mut State) {
    let (lines, height) = (state.run.log.len(), page(state));
    state.run.cursor.settle(lines, height);
}

/// Moves in the log; whoever stands on its last line follows it.
pub fn step(state: &mut State, lines: isize) {
    let (length, height) = (state.run.log.len(), page(state));
    state.run.cursor.step(lines, length, height);
    state.run.following = state.run.cursor.at + 1 >= length;
}

pub fn perform(state: &mut State, command: ScreenCommand) -> Vec<Effect> {
    match command {
        ScreenCommand::Follow => {
            state.run.following = !state.run.following;
            if state.run.following {
                state.run.cursor.at = state.run.log.len().saturating_sub(1);
            }
            settle(state);
        }
        ScreenCommand::Wrap => state.run.wrapped = !state.run.wrapped,
        ScreenCommand::Filter => state.run.search.open(),
        ScreenCommand::NextMatch => search(state, true),
        ScreenCommand::PreviousMatch => search(state, false),
        _ => {}
    }
    Vec::new()
}

/// Clears the search; `false` when there is none.
pub fn back(state: &mut State) -> bool {
    let searching = !state.run.search.is_empty();
    state.run.search.clear();
    searching
}

/// To the next line that holds what was typed.
pub fn search_on(state: &mut State) {
    search(state, true);
}

/// Moves to the next or previous line that holds the searched text, round the end.
fn search(state: &mut State, forward: bool) {
    let wanted = state.run.search.value().to_lowercase();
    let length = state.run.log.len();
    if wanted.is_empty() || length == 0 {
        return;
    }
    let at = state.run.cursor.at;
    let found = (1..=length)
        .map(|by| {
            if forward {
                (at + by) % length
            } else {
                (at + length - by) % length
            }
        })
        .find(|line| state.run.log[*line].text.to_lowercase().contains(&wanted));
    match found {
        Some(line) => {
            state.run.following = false;
            state.run.cursor.at = line;
            settle(state);
        }
        None => flash(state, format!("no line holds {wanted:?}")),
    }
}
