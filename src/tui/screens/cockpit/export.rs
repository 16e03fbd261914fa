//! What is copied and saved of the cockpit: the table of objects.

use crate::domain::board::ObjectRow;
use crate::domain::escape::visible;
use crate::ops::secrets::hide;
use crate::tui::state::State;
use crate::tui::table::{TableEntry, column};

/// The name of the selected object, or its row.
#[must_use]
pub fn copied(state: &State, all: bool) -> Option<String> {
    let board = state.shown().board.as_ref()?;
    let row = state.cockpit.selected_row(board)?;
    Some(if all {
        csv(&[record(row)])
    } else {
        format!("{}.{}", row.schema, row.name)
    })
}

/// The rows that are listed, in their order.
#[must_use]
pub fn file(state: &State) -> Option<(&'static str, String)> {
    let board = state.shown().board.as_ref()?;
    let listed = state.cockpit.arranged.entries.iter();
    let rows: Vec<Vec<String>> = listed
        .filter_map(|entry| match entry {
            TableEntry::Row(at) => board.rows.get(*at).map(record),
            TableEntry::Group { .. } => None,
        })
        .collect();
    Some(("objects.csv", csv(&rows)))
}

fn record(row: &ObjectRow) -> Vec<String> {
    let fields = column::export_fields();
    fields.iter().map(|field| (field.value)(row)).collect()
}

fn csv(rows: &[Vec<String>]) -> String {
    let heads = column::export_fields();
    let heads = heads.iter().map(|field| field.title.to_owned()).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in std::iter::once(&heads).chain(rows) {
        // Records of one length, into memory: nothing can fail.
        let _ = writer.write_record(row.iter().map(|cell| visible(&hide(cell)).into_owned()));
    }
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
