//! The state of the changes screen.

use super::diff::SqlDiff;
use crate::domain::changes::{ChangedNode, ChangesView};
use crate::tui::state::{Cursor, Loaded, TextField};
use std::sync::Arc;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DiffLayout {
    #[default]
    SideBySide,
    Unified,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DiffText {
    #[default]
    Compiled,
    Raw,
}

/// What is shown of the selected node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Panel {
    #[default]
    Sql,
    Config,
    Impact,
    Server,
}

impl Panel {
    pub const ALL: [Self; 4] = [Self::Sql, Self::Config, Self::Impact, Self::Server];

    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Sql => "SQL",
            Self::Config => "Configuration",
            Self::Impact => "Impact",
            Self::Server => "On the server",
        }
    }

    #[must_use]
    pub fn step(self, by: isize) -> Self {
        let count = Self::ALL.len();
        let at = Self::ALL
            .iter()
            .position(|panel| *panel == self)
            .unwrap_or(0);
        Self::ALL[(at as isize + by).rem_euclid(count as isize) as usize]
    }
}

#[derive(Debug, Clone, Default)]
pub struct ChangesState {
    pub view: Loaded<Arc<ChangesView>>,
    pub filter: TextField,
    /// Positions in the view's nodes, modified first, then by name.
    pub listed: Vec<usize>,
    pub cursor: Cursor,
    /// The right panel has the movement keys.
    pub reading: bool,
    pub panel: Panel,
    pub layout: DiffLayout,
    pub text: DiffText,
    /// The diff of the selected node, made when the selection moved.
    pub diff: Option<Arc<SqlDiff>>,
    pub scroll: usize,
    pub parsing: bool,
}

impl ChangesState {
    /// Lines of the comparison in the chosen layout.
    #[must_use]
    pub fn diff_length(&self) -> usize {
        self.diff.as_ref().map_or(0, |diff| match self.layout {
            DiffLayout::SideBySide => diff.lines.len(),
            DiffLayout::Unified => diff.unified().len(),
        })
    }

    #[must_use]
    pub fn selected(&self) -> Option<&ChangedNode> {
        let view = self.view.here()?;
        view.nodes.get(*self.listed.get(self.cursor.at)?)
    }

    /// Lists the nodes anew: by change, then by name, those that the filter keeps.
    pub fn list(&mut self) {
        let kept = self.selected().map(|node| node.unique_id.clone());
        let wanted = self.filter.value().to_lowercase();
        let Some(view) = self.view.here().map(Arc::clone) else {
            self.listed.clear();
            self.diff = None;
            return;
        };
        let matches = |node: &ChangedNode| {
            wanted.split_whitespace().all(|word| {
                node.unique_id.to_lowercase().contains(word)
                    || node.change.as_str().starts_with(word)
                    || node.resource_type.starts_with(word)
            })
        };
        self.listed = (0..view.nodes.len())
            .filter(|at| matches(&view.nodes[*at]))
            .collect();
        self.listed.sort_by_key(|at| {
            let node = &view.nodes[*at];
            (node.change, node.name.clone(), node.unique_id.clone())
        });
        self.cursor.at = kept
            .and_then(|id| {
                self.listed
                    .iter()
                    .position(|at| view.nodes[*at].unique_id == id)
            })
            .unwrap_or(0);
        self.compare();
    }

    /// Makes the diff of the selected node.
    pub fn compare(&mut self) {
        self.scroll = 0;
        self.diff = self.selected().map(|node| {
            let versions = match self.text {
                DiffText::Compiled => &node.compiled,
                DiffText::Raw => &node.raw,
            };
            Arc::new(SqlDiff::new(versions))
        });
    }
}
