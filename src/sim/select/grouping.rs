//! Keeps columns that are not grouped out of grouped queries: SQLite would pick a value for them.

use super::Planner;
use super::output::Output;
use super::planner::Grouping;
use super::scope::Relation;
use crate::error::{SqlError, SqlResult};

impl Planner<'_> {
    pub(super) fn enter_select(&self) {
        self.groupings.borrow_mut().push(Grouping::default());
    }

    pub(super) fn leave_select(&self) {
        self.groupings.borrow_mut().pop();
    }

    /// Notes that an expression names a column.
    pub(super) fn note_column(&self, sql: &str, written: &str) {
        if let Some(grouping) = self.groupings.borrow_mut().last_mut()
            && grouping.inside == 0
        {
            grouping.named.push((sql.to_owned(), written.to_owned()));
        }
    }

    /// Plans the arguments of an aggregate.
    pub(super) fn inside_aggregate<T>(&self, plan: impl FnOnce() -> T) -> T {
        let step = |by: fn(&mut Grouping)| {
            if let Some(grouping) = self.groupings.borrow_mut().last_mut() {
                by(grouping);
            }
        };
        step(|grouping| {
            grouping.aggregated = true;
            grouping.inside += 1;
        });
        let planned = plan();
        step(|grouping| grouping.inside -= 1);
        planned
    }

    pub(super) fn take_named(&self) -> Vec<(String, String)> {
        let mut groupings = self.groupings.borrow_mut();
        groupings
            .last_mut()
            .map(|grouping| std::mem::take(&mut grouping.named))
            .unwrap_or_default()
    }

    fn is_aggregated(&self) -> bool {
        let groupings = self.groupings.borrow();
        groupings.last().is_some_and(|grouping| grouping.aggregated)
    }

    /// # Errors
    /// XX000 for a column that stands outside the keys and outside aggregates.
    pub(super) fn check_grouping(
        &self,
        keys: &[String],
        outputs: &[Output],
        relations: &[Relation],
    ) -> SqlResult<()> {
        if keys.is_empty() && !self.is_aggregated() {
            return Ok(());
        }
        let own = |sql: &str| {
            let mut columns = relations.iter().flat_map(|relation| &relation.columns);
            columns.any(|column| column.sql == sql)
        };
        for output in outputs {
            let rest = without(&output.typed.sql, keys);
            for (sql, written) in &output.named {
                if own(sql) && !keys.contains(sql) && holds(&rest, sql) {
                    return Err(SqlError::plan(format!(
                        "column \"{written}\" must appear in the GROUP BY clause or be used in an aggregate function"
                    )));
                }
            }
        }
        Ok(())
    }
}

/// The text without the keys that are more than a column.
fn without(sql: &str, keys: &[String]) -> String {
    let mut rest = sql.to_owned();
    for key in keys {
        rest = rest.replace(key.as_str(), "");
    }
    rest
}

/// Whether the text names that column: `r1.c1` is not in `r1.c12`.
fn holds(text: &str, column: &str) -> bool {
    text.match_indices(column).any(|(at, found)| {
        let next = text
            .get(at + found.len()..)
            .and_then(|rest| rest.chars().next());
        !next.is_some_and(|c| c.is_ascii_alphanumeric())
    })
}
