//! What the operator is told: at the foot of the screen, and in the journal.

use crate::tui::state::{Flash, State};
use crate::tui::theme::ThemeRole;

/// Shows a sentence at the foot of the screen for a while.
pub fn flash(state: &mut State, text: impl Into<String>) {
    state.flash = Some(Flash {
        text: text.into(),
        until: state.now.millis + crate::tui::state::FLASH_MS,
    });
}

pub fn note(state: &mut State, role: ThemeRole, text: impl Into<String>) {
    state.journal.note(state.now.wall, role, text);
}
