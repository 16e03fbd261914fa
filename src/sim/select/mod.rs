//! Queries: from Materialize's dialect to SQLite's, with the types of the results.
//!
//! A [`Plan`] is SQLite text whose result columns carry SQL types. Relations are found in the catalog; views are planned in
//! place; whatever has no plan is refused by name.

pub mod aggregate;
pub mod call;
pub mod cast;
pub mod expression;
pub mod from;
mod from_clause;
mod grouping;
pub mod identifier;
mod naming;
pub mod operator;
mod order;
mod output;
mod planner;
mod predicate;
pub mod print;
pub mod query;
pub mod scope;
mod table_function;
pub mod typed;
pub mod unique_key;

pub use planner::{Plan, Planner, Viewer};

use super::catalog::item::Item;
use super::error::{SqlError, SqlResult};
use super::types::{Column, SqlType};
use sqlparser::ast::{Expr, Query};

impl Planner<'_> {
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
}
