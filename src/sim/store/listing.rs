//! Rows about items: columns, comments, dependencies, history.

use super::Row;
use super::row::{id, oid};
use crate::catalog::Catalog;
use crate::catalog::id::Id;
use crate::catalog::item::Body;
use crate::catalog::sql::millis_to_micros;
use crate::value::Value;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

fn number(number: usize) -> Value {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

pub fn audit_events(catalog: &Catalog) -> Vec<Row> {
    let rows = catalog.audit.iter().map(|event| {
        vec![
            Value::Int(i64::try_from(event.id).unwrap_or(i64::MAX)),
            event.event_type.into(),
            event.object_type.into(),
            event.details.to_string().into(),
            event.user.as_str().into(),
            Value::Int(millis_to_micros(event.occurred_at)),
        ]
    });
    rows.collect()
}

pub fn comments(catalog: &Catalog) -> Vec<Row> {
    let rows = catalog.comments.iter().map(|(subject, comment)| {
        vec![
            id(subject.id),
            subject.object_type.into(),
            subject.column.map(i64::from).into(),
            comment.as_str().into(),
        ]
    });
    rows.collect()
}

pub fn columns(catalog: &Catalog) -> Vec<Row> {
    let mut rows = Vec::new();
    for item in catalog.items.values().filter(|item| item.is_relation()) {
        for (at, column) in item.columns.iter().enumerate() {
            rows.push(vec![
                id(item.id),
                column.name.as_str().into(),
                number(at + 1),
                column.nullable.into(),
                column.ty.long_name().into(),
                Value::Null,
                oid(column.ty.oid()),
                Value::Int(-1),
            ]);
        }
    }
    rows
}

pub fn index_columns(catalog: &Catalog) -> Vec<Row> {
    let mut rows = Vec::new();
    for item in catalog.items.values() {
        let Body::Index { keys, .. } = &item.body else {
            continue;
        };
        for (at, key) in keys.iter().enumerate() {
            let expression = match key.column {
                Some(_) => Value::Null,
                None => key
                    .script
                    .write(catalog, crate::catalog::script::Style::Show)
                    .into(),
            };
            rows.push(vec![
                id(item.id),
                number(at + 1),
                key.column.map_or(Value::Null, number),
                expression,
                key.nullable.into(),
            ]);
        }
    }
    rows
}

pub fn dependencies(catalog: &Catalog) -> Vec<Row> {
    let mut rows = Vec::new();
    // What is temporary has no edges here, though it keeps what it reads (recorded: v26.39/21).
    for item in catalog.items.values().filter(|item| !item.temporary) {
        for referenced in &item.references {
            rows.push(vec![id(item.id), id(*referenced)]);
        }
    }
    rows
}

pub fn transitive_dependencies(catalog: &Catalog) -> Vec<Row> {
    let mut rows = Vec::new();
    let is_temporary = |id| catalog.items.get(&id).is_some_and(|item| item.temporary);
    let edges = catalog.transitive_references();
    for (item, all) in edges.into_iter().filter(|(id, _)| !is_temporary(*id)) {
        for referenced in all {
            rows.push(vec![id(item), id(referenced)]);
        }
    }
    rows
}

/// Edges between what has dataflows or storage: views are skipped, what they read is not.
pub fn dataflow_dependencies(catalog: &Catalog) -> Vec<Row> {
    let mut rows = Vec::new();
    for item in catalog.items.values() {
        let computes = matches!(
            item.body,
            Body::MaterializedView { .. } | Body::Index { .. } | Body::Sink { .. }
        );
        if computes {
            let mut inputs = BTreeSet::new();
            stored_inputs(catalog, item.id, &mut inputs);
            rows.extend(inputs.into_iter().map(|input| vec![id(item.id), id(input)]));
        }
    }
    rows
}

fn stored_inputs(catalog: &Catalog, of: Id, inputs: &mut BTreeSet<Id>) {
    let Some(item) = catalog.items.get(&of) else {
        return;
    };
    for referenced in item.references.iter().filter(|r| r.is_user()) {
        match catalog.items.get(referenced).map(|item| &item.body) {
            Some(Body::View { .. }) => stored_inputs(catalog, *referenced, inputs),
            Some(Body::Table { .. } | Body::Source { .. } | Body::MaterializedView { .. }) => {
                inputs.insert(*referenced);
            }
            _ => {}
        }
    }
}

fn detail<'a>(details: &'a Json, key: &str) -> Option<&'a str> {
    details.get(key).and_then(Json::as_str)
}

