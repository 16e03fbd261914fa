//! The state of the history screen.

use crate::domain::history::AuditEntry;
use crate::tui::state::{Cursor, Loaded};
use std::sync::Arc;

#[derive(Debug, Clone, Default)]
pub struct HistoryState {
    pub entries: Loaded<Arc<[AuditEntry]>>,
    pub cursor: Cursor,
    /// The statements of the selected entry are shown.
    pub open: bool,
    pub scroll: usize,
}

impl HistoryState {
    #[must_use]
    pub fn selected(&self) -> Option<&AuditEntry> {
        self.entries.here()?.get(self.cursor.at)
    }

    /// How many operations are listed.
    #[must_use]
    pub fn length(&self) -> usize {
        self.entries.here().map_or(0, |entries| entries.len())
    }
}
