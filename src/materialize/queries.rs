//! The registry of the SQL that only reads.
//!
//! Each file in `assets/sql/` holds one SELECT for one [`CatalogQuery`]. The queries of a [`SubscribeGroup`] are subscribed to together: [`one_select`]
//! makes one SELECT of them, all columns as text, which works alone and inside `SUBSCRIBE (...)`. What comes back is read by the names of
//! the columns here: [`rows`] has a type for each query's row.

use super::row::TextRow;
use crate::domain::reading::CatalogReading;
use std::fmt::Write as _;

/// What is subscribed to, or read, together: one connection each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubscribeGroup {
    /// What exists: changes only when somebody changes something.
    Catalog,
    Hydration,
    /// Changes every second for every object.
    Frontiers,
    /// Sources and sinks: status, errors, progress.
    Connectors,
    Replicas,
    /// Sessions and their SUBSCRIBEs.
    Traffic,
}

impl SubscribeGroup {
    pub const ALL: [Self; 6] = [
        Self::Catalog,
        Self::Hydration,
        Self::Frontiers,
        Self::Connectors,
        Self::Replicas,
        Self::Traffic,
    ];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Catalog => "catalog",
            Self::Hydration => "hydration",
            Self::Frontiers => "frontiers",
            Self::Connectors => "connectors",
            Self::Replicas => "replicas",
            Self::Traffic => "traffic",
        }
    }
}

/// One reading of the catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueryDefinition {
    pub query: CatalogQuery,
    /// The file's name in `assets/sql/`, without `.sql`; also the first column of a group's rows.
    pub name: &'static str,
    pub sql: &'static str,
    /// The columns of the answer, in order.
    pub columns: &'static [&'static str],
    /// The relation and columns that it can't do without.
    pub relation: &'static str,
    pub needs: &'static [&'static str],
    /// `None`: read on its own, when a plan needs it.
    pub group: Option<SubscribeGroup>,
    /// What a picture lacks without it.
    pub reading: Option<CatalogReading>,
    /// Without it there is no picture at all.
    pub required: bool,
}

/// A row whose columns are read by their names.
pub trait CatalogRow<'a>: Copy {
    /// The query that it answers.
    const QUERY: CatalogQuery;

    fn of(row: &'a TextRow) -> Self;
}

/// `stringify!` leaves the mark on names that Rust has for itself: `r#type`.
const fn plain(name: &'static str) -> &'static str {
    match name.as_bytes() {
        [b'r', b'#', ..] => name.split_at(2).1,
        _ => name,
    }
}

macro_rules! queries {
    ($(
        $query:ident $file:literal $group:ident $necessity:ident [$($column:ident)*] from $relation:literal [$($need:ident)*];
    )+) => {
        /// One kind of query: one file of `assets/sql/`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum CatalogQuery { $($query),+ }

        /// Every reading query.
        pub const QUERIES: &[QueryDefinition] = &[$(
            QueryDefinition {
                query: CatalogQuery::$query,
                name: $file,
                sql: include_str!(concat!("../../assets/sql/", $file, ".sql")),
                columns: &[$(plain(stringify!($column))),*],
                relation: $relation,
                needs: &[$(stringify!($need)),*],
                group: queries!(@group $group),
                reading: queries!(@reading $group $necessity $query),
                required: queries!(@necessity $necessity),
            }
        ),+];

        impl CatalogQuery {
            /// The query of this name, which is the file's.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                match name {
                    $($file => Some(Self::$query),)+
                    _ => None,
                }
            }
        }

        /// One row of each query's answer.
        pub mod rows {
            use super::{CatalogQuery, CatalogRow};
            use crate::materialize::row::{Cell, TextRow};
            $(
                #[doc = concat!("A row of `assets/sql/", $file, ".sql`, its columns by name.")]
                #[derive(Debug, Clone, Copy)]
                pub struct $query<'a>(&'a TextRow);

                impl<'a> CatalogRow<'a> for $query<'a> {
                    const QUERY: CatalogQuery = CatalogQuery::$query;

                    fn of(row: &'a TextRow) -> Self {
                        Self(row)
                    }
                }

                const _: () = {
                    #[expect(non_camel_case_types, reason = "these are the columns' names")]
                    enum Position { $($column),* }

                    impl<'a> $query<'a> {
                        $(
                            /// The column of this name.
                            #[must_use]
                            pub fn $column(self) -> Cell<'a> {
                                let query = CatalogQuery::$query.definition();
                                let position = Position::$column as usize;
                                Cell::new(self.0, position, query.relation, query.columns[position])
                            }
                        )*
                    }
                };
            )+
        }
    };
    (@group Alone) => { None };
    (@group $group:ident) => { Some(SubscribeGroup::$group) };
    (@reading Alone $necessity:ident $query:ident) => { None };
    (@reading $group:ident required $query:ident) => { None };
    // Servers that have not got it have nothing to tell by it: no picture lacks it.
    (@reading $group:ident newer $query:ident) => { None };
    (@reading $group:ident optional $query:ident) => { Some(CatalogReading::$query) };
    (@necessity required) => { true };
    (@necessity optional) => { false };
    (@necessity newer) => { false };
}

