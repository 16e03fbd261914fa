//! Keys and answers of the history screen.

use super::entry;
use crate::domain::history::AuditEntry;
use crate::tui::effect::Effect;
use crate::tui::keymap::ScreenCommand;
use crate::tui::layout;
use crate::tui::prose;
use crate::tui::state::{Loaded, State, scrolled};
use std::sync::Arc;

/// Rows of the list of operations.
#[must_use]
pub fn page(state: &State) -> usize {
    layout::page(state.size, |body| {
        body.height.saturating_sub(layout::LIST_HEAD)
    })
}

pub fn settle(state: &mut State) {
    let (length, height) = (state.history.length(), page(state));
    state.history.cursor.settle(length, height);
}

/// Moves in the list, or in the opened entry.
pub fn step(state: &mut State, lines: isize) {
    if state.history.open {
        let limit = scroll_limit(state);
        state.history.scroll = scrolled(state.history.scroll, lines, limit);
        return;
    }
    let (length, height) = (state.history.length(), page(state));
    state.history.cursor.step(lines, length, height);
}

/// How far the opened entry can be scrolled.
fn scroll_limit(state: &State) -> usize {
    let Some(frame) = layout::frame(state.size) else {
        return 0;
    };
    let area = frame.body;
    let lines = prose::wrap(&entry::paragraphs(state), layout::inner_width(area));
    lines
        .len()
        .saturating_sub(usize::from(area.height.saturating_sub(1)))
}

/// The audit trail is read each time: others write to it too.
pub fn enter(state: &mut State) -> Vec<Effect> {
    if state.history.entries.here().is_none() {
        state.history.entries = Loaded::Loading;
    }
    refresh(state)
}

pub fn refresh(_: &mut State) -> Vec<Effect> {
    vec![Effect::LoadHistory]
}

pub fn loaded(state: &mut State, result: Result<Arc<[AuditEntry]>, String>) -> Vec<Effect> {
    state.history.entries = match result {
        Ok(entries) => Loaded::Here(entries),
        Err(error) => Loaded::Failed(error),
    };
    settle(state);
    Vec::new()
}

pub fn perform(state: &mut State, command: ScreenCommand) -> Vec<Effect> {
    if command == ScreenCommand::Open {
        state.history.open = !state.history.open;
        state.history.scroll = 0;
    }
    Vec::new()
}

/// Closes the opened entry; `false` when none is.
pub fn back(state: &mut State) -> bool {
    std::mem::take(&mut state.history.open)
}
