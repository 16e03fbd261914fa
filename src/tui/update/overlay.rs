//! Help, palette, questions and results: what lies over a screen and takes the keys.

use super::palette::find;
use super::{command, operation};
use crate::tui::effect::Effect;
use crate::tui::keymap::{Action, ScreenCommand};
use crate::tui::prose;
use crate::tui::state::{DEAF_MS, Overlay, PaletteState, Question, State, scrolled};
use crossterm::event::{KeyCode, KeyEvent};

pub fn press(state: &mut State, key: KeyEvent, held: bool) -> Vec<Effect> {
    let now = state.now;
    match state.overlay.take() {
        Some(Overlay::Help { scroll }) => help(state, key, scroll),
        Some(Overlay::Palette(palette)) => type_in_palette(state, key, palette),
        Some(Overlay::Question { question, opened }) => {
            let deaf = held || now.since(opened) < DEAF_MS;
            answer(state, key, question, deaf).unwrap_or_else(|| {
                state.overlay = Some(Overlay::Question { question, opened });
                Vec::new()
            })
        }
        Some(result @ Overlay::Result { opened, .. }) => {
            // Whoever was typing must not close it unread.
            if now.since(opened) < DEAF_MS {
                state.overlay = Some(result);
            }
            Vec::new()
        }
        None => Vec::new(),
    }
}

/// The palette takes pasted text; what asks a question does not.
pub fn paste(state: &mut State, text: &str) {
    if let Some(Overlay::Palette(palette)) = &mut state.overlay {
        palette.input.paste(text);
        find(palette);
    }
}

fn help(state: &mut State, key: KeyEvent, scroll: usize) -> Vec<Effect> {
    let command = match state.keymap.action(state.screen, &key) {
        Some(Action::Look(command)) => Some(command),
        _ => None,
    };
    let by: isize = match command {
        Some(ScreenCommand::Back | ScreenCommand::Quit | ScreenCommand::Help) => return Vec::new(),
        Some(ScreenCommand::Down) => 1,
        Some(ScreenCommand::Up) => -1,
        Some(ScreenCommand::PageDown | ScreenCommand::HalfPageDown) => 10,
        Some(ScreenCommand::PageUp | ScreenCommand::HalfPageUp) => -10,
        Some(ScreenCommand::Top) => isize::MIN / 2,
        Some(ScreenCommand::Bottom) => isize::MAX / 2,
        _ => 0,
    };
    let limit = prose::help_scroll_limit(state);
    state.overlay = Some(Overlay::Help {
        scroll: scrolled(scroll, by, limit),
    });
    Vec::new()
}

fn answer(state: &mut State, key: KeyEvent, question: Question, deaf: bool) -> Option<Vec<Effect>> {
    if deaf {
        return None;
    }
    match (key.code, question) {
        (KeyCode::Char('y'), Question::Cancel) => Some(operation::cancel(state)),
        (KeyCode::Char('y'), Question::Leave) => Some(operation::leave(state)),
        (KeyCode::Char('n' | 'q') | KeyCode::Esc, _) => Some(Vec::new()),
        _ => None,
    }
}

fn type_in_palette(state: &mut State, key: KeyEvent, mut palette: PaletteState) -> Vec<Effect> {
    match key.code {
        KeyCode::Esc => return Vec::new(),
        KeyCode::Enter => {
            return match palette.matches.get(palette.cursor) {
                Some(Action::Operation(operation)) => operation::ask(state, *operation),
                Some(Action::Look(command)) => command::perform(state, *command),
                None => Vec::new(),
            };
        }
        KeyCode::Down => {
            palette.cursor = (palette.cursor + 1).min(palette.matches.len().saturating_sub(1))
        }
        KeyCode::Up => palette.cursor = palette.cursor.saturating_sub(1),
        _ => {
            if palette.input.press(key) {
                find(&mut palette);
            }
        }
    }
    state.overlay = Some(Overlay::Palette(palette));
    Vec::new()
}
