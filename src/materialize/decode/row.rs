//! Rows as the server sends them, by fact.

use crate::domain::name::{Identifier, InvalidId};
use crate::domain::snapshot::LogicalTime;
use crate::materialize::error::Error;
use crate::materialize::queries::Fact;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::str::FromStr;
use std::sync::Arc;

/// The columns of one row, as text, without the fact's name. Cheap to clone: stored rows and pending changes share it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TextRow(Arc<[Option<Box<str>>]>);

impl TextRow {
    pub fn new<'a>(cells: impl Iterator<Item = Option<&'a str>>) -> Self {
        Self(cells.map(|cell| cell.map(Box::from)).collect())
    }

    #[must_use]
    pub fn get(&self, column: usize) -> Option<&str> {
        self.0.get(column)?.as_deref()
    }

    /// A column that is never NULL.
    pub fn text(&self, fact: Fact, column: usize) -> Result<&str, Error> {
        self.get(column)
            .ok_or_else(|| Error::decode(place(fact, column), "it is NULL"))
    }

    /// A column that holds a name.
    pub(super) fn name(&self, fact: Fact, column: usize) -> Result<Identifier, Error> {
        let text = self.text(fact, column)?;
        Identifier::new(text)
            .map_err(|error| Error::decode(fact.query().relation, error.to_string()))
    }

    /// A column that holds an id.
    pub fn id<I: FromStr<Err = InvalidId>>(&self, fact: Fact, column: usize) -> Result<I, Error> {
        read_id(fact, column, self.text(fact, column)?)
    }

    /// A column that holds an id or NULL.
    pub(super) fn optional_id<I: FromStr<Err = InvalidId>>(
        &self,
        fact: Fact,
        column: usize,
    ) -> Result<Option<I>, Error> {
        let text = self.get(column);
        text.map(|text| read_id(fact, column, text)).transpose()
    }

    /// `None` for NULL and for what is not a number: unknown either way.
    pub fn number<T: std::str::FromStr>(&self, column: usize) -> Option<T> {
        self.get(column)?.parse().ok()
    }

    /// A truth value, `t` on the wire and `true` after a cast to text.
    pub(super) fn truth(&self, column: usize) -> Option<bool> {
        match self.get(column)? {
            "t" | "true" | "1" => Some(true),
            "f" | "false" | "0" => Some(false),
            _ => None,
        }
    }

    /// Seconds since the epoch, with a fraction.
    pub fn time(&self, column: usize) -> Option<LogicalTime> {
        let seconds: f64 = self.number(column)?;
        let millis = (seconds * 1000.0).round();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked to be a time between the epoch and the year 10000"
        )]
        (0.0..=253_402_300_800_000.0)
            .contains(&millis)
            .then_some(LogicalTime(millis as u64))
    }

    /// A logical time as the server writes it: milliseconds.
    pub(super) fn logical_time(&self, column: usize) -> Option<LogicalTime> {
        self.number(column).map(LogicalTime)
    }
}

/// The column as an error names it.
fn place(fact: Fact, column: usize) -> String {
    let query = fact.query();
    let name = query.columns.get(column).copied().unwrap_or("?");
    format!("column `{name}` of {}", query.relation)
}

fn read_id<I: FromStr<Err = InvalidId>>(fact: Fact, column: usize, text: &str) -> Result<I, Error> {
    text.parse()
        .map_err(|error: InvalidId| Error::decode(place(fact, column), error.to_string()))
}

/// The rows of one fact: how often each occurs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows(HashMap<TextRow, i64>);

impl Rows {
    /// Adds `diff` occurrences; the sum may be below zero until all changes of a time are applied.
    pub fn change(&mut self, row: TextRow, diff: i64) {
        match self.0.entry(row) {
            Entry::Vacant(vacant) => {
                if diff != 0 {
                    vacant.insert(diff);
                }
            }
            Entry::Occupied(mut occupied) => {
                *occupied.get_mut() += diff;
                if *occupied.get() == 0 {
                    occupied.remove();
                }
            }
        }
    }

    /// How often the row occurs; below zero only while changes of one time are being applied, or after a gap.
    #[must_use]
    pub fn count(&self, row: &TextRow) -> i64 {
        self.0.get(row).copied().unwrap_or(0)
    }

    /// Every row, as often as it occurs.
    pub fn iter(&self) -> impl Iterator<Item = &TextRow> {
        self.0.iter().flat_map(|(row, count)| {
            let count = usize::try_from(*count).unwrap_or(0);
            std::iter::repeat_n(row, count)
        })
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// All rows, by fact.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts(HashMap<Fact, Rows>);

impl Facts {
    pub fn of(&self, fact: Fact) -> impl Iterator<Item = &TextRow> {
        self.0.get(&fact).into_iter().flat_map(Rows::iter)
    }

    pub fn rows_mut(&mut self, fact: Fact) -> &mut Rows {
        self.0.entry(fact).or_default()
    }

    #[must_use]
    pub fn rows(&self, fact: Fact) -> Option<&Rows> {
        self.0.get(&fact)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn row(text: &str) -> TextRow {
        TextRow::new([Some(text), None].into_iter())
    }

    #[test]
    fn times_keep_milliseconds() {
        let time = |text| row(text).time(0);
        assert_eq!(time("1795167749.82"), Some(LogicalTime(1_795_167_749_820)));
        assert_eq!(
            time("1.795167749820165e9"),
            Some(LogicalTime(1_795_167_749_820))
        );
        assert_eq!(time("-1"), None);
        assert_eq!(time("NaN"), None);
    }

    #[test]
    fn a_null_is_an_error_that_names_the_column() {
        let error = row("u1").text(Fact::Databases, 1).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("`name` of mz_catalog.mz_databases")
        );
    }

    proptest! {
        #[test]
        fn changes_add_up_in_any_order(
            changes in prop::collection::vec(("[a-c]", -2i64..3), 0..30),
            seed in any::<u64>(),
        ) {
            let apply = |changes: &[(String, i64)]| {
                let mut rows = Rows::default();
                for (text, diff) in changes {
                    rows.change(row(text), *diff);
                }
                rows
            };
            let mut shuffled = changes.clone();
            let turn = usize::try_from(seed % 31).unwrap().min(shuffled.len());
            shuffled.rotate_left(turn);
            prop_assert_eq!(apply(&changes), apply(&shuffled));
        }
    }
}
