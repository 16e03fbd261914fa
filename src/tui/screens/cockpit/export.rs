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
        csv(std::iter::once(row))
    } else {
        format!("{}.{}", row.schema, row.name)
    })
}

/// The rows that are listed, in their order.
#[must_use]
pub fn file(state: &State) -> Option<(&'static str, String)> {
    let board = state.shown().board.as_ref()?;
    let listed = state.cockpit.arranged.entries.iter();
    let rows = listed.filter_map(|entry| match entry {
        TableEntry::Row(at) => board.rows.get(*at),
        TableEntry::Group { .. } => None,
    });
    Some(("objects.csv", csv(rows)))
}

fn csv<'a>(rows: impl Iterator<Item = &'a ObjectRow>) -> String {
    let fields = column::export_fields();
    let titles = fields.iter().map(|field| field.title.to_owned()).collect();
    let records = rows.map(|row| fields.iter().map(|field| (field.value)(row)).collect());
    let mut writer = csv::Writer::from_writer(Vec::new());
    for record in std::iter::once::<Vec<String>>(titles).chain(records) {
        // Records of one length, into memory: nothing can fail.
        let _ = writer.write_record(record.iter().map(|cell| visible(&hide(cell)).into_owned()));
    }
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture::World;

    #[test]
    fn each_object_is_a_record_under_the_titles() {
        let board = World::new().board();
        let text = csv(board.rows.iter());
        let mut lines = text.lines();
        assert_eq!(
            lines.next(),
            Some(
                "schema,name,kind,cluster,change,readiness,reason,hydrated,replicas,lag_ms,difference_ms"
            )
        );
        let row = &board.rows[0];
        let green = row.deployment.as_ref().unwrap();
        let start = format!("{},{},{},", row.schema, row.name, row.kind);
        let first = lines.next().unwrap();
        assert!(first.starts_with(&start), "{first}");
        assert!(first.contains(&format!(",{},", green.readiness)), "{first}");
        assert_eq!(text.lines().count(), board.rows.len() + 1);
    }
}
