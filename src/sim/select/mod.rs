//! Queries: from Materialize's dialect to SQLite's, with the types of the results.
//!
//! A [`Plan`] is SQLite text whose result columns carry SQL types. Relations are found in the catalog; views are planned in
//! place; whatever has no plan is refused by name.

pub mod aggregate;
pub mod call;
pub mod cast;
pub mod expression;
pub mod from;
mod grouping;
mod naming;
pub mod operator;
mod order;
mod predicate;
pub mod print;
pub mod query;
pub mod scope;
mod table_function;
pub mod typed;

use super::catalog::Catalog;
use super::catalog::id::Id;
use super::catalog::item::Item;
use super::catalog::names::Path;
use super::error::{SqlError, SqlResult};
use super::types::{Column, SqlType};
use grouping::Grouping;
use sqlparser::ast::{Expr, Query};
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
    fn variable(&self, name: &str) -> Option<&str> {
        let found = self.variables.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// Plans one query.
pub struct Planner<'a> {
    catalog: &'a Catalog,
    viewer: &'a Viewer,
    parameters: RefCell<Vec<Option<SqlType>>>,
    reads: RefCell<BTreeSet<Id>>,
    references: RefCell<BTreeSet<Id>>,
    reads_clock: Cell<bool>,
    /// How many views deep the planner is; privileges are the caller's at depth 0 only.
    depth: Cell<usize>,
    aliases: Cell<usize>,
    groupings: RefCell<Vec<Grouping>>,
    /// Whether the viewer must be allowed to read what is named; defining a view needs no such right.
    guarded: bool,
}

/// Views inside views beyond this are refused rather than overflowing the stack.
const MAX_DEPTH: usize = 40;

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

    /// # Errors
    /// What the server says about the query, or 0A000.
    pub fn plan(self, query: &Query) -> SqlResult<Plan> {
        let planned = self.query(query, None)?;
        Ok(self.finish(planned.sql, planned.columns))
    }

    /// Plans the rows of an INSERT, cast to the table's columns.
    ///
    /// # Errors
    /// As [`Planner::plan`]; XX000 where the number of columns differs.
    pub fn plan_rows(self, query: &Query, into: &[Column]) -> SqlResult<Plan> {
        let planned = self.query(query, None)?;
        if planned.columns.len() > into.len() {
            return Err(SqlError::plan(
                "INSERT has more expressions than target columns",
            ));
        }
        let mut casts = Vec::new();
        for (at, (from, to)) in planned.columns.iter().zip(into).enumerate() {
            let column = typed::Typed::new(format!("c{}", at + 1), from.ty);
            casts.push(self.assign(column, to.ty)?.sql);
        }
        let sql = format!("SELECT {} FROM ({})", casts.join(", "), planned.sql);
        Ok(self.finish(sql, into.to_vec()))
    }

    /// Plans a condition or an assignment over one table, whose columns are `c1`, `c2`, ... in SQLite.
    ///
    /// # Errors
    /// As [`Planner::plan`].
    pub fn plan_over(&self, table: &Item, expression: &Expr, to: SqlType) -> SqlResult<String> {
        let typed = self.over(table, expression)?;
        Ok(self.assign(typed, to)?.sql)
    }

    /// The type of an expression over one table, such as an index key.
    ///
    /// # Errors
    /// As [`Planner::plan`].
    pub fn type_over(&self, table: &Item, expression: &Expr) -> SqlResult<SqlType> {
        self.over(table, expression).map(|typed| typed.ty)
    }

    fn over(&self, table: &Item, expression: &Expr) -> SqlResult<typed::Typed> {
        let relation = scope::Relation::stored(&table.name, None, &table.columns);
        let scope = scope::Scope::over(vec![relation]);
        self.expression(expression, &scope)
    }

    fn finish(self, sql: String, columns: Vec<Column>) -> Plan {
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
    fn refer(&self, id: Id) {
        if self.depth.get() == 0 {
            self.references.borrow_mut().insert(id);
        }
    }

    fn alias(&self) -> String {
        self.aliases.set(self.aliases.get() + 1);
        format!("r{}", self.aliases.get())
    }

    /// Plans something inside a view.
    fn deeper<T>(&self, plan: impl FnOnce() -> SqlResult<T>) -> SqlResult<T> {
        if self.depth.get() >= MAX_DEPTH {
            return Err(SqlError::unsupported("views nested this deep"));
        }
        self.depth.set(self.depth.get() + 1);
        let planned = plan();
        self.depth.set(self.depth.get() - 1);
        planned
    }

    /// Notes the type of `$number`, counted from 1; the first use decides.
    fn parameter(&self, number: usize, ty: SqlType) {
        let mut parameters = self.parameters.borrow_mut();
        if parameters.len() < number {
            parameters.resize(number, None);
        }
        if let Some(slot) = parameters.get_mut(number - 1) {
            slot.get_or_insert(ty);
        }
    }

    fn known_parameter(&self, number: usize) -> Option<SqlType> {
        self.parameters
            .borrow()
            .get(number.checked_sub(1)?)
            .copied()
            .flatten()
    }
}
