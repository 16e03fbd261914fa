//! Rows about databases, schemas, roles, clusters and replicas.

use super::Row;
use super::row::{id, list, oid};
use crate::catalog::sql::micros;
use crate::catalog::{Catalog, Cluster};
use crate::value::Value;

pub fn databases(catalog: &Catalog) -> Vec<Row> {
    let rows = catalog.databases.iter().map(|(key, database)| {
        vec![
            id(*key),
            oid(database.oid),
            database.name.as_str().into(),
            id(database.owner),
            list(database.acl.items()),
        ]
    });
    rows.collect()
}

pub fn schemas(catalog: &Catalog) -> Vec<Row> {
    let rows = catalog.schemas.iter().map(|(key, schema)| {
        vec![
            id(*key),
            oid(schema.oid),
            schema.database.map(id).unwrap_or(Value::Null),
            schema.name.as_str().into(),
            id(schema.owner),
            list(schema.acl.items()),
        ]
    });
    rows.collect()
}

pub fn roles(catalog: &Catalog) -> Vec<Row> {
    let rows = catalog.roles.iter().map(|(key, role)| {
        vec![
            id(*key),
            oid(role.oid),
            role.name.as_str().into(),
            true.into(),
            role.can_login.into(),
            role.superuser.into(),
        ]
    });
    rows.collect()
}

pub fn clusters(catalog: &Catalog) -> Vec<Row> {
    let rows = catalog.clusters.iter().map(|(key, cluster)| {
        let Cluster {
            name,
            owner,
            acl,
            managed,
            ..
        } = cluster;
        let of = managed.as_ref();
        vec![
            id(*key),
            name.as_str().into(),
            id(*owner),
            list(acl.items()),
            of.is_some().into(),
            of.map(|m| m.size.clone()).into(),
            of.map(|m| i64::from(m.replication_factor)).into(),
            of.map(|_| true).into(),
            Value::Null,
            of.map(|m| m.introspection_debugging).into(),
            of.and_then(|m| m.introspection_interval.map(micros)).into(),
        ]
    });
    rows.collect()
}

pub fn cluster_replicas(catalog: &Catalog) -> Vec<Row> {
    let rows = catalog.replicas.iter().map(|(key, replica)| {
        vec![
            id(*key),
            replica.name.as_str().into(),
            id(replica.cluster),
            replica.size.as_str().into(),
            Value::Null,
            id(replica.owner),
            true.into(),
        ]
    });
    rows.collect()
}

pub fn cluster_schedules(catalog: &Catalog) -> Vec<Row> {
    let rows = catalog.clusters.iter().filter_map(|(key, cluster)| {
        let estimate = cluster.managed.as_ref()?.on_refresh;
        let kind = if estimate.is_some() {
            "on-refresh"
        } else {
            "manual"
        };
        Some(vec![id(*key), kind.into(), estimate.map(micros).into()])
    });
    rows.collect()
}

/// The unlimited sizes of a local server: its number of processor cores is near 2^64 (recorded: 01).
pub fn replica_sizes(catalog: &Catalog) -> Vec<Row> {
    let rows = catalog.sizes.iter().map(|(size, credits)| {
        vec![
            size.as_str().into(),
            1_i64.into(),
            1_i64.into(),
            "18446744073709000000".into(),
            "18446744073709551615".into(),
            Value::Null,
            (*credits).into(),
        ]
    });
    rows.collect()
}
