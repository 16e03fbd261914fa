//! One row as the server sends it: cells of text, and what they are read as.

use super::error::Error;
use crate::domain::name::{Id, Identifier, InvalidId};
use crate::domain::snapshot::LogicalTime;
use crate::domain::text::SharedText;
use std::str::FromStr;
use std::sync::Arc;

/// Digits of a cell's end within the packed text: no row is longer than the 256 MB that they count.
const DIGITS: usize = 7;
/// A cell's entry: its mark, then the digits.
const ENTRY: usize = DIGITS + 1;
const NULL: char = '-';
const TEXT: char = '=';

/// The cells of one row. Cheap to clone: stored rows, pending changes and what is read from them share it.
///
/// There are hundreds of thousands of rows, so each is one allocation: an entry for every cell (whether it is NULL, and where its text ends),
/// then the texts one after the other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TextRow {
    packed: Arc<str>,
    cells: u16,
}

impl TextRow {
    pub fn new<'a>(cells: impl Iterator<Item = Option<&'a str>> + Clone) -> Self {
        let count = cells.clone().count();
        let texts: usize = cells.clone().flatten().map(str::len).sum();
        let mut packed = String::with_capacity(count * ENTRY + texts);
        let mut end = count * ENTRY;
        for cell in cells.clone() {
            end += cell.map_or(0, str::len);
            packed.push(if cell.is_some() { TEXT } else { NULL });
            push_digits(&mut packed, end);
        }
        cells.flatten().for_each(|text| packed.push_str(text));
        Self {
            packed: packed.into(),
            cells: u16::try_from(count).unwrap_or(u16::MAX),
        }
    }

    /// Where the cell's text begins and ends; `None` for NULL and for a column that the row does not have.
    fn span(&self, column: usize) -> Option<(usize, usize)> {
        let entry = self.entry(column)?;
        let end = digits(entry.strip_prefix(TEXT)?)?;
        let start = match column.checked_sub(1) {
            Some(before) => digits(self.entry(before)?.get(1..)?)?,
            None => usize::from(self.cells) * ENTRY,
        };
        Some((start, end))
    }

    fn entry(&self, column: usize) -> Option<&str> {
        if column >= usize::from(self.cells) {
            return None;
        }
        self.packed.get(column * ENTRY..(column + 1) * ENTRY)
    }

    #[must_use]
    pub fn get(&self, column: usize) -> Option<&str> {
        let (start, end) = self.span(column)?;
        self.packed.get(start..end)
    }

    /// The cell's text without a copy of its own.
    fn shared(&self, column: usize) -> Option<SharedText> {
        let (start, end) = self.span(column)?;
        SharedText::part(&self.packed, start..end)
    }

    /// The id that the row is about: its first cell, where that is one.
    #[must_use]
    pub fn id(&self) -> Option<Id> {
        self.get(0)?.parse().ok()
    }
}

fn push_digits(packed: &mut String, number: usize) {
    const HEXADECIMAL: &[u8; 16] = b"0123456789abcdef";
    for place in (0..DIGITS).rev() {
        packed.push(char::from(HEXADECIMAL[(number >> (4 * place)) & 0xf]));
    }
}

fn digits(text: &str) -> Option<usize> {
    usize::from_str_radix(text, 16).ok()
}

/// A cell of a row, which knows its column's name.
#[derive(Debug, Clone, Copy)]
pub struct Cell<'a> {
    row: &'a TextRow,
    position: usize,
    relation: &'static str,
    column: &'static str,
}

impl<'a> Cell<'a> {
    /// The cell at a position, and the names that an error tells.
    #[must_use]
    pub fn new(
        row: &'a TextRow,
        position: usize,
        relation: &'static str,
        column: &'static str,
    ) -> Self {
        Self {
            row,
            position,
            relation,
            column,
        }
    }

    /// Why the cell can't be read: its column, and the problem.
    #[must_use]
    pub fn unreadable(self, problem: impl Into<String>) -> Error {
        let place = match self.relation {
            "" => format!("column `{}`", self.column),
            relation => format!("column `{}` of {relation}", self.column),
        };
        Error::decode(place, problem)
    }

