//! Rows about items, one relation per kind.

use super::Row;
use super::row::{id, list, oid};
use crate::catalog::Catalog;
use crate::catalog::builtin::INTROSPECTION;
use crate::catalog::id::Id;
use crate::catalog::item::{Body, Item, Refresh, Retain};
use crate::catalog::script::Style;
use crate::catalog::sql::{micros, millis_to_micros};
use crate::value::Value;
use serde_json::json;

/// All temporary items say that they are in the schema `0` (recorded: v26.39/21).
fn schema_id(item: &Item) -> Value {
    if item.temporary {
        "0".into()
    } else {
        id(item.schema)
    }
}

pub fn objects(catalog: &Catalog, relations_only: bool) -> Vec<Row> {
    let row = |item: &Item| {
        vec![
            id(item.id),
            oid(item.oid),
            schema_id(item),
            item.name.as_str().into(),
            item.object_type().into(),
            id(item.owner),
            item.cluster().map(id).unwrap_or(Value::Null),
            if item.has_acl() {
                list(item.acl.items())
            } else {
                Value::Null
            },
        ]
    };
    let kept = |item: &&std::sync::Arc<Item>| !relations_only || item.is_relation();
    let mut rows: Vec<Row> = catalog
        .items
        .values()
        .filter(kept)
        .map(|item| row(item))
        .collect();
    if !relations_only {
        let schema = catalog.schema_named(None, "mz_introspection");
        for (index, name, cluster) in introspection_indexes(catalog) {
            rows.push(vec![
                id(index),
                oid(0),
                schema.map(id).unwrap_or(Value::Null),
                name.into(),
                "index".into(),
                id(Id::system(1)),
                id(cluster),
                Value::Null,
            ]);
        }
    }
    rows
}

/// The built-in indexes of every cluster: id, name, cluster.
pub fn introspection_indexes(catalog: &Catalog) -> impl Iterator<Item = (Id, String, Id)> + '_ {
    catalog.clusters.keys().flat_map(|cluster| {
        INTROSPECTION.iter().zip(1_u64..).map(move |(log, n)| {
            (
                Id::introspection(*cluster, n),
                format!("{log}_{cluster}_primary_idx"),
                *cluster,
            )
        })
    })
}

pub fn indexes(catalog: &Catalog) -> Vec<Row> {
    let mut rows = items(catalog, "mz_indexes");
    for (index, name, cluster) in introspection_indexes(catalog) {
        let sql = format!("CREATE INDEX \"{name}\" IN CLUSTER [{cluster}]");
        rows.push(vec![
            id(index),
            oid(0),
            name.into(),
            id(Id::system(index.number & 0xff)),
            id(cluster),
            id(Id::system(1)),
            sql.as_str().into(),
            sql.as_str().into(),
        ]);
    }
    rows
}

pub fn global_ids(catalog: &Catalog) -> Vec<Row> {
    let ids = catalog.items.keys().map(|key| (*key, *key));
    let earlier = catalog.earlier_ids.iter();
    let earlier = earlier.flat_map(|(key, ids)| ids.iter().map(|earlier| (*key, *earlier)));
    let pairs = ids.chain(earlier.filter(|(key, _)| catalog.items.contains_key(key)));
    pairs
        .map(|(key, global)| vec![id(key), id(global)])
        .collect()
}

/// What waits to replace what; a replacement ends with either.
pub fn replacements(catalog: &Catalog) -> Vec<Row> {
    let pairs = catalog.replacements.iter();
    let is_there = |key: &Id| catalog.items.contains_key(key);
    pairs
        .filter(|(waiting, target)| is_there(waiting) && is_there(target))
        .map(|(waiting, target)| vec![id(*waiting), id(*target)])
        .collect()
}

pub fn refresh_strategies(catalog: &Catalog) -> Vec<Row> {
    let rows = catalog.items.values().filter_map(|item| {
        let Body::MaterializedView { options, .. } = &item.body else {
            return None;
        };
        let (kind, interval, aligned_to, at) = match options.refresh {
            Refresh::OnCommit => ("on-commit", None, None, None),
            Refresh::Every {
                interval,
                aligned_to,
            } => (
                "every",
                Some(micros(interval)),
                Some(millis_to_micros(aligned_to)),
                None,
            ),
            Refresh::At(at) => ("at", None, None, Some(millis_to_micros(at))),
        };
        Some(vec![
            id(item.id),
            kind.into(),
            interval.into(),
            aligned_to.into(),
            at.into(),
        ])
    });
    rows.collect()
}

