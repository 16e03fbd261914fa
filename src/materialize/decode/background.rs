//! What plans and histories need beside a snapshot.

use super::store::CatalogRows;
use crate::domain::background::{AuditEvent, LagSample};
use crate::domain::name::ObjectId;
use crate::domain::validation::TwinColumn;
use crate::materialize::error::Error;
use crate::materialize::queries::rows;
use serde_json::Value;
use std::collections::BTreeMap;

/// The columns of every relation, in order.
///
/// # Errors
/// When a row lacks its relation, or a name is none.
pub fn columns(told: &CatalogRows) -> Result<BTreeMap<ObjectId, Vec<TwinColumn>>, Error> {
    let mut columns: BTreeMap<ObjectId, BTreeMap<u64, TwinColumn>> = BTreeMap::new();
    for row in told.all::<rows::Columns>() {
        let modifier = match row.type_mod().get() {
            None | Some("-1") => String::new(),
            Some(modifier) => format!(" (modifier {modifier})"),
        };
        let column = TwinColumn {
            name: row.name().name()?,
            type_name: format!("{}{modifier}", row.r#type().text()?),
            nullable: row.nullable().truth().unwrap_or(false),
        };
        let position = row.position().number().unwrap_or_default();
        let of = columns.entry(row.id().id()?).or_default();
        of.insert(position, column);
    }
    Ok(columns
        .into_iter()
        .map(|(id, columns)| (id, columns.into_values().collect()))
        .collect())
}

/// Audit events, in no order.
///
/// # Errors
/// When a row lacks what every event has.
pub fn audit_events(told: &CatalogRows) -> Result<Vec<AuditEvent>, Error> {
    told.all::<rows::AuditEvents>()
        .map(|row| {
            // Its shape differs by event: `{"id":"u27","new_name":"a","old_name":"b"}`.
            let details: Value = serde_json::from_str(row.details().text()?).unwrap_or_default();
            let detail = |name: &str| details[name].as_str().map(str::to_owned);
            Ok(AuditEvent {
                id: row.id().text()?.to_owned(),
                event_type: row.event_type().text()?.to_owned(),
                object_type: row.object_type().text()?.to_owned(),
                object: detail("id"),
                new_name: detail("new_name"),
                user: row.user_name().get().map(str::to_owned),
                at: row.occurred_at().time().unwrap_or_default(),
            })
        })
        .collect()
}

/// One sample a minute for each object, oldest first.
///
/// # Errors
/// When a row lacks its object.
pub fn lag_history(told: &CatalogRows) -> Result<BTreeMap<ObjectId, Vec<LagSample>>, Error> {
    let mut history: BTreeMap<ObjectId, Vec<LagSample>> = BTreeMap::new();
    for row in told.all::<rows::LagHistory>() {
        let Some(at) = row.occurred_at().time() else {
            continue;
        };
        let seconds = row.lag().number();
        let samples = history.entry(row.object_id().id()?).or_default();
        samples.push(LagSample { at, seconds });
    }
    for samples in history.values_mut() {
        samples.sort_by_key(|sample| sample.at);
    }
    Ok(history)
}
