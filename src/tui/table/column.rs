//! The columns as data: what each is called, how wide it is, how it sorts, what it shows and what is exported of it. Which are shown
//! follows from the width alone.

use super::cell::{self, CellContext, TableCell};
use super::order::{self, RowOrder};
use crate::domain::board::{Board, ObjectRow};
use crate::domain::environment::Side;
use crate::domain::readiness::ObjectReadiness;
use crate::domain::snapshot::Lag;
use crate::tui::observed::Observed;
use crate::tui::wording;
use std::cmp::Ordering;
use unicode_width::UnicodeWidthStr;

/// What stands before the first column: the cursor and a blank.
pub const CURSOR_WIDTH: u16 = 2;

/// A state with the first words of its reason.
const STATE_WITH_REASON: u16 = 30;

/// One column. Widths are in columns of the terminal.
struct ColumnDefinition {
    title: &'static str,
    /// The side that is named before the title.
    side: Option<fn(&Board) -> Side>,
    /// For the status line: `sorted by green lag`.
    word: &'static str,
    /// Set at the right.
    number: bool,
    /// Sorting begins with the largest, which is what one looks for.
    largest_first: bool,
    least: u16,
    most: u16,
    /// What it follows in width, up to `most`.
    content: Option<fn(&ObjectRow) -> &str>,
    /// Columns of a lower rank stay longer when it gets narrow.
    rank: u8,
    /// It only comes when the whole table is this wide: others use the room better.
    from: u16,
    /// When it gets of the room that is left, and up to which width. Names first: a cut name costs most. Then a few words of why an
    /// object is not ready, which take the rest too.
    grows: &'static [(u8, u16)],
    order: RowOrder,
    cell: fn(&CellContext<'_>) -> TableCell,
    exports: &'static [ExportField],
}

/// A field of the file that the table is saved to.
pub struct ExportField {
    /// Counted from 0; scripts may go by it.
    pub place: usize,
    pub title: &'static str,
    pub value: fn(&ObjectRow) -> String,
}

/// What a column is without saying more.
const PLAIN: ColumnDefinition = ColumnDefinition {
    title: "",
    side: None,
    word: "",
    number: false,
    largest_first: false,
    least: 1,
    most: 1,
    content: None,
    rank: 0,
    from: 0,
    grows: &[],
    order: |_, _, _, _| Ordering::Equal,
    cell: cell::nothing,
    exports: &[],
};

/// A number, as wide in every picture.
const NUMBER: ColumnDefinition = ColumnDefinition {
    number: true,
    largest_first: true,
    ..PLAIN
};

macro_rules! columns {
    ($($column:ident: $base:ident { $($part:ident: $value:expr,)+ })+) => {
        /// A column of the table, in the order of the screen.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Column { $($column),+ }

        impl Column {
            pub const ALL: &'static [Self] = &[$(Self::$column),+];

            fn definition(self) -> &'static ColumnDefinition {
                match self {
                    $(Self::$column => {
                        const DEFINITION: ColumnDefinition = ColumnDefinition { $($part: $value,)+ ..$base };
                        &DEFINITION
                    })+
                }
            }
        }
    };
}

