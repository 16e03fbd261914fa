//! Statements that change the catalog.

mod cluster;
mod comment;
mod conflict;
mod container;
mod custom_type;
mod drop;
mod grant;
mod index;
mod ingest;
mod owned;
mod owner;
mod relation;
mod rename;
mod replacement;
mod reshape;
mod subsource;
mod work;

use super::error::SqlResult;
use super::statement::Ddl;

pub use rename::sink_to_move;
use work::NewItem;
pub use work::Work;

impl Work<'_> {
    /// Carries a statement out and gives its command tag.
    ///
    /// # Errors
    /// What a real server says against it; the copy may then be half changed and must be thrown away.
    pub fn apply(&mut self, ddl: &Ddl) -> SqlResult<String> {
        let tag = match ddl {
            Ddl::CreateDatabase {
                name,
                if_not_exists,
            } => {
                self.create_database(name, *if_not_exists)?;
                "CREATE DATABASE"
            }
            Ddl::CreateSchema {
                name,
                if_not_exists,
            } => {
                self.create_schema(name, *if_not_exists)?;
                "CREATE SCHEMA"
            }
            Ddl::CreateRole { name } => {
                self.create_role(name)?;
                "CREATE ROLE"
            }
            Ddl::CreateCluster {
                name,
                if_not_exists,
                spec,
            } => {
                self.create_cluster(name, *if_not_exists, spec)?;
                "CREATE CLUSTER"
            }
            Ddl::CreateReplica {
                cluster,
                name,
                size,
            } => {
                self.create_replica(cluster, name, size)?;
                "CREATE CLUSTER REPLICA"
            }
            Ddl::CreateTable(table) => {
                self.create_table(table)?;
                "CREATE TABLE"
            }
            Ddl::CreateView(view) => {
                self.create_view(view)?;
                "CREATE VIEW"
            }
            Ddl::CreateMaterializedView(view) => {
                self.create_materialized_view(view)?;
                "CREATE MATERIALIZED VIEW"
            }
            Ddl::CreateIndex(index) => {
                self.create_index(index)?;
                "CREATE INDEX"
            }
            Ddl::CreateSource(source) => {
                self.create_source(source)?;
                "CREATE SOURCE"
            }
            Ddl::CreateSink(sink) => {
                self.create_sink(sink)?;
                "CREATE SINK"
            }
            Ddl::CreateConnection(connection) => {
                self.create_connection(connection)?;
                "CREATE CONNECTION"
            }
            Ddl::CreateType(new) => {
                self.create_type(new)?;
                "CREATE TYPE"
            }
            Ddl::CreateSecret {
                name,
                if_not_exists,
            } => {
                self.create_secret(name, *if_not_exists)?;
                "CREATE SECRET"
            }
            Ddl::AlterCluster {
                name,
                if_exists,
                change,
            } => {
                self.alter_cluster(name, *if_exists, change)?;
                "ALTER CLUSTER"
            }
            Ddl::ApplyReplacement { view, replacement } => {
                self.apply_replacement(view, replacement)?;
                "ALTER MATERIALIZED VIEW"
            }
            Ddl::MoveSink { sink, from } => {
                self.move_sink(sink, from)?;
                "ALTER SINK"
            }
            Ddl::AlterSystem { name, value } => {
                self.alter_system(name, value.as_deref())?;
                "ALTER SYSTEM"
            }
            Ddl::Grant(grant) => {
                self.grant(grant)?;
                if grant.revoke { "REVOKE" } else { "GRANT" }
            }
            Ddl::GrantRole {
                roles,
                members,
                revoke,
            } => {
                self.grant_role(roles, members, *revoke)?;
                if *revoke { "REVOKE ROLE" } else { "GRANT ROLE" }
            }
            Ddl::DefaultPrivileges(privileges) => {
                self.default_privileges(privileges)?;
                "ALTER DEFAULT PRIVILEGES"
            }
            Ddl::Comment {
                kind,
                name,
                column,
                text,
            } => {
                self.comment(*kind, name, column.as_deref(), text.as_deref())?;
                "COMMENT"
            }
            Ddl::Drop {
                kind,
                names,
                if_exists,
                cascade,
            } => {
                self.drop_objects(*kind, names, *if_exists, *cascade)?;
                return Ok(format!("DROP {}", kind.capitals()));
            }
            Ddl::DropOwned { roles, cascade } => {
                self.drop_owned(roles, *cascade)?;
                "DROP OWNED"
            }
            Ddl::ReassignOwned { roles, to } => {
                self.reassign_owned(roles, to)?;
                "REASSIGN OWNED"
            }
            Ddl::Swap { kind, name, with } => {
                self.swap(*kind, name, with)?;
                return Ok(format!("ALTER {}", kind.capitals()));
            }
            Ddl::Rename {
                kind,
                name,
                to,
                if_exists,
            } => {
                self.rename(*kind, name, to, *if_exists)?;
                return Ok(format!("ALTER {}", kind.capitals()));
            }
            Ddl::ChangeOwner {
                kind,
                name,
                role,
                if_exists,
            } => {
                self.change_owner(*kind, name, role, *if_exists)?;
                return Ok(format!("ALTER {}", kind.capitals()));
            }
        };
        Ok(tag.to_owned())
    }
}
