//! The state of the cockpit screen.

use super::estimate::{Estimate, estimate};
use crate::domain::background::LagSample;
use crate::domain::board::{Board, ObjectRow};
use crate::domain::name::{ClusterId, ObjectId};
use crate::tui::observed::Observed;
use crate::tui::state::{Cursor, TextField};
use crate::tui::table::{Arranged, Arrangement, TableEntry};
use std::collections::BTreeMap;

/// The panes that can have the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pane {
    #[default]
    Objects,
    Detail,
    Findings,
    Journal,
}

impl Pane {
    const ALL: [Self; 4] = [Self::Objects, Self::Detail, Self::Findings, Self::Journal];

    #[must_use]
    pub fn next(self) -> Self {
        let at = Self::ALL.iter().position(|pane| *pane == self).unwrap_or(0);
        Self::ALL[(at + 1) % Self::ALL.len()]
    }

    #[must_use]
    pub fn previous(self) -> Self {
        let at = Self::ALL.iter().position(|pane| *pane == self).unwrap_or(0);
        Self::ALL[(at + Self::ALL.len() - 1) % Self::ALL.len()]
    }

    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Objects => "Objects",
            Self::Detail => "Detail",
            Self::Findings => "Preflight",
            Self::Journal => "Journal",
        }
    }
}

#[derive(Debug, Clone, Default)]
pub struct CockpitState {
    pub focus: Pane,
    /// The focused pane alone.
    pub zoomed: bool,
    pub arrangement: Arrangement,
    /// The filter as typed.
    pub filter: TextField,
    /// Why the typed filter is not in force.
    pub filter_error: Option<String>,
    pub arranged: Arranged,
    /// The selected object; the cursor follows it when rows move.
    pub selected: Option<ObjectId>,
    /// Position among the rows, and offset among the entries.
    pub cursor: Cursor,
    /// Lines scrolled in the focused text pane.
    pub scroll: usize,
    pub observed: Observed,
    /// When the deployment clusters will be hydrated; made once per picture, since it looks at every row.
    pub estimates: BTreeMap<ClusterId, Estimate>,
}

impl CockpitState {
    /// Extends the trends backwards by what the server kept from before.
    pub fn remember(&mut self, past: &BTreeMap<ObjectId, Vec<LagSample>>) {
        self.observed.remember(past);
    }

    /// Takes in one picture: trends, times, estimates.
    pub fn look(&mut self, board: &Board) {
        self.observed.look(board);
        self.estimates = board
            .deployment
            .clusters
            .iter()
            .filter_map(|cluster| {
                let estimate = estimate(board, cluster, &self.observed)?;
                Some((cluster.id?, estimate))
            })
            .collect();
    }

    /// Lists the board anew and keeps the selection on its object.
    pub fn rearrange(&mut self, board: &Board, height: usize) {
        self.arranged = self.arrangement.apply(board, &self.observed);
        let found = self
            .selected
            .as_ref()
            .and_then(|id| self.position_of(board, id));
        if let Some(at) = found {
            self.cursor.at = at;
        }
        self.settle(height);
        self.selected = self.selected_row(board).and_then(ObjectRow::id).cloned();
    }

    /// Moves the cursor by rows and takes the selection along.
    pub fn step(&mut self, by: isize, board: &Board, height: usize) {
        self.cursor.at = self.cursor.at.saturating_add_signed(by);
        self.settle(height);
        self.selected = self.selected_row(board).and_then(ObjectRow::id).cloned();
    }

    /// Selects an object; `false` when the list does not show it.
    pub fn select(&mut self, board: &Board, id: &ObjectId, height: usize) -> bool {
        match self.position_of(board, id) {
            Some(at) => {
                self.cursor.at = at;
                self.settle(height);
                self.selected = Some(*id);
                true
            }
            None => false,
        }
    }

    /// The row under the cursor.
    #[must_use]
    pub fn selected_row<'a>(&self, board: &'a Board) -> Option<&'a ObjectRow> {
        let entry = *self.arranged.rows.get(self.cursor.at)?;
        match self.arranged.entries.get(entry)? {
            TableEntry::Row(at) => board.rows.get(*at),
            TableEntry::Group { .. } => None,
        }
    }

    /// Brings cursor and offset into bounds; the offset counts entries, group lines among them.
    pub fn settle(&mut self, height: usize) {
        let rows = self.arranged.rows.len();
        self.cursor.at = self.cursor.at.min(rows.saturating_sub(1));
        let entry = self
            .arranged
            .rows
            .get(self.cursor.at)
            .copied()
            .unwrap_or_default();
        let mut entries = Cursor {
            at: entry,
            offset: self.cursor.offset,
        };
        entries.settle(self.arranged.entries.len(), height);
        // The first row takes the line of its group along.
        self.cursor.offset = if self.cursor.at == 0 {
            0
        } else {
            entries.offset
        };
    }

    /// After a swap an object stands on the other side of the same row, so both sides are looked at.
    fn position_of(&self, board: &Board, id: &ObjectId) -> Option<usize> {
        self.arranged.rows.iter().position(|entry| {
            let Some(TableEntry::Row(at)) = self.arranged.entries.get(*entry) else {
                return false;
            };
            board.rows.get(*at).is_some_and(|row| {
                [&row.deployment, &row.production]
                    .into_iter()
                    .flatten()
                    .any(|object| &object.id == id)
            })
        })
    }
}