columns! {
    Change: PLAIN {
        word: "change",
        order: order::change,
        cell: cell::change,
        exports: &[ExportField { place: 4, title: "change", value: |row| written(row.compared.as_ref()) }],
    }
    Name: PLAIN {
        title: "name", word: "name",
        least: 14, most: 44, content: Some(|row| row.name.as_str()), grows: &[(0, u16::MAX)],
        order: order::name,
        cell: cell::name,
        exports: &[ExportField { place: 1, title: "name", value: |row| row.name.to_string() }],
    }
    Schema: PLAIN {
        title: "schema", word: "schema",
        least: 12, most: 24, content: Some(|row| row.schema.as_str()), rank: 8, from: 130, grows: &[(1, u16::MAX)],
        order: order::schema,
        cell: cell::schema,
        exports: &[ExportField { place: 0, title: "schema", value: |row| row.schema.to_string() }],
    }
    Kind: PLAIN {
        title: "kind", word: "kind",
        least: 9, most: 9, rank: 4,
        order: order::kind,
        cell: cell::kind,
        exports: &[ExportField { place: 2, title: "kind", value: |row| row.kind.to_string() }],
    }
    Cluster: PLAIN {
        title: "cluster", word: "cluster",
        least: 8, most: 20, content: Some(cluster), rank: 3, grows: &[(3, u16::MAX)],
        order: order::cluster,
        cell: cell::cluster,
        exports: &[ExportField { place: 3, title: "cluster", value: |row| written(row.cluster.as_ref()) }],
    }
    Hydrated: NUMBER {
        title: "hydr.", word: "hydration",
        least: 5, most: 5, rank: 1,
        order: order::hydrated,
        cell: cell::hydrated,
        exports: &[
            ExportField { place: 7, title: "hydrated", value: |row| of_green(row, |object| object.hydrated_on.len().to_string()) },
            ExportField { place: 8, title: "replicas", value: |row| of_green(row, |object| object.replicas.to_string()) },
        ],
    }
    DeploymentLag: NUMBER {
        title: "lag", side: Some(|_| Side::Deployment), word: "green lag",
        least: 9, most: 9, rank: 1,
        order: order::deployment_lag,
        cell: cell::deployment_lag,
        exports: &[ExportField { place: 9, title: "lag_ms", value: |row| of_green(row, lag_ms) }],
    }
    ProductionLag: NUMBER {
        title: "lag", side: Some(|_| Side::Production), word: "blue lag",
        least: 8, most: 8, rank: 2,
        order: order::production_lag,
        cell: cell::production_lag,
    }
    Difference: NUMBER {
        title: "diff.", word: "lag difference",
        least: 7, most: 7, rank: 5,
        order: order::difference,
        cell: cell::difference,
        exports: &[ExportField { place: 10, title: "difference_ms", value: |row| written(order::lag_difference(row).as_ref()) }],
    }
    Trend: PLAIN {
        title: "trend", word: "trend",
        least: 8, most: 16, rank: 7, grows: &[(4, u16::MAX)],
        order: order::trend,
        cell: cell::trend,
    }
    Since: NUMBER {
        title: "for", word: "time in state",
        least: 7, most: 7, rank: 6,
        order: order::since,
        cell: cell::since,
    }
    State: PLAIN {
        title: "state", side: Some(cell::shown_side), word: "state", largest_first: true,
        least: 11, most: 60, grows: &[(2, STATE_WITH_REASON), (5, u16::MAX)],
        order: order::state,
        cell: cell::state,
        exports: &[
            ExportField { place: 5, title: "readiness", value: readiness },
            ExportField { place: 6, title: "reason", value: |row| of_green(row, |object| object.reason.clone()) },
        ],
    }
}

fn cluster(row: &ObjectRow) -> &str {
    row.cluster.as_ref().map_or("", |name| name.as_str())
}

fn written<T: ToString>(value: Option<&T>) -> String {
    value.map(ToString::to_string).unwrap_or_default()
}

fn of_green(row: &ObjectRow, value: fn(&ObjectReadiness) -> String) -> String {
    row.deployment.as_ref().map(value).unwrap_or_default()
}

fn lag_ms(object: &ObjectReadiness) -> String {
    match object.lag {
        Lag::Millis(lag) => lag.to_string(),
        Lag::Unknown => String::new(),
    }
}

fn readiness(row: &ObjectRow) -> String {
    let green = row.deployment.as_ref();
    green.map_or_else(
        || "missing".to_owned(),
        |object| object.readiness.to_string(),
    )
}

/// The fields of the file, in its order.
#[must_use]
pub fn export_fields() -> Vec<&'static ExportField> {
    let columns = Column::ALL.iter();
    let mut fields: Vec<&ExportField> = columns
        .flat_map(|column| column.definition().exports)
        .collect();
    fields.sort_by_key(|field| field.place);
    fields
}

/// The longest text in each column that follows its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ContentWidths([u16; Column::ALL.len()]);

impl ContentWidths {
    /// Widens for one more row.
    pub fn include(&mut self, row: &ObjectRow) {
        for column in Column::ALL {
            if let Some(content) = column.definition().content {
                let width = u16::try_from(content(row).width()).unwrap_or(u16::MAX);
                self.widen(*column, width);
            }
        }
    }

    fn widen(&mut self, column: Column, width: u16) {
        let held = &mut self.0[column as usize];
        *held = width.max(*held);
    }

    /// The widest that a column is worth.
    fn most(self, column: Column) -> u16 {
        let definition = column.definition();
        match definition.content {
            Some(_) => self.0[column as usize].clamp(definition.least, definition.most),
            None => definition.most,
        }
    }
}

