//! What is copied and saved of the cockpit: the table of objects.

use crate::domain::board::ObjectRow;
use crate::domain::escape::visible;
use crate::domain::snapshot::Lag;
use crate::ops::secrets::hide;
use crate::tui::state::State;
use crate::tui::table::{TableEntry, arrange};

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
    let rows: Vec<[String; 11]> = listed
        .filter_map(|entry| match entry {
            TableEntry::Row(at) => board.rows.get(*at).map(record),
            TableEntry::Group { .. } => None,
        })
        .collect();
    Some(("objects.csv", csv(&rows)))
}

const HEADS: [&str; 11] = [
    "schema",
    "name",
    "kind",
    "cluster",
    "change",
    "readiness",
    "reason",
    "hydrated",
    "replicas",
    "lag_ms",
    "difference_ms",
];

fn record(row: &ObjectRow) -> [String; 11] {
    let green = row.deployment.as_ref();
    let number = |value: Option<usize>| value.map(|value| value.to_string()).unwrap_or_default();
    [
        row.schema.to_string(),
        row.name.to_string(),
        row.kind.to_string(),
        row.cluster
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        row.compared
            .map(|compared| compared.to_string())
            .unwrap_or_default(),
        green.map_or_else(
            || "missing".to_owned(),
            |object| object.readiness.to_string(),
        ),
        green
            .map(|object| object.reason.clone())
            .unwrap_or_default(),
        number(green.map(|object| object.hydrated_on.len())),
        number(green.map(|object| object.replicas)),
        match green.map(|object| object.lag) {
            Some(Lag::Millis(lag)) => lag.to_string(),
            _ => String::new(),
        },
        arrange::lag_difference(row)
            .map(|difference| difference.to_string())
            .unwrap_or_default(),
    ]
}

fn csv(rows: &[[String; 11]]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in std::iter::once(&HEADS.map(str::to_owned)).chain(rows) {
        // Records of one length, into memory: nothing can fail.
        let _ = writer.write_record(row.iter().map(|cell| visible(&hide(cell)).into_owned()));
    }
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
