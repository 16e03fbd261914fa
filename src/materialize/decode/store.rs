//! The rows that a server has told, by query and id, so that what is told of one object is found at once.

use crate::domain::name::Id;
use crate::materialize::error::Error;
use crate::materialize::queries::{CatalogQuery, CatalogRow};
use crate::materialize::row::{Cell, TextRow};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// All rows, by query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CatalogRows(HashMap<CatalogQuery, Rows>);

impl CatalogRows {
    /// The rows of a query, as often as they occur.
    pub fn all<'a, R: CatalogRow<'a>>(&'a self) -> impl Iterator<Item = R> {
        self.of(R::QUERY).flat_map(Rows::iter).map(R::of)
    }

    /// The rows of a query that are about this id, as often as they occur.
    pub fn about<'a, R: CatalogRow<'a>>(&'a self, id: impl Into<Id>) -> impl Iterator<Item = R> {
        let id = id.into();
        self.of(R::QUERY)
            .filter_map(move |rows| rows.about.get(&id))
            .flat_map(Occurring::iter)
            .map(R::of)
    }

    /// Every id that the rows of a query are about.
    pub fn ids(&self, query: CatalogQuery) -> impl Iterator<Item = Id> {
        self.of(query).flat_map(|rows| rows.about.keys().copied())
    }

    /// # Errors
    /// When a row of this query begins with no id, though it is about one.
    pub fn all_have_ids(&self, query: CatalogQuery) -> Result<(), Error> {
        let definition = query.definition();
        let first = definition.columns.first().copied().unwrap_or_default();
        let mut others = self.of(query).flat_map(|rows| rows.others.keys());
        others.try_for_each(|row| {
            Cell::new(row, 0, definition.relation, first)
                .id::<Id>()
                .map(drop)
        })
    }

    /// Adds `diff` occurrences of a row and tells how many there are: below zero only until all changes of a time are applied, or
    /// after a gap.
    pub fn change(&mut self, query: CatalogQuery, row: TextRow, diff: i64) -> i64 {
        self.0.entry(query).or_default().change(row, diff)
    }

    /// How often a row occurs.
    #[must_use]
    pub fn count(&self, query: CatalogQuery, row: &TextRow) -> i64 {
        self.of(query).map(|rows| rows.count(row)).sum()
    }

    fn of(&self, query: CatalogQuery) -> impl Iterator<Item = &Rows> {
        self.0.get(&query).into_iter()
    }
}

/// The rows of one query: how often each occurs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Rows {
    about: HashMap<Id, Occurring>,
    /// Rows that begin with no id.
    others: HashMap<TextRow, i64>,
}

impl Rows {
    fn change(&mut self, row: TextRow, diff: i64) -> i64 {
        let Some(id) = row.id() else {
            return change(self.others.entry(row), diff);
        };
        match self.about.entry(id) {
            Entry::Vacant(vacant) => {
                if let Some(occurring) = Occurring::of(row, diff) {
                    vacant.insert(occurring);
                }
                diff
            }
            Entry::Occupied(mut occupied) => {
                let count = occupied.get().count(&row) + diff;
                match occupied.get().with(row, count) {
                    Some(occurring) => *occupied.get_mut() = occurring,
                    None => {
                        occupied.remove();
                    }
                }
                count
            }
        }
    }

    fn count(&self, row: &TextRow) -> i64 {
        match row.id() {
            Some(id) => self.about.get(&id).map_or(0, |rows| rows.count(row)),
            None => self.others.get(row).copied().unwrap_or(0),
        }
    }

    fn iter(&self) -> impl Iterator<Item = &TextRow> {
        let others = self.others.iter();
        self.about
            .values()
            .flat_map(Occurring::iter)
            .chain(others.flat_map(|(row, count)| repeated(row, *count)))
    }
}

fn change(entry: Entry<'_, TextRow, i64>, diff: i64) -> i64 {
    match entry {
        Entry::Vacant(vacant) => {
            if diff != 0 {
                vacant.insert(diff);
            }
            diff
        }
        Entry::Occupied(mut occupied) => {
            *occupied.get_mut() += diff;
            match *occupied.get() {
                0 => occupied.remove(),
                count => count,
            }
        }
    }
}

