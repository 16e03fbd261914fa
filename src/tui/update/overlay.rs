//! Help, palette, questions and results: what lies over a screen and takes the keys.

use super::{keys, operation};
use crate::tui::effect::Effect;
use crate::tui::keymap::{Action, BINDINGS, Command};
use crate::tui::prose;
use crate::tui::state::DEAF_MS;
use crate::tui::state::{Overlay, PaletteState, Question, State};
use crossterm::event::{Event as TerminalEvent, KeyCode, KeyEvent};
use tui_input::backend::crossterm::EventHandler;

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

fn help(state: &mut State, key: KeyEvent, scroll: usize) -> Vec<Effect> {
    let command = match state.keymap.action(state.screen, &key) {
        Some(Action::Look(command)) => Some(command),
        _ => None,
    };
    let by: isize = match command {
        Some(Command::Back | Command::Quit | Command::Help) => return Vec::new(),
        Some(Command::Down) => 1,
        Some(Command::Up) => -1,
        Some(Command::PageDown | Command::HalfPageDown) => 10,
        Some(Command::PageUp | Command::HalfPageUp) => -10,
        Some(Command::Top) => isize::MIN / 2,
        Some(Command::Bottom) => isize::MAX / 2,
        _ => 0,
    };
    let limit = prose::help_scroll_limit(state);
    state.overlay = Some(Overlay::Help {
        scroll: scroll.saturating_add_signed(by).min(limit),
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

pub fn open_palette(state: &mut State) {
    let mut palette = PaletteState::default();
    find(&mut palette);
    state.overlay = Some(Overlay::Palette(palette));
}

fn type_in_palette(state: &mut State, key: KeyEvent, mut palette: PaletteState) -> Vec<Effect> {
    match key.code {
        KeyCode::Esc => return Vec::new(),
        KeyCode::Enter => {
            return match palette.matches.get(palette.cursor) {
                Some(Action::Operation(operation)) => operation::ask(state, *operation),
                Some(Action::Look(command)) => keys::perform(state, *command),
                None => Vec::new(),
            };
        }
        KeyCode::Down => {
            palette.cursor = (palette.cursor + 1).min(palette.matches.len().saturating_sub(1))
        }
        KeyCode::Up => palette.cursor = palette.cursor.saturating_sub(1),
        _ => {
            palette.input.0.handle_event(&TerminalEvent::Key(key));
            find(&mut palette);
        }
    }
    state.overlay = Some(Overlay::Palette(palette));
    Vec::new()
}

/// Actions whose name or words hold the typed letters in order, the tightest first.
fn find(palette: &mut PaletteState) {
    let wanted = palette.input.0.value().to_lowercase();
    let mut found: Vec<(usize, usize, Action)> = BINDINGS
        .iter()
        .enumerate()
        .filter_map(|(at, binding)| {
            let by_name = spread(&wanted, binding.name);
            let by_words = spread(&wanted, &binding.about.to_lowercase()).map(|cost| cost + 20);
            let cost = by_name.into_iter().chain(by_words).min()?;
            Some((cost, at, binding.action))
        })
        .collect();
    found.sort_by_key(|(cost, at, _)| (*cost, *at));
    palette.matches = found.into_iter().map(|(_, _, action)| action).collect();
    palette.cursor = 0;
}

/// How far apart the letters of `wanted` lie in `text`, in order; `None` when they are not all there.
fn spread(wanted: &str, text: &str) -> Option<usize> {
    let mut cost = 0;
    let mut rest = text;
    for c in wanted.chars() {
        let at = rest.find(c)?;
        cost += at;
        rest = &rest[at + c.len_utf8()..];
    }
    Some(cost)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::action::Operation;

    #[test]
    fn the_palette_finds_by_letters_in_order() {
        let mut palette = PaletteState::default();
        palette.input.0 = "prom".into();
        find(&mut palette);
        assert_eq!(palette.matches[0], Action::Operation(Operation::Promote));
        palette.input.0 = "zzz".into();
        find(&mut palette);
        assert!(palette.matches.is_empty());
        palette.input.0 = String::new().into();
        find(&mut palette);
        assert_eq!(palette.matches.len(), BINDINGS.len());
    }
}
