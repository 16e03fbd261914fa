//! What is copied and saved: the shown view as text and tables.

use super::effect::Effect;
use super::state::{DiffText, Screen, State};
use super::table::{TableEntry, arrange};
use super::traffic;
use crate::domain::board::ObjectRow;
use crate::domain::escape::{visible, visible_lines};
use crate::ops::secrets::hide;

/// What the copy keys take: the name of what is selected, or all of it.
///
/// It is pasted somewhere: a name stays in one line, and what a terminal would obey is written out.
#[must_use]
pub fn copied(state: &State, all: bool) -> Option<String> {
    let text = selected(state, all)?;
    let text = hide(&text);
    let escaped = if all {
        visible_lines(&text)
    } else {
        visible(&text)
    };
    Some(escaped.into_owned())
}

fn selected(state: &State, all: bool) -> Option<String> {
    match state.screen {
        Screen::Cockpit => {
            let board = state.shown().board.as_ref()?;
            let row = state.cockpit.selected_row(board)?;
            Some(if all {
                csv(&[record(row)])
            } else {
                format!("{}.{}", row.schema, row.name)
            })
        }
        Screen::Changes => {
            let node = state.changes.selected()?;
            if !all {
                return Some(node.unique_id.clone());
            }
            let versions = match state.changes.text {
                DiffText::Compiled => &node.compiled,
                DiffText::Raw => &node.raw,
            };
            let text = versions.after.as_ref().or(versions.before.as_ref())?;
            Some(text.to_string())
        }
        Screen::Run => {
            let line = state.run.log.get(state.run.cursor.at)?;
            Some(line.text.clone())
        }
        Screen::Traffic => match traffic::lines(state).get(state.traffic.cursor.at)? {
            traffic::TrafficLine::Cells { cells, .. } if all => Some(cells.join("\t")),
            traffic::TrafficLine::Cells { cells, .. } => cells.first().cloned(),
            traffic::TrafficLine::Words { text, .. } | traffic::TrafficLine::Heading(text) => {
                Some(text.clone())
            }
            traffic::TrafficLine::Heads(_) => None,
        },
        Screen::History => {
            let entry = state.history.entries.here()?.get(state.history.cursor.at)?;
            Some(if all {
                let sql: Vec<String> = entry
                    .statements
                    .iter()
                    .map(|statement| format!("{};", statement.sql))
                    .collect();
                sql.join("\n")
            } else {
                entry.file.clone()
            })
        }
    }
}

/// The shown view as a file. Files are looked at in terminals, so texts are written out as on the screen, without secrets.
#[must_use]
pub fn save(state: &State) -> Option<Effect> {
    let (name, text) = match state.screen {
        Screen::Cockpit => {
            let board = state.shown().board.as_ref()?;
            let listed = state.cockpit.arranged.entries.iter();
            let rows: Vec<[String; 11]> = listed
                .filter_map(|entry| match entry {
                    TableEntry::Row(at) => board.rows.get(*at).map(record),
                    TableEntry::Group { .. } => None,
                })
                .collect();
            ("objects.csv", csv(&rows))
        }
        Screen::Run => {
            let lines: Vec<String> = state
                .run
                .log
                .iter()
                .map(|line| {
                    format!(
                        "{} {}",
                        line.at.strftime("%H:%M:%S"),
                        visible(&hide(&line.text))
                    )
                })
                .collect();
            ("run.log", lines.join("\n"))
        }
        Screen::Changes | Screen::Traffic | Screen::History => return None,
    };
    Some(Effect::Save {
        name: name.to_owned(),
        text,
    })
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
            Some(crate::domain::snapshot::Lag::Millis(lag)) => lag.to_string(),
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