fn repeated(row: &TextRow, count: i64) -> impl Iterator<Item = &TextRow> {
    std::iter::repeat_n(row, usize::try_from(count).unwrap_or(0))
}

/// The rows about one id: nearly always one, and once.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Occurring {
    Once(TextRow),
    Counted(Box<[(TextRow, i64)]>),
}

impl Occurring {
    /// `None` for no occurrence.
    fn of(row: TextRow, count: i64) -> Option<Self> {
        match count {
            0 => None,
            1 => Some(Self::Once(row)),
            count => Some(Self::Counted([(row, count)].into())),
        }
    }

    /// The same with another count of this row; `None` when nothing is left.
    fn with(&self, row: TextRow, count: i64) -> Option<Self> {
        let mut others = self.counted().filter(|(known, _)| **known != row);
        let Some((other, others_count)) = others.next() else {
            return Self::of(row, count);
        };
        let mut rows = vec![(other.clone(), others_count)];
        rows.extend(others.map(|(other, count)| (other.clone(), count)));
        if count != 0 {
            rows.push((row, count));
        }
        // In one order, so that equal rows are equal.
        rows.sort_unstable();
        match rows.as_slice() {
            [(row, 1)] => Some(Self::Once(row.clone())),
            _ => Some(Self::Counted(rows.into())),
        }
    }

    fn counted(&self) -> impl Iterator<Item = (&TextRow, i64)> {
        let (once, counted) = match self {
            Self::Once(row) => (Some((row, 1)), &[][..]),
            Self::Counted(rows) => (None, &rows[..]),
        };
        once.into_iter()
            .chain(counted.iter().map(|(row, count)| (row, *count)))
    }

    fn count(&self, row: &TextRow) -> i64 {
        let found = self.counted().find(|(known, _)| *known == row);
        found.map_or(0, |(_, count)| count)
    }

    fn iter(&self) -> impl Iterator<Item = &TextRow> {
        self.counted().flat_map(|(row, count)| repeated(row, count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::name::ObjectId;
    use crate::materialize::queries::rows;
    use proptest::prelude::*;

    fn row(id: &str, text: &str) -> TextRow {
        TextRow::new([Some(id), Some(text)].into_iter())
    }

    #[test]
    fn what_is_told_of_an_object_is_found_by_its_id() {
        let mut stored = CatalogRows::default();
        for (id, name, diff) in [
            ("u1", "a", 1),
            ("u1", "b", 2),
            ("u2", "c", 1),
            ("u2", "c", -1),
        ] {
            stored.change(CatalogQuery::Databases, row(id, name), diff);
        }
        let names = |id| {
            let rows = stored.about::<rows::Databases>(ObjectId::user(id));
            rows.map(|row| row.name().text().unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(1), ["a", "b", "b"]);
        assert!(names(2).is_empty());
        assert_eq!(stored.ids(CatalogQuery::Databases).count(), 1);
        assert_eq!(stored.all::<rows::Databases>().count(), 3);
    }

    proptest! {
        /// Rows with an id and rows without one, taken back and told anew in whatever order.
        #[test]
        fn changes_add_up_in_any_order(
            changes in prop::collection::vec(("u[1-2]|x", "[a-c]", -2i64..3), 0..30),
            seed in any::<u64>(),
        ) {
            let apply = |changes: &[(String, String, i64)]| {
                let mut stored = CatalogRows::default();
                for (id, text, diff) in changes {
                    stored.change(CatalogQuery::Databases, row(id, text), *diff);
                }
                stored
            };
            let mut shuffled = changes.clone();
            let turn = usize::try_from(seed % 31).unwrap().min(shuffled.len());
            shuffled.rotate_left(turn);
            let stored = apply(&changes);
            prop_assert_eq!(&stored, &apply(&shuffled));
            for (id, text, _) in &changes {
                let told = changes.iter().filter(|(i, t, _)| (i, t) == (id, text));
                let sum: i64 = told.map(|(_, _, diff)| diff).sum();
                prop_assert_eq!(stored.count(CatalogQuery::Databases, &row(id, text)), sum);
            }
        }
    }
}
