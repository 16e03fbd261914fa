//! Built-in relations that are queries over others, in the server's own dialect.

use crate::version::{Change, ServerVersion};

/// The query behind a built-in relation, if it has one.
#[must_use]
pub fn query_of(name: &str, version: ServerVersion) -> Option<&'static str> {
    if name == "mz_internal.mz_show_clusters" && !version.has(Change::AsynchronousAlter) {
        return Some(CLUSTERS_WITHOUT_ACTIVITY);
    }
    VIEWS
        .iter()
        .find(|(view, _)| *view == name)
        .map(|(_, query)| *query)
}

/// As a server shows clusters that finishes their changes before it answers.
const CLUSTERS_WITHOUT_ACTIVITY: &str = "SELECT c.name,
           (SELECT string_agg(r.name || ' (' || r.size || ')', ', ' ORDER BY r.name)
            FROM mz_catalog.mz_cluster_replicas r WHERE r.cluster_id = c.id),
           coalesce(m.comment, '')
         FROM mz_catalog.mz_clusters c LEFT JOIN mz_internal.mz_comments m ON m.id = c.id AND m.object_type = 'cluster'";

const VIEWS: &[(&str, &str)] = &[
    (
        "mz_internal.mz_object_fully_qualified_names",
        "SELECT o.id, o.name, o.type, s.id, s.name, d.id, d.name, o.cluster_id
         FROM mz_catalog.mz_objects o JOIN mz_catalog.mz_schemas s ON s.id = o.schema_id
         LEFT JOIN mz_catalog.mz_databases d ON d.id = s.database_id",
    ),
    (
        "mz_internal.mz_show_clusters",
        "SELECT c.name,
           (SELECT string_agg(r.name || ' (' || r.size || ')', ', ' ORDER BY r.name)
            FROM mz_catalog.mz_cluster_replicas r WHERE r.cluster_id = c.id),
           (SELECT 'reconfiguring size to ' || (x.changes ->> 'size')
            FROM mz_internal.mz_cluster_reconfigurations x WHERE x.cluster_id = c.id AND x.status = 'in-progress'),
           coalesce(m.comment, '')
         FROM mz_catalog.mz_clusters c LEFT JOIN mz_internal.mz_comments m ON m.id = c.id AND m.object_type = 'cluster'",
    ),
    (
        "mz_internal.mz_show_cluster_replicas",
        "SELECT c.name, r.name, r.id, r.size, true, coalesce(m.comment, '')
         FROM mz_catalog.mz_cluster_replicas r JOIN mz_catalog.mz_clusters c ON c.id = r.cluster_id
         LEFT JOIN mz_internal.mz_comments m ON m.id = r.id AND m.object_type = 'cluster-replica'",
    ),
    (
        "mz_internal.mz_show_databases",
        "SELECT d.name, coalesce(m.comment, '') FROM mz_catalog.mz_databases d
         LEFT JOIN mz_internal.mz_comments m ON m.id = d.id AND m.object_type = 'database'",
    ),
    (
        "mz_internal.mz_show_schemas",
        "SELECT s.database_id, s.name, coalesce(m.comment, '') FROM mz_catalog.mz_schemas s
         LEFT JOIN mz_internal.mz_comments m ON m.id = s.id AND m.object_type = 'schema'",
    ),
    (
        "mz_internal.mz_show_roles",
        "SELECT r.name, coalesce(m.comment, '') FROM mz_catalog.mz_roles r
         LEFT JOIN mz_internal.mz_comments m ON m.id = r.id AND m.object_type = 'role'
         WHERE r.id LIKE 'u%'",
    ),
    (
        "mz_internal.mz_show_all_objects",
        "SELECT o.schema_id, o.name, o.type, coalesce(m.comment, '') FROM mz_catalog.mz_objects o
         LEFT JOIN mz_internal.mz_comments m ON m.id = o.id AND m.object_type = o.type AND m.object_sub_id IS NULL",
    ),
    (
        "mz_internal.mz_show_tables",
        "SELECT t.schema_id, t.name, coalesce(m.comment, ''), t.source_id FROM mz_catalog.mz_tables t
         LEFT JOIN mz_internal.mz_comments m ON m.id = t.id AND m.object_type = 'table' AND m.object_sub_id IS NULL",
    ),
    (
        "mz_internal.mz_show_views",
        "SELECT v.schema_id, v.name, coalesce(m.comment, '') FROM mz_catalog.mz_views v
         LEFT JOIN mz_internal.mz_comments m ON m.id = v.id AND m.object_type = 'view' AND m.object_sub_id IS NULL",
    ),
    (
        "mz_internal.mz_show_materialized_views",
        "SELECT v.id, v.name, c.name, v.schema_id, v.cluster_id, coalesce(m.comment, '')
         FROM mz_catalog.mz_materialized_views v JOIN mz_catalog.mz_clusters c ON c.id = v.cluster_id
         LEFT JOIN mz_internal.mz_comments m ON m.id = v.id AND m.object_type = 'materialized-view' AND m.object_sub_id IS NULL",
    ),
    (
        "mz_internal.mz_show_indexes",
        "SELECT i.id, i.name, o.name, c.name,
           ARRAY(SELECT coalesce(k.name, x.on_expression)
                 FROM mz_catalog.mz_index_columns x LEFT JOIN mz_catalog.mz_columns k ON k.id = i.on_id AND k.position = x.on_position
                 WHERE x.index_id = i.id ORDER BY x.index_position),
           i.on_id, o.schema_id, i.cluster_id, coalesce(m.comment, '')
         FROM mz_catalog.mz_indexes i JOIN mz_catalog.mz_objects o ON o.id = i.on_id
         JOIN mz_catalog.mz_clusters c ON c.id = i.cluster_id
         LEFT JOIN mz_internal.mz_comments m ON m.id = i.id AND m.object_type = 'index'",
    ),
    (
        "mz_internal.mz_show_sources",
        "SELECT s.id, s.name, s.type, c.name, s.schema_id, s.cluster_id, coalesce(m.comment, '')
         FROM mz_catalog.mz_sources s LEFT JOIN mz_catalog.mz_clusters c ON c.id = s.cluster_id
         LEFT JOIN mz_internal.mz_comments m ON m.id = s.id AND m.object_type = 'source' AND m.object_sub_id IS NULL",
    ),
    (
        "mz_internal.mz_show_sinks",
        "SELECT s.id, s.name, s.type, c.name, s.schema_id, s.cluster_id, coalesce(m.comment, '')
         FROM mz_catalog.mz_sinks s JOIN mz_catalog.mz_clusters c ON c.id = s.cluster_id
         LEFT JOIN mz_internal.mz_comments m ON m.id = s.id AND m.object_type = 'sink'",
    ),
    (
        "mz_internal.mz_show_connections",
        "SELECT s.schema_id, s.name, s.type, coalesce(m.comment, '') FROM mz_catalog.mz_connections s
         LEFT JOIN mz_internal.mz_comments m ON m.id = s.id AND m.object_type = 'connection'",
    ),
    (
        "mz_internal.mz_show_secrets",
        "SELECT s.schema_id, s.name, coalesce(m.comment, '') FROM mz_catalog.mz_secrets s
         LEFT JOIN mz_internal.mz_comments m ON m.id = s.id AND m.object_type = 'secret'",
    ),
    (
        "mz_internal.mz_show_types",
        "SELECT t.schema_id, t.name, '' FROM mz_catalog.mz_types t",
    ),
    (
        "mz_internal.mz_show_columns",
        "SELECT c.id, c.name, c.nullable, c.type, c.position, coalesce(m.comment, '') FROM mz_catalog.mz_columns c
         LEFT JOIN mz_internal.mz_comments m ON m.id = c.id AND m.object_sub_id = c.position",
    ),
    (
        "mz_internal.mz_show_role_members",
        "SELECT r.name, u.name, g.name FROM mz_catalog.mz_role_members m
         JOIN mz_catalog.mz_roles r ON r.id = m.role_id JOIN mz_catalog.mz_roles u ON u.id = m.member
         JOIN mz_catalog.mz_roles g ON g.id = m.grantor",
    ),
    (
        "mz_internal.mz_show_my_role_members",
        "SELECT role, member, grantor FROM mz_internal.mz_show_role_members WHERE pg_has_role(member, 'USAGE')",
    ),
    (
        "mz_internal.mz_show_system_privileges",
        "SELECT grantor, grantee, privilege_type FROM mz_internal.mz_show_all_privileges WHERE object_type = 'system'",
    ),
    (
        "mz_internal.mz_show_cluster_privileges",
        "SELECT grantor, grantee, name, privilege_type FROM mz_internal.mz_show_all_privileges WHERE object_type = 'cluster'",
    ),
    (
        "mz_internal.mz_show_database_privileges",
        "SELECT grantor, grantee, name, privilege_type FROM mz_internal.mz_show_all_privileges WHERE object_type = 'database'",
    ),
    (
        "mz_internal.mz_show_schema_privileges",
        "SELECT grantor, grantee, database, name, privilege_type FROM mz_internal.mz_show_all_privileges WHERE object_type = 'schema'",
    ),
    (
        "mz_internal.mz_show_object_privileges",
        "SELECT grantor, grantee, database, schema, name, object_type, privilege_type FROM mz_internal.mz_show_all_privileges
         WHERE object_type NOT IN ('system', 'cluster', 'database', 'schema')",
    ),
    (
        "mz_internal.mz_show_all_my_privileges",
        "SELECT grantor, grantee, database, schema, name, object_type, privilege_type FROM mz_internal.mz_show_all_privileges
         WHERE CASE WHEN grantee = 'PUBLIC' THEN true ELSE pg_has_role(grantee, 'USAGE') END",
    ),
    (
        "mz_internal.mz_show_my_system_privileges",
        "SELECT grantor, grantee, privilege_type FROM mz_internal.mz_show_all_my_privileges WHERE object_type = 'system'",
    ),
    (
        "mz_internal.mz_show_my_cluster_privileges",
        "SELECT grantor, grantee, name, privilege_type FROM mz_internal.mz_show_all_my_privileges WHERE object_type = 'cluster'",
    ),
    (
        "mz_internal.mz_show_my_database_privileges",
        "SELECT grantor, grantee, name, privilege_type FROM mz_internal.mz_show_all_my_privileges WHERE object_type = 'database'",
    ),
    (
        "mz_internal.mz_show_my_schema_privileges",
        "SELECT grantor, grantee, database, name, privilege_type FROM mz_internal.mz_show_all_my_privileges WHERE object_type = 'schema'",
    ),
    (
        "mz_internal.mz_show_my_object_privileges",
        "SELECT grantor, grantee, database, schema, name, object_type, privilege_type FROM mz_internal.mz_show_all_my_privileges
         WHERE object_type NOT IN ('system', 'cluster', 'database', 'schema')",
    ),
    (
        "mz_internal.mz_show_my_default_privileges",
        "SELECT object_owner, database, schema, object_type, grantee, privilege_type FROM mz_internal.mz_show_default_privileges
         WHERE CASE WHEN grantee = 'PUBLIC' THEN true ELSE pg_has_role(grantee, 'USAGE') END",
    ),
    (
        "information_schema.columns",
        "SELECT d.name, s.name, o.name, c.name, c.position::int8, c.\"default\",
           CASE WHEN c.nullable THEN 'YES' ELSE 'NO' END, c.type, NULL::int4, NULL::int4, NULL::int4
         FROM mz_catalog.mz_columns c JOIN mz_catalog.mz_objects o ON o.id = c.id
         JOIN mz_catalog.mz_schemas s ON s.id = o.schema_id
         LEFT JOIN mz_catalog.mz_databases d ON d.id = s.database_id
         WHERE s.database_id IS NULL OR d.name = current_database()",
    ),
    (
        "information_schema.tables",
        "SELECT d.name, s.name, r.name,
           CASE r.type WHEN 'materialized-view' THEN 'MATERIALIZED VIEW' WHEN 'table' THEN 'BASE TABLE' ELSE upper(r.type) END
         FROM mz_catalog.mz_relations r JOIN mz_catalog.mz_schemas s ON s.id = r.schema_id
         LEFT JOIN mz_catalog.mz_databases d ON d.id = s.database_id
         WHERE s.database_id IS NULL OR d.name = current_database()",
    ),
    (
        "information_schema.schemata",
        "SELECT current_database(), s.name FROM mz_catalog.mz_schemas s
         LEFT JOIN mz_catalog.mz_databases d ON d.id = s.database_id
         WHERE s.database_id IS NULL OR d.name = current_database()",
    ),
    (
        "information_schema.views",
        "SELECT d.name, s.name, v.name, v.definition FROM mz_catalog.mz_views v
         JOIN mz_catalog.mz_schemas s ON s.id = v.schema_id
         LEFT JOIN mz_catalog.mz_databases d ON d.id = s.database_id
         WHERE s.database_id IS NULL OR d.name = current_database()",
    ),
    (
        "information_schema.enabled_roles",
        "SELECT name FROM mz_catalog.mz_roles WHERE pg_has_role(name, 'USAGE')",
    ),
    (
        "pg_catalog.pg_tables",
        "SELECT s.name, t.name, r.name FROM mz_catalog.mz_tables t JOIN mz_catalog.mz_schemas s ON s.id = t.schema_id
         JOIN mz_catalog.mz_roles r ON r.id = t.owner_id",
    ),
    (
        "pg_catalog.pg_views",
        "SELECT s.name, v.name, r.oid, v.definition FROM mz_catalog.mz_views v
         JOIN mz_catalog.mz_schemas s ON s.id = v.schema_id JOIN mz_catalog.mz_roles r ON r.id = v.owner_id",
    ),
    (
        "pg_catalog.pg_matviews",
        "SELECT s.name, v.name, r.oid, v.definition FROM mz_catalog.mz_materialized_views v
         JOIN mz_catalog.mz_schemas s ON s.id = v.schema_id JOIN mz_catalog.mz_roles r ON r.id = v.owner_id",
    ),
];