queries! {
    Databases "databases" Catalog required [id name] from "mz_catalog.mz_databases" [id name];
    Roles "roles" Catalog required [id name] from "mz_catalog.mz_roles" [id name];
    Schemas "schemas" Catalog required [id name database_id owner_id]
        from "mz_catalog.mz_schemas" [id name database_id owner_id];
    Comments "comments" Catalog optional [id object_type comment]
        from "mz_internal.mz_comments" [id object_type object_sub_id comment];
    Clusters "clusters" Catalog required [id name owner_id managed size replication_factor]
        from "mz_catalog.mz_clusters" [id name owner_id managed size replication_factor];
    ClusterSchedules "cluster_schedules" Catalog optional [cluster_id r#type]
        from "mz_internal.mz_cluster_schedules" [cluster_id type];
    Replicas "replicas" Catalog required [id name cluster_id size availability_zone]
        from "mz_catalog.mz_cluster_replicas" [id name cluster_id size availability_zone];
    InternalReplicas "internal_replicas" Catalog optional [id]
        from "mz_internal.mz_internal_cluster_replicas" [id];
    PendingReplicas "pending_replicas" Catalog newer [id]
        from "mz_internal.mz_pending_cluster_replicas" [id];
    Reconfigurations "reconfigurations" Catalog newer [cluster_id deadline on_timeout changes]
        from "mz_internal.mz_cluster_reconfigurations" [cluster_id status deadline on_timeout changes];
    Autoscaling "autoscaling" Catalog newer [cluster_id strategy state]
        from "mz_internal.mz_cluster_auto_scaling_strategies" [cluster_id strategy state];
    CatalogServer "catalog_server" Catalog newer [id]
        from "mz_catalog.mz_cluster_replicas" [id cluster_id];
    Objects "objects" Catalog required [id name schema_id r#type cluster_id owner_id]
        from "mz_catalog.mz_objects" [id name schema_id type cluster_id owner_id];
    Views "views" Catalog optional [id create_sql] from "mz_catalog.mz_views" [id create_sql];
    MaterializedViews "materialized_views" Catalog optional [id create_sql]
        from "mz_catalog.mz_materialized_views" [id create_sql];
    Indexes "indexes" Catalog optional [id on_id create_sql]
        from "mz_catalog.mz_indexes" [id on_id create_sql];
    Sources "sources" Catalog optional [id r#type create_sql]
        from "mz_catalog.mz_sources" [id type create_sql];
    Tables "tables" Catalog optional [id create_sql] from "mz_catalog.mz_tables" [id create_sql];
    Types "types" Catalog optional [id create_sql] from "mz_catalog.mz_types" [id create_sql];
    TableSources "table_sources" Catalog optional [id source_id]
        from "mz_catalog.mz_tables" [id source_id];
    Sinks "sinks" Catalog optional [id r#type create_sql] from "mz_catalog.mz_sinks" [id type create_sql];
    Dependencies "dependencies" Catalog required [object_id referenced_object_id]
        from "mz_internal.mz_object_dependencies" [object_id referenced_object_id];
    GlobalIds "global_ids" Catalog optional [id global_id]
        from "mz_internal.mz_object_global_ids" [id global_id];
    Replacements "replacements" Catalog newer [id target_id]
        from "mz_internal.mz_replacements" [id target_id];
    RefreshStrategies "refresh_strategies" Catalog optional [materialized_view_id]
        from "mz_internal.mz_materialized_view_refresh_strategies" [materialized_view_id type];
    Refreshes "refreshes" Hydration optional [materialized_view_id last_completed_refresh next_refresh]
        from "mz_internal.mz_materialized_view_refreshes"
        [materialized_view_id last_completed_refresh next_refresh];
    Hydration "hydration" Hydration optional [object_id replica_id hydrated]
        from "mz_internal.mz_hydration_statuses" [object_id replica_id hydrated];
    HydrationTimes "hydration_times" Hydration optional [object_id replica_id seconds]
        from "mz_internal.mz_compute_hydration_statuses" [object_id replica_id hydration_time];
    Operators "operators" Hydration optional [object_id replica_id hydrated total]
        from "mz_internal.mz_compute_operator_hydration_statuses" [object_id replica_id hydrated];
    Frontiers "frontiers" Frontiers optional [object_id write_frontier]
        from "mz_internal.mz_frontiers" [object_id write_frontier];
    SourceStatuses "source_statuses" Connectors optional [id status error since]
        from "mz_internal.mz_source_statuses" [id status error last_status_change_at];
    SinkStatuses "sink_statuses" Connectors optional [id status error since]
        from "mz_internal.mz_sink_statuses" [id status error last_status_change_at];
    SourceStatistics "source_statistics" Connectors optional
        [id messages_received snapshot_records_known snapshot_records_staged snapshot_committed offset_known offset_committed]
        from "mz_internal.mz_source_statistics"
        [id messages_received snapshot_records_known snapshot_records_staged snapshot_committed offset_known offset_committed];
    ReplicaStatuses "replica_statuses" Replicas optional [replica_id process_id status reason since]
        from "mz_internal.mz_cluster_replica_statuses" [replica_id process_id status reason updated_at];
    ReplicaUtilization "replica_utilization" Replicas optional [replica_id process_id cpu_percent memory_percent]
        from "mz_internal.mz_cluster_replica_utilization" [replica_id process_id cpu_percent memory_percent];
    ReplicaInterruptions "replica_interruptions" Replicas optional [replica_id process_id reason occurred_at]
        from "mz_internal.mz_cluster_replica_status_history" [replica_id process_id status reason occurred_at];
    Sessions "sessions" Traffic optional [id role_id client_ip since]
        from "mz_internal.mz_sessions" [id role_id client_ip connected_at];
    SessionApplications "session_applications" Traffic optional [session_id application]
        from "mz_internal.mz_session_history" [session_id initial_application_name];
    Subscriptions "subscriptions" Traffic optional [id session_id cluster_id objects since]
        from "mz_internal.mz_subscriptions" [id session_id cluster_id referenced_object_ids created_at];
    DatabasePrivileges "database_privileges" Alone optional [id privileges]
        from "mz_catalog.mz_databases" [id privileges];
    SchemaPrivileges "schema_privileges" Alone optional [id privileges]
        from "mz_catalog.mz_schemas" [id database_id privileges];
    ClusterPrivileges "cluster_privileges" Alone optional [id privileges]
        from "mz_catalog.mz_clusters" [id privileges];
    ObjectPrivileges "object_privileges" Alone optional [id privileges]
        from "mz_catalog.mz_objects" [id privileges];
    SystemPrivileges "system_privileges" Alone optional [privileges]
        from "mz_catalog.mz_system_privileges" [privileges];
    DefaultPrivileges "default_privileges" Alone optional
        [role_id database_id schema_id object_type grantee privileges]
        from "mz_catalog.mz_default_privileges"
        [role_id database_id schema_id object_type grantee privileges];
    RoleMembers "role_members" Alone optional [role_id member]
        from "mz_catalog.mz_role_members" [role_id member];
    NameEvents "name_events" Alone optional [object_type id event_type old_name new_name event]
        from "mz_catalog.mz_audit_events" [id event_type object_type details];
    ObjectEvents "object_events" Alone optional [event object]
        from "mz_catalog.mz_audit_events" [id event_type object_type details];
    AuditEvents "audit_events" Alone optional [id event_type object_type details user_name occurred_at]
        from "mz_catalog.mz_audit_events" [id event_type object_type details user occurred_at];
    OwnSession "own_session" Alone optional [id]
        from "mz_internal.mz_sessions" [id connection_id];
    ViewSchemas "view_schemas" Alone optional [view schema]
        from "mz_catalog.mz_views" [name schema_id];
    Columns "columns" Alone optional [id position name r#type type_mod nullable]
        from "mz_catalog.mz_columns" [id position name type type_mod nullable];
    LagHistory "lag_history" Alone optional [object_id lag occurred_at]
        from "mz_internal.mz_wallclock_global_lag_recent_history" [object_id lag occurred_at];
    Identity "identity" Alone required [version role superuser database] from "" [];
    SystemColumns "system_columns" Alone required [schema_name relation_name column_name]
        from "mz_catalog.mz_columns" [id name];
}

impl CatalogQuery {
    #[must_use]
    pub fn definition(self) -> &'static QueryDefinition {
        // The macro writes the enum and the list from the same lines, in the same order.
        &QUERIES[self as usize]
    }
}

impl QueryDefinition {
    /// The SELECT without its comment lines: they are for readers of the file, not for the server's log.
    #[must_use]
    pub fn statement(&self) -> String {
        self.sql
            .lines()
            .filter(|line| !line.trim_start().starts_with("--"))
            .collect::<Vec<_>>()
            .join("\n")
    }
}

/// One SELECT over all these queries: the query's name, then the columns as text, padded with NULL. `None` without queries.
#[must_use]
pub fn one_select(queries: &[&QueryDefinition]) -> Option<String> {
    let width = queries.iter().map(|query| query.columns.len()).max()?;
    let mut sql = String::new();
    for (index, query) in queries.iter().enumerate() {
        if index > 0 {
            sql.push_str("\nUNION ALL\n");
        }
        let _ = write!(sql, "SELECT '{}' AS fact", query.name);
        for position in 0..width {
            let number = position + 1;
            let _ = match query.columns.get(position) {
                Some(column) => write!(sql, ", q.{column}::text AS c{number}"),
                None => write!(sql, ", NULL::text AS c{number}"),
            };
        }
        let _ = write!(sql, "\nFROM (\n{}\n) AS q", query.statement());
    }
    Some(sql)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn facts_and_files_are_in_step() {
        for (index, query) in QUERIES.iter().enumerate() {
            assert_eq!(query.query as usize, index);
            assert_eq!(CatalogQuery::named(query.name), Some(query.query));
        }
        let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/sql"))
            .unwrap()
            .filter(|entry| {
                let path = entry.as_ref().unwrap().path();
                path.extension().is_some_and(|extension| extension == "sql")
            })
            .count();
        assert_eq!(files, QUERIES.len(), "every file is registered");
    }

    #[test]
    fn every_file_is_one_select_that_names_its_columns() {
        for query in QUERIES {
            let statement = query.statement();
            assert!(statement.starts_with("SELECT"), "{}", query.name);
            assert!(!statement.contains(';'), "{}", query.name);
            for column in query.columns {
                assert!(statement.contains(column), "{}: {column}", query.name);
            }
        }
    }

    #[test]
    fn branches_of_a_topic_have_the_same_width() {
        for group in SubscribeGroup::ALL {
            let of_topic = |query: &&QueryDefinition| query.group == Some(group);
            let queries: Vec<_> = QUERIES.iter().filter(of_topic).collect();
            let sql = one_select(&queries).unwrap();
            let widths: BTreeSet<usize> = sql
                .lines()
                .filter(|line| line.contains(" AS fact"))
                .map(|line| line.matches(" AS c").count())
                .collect();
            assert_eq!(widths.len(), 1, "{sql}");
        }
        assert_eq!(one_select(&[]), None);
    }
}
