//! Rows of `pg_catalog`, as far as psql, tokio-postgres and dbt read them.

use super::Row;
use super::row::{list, oid};
use crate::catalog::Catalog;
use crate::catalog::acl::Privileges;
use crate::catalog::id::Id;
use crate::catalog::item::{Body, Item};
use crate::types::SqlType;
use crate::value::Value;

const INT: fn(i64) -> Value = Value::Int;

#[must_use]
pub fn rows(name: &str, catalog: &Catalog) -> Vec<Row> {
    match name {
        "pg_attribute" => attributes(catalog),
        "pg_auth_members" => members(catalog),
        "pg_class" => classes(catalog),
        "pg_collation" => collations(catalog),
        "pg_database" => databases(catalog),
        "pg_description" => descriptions(catalog),
        "pg_index" => indexes(catalog),
        "pg_namespace" => namespaces(catalog),
        "pg_roles" => roles(catalog),
        "pg_type" => types(catalog),
        _ => Vec::new(),
    }
}

fn role_oid(catalog: &Catalog, role: Id) -> Value {
    oid(catalog.roles.get(&role).map_or(0, |role| role.oid))
}

fn schema_oid(catalog: &Catalog, schema: Id) -> Value {
    oid(catalog.schemas.get(&schema).map_or(0, |s| s.oid))
}

fn databases(catalog: &Catalog) -> Vec<Row> {
    let rows = catalog.databases.values().map(|database| {
        vec![
            oid(database.oid),
            database.name.as_str().into(),
            role_oid(catalog, database.owner),
            INT(6),
            false.into(),
            true.into(),
            "C".into(),
            "C".into(),
            Value::Null,
        ]
    });
    rows.collect()
}

fn namespaces(catalog: &Catalog) -> Vec<Row> {
    let rows = catalog.schemas.values().map(|schema| {
        vec![
            oid(schema.oid),
            schema.name.as_str().into(),
            role_oid(catalog, schema.owner),
            Value::Null,
        ]
    });
    rows.collect()
}

fn relkind(item: &Item) -> Option<&'static str> {
    Some(match item.body {
        Body::Table { .. } => "r",
        Body::Source { .. } => "s",
        Body::View { .. } | Body::SystemView => "v",
        Body::MaterializedView { .. } => "m",
        Body::Index { .. } => "i",
        _ => return None,
    })
}

fn classes(catalog: &Catalog) -> Vec<Row> {
    let indexed = |id: Id| {
        catalog
            .items
            .values()
            .any(|item| matches!(item.body, Body::Index { on, .. } if on == id))
    };
    let rows = catalog.items.values().filter_map(|item| {
        let kind = relkind(item)?;
        let width = i64::try_from(item.columns.len()).unwrap_or(0);
        Some(vec![
            oid(item.oid),
            item.name.as_str().into(),
            schema_oid(catalog, item.schema),
            INT(0),
            role_oid(catalog, item.owner),
            INT(0),
            INT(0),
            Value::Float(-1.0),
            INT(0),
            indexed(item.id).into(),
            "p".into(),
            kind.into(),
            INT(width),
            INT(0),
            false.into(),
            false.into(),
            false.into(),
            false.into(),
            false.into(),
            "d".into(),
            false.into(),
            false.into(),
            Value::Null,
        ])
    });
    rows.collect()
}

fn attributes(catalog: &Catalog) -> Vec<Row> {
    let mut rows = Vec::new();
    for item in catalog.items.values().filter(|item| item.is_relation()) {
        for (column, at) in item.columns.iter().zip(1..) {
            rows.push(vec![
                oid(item.oid),
                column.name.as_str().into(),
                oid(column.ty.oid()),
                INT(i64::from(column.ty.width())),
                INT(at),
                INT(-1),
                INT(0),
                (!column.nullable).into(),
                false.into(),
                "".into(),
                "".into(),
                false.into(),
                INT(0),
            ]);
        }
    }
    rows
}