impl Column {
    /// The title, behind what its side is called in this phase.
    #[must_use]
    pub fn title(self, board: &Board) -> String {
        let definition = self.definition();
        let Some(side) = definition.side else {
            return definition.title.to_owned();
        };
        let side = match wording::side(side(board), board) {
            "retired" => "ret.",
            side => side,
        };
        format!("{side} {}", definition.title)
    }

    /// The word for the status line: `sorted by green lag`.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.definition().word
    }

    #[must_use]
    pub fn is_number(self) -> bool {
        self.definition().number
    }

    /// Whether sorting by it begins with the largest.
    #[must_use]
    pub fn is_largest_first(self) -> bool {
        self.definition().largest_first
    }

    /// The column after this one, and the first after the last.
    #[must_use]
    pub fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()]
    }

    #[must_use]
    pub fn compare(
        self,
        one: &ObjectRow,
        other: &ObjectRow,
        board: &Board,
        observed: &Observed,
    ) -> Ordering {
        (self.definition().order)(one, other, board, observed)
    }

    #[must_use]
    pub fn cell(self, context: &CellContext<'_>) -> TableCell {
        (self.definition().cell)(context)
    }
}

/// The columns that fit into `total` terminal columns with one blank between them, and how wide each is.
#[must_use]
pub fn fit(total: u16, content: ContentWidths) -> Vec<(Column, u16)> {
    let mut by_rank = Column::ALL.to_vec();
    by_rank.sort_by_key(|column| column.definition().rank);
    let mut shown = Vec::new();
    let mut used = 0;
    for column in by_rank {
        let gap = u16::from(!shown.is_empty());
        let least = column.definition().least;
        if used + gap + least > total || total < column.definition().from {
            break;
        }
        used += gap + least;
        shown.push((column, least));
    }
    shown.sort_by_key(|(column, _)| *column);
    grow(&mut shown, total - used, content);
    shown
}

/// Shares out the room that is left, in the order of the columns' turns.
fn grow(shown: &mut [(Column, u16)], mut spare: u16, content: ContentWidths) {
    let mut turns: Vec<(u8, u16, usize)> = Vec::new();
    for (at, (column, _)) in shown.iter().enumerate() {
        let grows = column.definition().grows.iter();
        turns.extend(grows.map(|(turn, most)| (*turn, *most, at)));
    }
    turns.sort_unstable();
    for (_, most, at) in turns {
        let (column, width) = &mut shown[at];
        let more = content
            .most(*column)
            .min(most)
            .saturating_sub(*width)
            .min(spare);
        *width += more;
        spare -= more;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn content() -> ContentWidths {
        let mut content = ContentWidths::default();
        content.widen(Column::Name, 30);
        content.widen(Column::Schema, 12);
        content.widen(Column::Cluster, 10);
        content
    }

    fn columns(total: u16) -> Vec<Column> {
        fit(total, content()).into_iter().map(|(c, _)| c).collect()
    }

    #[test]
    fn eighty_columns_hold_what_a_decision_needs() {
        let shown = columns(78);
        for needed in [
            Column::Change,
            Column::Name,
            Column::Kind,
            Column::Cluster,
            Column::Hydrated,
            Column::DeploymentLag,
            Column::ProductionLag,
            Column::State,
        ] {
            assert!(shown.contains(&needed), "{needed:?}");
        }
        assert_eq!(columns(200), Column::ALL);
    }

    #[test]
    fn the_file_keeps_its_fields_in_their_places() {
        let fields = export_fields();
        let titles: Vec<&str> = fields.iter().map(|field| field.title).collect();
        assert_eq!(
            titles.join(","),
            "schema,name,kind,cluster,change,readiness,reason,hydrated,replicas,lag_ms,difference_ms"
        );
        for (at, field) in fields.iter().enumerate() {
            assert_eq!(field.place, at, "{}", field.title);
        }
    }

    proptest! {
        #[test]
        fn columns_never_overflow_and_more_room_never_hides_one(total in 0u16..300) {
            let widths = fit(total, content());
            let gaps = widths.len().saturating_sub(1);
            let sum = widths.iter().map(|(_, width)| usize::from(*width)).sum::<usize>() + gaps;
            prop_assert!(sum <= usize::from(total));
            let wider = columns(total + 1);
            for (column, _) in widths {
                prop_assert!(wider.contains(&column));
            }
        }
    }
}
