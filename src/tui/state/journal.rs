//! What happened in this session, in order.

use crate::tui::theme::ThemeRole;
use std::collections::VecDeque;

/// How many entries are kept; the audit trail keeps the rest.
const MOST: usize = 500;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    pub at: jiff::civil::DateTime,
    pub role: ThemeRole,
    pub text: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Journal {
    /// Oldest first.
    entries: VecDeque<JournalEntry>,
}

impl Journal {
    pub fn note(&mut self, at: jiff::civil::DateTime, role: ThemeRole, text: impl Into<String>) {
        if self.entries.len() == MOST {
            self.entries.pop_front();
        }
        self.entries.push_back(JournalEntry {
            at,
            role,
            text: text.into(),
        });
    }

    /// Newest first.
    pub fn newest(&self) -> impl Iterator<Item = &JournalEntry> {
        self.entries.iter().rev()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