fn types(catalog: &Catalog) -> Vec<Row> {
    let schema = catalog.schema_named(None, "pg_catalog");
    let rows = SqlType::all().map(|ty| {
        let element = ty.element().map_or(0, SqlType::oid);
        let array = SqlType::all()
            .find(|other| matches!(other, SqlType::Array(_)) && other.element() == Some(ty));
        let kind = match ty {
            SqlType::Record => "p",
            _ => "b",
        };
        vec![
            oid(ty.oid()),
            ty.short_name().into(),
            schema.map_or(Value::Null, |schema| schema_oid(catalog, schema)),
            role_oid(catalog, Id::system(1)),
            INT(i64::from(ty.width())),
            kind.into(),
            category(ty).into(),
            ",".into(),
            INT(0),
            oid(element),
            oid(array.map_or(0, SqlType::oid)),
            Value::Null,
            INT(0),
            false.into(),
            INT(0),
            INT(-1),
            INT(0),
            Value::Null,
        ]
    });
    rows.collect()
}

fn category(ty: SqlType) -> &'static str {
    match ty {
        SqlType::Bool => "B",
        ty if ty.is_number() => "N",
        ty if ty.is_text() => "S",
        SqlType::Date | SqlType::Time | SqlType::Timestamp | SqlType::TimestampTz => "D",
        SqlType::Interval => "T",
        SqlType::Array(_) => "A",
        SqlType::Record => "P",
        _ => "U",
    }
}

fn collations(catalog: &Catalog) -> Vec<Row> {
    let schema = catalog.schema_named(None, "pg_catalog");
    vec![vec![
        INT(100),
        "default".into(),
        schema.map_or(Value::Null, |schema| schema_oid(catalog, schema)),
        role_oid(catalog, Id::system(1)),
        "c".into(),
        INT(-1),
        "C".into(),
        "C".into(),
    ]]
}

fn indexes(catalog: &Catalog) -> Vec<Row> {
    let rows = catalog.items.values().filter_map(|item| {
        let Body::Index { on, keys, .. } = &item.body else {
            return None;
        };
        let of = catalog.items.get(on)?;
        let columns = keys.iter().map(|key| key.column.unwrap_or(0).to_string());
        Some(vec![
            oid(item.oid),
            oid(of.oid),
            INT(i64::try_from(keys.len()).unwrap_or(0)),
            false.into(),
            false.into(),
            true.into(),
            false.into(),
            true.into(),
            false.into(),
            list(columns),
            list(keys.iter().map(|_| "0".to_owned())),
            Value::Null,
            Value::Null,
        ])
    });
    rows.collect()
}

fn descriptions(catalog: &Catalog) -> Vec<Row> {
    let rows = catalog.comments.iter().filter_map(|(subject, comment)| {
        let item = catalog.items.get(&subject.id)?;
        (item.object_type() == subject.object_type).then(|| {
            vec![
                oid(item.oid),
                INT(0),
                INT(i64::from(subject.column.unwrap_or(0))),
                comment.as_str().into(),
            ]
        })
    });
    rows.collect()
}

fn members(catalog: &Catalog) -> Vec<Row> {
    let rows = catalog.members.iter().map(|m| {
        vec![
            role_oid(catalog, m.role),
            role_oid(catalog, m.member),
            role_oid(catalog, m.grantor),
            false.into(),
        ]
    });
    rows.collect()
}

fn roles(catalog: &Catalog) -> Vec<Row> {
    let rows = catalog.roles.iter().map(|(key, role)| {
        let held = catalog.system_acl.held_by(*key);
        vec![
            oid(role.oid),
            role.name.as_str().into(),
            role.superuser.into(),
            true.into(),
            held.contains(Privileges::CREATEROLE).into(),
            held.contains(Privileges::CREATEDB).into(),
            role.can_login.unwrap_or(false).into(),
            false.into(),
            INT(-1),
            "********".into(),
            Value::Null,
            false.into(),
            Value::Null,
        ]
    });
    rows.collect()
}
