//! The rows of the built-in relations: where they come from, and those that follow from the catalog.

use super::{Row, containers, items, listing, postgres, rights, shapes};
use crate::catalog::Catalog;

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

const WORLD: [&str; 30] = [
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
];

const SESSIONS: [&str; 3] = ["mz_sessions", "mz_session_history", "mz_subscriptions"];

const EMPTY: [&str; 42] = [
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
    "mz_object_hydration_history",
    "mz_optimizer_notices",
    "mz_pending_cluster_replicas",
    "mz_postgres_source_tables",
    "mz_postgres_sources",
    "mz_replica_hydration_history",
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
const CATALOG: [&str; 51] = [
    "mz_audit_events",
    "mz_cluster_auto_scaling_strategies",
    "mz_cluster_deployment_lineage",
    "mz_cluster_reconfigurations",
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
    "mz_replacements",
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
        "mz_cluster_replica_sizes" => containers::replica_sizes(catalog),
        "mz_cluster_replicas" => containers::cluster_replicas(catalog),
        "mz_cluster_auto_scaling_strategies" => shapes::strategies(catalog),
        "mz_cluster_reconfigurations" => shapes::reconfigurations(catalog),
        "mz_cluster_schedules" => containers::cluster_schedules(catalog),
        "mz_clusters" => containers::clusters(catalog),
        "mz_databases" => containers::databases(catalog),
        "mz_schemas" => containers::schemas(catalog),
        "mz_roles" => containers::roles(catalog),
        "mz_role_members" => rights::role_members(catalog),
        "mz_default_privileges" => rights::default_privileges(catalog),
        "mz_show_default_privileges" => rights::show_default_privileges(catalog),
        "mz_show_all_privileges" => rights::all_privileges(catalog),
        "mz_system_privileges" => rights::system_privileges(catalog),
        "mz_objects" => items::objects(catalog, false),
        "mz_relations" => items::objects(catalog, true),
        "mz_indexes" => items::indexes(catalog),
        "mz_replacements" => items::replacements(catalog),
        "mz_object_global_ids" => items::global_ids(catalog),
        "mz_materialized_view_refresh_strategies" => items::refresh_strategies(catalog),
        "mz_history_retention_strategies" => items::retention_strategies(catalog),
        name if name.starts_with("pg_") => postgres::rows(name, catalog),
        name => items::items(catalog, name),
    }
}
