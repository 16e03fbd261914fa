//! The rows of the built-in relations: where they come from, and those that follow from the catalog.

use super::Row;
use super::{listing, postgres, rights};
use crate::sim::catalog::builtin::{INTROSPECTION, SIZES};
use crate::sim::catalog::id::Id;
use crate::sim::catalog::item::{Body, Item, Refresh};
use crate::sim::catalog::script::Style;
use crate::sim::catalog::sql::{micros, millis_to_micros};
use crate::sim::catalog::{Catalog, Cluster};
use crate::sim::value::Value;
use serde_json::json;

/// Where a built-in relation's rows come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    Catalog,
    /// The dynamics of the world.
    World,
    /// Sessions and subscriptions.
    Sessions,
    /// Empty here, as on a fresh server.
    Empty,
    /// A real server has rows that the simulator can't give.
    Unknown,
}

const WORLD: [&str; 32] = [
    "mz_hydration_statuses",
    "mz_compute_hydration_statuses",
    "mz_compute_hydration_times",
    "mz_compute_operator_hydration_statuses",
    "mz_frontiers",
    "mz_cluster_replica_frontiers",
    "mz_global_frontiers",
    "mz_wallclock_global_lag",
    "mz_wallclock_global_lag_history",
    "mz_wallclock_global_lag_recent_history",
    "mz_wallclock_lag_history",
    "mz_materialization_lag",
    "mz_materialized_view_refreshes",
    "mz_cluster_replica_statuses",
    "mz_cluster_replica_status_history",
    "mz_cluster_replica_metrics",
    "mz_cluster_replica_metrics_history",
    "mz_cluster_replica_utilization",
    "mz_cluster_replica_utilization_history",
    "mz_source_statuses",
    "mz_source_status_history",
    "mz_source_statistics",
    "mz_source_statistics_raw",
    "mz_source_statistics_with_history",
    "mz_sink_statuses",
    "mz_sink_status_history",
    "mz_sink_statistics",
    "mz_sink_statistics_raw",
    "mz_wallclock_global_lag_histogram",
    "mz_wallclock_global_lag_histogram_raw",
    "mz_object_hydration_history",
    "mz_replica_hydration_history",
];

const SESSIONS: [&str; 3] = ["mz_sessions", "mz_session_history", "mz_subscriptions"];

const EMPTY: [&str; 41] = [
    "mz_aws_connections",
    "mz_aws_privatelink_connections",
    "mz_aws_privatelink_connection_statuses",
    "mz_aws_privatelink_connection_status_history",
    "mz_cluster_replica_name_history",
    "mz_cluster_workload_classes",
    "mz_compute_error_counts_raw_unified",
    "mz_continual_tasks",
    "mz_egress_ips",
    "mz_iceberg_sinks",
    "mz_index_advice",
    "mz_internal_cluster_replicas",
    "mz_kafka_source_tables",
    "mz_kafka_sources",
    "mz_license_keys",
    "mz_mysql_source_tables",
    "mz_notices",
    "mz_notices_redacted",
    "mz_optimizer_notices",
    "mz_pending_cluster_replicas",
    "mz_postgres_source_tables",
    "mz_postgres_sources",
    "mz_replacements",
    "mz_role_auth",
    "mz_role_parameters",
    "mz_show_continual_tasks",
    "mz_sql_server_source_tables",
    "mz_ssh_tunnel_connections",
    "mz_webhook_sources",
    "pg_attrdef",
    "pg_attrdef_all_databases",
    "pg_constraint",
    "pg_enum",
    "pg_inherits",
    "pg_policy",
    "pg_range",
    "pg_rewrite",
    "pg_shdescription",
    "pg_tablespace",
    "pg_trigger",
    "applicable_roles",
];

#[must_use]
pub fn origin(name: &str) -> Origin {
    if WORLD.contains(&name) {
        Origin::World
    } else if SESSIONS.contains(&name) {
        Origin::Sessions
    } else if EMPTY.contains(&name) {
        Origin::Empty
    } else if CATALOG.contains(&name) {
        Origin::Catalog
    } else {
        Origin::Unknown
    }
}

/// Those that [`rows`] knows.
const CATALOG: [&str; 48] = [
    "mz_audit_events",
    "mz_cluster_deployment_lineage",
    "mz_cluster_replica_history",
    "mz_cluster_replica_sizes",
    "mz_cluster_replicas",
    "mz_cluster_schedules",
    "mz_clusters",
    "mz_columns",
    "mz_comments",
    "mz_compute_dependencies",
    "mz_connections",
    "mz_databases",
    "mz_default_privileges",
    "mz_history_retention_strategies",
    "mz_index_columns",
    "mz_indexes",
    "mz_materialization_dependencies",
    "mz_materialized_view_refresh_strategies",
    "mz_materialized_views",
    "mz_object_dependencies",
    "mz_object_global_ids",
    "mz_object_history",
    "mz_object_lifetimes",
    "mz_object_transitive_dependencies",
    "mz_objects",
    "mz_relations",
    "mz_role_members",
    "mz_roles",
    "mz_schemas",
    "mz_secrets",
    "mz_show_all_privileges",
    "mz_show_default_privileges",
    "mz_sinks",
    "mz_sources",
    "mz_system_privileges",
    "mz_tables",
    "mz_types",
    "mz_views",
    "pg_auth_members",
    "pg_attribute",
    "pg_class",
    "pg_collation",
    "pg_database",
    "pg_description",
    "pg_index",
    "pg_namespace",
    "pg_roles",
    "pg_type",
];

