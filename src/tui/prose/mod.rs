//! Texts of the screen as paragraphs with roles: what they say, apart from where they are drawn.

mod finding;
mod help;
mod paragraph;
mod plan;

pub use finding::finding;
pub use paragraph::{Paragraph, wrap};
pub use plan::plan;

use super::layout;
use super::state::{Dialog, State};
use ratatui::layout::Rect;

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