/// Every replica that there was, with its end (from the audit log, as on a real server).
pub fn replica_history(catalog: &Catalog) -> Vec<Row> {
    let of = |event_type: &'static str| {
        catalog.audit.iter().filter(move |event| {
            event.object_type == "cluster-replica" && event.event_type == event_type
        })
    };
    let dropped: BTreeMap<&str, u64> = of("drop")
        .filter_map(|event| Some((detail(&event.details, "replica_id")?, event.occurred_at)))
        .collect();
    let rows = of("create").filter_map(|event| {
        let replica = detail(&event.details, "replica_id")?;
        let size = detail(&event.details, "logical_size")?;
        let credits: f64 = size.trim_end_matches("cc").parse().unwrap_or(0.0);
        Some(vec![
            replica.into(),
            size.into(),
            detail(&event.details, "cluster_id")
                .map(str::to_owned)
                .into(),
            detail(&event.details, "cluster_name")
                .map(str::to_owned)
                .into(),
            detail(&event.details, "replica_name")
                .map(str::to_owned)
                .into(),
            Value::Int(millis_to_micros(event.occurred_at)),
            dropped.get(replica).map(|at| millis_to_micros(*at)).into(),
            (credits / 100.0).into(),
        ])
    });
    rows.collect()
}

pub fn object_lifetimes(catalog: &Catalog) -> Vec<Row> {
    let rows = catalog
        .audit
        .iter()
        .filter(|event| matches!(event.event_type, "create" | "drop" | "alter"))
        .map(|event| {
            vec![
                detail(&event.details, "id").map(str::to_owned).into(),
                detail(&event.details, "previous_id")
                    .map(str::to_owned)
                    .into(),
                event.object_type.into(),
                event.event_type.into(),
                Value::Int(millis_to_micros(event.occurred_at)),
            ]
        });
    rows.collect()
}

pub fn object_history(catalog: &Catalog) -> Vec<Row> {
    let dropped: BTreeMap<(&str, &str), u64> = catalog
        .audit
        .iter()
        .filter(|event| event.event_type == "drop")
        .filter_map(|event| {
            let key = (event.object_type, detail(&event.details, "id")?);
            Some((key, event.occurred_at))
        })
        .collect();
    let rows = catalog
        .audit
        .iter()
        .filter(|event| event.event_type == "create")
        .filter_map(|event| {
            let object = detail(&event.details, "id")?;
            Some(vec![
                object.into(),
                detail(&event.details, "cluster_id")
                    .map(str::to_owned)
                    .into(),
                event.object_type.into(),
                Value::Int(millis_to_micros(event.occurred_at)),
                dropped
                    .get(&(event.object_type, object))
                    .map(|at| millis_to_micros(*at))
                    .into(),
            ])
        });
    rows.collect()
}

/// Which clusters carried a name before: by the names that clusters were dropped with (recorded: 09).
pub fn deployment_lineage(catalog: &Catalog) -> Vec<Row> {
    let mut rows = Vec::new();
    let swaps = catalog
        .audit
        .iter()
        .filter(|event| event.object_type == "cluster" && event.event_type == "alter");
    let mut carried: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for event in swaps {
        if let (Some(cluster), Some(old)) = (
            detail(&event.details, "id"),
            detail(&event.details, "old_name"),
        ) && !old.starts_with("mz_cluster_swap_")
        {
            carried
                .entry(old.to_owned())
                .or_default()
                .insert(cluster.to_owned());
        }
    }
    for (cluster_id, cluster) in catalog.clusters.iter().filter(|(id, _)| id.is_user()) {
        let current = cluster_id.to_string();
        let mut all = carried.get(&cluster.name).cloned().unwrap_or_default();
        all.insert(current.clone());
        for before in all {
            rows.push(vec![
                before.into(),
                current.as_str().into(),
                cluster.name.as_str().into(),
            ]);
        }
    }
    rows
}
