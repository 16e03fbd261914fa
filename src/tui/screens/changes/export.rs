//! What is copied of the changes screen.

use super::state::DiffText;
use crate::tui::state::State;

/// The id of the selected node, or its SQL.
#[must_use]
pub fn copied(state: &State, all: bool) -> Option<String> {
    let node = state.changes.selected()?;
    if !all {
        return Some(node.unique_id.clone());
    }
    let versions = match state.changes.text {
        DiffText::Compiled => &node.compiled,
        DiffText::Raw => &node.raw,
    };
    let text = versions.after.as_ref().or(versions.before.as_ref())?;
    Some(text.to_string())
}
