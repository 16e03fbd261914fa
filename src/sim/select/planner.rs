//! What is kept while one query is planned.

use crate::catalog::Catalog;
use crate::catalog::id::Id;
use crate::catalog::names::Path;
use crate::error::{SqlError, SqlResult};
use crate::types::{Column, SqlType};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

/// A query that SQLite can run.
#[derive(Debug, Clone)]
pub struct Plan {
    pub sql: String,
    pub columns: Vec<Column>,
    /// The types of `$1`, `$2`, ...
    pub parameters: Vec<SqlType>,
    /// Relations with rows of their own that it reads: built-in ones and tables.
    pub reads: BTreeSet<Id>,
    /// Items that it names: relations, and functions.
    pub references: BTreeSet<Id>,
    /// Whether the answer depends on the time.
    pub reads_clock: bool,
}

/// For whom a query is planned.
#[derive(Debug, Clone)]
pub struct Viewer {
    pub path: Path,
    pub role: Id,
    pub session_role: Id,
    pub connection: u32,
    /// `(name, value)` of the session's variables, for `current_setting`.
    pub variables: Vec<(String, String)>,
}

impl Viewer {
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        let found = self.variables.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// Plans one query.
pub struct Planner<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) viewer: &'a Viewer,
    pub(super) parameters: RefCell<Vec<Option<SqlType>>>,
    pub(super) reads: RefCell<BTreeSet<Id>>,
    pub(super) references: RefCell<BTreeSet<Id>>,
    pub(super) reads_clock: Cell<bool>,
    /// How many views deep the planner is; privileges are the caller's at depth 0 only.
    pub(super) depth: Cell<usize>,
    pub(super) aliases: Cell<usize>,
    pub(super) groupings: RefCell<Vec<Grouping>>,
    /// Whether the viewer must be allowed to read what is named; defining a view needs no such right.
    pub(super) guarded: bool,
}

/// Views inside views beyond this are refused rather than overflowing the stack.
pub(super) const MAX_DEPTH: usize = 40;

impl<'a> Planner<'a> {
    #[must_use]
    pub fn new(catalog: &'a Catalog, viewer: &'a Viewer, parameters: &[Option<SqlType>]) -> Self {
        Self {
            catalog,
            viewer,
            parameters: RefCell::new(parameters.to_vec()),
            reads: RefCell::default(),
            references: RefCell::default(),
            reads_clock: Cell::new(false),
            depth: Cell::new(0),
            aliases: Cell::new(0),
            groupings: RefCell::default(),
            guarded: true,
        }
    }

    /// For definitions, which anyone may write over anything.
    #[must_use]
    pub fn unguarded(self) -> Self {
        Self {
            guarded: false,
            ..self
        }
    }

    pub(super) fn finish(self, sql: String, columns: Vec<Column>) -> Plan {
        let parameters = self.parameters.into_inner();
        Plan {
            sql,
            columns,
            parameters: parameters
                .into_iter()
                .map(|ty| ty.unwrap_or(SqlType::Text))
                .collect(),
            reads: self.reads.into_inner(),
            references: self.references.into_inner(),
            reads_clock: self.reads_clock.get(),
        }
    }

    /// Notes that an item is named by the query itself, not by a view in it.
    pub(super) fn refer(&self, id: Id) {
        if self.depth.get() == 0 {
            self.references.borrow_mut().insert(id);
        }
    }

    pub(super) fn alias(&self) -> String {
        self.aliases.set(self.aliases.get() + 1);
        format!("r{}", self.aliases.get())
    }

    /// Plans something inside a view.
    pub(super) fn deeper<T>(&self, plan: impl FnOnce() -> SqlResult<T>) -> SqlResult<T> {
        if self.depth.get() >= MAX_DEPTH {
            return Err(SqlError::unsupported("views nested this deep"));
        }
        self.depth.set(self.depth.get() + 1);
        let planned = plan();
        self.depth.set(self.depth.get() - 1);
        planned
    }

    /// Notes the type of `$number`, counted from 1; the first use decides.
    pub(super) fn parameter(&self, number: usize, ty: SqlType) {
        let mut parameters = self.parameters.borrow_mut();
        if parameters.len() < number {
            parameters.resize(number, None);
        }
        if let Some(slot) = parameters.get_mut(number - 1) {
            slot.get_or_insert(ty);
        }
    }

    pub(super) fn known_parameter(&self, number: usize) -> Option<SqlType> {
        self.parameters
            .borrow()
            .get(number.checked_sub(1)?)
            .copied()
            .flatten()
    }
}

/// What is known of the SELECT that is being planned.
#[derive(Debug, Default)]
pub struct Grouping {
    pub(super) aggregated: bool,
    /// How many aggregates deep the planner is: what they read need not be grouped.
    pub(super) inside: usize,
    /// Columns named outside aggregates since the last look: as SQLite reaches them, and as they were written.
    pub(super) named: Vec<(String, String)>,
}
