//! SHOW, as queries over the system relations.

use super::Session;
use crate::catalog::id::Id;
use crate::catalog::script::Style;
use crate::catalog::script::literal;
use crate::error::{SqlError, SqlResult};
use crate::statement::Name;
use crate::statement::cluster::single;
use crate::statement::object::ObjectKind;
use crate::statement::query::parse_text;
use crate::statement::show::{Listing, Show};
use crate::version::{Change, ServerVersion};
use sqlparser::ast::Query;

/// What a listing of items shows, from which relation.
fn shape(what: Listing, version: ServerVersion) -> (&'static str, &'static str) {
    match what {
        Listing::Databases => ("name, comment", "mz_internal.mz_show_databases"),
        Listing::Schemas => ("name, comment", "mz_internal.mz_show_schemas"),
        Listing::Clusters if version.has(Change::AsynchronousAlter) => (
            "name, replicas, activity, comment",
            "mz_internal.mz_show_clusters",
        ),
        Listing::Clusters => ("name, replicas, comment", "mz_internal.mz_show_clusters"),
        Listing::ClusterReplicas => (
            "cluster, replica, size, ready, comment",
            "mz_internal.mz_show_cluster_replicas",
        ),
        Listing::Roles => ("name, comment", "mz_internal.mz_show_roles"),
        Listing::Objects => ("name, type, comment", "mz_internal.mz_show_all_objects"),
        Listing::Tables => ("name, comment", "mz_internal.mz_show_tables"),
        Listing::Views => ("name, comment", "mz_internal.mz_show_views"),
        Listing::MaterializedViews => (
            "name, cluster, comment",
            "mz_internal.mz_show_materialized_views",
        ),
        Listing::Indexes => (
            "name, \"on\", cluster, key, comment",
            "mz_internal.mz_show_indexes",
        ),
        Listing::Sources => (
            "name, type, cluster, comment",
            "mz_internal.mz_show_sources",
        ),
        Listing::Sinks => ("name, type, cluster, comment", "mz_internal.mz_show_sinks"),
        Listing::Connections => ("name, type, comment", "mz_internal.mz_show_connections"),
        Listing::Secrets => ("name, comment", "mz_internal.mz_show_secrets"),
        Listing::Types => ("name, comment", "mz_internal.mz_show_types"),
        Listing::Columns => (
            "name, nullable, type, comment",
            "mz_internal.mz_show_columns",
        ),
    }
}

impl Session {
    /// # Errors
    /// What the server says against names; 42704 for unknown variables.
    pub(super) fn show_query(&self, show: &Show) -> SqlResult<Box<Query>> {
        let sql = match show {
            Show::Variable(name) => {
                let (shown, value) = self.variables.show(name)?;
                format!("SELECT {} AS \"{shown}\"", literal(&value))
            }
            Show::All => {
                let rows: Vec<String> = self
                    .variables
                    .all()
                    .map(|(name, value)| format!("({}, {}, '')", literal(name), literal(&value)))
                    .collect();
                format!(
                    "SELECT * FROM (VALUES {}) AS v (name, setting, description) ORDER BY name",
                    rows.join(", ")
                )
            }
            Show::DefaultPrivileges => "SELECT * FROM mz_internal.mz_show_default_privileges
                 ORDER BY object_owner, database, schema, object_type, grantee, privilege_type"
                .to_owned(),
            Show::Privileges { object_type } => {
                let condition = object_type
                    .as_ref()
                    .map(|kind| format!("WHERE object_type = {}", literal(kind)))
                    .unwrap_or_default();
                format!(
                    "SELECT grantor, grantee, database, schema, name, object_type, privilege_type
                     FROM mz_internal.mz_show_all_privileges {condition}
                     ORDER BY grantor, grantee, database, schema, name, object_type, privilege_type"
                )
            }
            Show::Create { kind, name } => self.create_text(*kind, name)?,
            Show::List {
                what,
                from,
                in_cluster,
                on,
                filter,
            } => self.listing(
                *what,
                from.as_ref(),
                in_cluster.as_deref(),
                on.as_ref(),
                filter.as_deref(),
            )?,
        };
        parse_text(&sql)
    }

    fn listing(
        &self,
        what: Listing,
        from: Option<&Name>,
        in_cluster: Option<&str>,
        on: Option<&Name>,
        filter: Option<&str>,
    ) -> SqlResult<String> {
        let catalog = self.shared.engine().current();
        let (columns, relation) = shape(what, catalog.version);
        let viewer = self.viewer();
        let mut conditions = Vec::new();
        let equals = |column: &str, id: Id| format!("{column} = {}", literal(&id.to_string()));
        match what {
            Listing::Databases | Listing::Clusters | Listing::ClusterReplicas | Listing::Roles => {}
            Listing::Schemas => {
                let name = from.map_or_else(|| Ok(viewer.path.database.clone()), single)?;
                let id = catalog.database(&name)?;
                conditions.push(format!(
                    "(database_id IS NULL OR {})",
                    equals("database_id", id)
                ));
            }
            Listing::Columns => {
                let from = from.ok_or_else(|| SqlError::syntax("Expected FROM, found EOF"))?;
                let item = catalog.resolve(&viewer.path, from)?;
                conditions.push(equals("id", item.id));
            }
            _ => {
                if let Some(on) = on {
                    let item = catalog.resolve(&viewer.path, on)?;
                    conditions.push(equals("on_id", item.id));
                } else {
                    let schema = match from {
                        Some(name) => catalog.schema(&viewer.path, name)?,
                        None => catalog.current_schema(&viewer.path)?,
                    };
                    conditions.push(equals("schema_id", schema));
                }
                if let Some(cluster) = in_cluster {
                    conditions.push(equals("cluster_id", catalog.cluster(cluster)?.0));
                }
            }
        }
        conditions.extend(filter.map(|filter| format!("({filter})")));
        let condition = if conditions.is_empty() {
            String::new()
        } else {
            format!(" WHERE {}", conditions.join(" AND "))
        };
        let order = match what {
            Listing::Columns => "position",
            Listing::ClusterReplicas => "cluster, replica",
            _ => "name",
        };
        Ok(format!(
            "SELECT {columns} FROM {relation}{condition} ORDER BY {order}"
        ))
    }

    fn create_text(&self, kind: ObjectKind, name: &Name) -> SqlResult<String> {
        let catalog = self.shared.engine().current();
        let (name, sql) = match kind {
            ObjectKind::Cluster => {
                let name = single(name)?;
                let (id, _) = catalog.cluster(&name)?;
                // Recorded: 03.
                let what = "SHOW CREATE for unmanaged clusters";
                let sql = catalog
                    .create_cluster_sql(id)
                    .ok_or_else(|| SqlError::not_yet_supported(what, catalog.version))?;
                (name, sql)
            }
            kind => {
                let item = catalog.resolve(&self.viewer().path, name)?;
                if item.object_type() != kind.object_type() {
                    return Err(SqlError::plan(format!(
                        "{} is not a {}",
                        catalog.full_name(item.id),
                        kind.words()
                    )));
                }
                let sql = catalog.create_sql(item, Style::Show).ok_or_else(|| {
                    SqlError::unsupported(format!("SHOW CREATE for {}", name.join(".")))
                })?;
                (catalog.shown_name(item.id), format!("{sql};"))
            }
        };
        Ok(format!(
            "SELECT {} AS name, {} AS create_sql",
            literal(&name),
            literal(&sql)
        ))
    }
}
