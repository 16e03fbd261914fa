//! Texts of the screen as paragraphs with roles: what they say, apart from where they are drawn.

mod detail;
mod entry;
mod finding;
mod help;
mod journal;
mod node;
mod paragraph;
mod plan;
mod preflight;

pub use entry::outcome_role;
pub use paragraph::{Paragraph, wrap};
pub use plan::plan;

use super::layout;
use super::state::{Dialog, Overlay, Pane, Panel, Screen, State};
use ratatui::layout::Rect;

/// What a pane of the cockpit says.
#[must_use]
pub fn pane(state: &State, pane: Pane) -> Vec<Paragraph> {
    match pane {
        Pane::Objects | Pane::Detail => detail::paragraphs(state),
        Pane::Findings => preflight::paragraphs(state),
        Pane::Journal => journal::paragraphs(state),
    }
}

/// What a panel of the changes screen says; the SQL is drawn as a comparison, not as prose.
#[must_use]
pub fn panel(state: &State, panel: Panel) -> Vec<Paragraph> {
    node::paragraphs(state, panel)
}

/// The opened entry of the history.
#[must_use]
pub fn entry(state: &State) -> Vec<Paragraph> {
    entry::paragraphs(state)
}

#[must_use]
pub fn help(state: &State) -> Vec<Paragraph> {
    help::paragraphs(state)
}

/// The lines of a dialog's text area.
#[must_use]
pub fn dialog_text(size: (u16, u16), dialog: &Dialog) -> (Rect, Vec<Paragraph>) {
    // One column less on each side than the border leaves, so that text does not touch it.
    let widest = layout::dialog(size, usize::MAX).width.saturating_sub(4);
    let lines = wrap(&dialog.lines, widest);
    (layout::dialog(size, lines.len()), lines)
}

#[must_use]
pub fn dialog_scroll_limit(size: (u16, u16), dialog: &Dialog) -> usize {
    let (area, lines) = dialog_text(size, dialog);
    lines.len().saturating_sub(usize::from(
        area.height.saturating_sub(layout::DIALOG_FRAME),
    ))
}

#[must_use]
pub fn help_scroll_limit(state: &State) -> usize {
    let area = layout::overlay(state.size);
    let lines = wrap(&help(state), area.width.saturating_sub(4));
    lines
        .len()
        .saturating_sub(usize::from(area.height.saturating_sub(2)))
}

/// How far the text that has the movement keys can be scrolled.
#[must_use]
pub fn scroll_limit(state: &State) -> usize {
    let Some(frame) = layout::frame(state.size) else {
        return 0;
    };
    if let Some(Overlay::Help { .. }) = state.overlay {
        return help_scroll_limit(state);
    }
    let (lines, height) = match state.screen {
        Screen::Cockpit => {
            let areas = layout::cockpit(frame.body, state);
            let pane = state.cockpit.focus;
            let Some(area) = areas.of(pane) else {
                return 0;
            };
            let lines = wrap(&self::pane(state, pane), layout::inner_width(area));
            (lines.len(), area.height.saturating_sub(1))
        }
        Screen::Changes => {
            let area = layout::list_and_panel(frame.body).1;
            let lines = match state.changes.panel {
                // Lines wrap as they are drawn, so the last one may stand at the top.
                Panel::Sql => return state.changes.diff_length().saturating_sub(1),
                panel => wrap(&self::panel(state, panel), layout::inner_width(area)).len(),
            };
            (lines, area.height.saturating_sub(2))
        }
        Screen::History => {
            let area = frame.body;
            let lines = wrap(&entry(state), layout::inner_width(area)).len();
            (lines, area.height.saturating_sub(1))
        }
        Screen::Run | Screen::Traffic => (0, 0),
    };
    lines.saturating_sub(usize::from(height))
}