    /// `None` for NULL.
    #[must_use]
    pub fn get(self) -> Option<&'a str> {
        self.row.get(self.position)
    }

    /// As [`Self::get`], without a copy of the text.
    #[must_use]
    pub fn shared(self) -> Option<SharedText> {
        self.row.shared(self.position)
    }

    /// `None` for NULL.
    #[must_use]
    pub fn owned(self) -> Option<String> {
        self.get().map(str::to_owned)
    }

    /// # Errors
    /// When it is NULL.
    pub fn text(self) -> Result<&'a str, Error> {
        self.get().ok_or_else(|| self.unreadable("it is NULL"))
    }

    /// # Errors
    /// When it is NULL or no name.
    pub fn name(self) -> Result<Identifier, Error> {
        Identifier::new(self.text()?).map_err(|error| self.unreadable(error.to_string()))
    }

    /// # Errors
    /// When it is NULL or no id.
    pub fn id<I: FromStr<Err = InvalidId>>(self) -> Result<I, Error> {
        self.read_id(self.text()?)
    }

    /// `None` for NULL.
    ///
    /// # Errors
    /// When it is no id.
    pub fn optional_id<I: FromStr<Err = InvalidId>>(self) -> Result<Option<I>, Error> {
        self.get().map(|text| self.read_id(text)).transpose()
    }

    /// The ids of a list as text: `{u63,u64}` (recorded: 12).
    ///
    /// # Errors
    /// When it is NULL, or an element is no id.
    pub fn ids<I: FromStr<Err = InvalidId>>(self) -> Result<Vec<I>, Error> {
        self.text()?
            .trim_start_matches('{')
            .trim_end_matches('}')
            .split(',')
            .map(|element| element.trim().trim_matches('"'))
            .filter(|element| !element.is_empty())
            .map(|element| self.read_id(element))
            .collect()
    }

    fn read_id<I: FromStr<Err = InvalidId>>(self, text: &str) -> Result<I, Error> {
        text.parse()
            .map_err(|error: InvalidId| self.unreadable(error.to_string()))
    }

    /// `None` for NULL and for what is not a number: unknown either way.
    #[must_use]
    pub fn number<T: FromStr>(self) -> Option<T> {
        self.get()?.parse().ok()
    }

    /// A truth value, `t` on the wire and `true` after a cast to text. `None` for NULL and for what is none.
    #[must_use]
    pub fn truth(self) -> Option<bool> {
        match self.get()? {
            "t" | "true" | "1" => Some(true),
            "f" | "false" | "0" => Some(false),
            _ => None,
        }
    }

    /// Seconds since the epoch, with a fraction. `None` for NULL and for what is no time before the year 10000.
    #[must_use]
    pub fn time(self) -> Option<LogicalTime> {
        let seconds: f64 = self.number()?;
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

    /// A logical time as the server writes it: milliseconds. `None` for NULL and for what is none.
    #[must_use]
    pub fn logical_time(self) -> Option<LogicalTime> {
        self.number().map(LogicalTime)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cell(row: &TextRow) -> Cell<'_> {
        Cell::new(row, 0, "mz_catalog.mz_databases", "name")
    }

    fn row(text: &str) -> TextRow {
        TextRow::new([Some(text), None].into_iter())
    }

    #[test]
    fn times_keep_milliseconds() {
        let time = |text| {
            let row = row(text);
            cell(&row).time()
        };
        assert_eq!(time("1795167749.82"), Some(LogicalTime(1_795_167_749_820)));
        assert_eq!(
            time("1.795167749820165e9"),
            Some(LogicalTime(1_795_167_749_820))
        );
        assert_eq!(time("-1"), None);
        assert_eq!(time("NaN"), None);
    }

    #[test]
    fn an_error_names_the_column() {
        let null = TextRow::new([None].into_iter());
        let error = cell(&null).text().unwrap_err().to_string();
        assert!(
            error.contains("`name` of mz_catalog.mz_databases"),
            "{error}"
        );
        let error = cell(&row("orders")).id::<Id>().unwrap_err().to_string();
        assert!(error.contains("`orders` is no catalog id"), "{error}");
    }

    #[test]
    fn a_list_of_ids_is_read_whole() {
        let ids = |text| {
            let row = row(text);
            cell(&row).ids::<Id>()
        };
        assert_eq!(ids("{}").unwrap(), []);
        assert_eq!(ids("{u63,\"s4\"}").unwrap().len(), 2);
        assert!(ids("{u63,x}").is_err());
    }

    proptest! {
        #[test]
        fn cells_are_what_went_in(cells in prop::collection::vec(prop::option::of(".{0,20}"), 0..12)) {
            let row = TextRow::new(cells.iter().map(Option::as_deref));
            for (column, cell) in cells.iter().enumerate() {
                prop_assert_eq!(row.get(column), cell.as_deref());
                let shared = row.shared(column);
                prop_assert_eq!(shared.as_deref(), cell.as_deref());
            }
            prop_assert_eq!(row.get(cells.len()), None);
        }
    }
}
