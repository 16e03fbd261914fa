//! What happened in this session, newest first.

use crate::tui::prose::Paragraph;
use crate::tui::state::State;
use crate::tui::theme::ThemeRole;

pub fn paragraphs(state: &State) -> Vec<Paragraph> {
    if state.journal.is_empty() {
        return vec![Paragraph::new(
            ThemeRole::Muted,
            "Nothing has happened yet.",
        )];
    }
    state
        .journal
        .newest()
        .map(|entry| Paragraph {
            lead: format!("{} ", entry.at.strftime("%H:%M:%S")),
            ..Paragraph::new(entry.role, &entry.text)
        })
        .collect()
}
