//! Who gets a key: what lies on top first, then the open text field, then the screen by the keymap.

use super::command::{interrupt, perform};
use super::lists::{self, Move};
use super::{dialog, field, operation, overlay};
use crate::tui::effect::Effect;
use crate::tui::keymap::{Action, Chord, ScreenCommand};
use crate::tui::screens::parts_of;
use crate::tui::state::State;
use crossterm::event::{KeyEvent, KeyEventKind, MouseEvent};

pub fn press(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    if key.kind == KeyEventKind::Release {
        return Vec::new();
    }
    let chord = Chord::of(&key);
    let held = key.kind == KeyEventKind::Repeat || state.is_held(chord);
    state.last_key = Some((chord, state.now));
    let action = state.keymap.action(state.screen, &key);
    if action == Some(Action::Look(ScreenCommand::Interrupt)) {
        return interrupt(state);
    }
    if state.overlay.is_some() {
        return overlay::press(state, key, held);
    }
    if state.is_reviewing() {
        return dialog::press(state, key, held);
    }
    if field::press(state, key) {
        return Vec::new();
    }
    match action {
        Some(Action::Operation(operation)) => operation::ask(state, operation),
        Some(Action::Look(command)) => perform(state, command),
        None => Vec::new(),
    }
}

/// Pasted text goes into the open text field only: never into the one that confirms, and never to the keymap.
pub fn paste(state: &mut State, text: &str) -> Vec<Effect> {
    if state.is_reviewing() {
        dialog::refuse_paste(state);
        return Vec::new();
    }
    if state.overlay.is_some() {
        overlay::paste(state, text);
    } else {
        field::paste(state, text);
    }
    Vec::new()
}

/// The mouse selects and scrolls; it never opens or confirms a plan.
pub fn mouse(state: &mut State, mouse: MouseEvent) -> Vec<Effect> {
    use crossterm::event::{MouseButton, MouseEventKind};
    if !state.mouse {
        return Vec::new();
    }
    let by = match mouse.kind {
        MouseEventKind::ScrollDown => Some(3),
        MouseEventKind::ScrollUp => Some(-3),
        _ => None,
    };
    if state.is_reviewing() {
        if let Some(by) = by {
            dialog::scroll(state, by);
        }
    } else if let Some(by) = by {
        if state.overlay.is_none() {
            lists::step(state, Move::By(by));
        }
    } else if mouse.kind == MouseEventKind::Down(MouseButton::Left) && state.overlay.is_none() {
        (parts_of(state.screen).click)(state, mouse.column, mouse.row);
    }
    Vec::new()
}
