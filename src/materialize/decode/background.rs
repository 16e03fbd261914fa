//! What plans and histories need beside a snapshot.

use super::row::TextRow;
use crate::domain::background::{AuditEvent, LagSample};
use crate::domain::name::{ClusterId, Identifier, ObjectId};
use crate::domain::validation::Column;
use crate::materialize::error::Error;
use crate::materialize::queries::Fact;
use std::collections::BTreeMap;

/// The columns of every relation, in order.
///
/// # Errors
/// When a row lacks its relation, or a name is none.
pub fn columns<'a>(
    rows: impl IntoIterator<Item = &'a TextRow>,
) -> Result<BTreeMap<ObjectId, Vec<Column>>, Error> {
    let fact = Fact::Columns;
    let mut columns: BTreeMap<ObjectId, BTreeMap<u64, Column>> = BTreeMap::new();
    for row in rows {
        let position = row.text(fact, 1)?.parse().unwrap_or_default();
        let name = Identifier::new(row.text(fact, 2)?)
            .map_err(|error| Error::decode("a column's name", error.to_string()))?;
        let modifier = match row.get(4) {
            None | Some("-1") => String::new(),
            Some(modifier) => format!(" (modifier {modifier})"),
        };
        let column = Column {
            name,
            type_name: format!("{}{modifier}", row.text(fact, 3)?),
            nullable: row.truth(5).unwrap_or(false),
        };
        let id = row.id(fact, 0)?;
        columns.entry(id).or_default().insert(position, column);
    }
    Ok(columns
        .into_iter()
        .map(|(id, columns)| (id, columns.into_values().collect()))
        .collect())
}

/// Audit events, in the order of the rows.
///
/// # Errors
/// When a row lacks what every event has.
pub fn audit_events<'a>(
    rows: impl IntoIterator<Item = &'a TextRow>,
) -> Result<Vec<AuditEvent>, Error> {
    let fact = Fact::AuditEvents;
    rows.into_iter()
        .map(|row| {
            let text = |column| row.text(fact, column).map(str::to_owned);
            Ok(AuditEvent {
                id: text(0)?,
                event_type: text(1)?,
                object_type: text(2)?,
                details: text(3)?,
                user: row.get(4).map(str::to_owned),
                at: row.time(5).unwrap_or_default(),
            })
        })
        .collect()
}

/// One sample a minute for each object, oldest first.
///
/// # Errors
/// When a row lacks its object.
pub fn lag_history<'a>(
    rows: impl IntoIterator<Item = &'a TextRow>,
) -> Result<BTreeMap<ObjectId, Vec<LagSample>>, Error> {
    let fact = Fact::LagHistory;
    let mut history: BTreeMap<ObjectId, Vec<LagSample>> = BTreeMap::new();
    for row in rows {
        let Some(at) = row.time(2) else { continue };
        let sample = LagSample {
            at,
            seconds: row.number(1),
        };
        history.entry(row.id(fact, 0)?).or_default().push(sample);
    }
    for samples in history.values_mut() {
        samples.sort_by_key(|sample| sample.at);
    }
    Ok(history)
}

/// The auto-scaling strategies of clusters, as JSON text. A removed strategy can linger as JSON null: that is none.
///
/// # Errors
/// When a row lacks its cluster.
pub fn strategies<'a>(
    rows: impl IntoIterator<Item = &'a TextRow>,
) -> Result<BTreeMap<ClusterId, String>, Error> {
    let fact = Fact::Autoscaling;
    rows.into_iter()
        .filter_map(|row| {
            let strategy = row.get(1).filter(|strategy| *strategy != "null")?;
            let cluster = row.id(fact, 0);
            Some(cluster.map(|cluster| (cluster, strategy.to_owned())))
        })
        .collect()
}
