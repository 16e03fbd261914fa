//! Keys of the run screen: following and searching the log.

use super::lists;
use super::telling::flash;
use crate::tui::effect::Effect;
use crate::tui::keymap::ScreenCommand;
use crate::tui::state::State;
use crossterm::event::{Event as TerminalEvent, KeyCode, KeyEvent};
use tui_input::backend::crossterm::EventHandler;

pub fn perform(state: &mut State, command: ScreenCommand) {
    match command {
        ScreenCommand::Follow => {
            state.run.following = !state.run.following;
            if state.run.following {
                state.run.cursor.at = state.run.log.len().saturating_sub(1);
            }
            lists::settle(state);
        }
        ScreenCommand::Wrap => state.run.wrapped = !state.run.wrapped,
        ScreenCommand::Filter => state.run.typing = true,
        ScreenCommand::NextMatch => search(state, true),
        ScreenCommand::PreviousMatch => search(state, false),
        _ => {}
    }
}

/// Clears the search; `false` when there is none.
pub fn back(state: &mut State) -> bool {
    let searching = !state.run.search.value().is_empty();
    state.run.search.reset();
    searching
}

pub fn type_search(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    match key.code {
        KeyCode::Enter => {
            state.run.typing = false;
            search(state, true);
        }
        KeyCode::Esc => {
            state.run.typing = false;
            state.run.search.reset();
        }
        _ => {
            state.run.search.handle_event(&TerminalEvent::Key(key));
        }
    }
    Vec::new()
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
            lists::settle(state);
        }
        None => flash(state, format!("no line holds {wanted:?}")),
    }
}
