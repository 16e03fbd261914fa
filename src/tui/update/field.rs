//! Keys and pasted text in the text field of a screen.

use crate::tui::screens::parts_of;
use crate::tui::state::{State, TextField};
use crossterm::event::{KeyCode, KeyEvent};

/// The screen's text field, where it has the keys.
fn open(state: &mut State) -> Option<&mut TextField> {
    (parts_of(state.screen).field)(state).filter(|field| field.is_open())
}

/// Gives the key to the open field; `false` when none is open.
pub fn press(state: &mut State, key: KeyEvent) -> bool {
    let parts = parts_of(state.screen);
    let Some(field) = open(state) else {
        return false;
    };
    match key.code {
        KeyCode::Enter => {
            field.close();
            (parts.entered)(state);
        }
        KeyCode::Down | KeyCode::Tab => field.close(),
        KeyCode::Esc => return give_up(state),
        _ => {
            if field.press(key) {
                (parts.typed)(state);
            }
        }
    }
    true
}

/// Puts pasted text into the open field.
pub fn paste(state: &mut State, text: &str) {
    if let Some(field) = open(state) {
        field.paste(text);
        (parts_of(state.screen).typed)(state);
    }
}

/// Closes the open field and takes its text away; `false` when none is open.
pub fn give_up(state: &mut State) -> bool {
    let Some(field) = open(state) else {
        return false;
    };
    field.close();
    field.clear();
    (parts_of(state.screen).typed)(state);
    true
}
