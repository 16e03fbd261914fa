//! What is copied of the history screen.

use crate::tui::state::State;

/// The file of the selected operation, or its statements.
#[must_use]
pub fn copied(state: &State, all: bool) -> Option<String> {
    let entry = state.history.selected()?;
    Some(if all {
        let sql: Vec<String> = entry
            .statements
            .iter()
            .map(|statement| format!("{};", statement.sql))
            .collect();
        sql.join("\n")
    } else {
        entry.file.clone()
    })
}