pub fn retention_strategies(catalog: &Catalog) -> Vec<Row> {
    let rows = catalog.items.values().filter_map(|item| {
        let retain = match &item.body {
            Body::MaterializedView { options, .. } => retained(&options.retain),
            Body::Index { retain, .. } | Body::Table { retain, .. } if item.id.is_user() => {
                retained(retain)
            }
            Body::Source { .. } if item.id.is_user() => retained(&None),
            _ => return None,
        };
        let value = json!(retain.to_string()).to_string();
        Some(vec![id(item.id), "FOR".into(), value.into()])
    });
    rows.collect()
}

/// Milliseconds; a second where nothing else was asked for.
fn retained(retain: &Option<Retain>) -> u128 {
    retain
        .as_ref()
        .map_or(1_000, |retain| retain.span.as_millis())
}

/// The relations that list one kind of item each.
pub fn items(catalog: &Catalog, name: &str) -> Vec<Row> {
    let rows = catalog
        .items
        .values()
        .filter_map(|item| item_row(catalog, name, item));
    rows.collect()
}

fn item_row(catalog: &Catalog, relation: &str, item: &Item) -> Option<Row> {
    let sql = || Value::from(catalog.create_sql(item, Style::Catalog));
    let head = || {
        vec![
            id(item.id),
            oid(item.oid),
            schema_id(item),
            Value::from(item.name.as_str()),
        ]
    };
    let acl = || list(item.acl.items());
    let owner = || id(item.owner);
    let optional = |of: &Option<Id>| of.map(id).unwrap_or(Value::Null);
    let mut row = head();
    match (relation, &item.body) {
        ("mz_tables", Body::Table { source, .. }) => {
            row.extend([owner(), acl(), sql(), sql(), optional(source)]);
        }
        ("mz_views", Body::View { .. } | Body::SystemView) => {
            let definition = catalog.definition(item).into();
            let sql = catalog.create_sql(item, Style::Catalog).unwrap_or_default();
            row.extend([definition, owner(), acl(), sql.clone().into(), sql.into()]);
        }
        ("mz_materialized_views", Body::MaterializedView { cluster, .. }) => {
            let definition = catalog.definition(item).into();
            row.extend([id(*cluster), definition, owner(), acl(), sql(), sql()]);
        }
        ("mz_indexes", Body::Index { on, cluster, .. }) => {
            row.remove(2);
            row.extend([id(*on), id(*cluster), owner(), sql(), sql()]);
        }
        (
            "mz_sources",
            Body::Source {
                kind,
                cluster,
                connection,
                envelope,
                ..
            },
        ) => {
            row.extend([
                (*kind).into(),
                optional(connection),
                Value::Null,
                envelope.clone().into(),
                Value::Null,
                Value::Null,
                optional(cluster),
                owner(),
                acl(),
                sql(),
                sql(),
            ]);
        }
        (
            "mz_sinks",
            Body::Sink {
                cluster,
                connection,
                envelope,
                format,
                ..
            },
        ) => {
            row.extend([
                "kafka".into(),
                optional(connection),
                Value::Null,
                envelope.to_lowercase().into(),
                format.to_lowercase().into(),
                Value::Null,
                format.to_lowercase().into(),
                id(*cluster),
                owner(),
                sql(),
                sql(),
            ]);
        }
        ("mz_connections", Body::Connection { kind, .. }) => {
            row.extend([(*kind).into(), owner(), acl(), sql(), sql()]);
        }
        ("mz_secrets", Body::Secret) => row.extend([owner(), acl()]),
        ("mz_types", Body::Type(made)) => {
            let category = made.as_ref().map_or("other", |made| made.category);
            row.extend([category.into(), owner(), acl(), sql(), sql()]);
        }
        _ => return None,
    }
    Some(row)
}