/// The rows of a relation that follows from the catalog, in the order of its columns.
#[must_use]
pub fn rows(name: &str, catalog: &Catalog) -> Vec<Row> {
    match name {
        "mz_audit_events" => listing::audit_events(catalog),
        "mz_cluster_deployment_lineage" => listing::deployment_lineage(catalog),
        "mz_cluster_replica_history" => listing::replica_history(catalog),
        "mz_object_history" => listing::object_history(catalog),
        "mz_object_lifetimes" => listing::object_lifetimes(catalog),
        "mz_comments" => listing::comments(catalog),
        "mz_columns" => listing::columns(catalog),
        "mz_index_columns" => listing::index_columns(catalog),
        "mz_object_dependencies" => listing::dependencies(catalog),
        "mz_object_transitive_dependencies" => listing::transitive_dependencies(catalog),
        "mz_compute_dependencies" | "mz_materialization_dependencies" => {
            listing::dataflow_dependencies(catalog)
        }
        "mz_cluster_replica_sizes" => replica_sizes(),
        "mz_cluster_replicas" => cluster_replicas(catalog),
        "mz_cluster_schedules" => cluster_schedules(catalog),
        "mz_clusters" => clusters(catalog),
        "mz_databases" => databases(catalog),
        "mz_schemas" => schemas(catalog),
        "mz_roles" => roles(catalog),
        "mz_role_members" => rights::role_members(catalog),
        "mz_default_privileges" => rights::default_privileges(catalog),
        "mz_show_default_privileges" => rights::show_default_privileges(catalog),
        "mz_show_all_privileges" => rights::all_privileges(catalog),
        "mz_system_privileges" => rights::system_privileges(catalog),
        "mz_objects" => objects(catalog, false),
        "mz_relations" => objects(catalog, true),
        "mz_indexes" => indexes(catalog),
        "mz_object_global_ids" => global_ids(catalog),
        "mz_materialized_view_refresh_strategies" => refresh_strategies(catalog),
        "mz_history_retention_strategies" => retention_strategies(catalog),
        name if name.starts_with("pg_") => postgres::rows(name, catalog),
        name => items(catalog, name),
    }
}

pub fn id(id: Id) -> Value {
    Value::Text(id.to_string())
}

pub fn oid(oid: u32) -> Value {
    Value::Int(i64::from(oid))
}

pub fn list(texts: impl Iterator<Item = String>) -> Value {
    Value::Text(json!(texts.collect::<Vec<_>>()).to_string())
}

fn databases(catalog: &Catalog) -> Vec<Row> {
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

fn schemas(catalog: &Catalog) -> Vec<Row> {
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

fn roles(catalog: &Catalog) -> Vec<Row> {
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

fn clusters(catalog: &Catalog) -> Vec<Row> {
    let rows = catalog.clusters.iter().map(|(key, cluster)| {
        let Cluster {
            name,
            owner,
            acl,
            managed,
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

fn cluster_replicas(catalog: &Catalog) -> Vec<Row> {
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

fn cluster_schedules(catalog: &Catalog) -> Vec<Row> {
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
fn replica_sizes() -> Vec<Row> {
    let rows = SIZES.iter().map(|size| {
        let credits: f64 = size.trim_end_matches("cc").parse().unwrap_or(0.0);
        vec![
            (*size).into(),
            1_i64.into(),
            1_i64.into(),
            "18446744073709000000".into(),
            "18446744073709551615".into(),
            Value::Null,
            (credits / 100.0).into(),
        ]
    });
    rows.collect()
}

fn objects(catalog: &Catalog, relations_only: bool) -> Vec<Row> {
    let row = |item: &Item| {
        vec![
            id(item.id),
            oid(item.oid),
            id(item.schema),
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

fn indexes(catalog: &Catalog) -> Vec<Row> {
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

fn global_ids(catalog: &Catalog) -> Vec<Row> {
    let ids = catalog.items.keys();
    ids.map(|key| vec![id(*key), id(*key)]).collect()
}

fn refresh_strategies(catalog: &Catalog) -> Vec<Row> {
    let rows = catalog.items.values().filter_map(|item| {
        let Body::MaterializedView { refresh, .. } = item.body else {
            return None;
        };
        let (kind, interval, aligned_to, at) = match refresh {
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

fn retention_strategies(catalog: &Catalog) -> Vec<Row> {
    let rows = catalog.items.values().filter_map(|item| {
        let retain = match &item.body {
            Body::MaterializedView { retain, .. } => retain.map_or(1000, |d| d.as_millis()),
            Body::Index { .. } | Body::Table { .. } | Body::Source { .. } if item.id.is_user() => {
                1000
            }
            _ => return None,
        };
        let value = json!(retain.to_string()).to_string();
        Some(vec![id(item.id), "FOR".into(), value.into()])
    });
    rows.collect()
}

/// The relations that list one kind of item each.
fn items(catalog: &Catalog, name: &str) -> Vec<Row> {
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
            id(item.schema),
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
        ("mz_types", Body::Type) => {
            row.extend(["other".into(), owner(), acl(), Value::Null, Value::Null]);
        }
        _ => return None,
    }
    Some(row)
}
