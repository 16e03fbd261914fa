//! One row of `SUBSCRIBE ... WITH (PROGRESS)` over a group.

use crate::domain::snapshot::LogicalTime;
use crate::materialize::error::Error;
use crate::materialize::queries::CatalogQuery;
use crate::materialize::row::TextRow;

/// What one row says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamMessage {
    /// No more changes before this time will come.
    Progress(LogicalTime),
    Update(RowUpdate),
}

/// A row of a query that came or went at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowUpdate {
    pub time: LogicalTime,
    pub query: CatalogQuery,
    pub row: TextRow,
    /// How many more (or fewer) of this row there are.
    pub diff: i64,
}

/// The columns that the server puts before ours: `mz_timestamp`, `mz_progressed`, `mz_diff` (recorded: 08).
const SERVER_COLUMNS: usize = 3;

impl StreamMessage {
    /// Reads one row by its cells.
    ///
    /// # Errors
    /// When it is not of the form that a group's SUBSCRIBE has.
    pub fn parse<'a>(width: usize, cell: impl Fn(usize) -> Option<&'a str>) -> Result<Self, Error> {
        let number = |column: usize, what: &str| {
            cell(column)
                .and_then(|text| text.parse::<i64>().ok())
                .ok_or_else(|| bad_row(format!("its {what} is {:?}", cell(column))))
        };
        let time = u64::try_from(number(0, "time")?)
            .map(LogicalTime)
            .map_err(|_| bad_row("its time is negative".to_owned()))?;
        if matches!(cell(1), Some("t" | "true")) {
            return Ok(Self::Progress(time));
        }
        let diff = number(2, "diff")?;
        let name = cell(SERVER_COLUMNS).unwrap_or_default();
        let query =
            CatalogQuery::named(name).ok_or_else(|| bad_row(format!("it is of {name:?}")))?;
        let first = SERVER_COLUMNS + 1;
        let last = (first + query.definition().columns.len()).min(width);
        Ok(Self::Update(RowUpdate {
            time,
            query,
            row: TextRow::new((first..last).map(&cell)),
            diff,
        }))
    }
}

fn bad_row(problem: String) -> Error {
    Error::decode("a row of a SUBSCRIBE", problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(cells: &[Option<&str>]) -> Result<StreamMessage, Error> {
        StreamMessage::parse(cells.len(), |column| cells.get(column).copied().flatten())
    }

    #[test]
    fn reads_what_was_recorded() {
        let progress = [Some("1795167680324"), Some("t"), None, None, None, None];
        assert_eq!(
            parse(&progress),
            Ok(StreamMessage::Progress(LogicalTime(1_795_167_680_324)))
        );
        let change = [
            Some("1795167680324"),
            Some("f"),
            Some("-2"),
            Some("databases"),
            Some("u1"),
            Some("materialize"),
            None,
        ];
        let Ok(StreamMessage::Update(change)) = parse(&change) else {
            panic!("a change");
        };
        assert_eq!((change.query, change.diff), (CatalogQuery::Databases, -2));
        assert_eq!(change.row.get(1), Some("materialize"));
        assert_eq!(change.row.get(2), None, "padding is left out");
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        assert!(parse(&[None, Some("t"), None]).is_err());
        assert!(parse(&[Some("-1"), Some("t"), None]).is_err());
        assert!(parse(&[Some("1"), Some("f"), Some("1"), Some("weather")]).is_err());
        assert!(parse(&[Some("1"), Some("f"), None, Some("databases")]).is_err());
    }
}
