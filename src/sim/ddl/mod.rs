//! Statements that change the catalog.

mod cluster;
mod comment;
mod conflict;
mod container;
mod drop;
mod grant;
mod index;
mod ingest;
mod owner;
mod relation;
mod rename;
mod subsource;

use super::catalog::Catalog;
use super::catalog::acl::Privileges;
use super::catalog::audit::Actor;
use super::catalog::id::Id;
use super::catalog::item::{Body, Item};
use super::error::{Notice, SqlError, SqlResult};
use super::inventory::Millis;
use super::select::Viewer;
use super::statement::object::ObjectKind;
use super::statement::{Ddl, Name};
use super::types::Column;
use std::collections::BTreeSet;

pub use rename::sink_to_move;

/// A statement at work on a copy of the catalog.
pub struct Work<'a> {
    pub catalog: &'a mut Catalog,
    pub viewer: &'a Viewer,
    /// The session's cluster, by name.
    pub cluster: &'a str,
    pub now: Millis,
    pub notices: Vec<Notice>,
}

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

    fn actor(&self) -> Actor {
        Actor {
            role: self.viewer.role,
            now: self.now,
        }
    }

    fn notice(&mut self, notice: Notice) {
        self.notices.push(notice);
    }

    fn skipped(&mut self, kind: &str, name: &str) {
        self.notice(Notice::new(format!(
            "{kind} \"{name}\" does not exist, skipping"
        )));
    }

    fn already(&mut self, kind: &str, name: &str) {
        self.notice(Notice::new(format!(
            "{kind} \"{name}\" already exists, skipping"
        )));
    }

    /// Where a new item goes. `None` when it is there already and that is fine.
    fn place(
        &mut self,
        name: &Name,
        if_not_exists: bool,
        temporary: bool,
    ) -> SqlResult<Option<(Id, String)>> {
        let path = &self.viewer.path;
        let (schema, item) = if temporary {
            let item = name.last().cloned().unwrap_or_default();
            (path.temporary, item)
        } else {
            self.catalog.target(path, name)?
        };
        if let Some(existing) = self.catalog.item_named(schema, &item) {
            let kind = existing.type_in_words();
            let full = self.catalog.full_name(existing.id);
            if if_not_exists {
                self.already(&kind, &full);
                return Ok(None);
            }
            return Err(SqlError::plan(format!("{kind} \"{full}\" already exists")));
        }
        if !temporary {
            self.catalog
                .require_on_schema(self.viewer.role, schema, Privileges::CREATE)?;
        }
        Ok(Some((schema, item)))
    }

    /// Adds an item that belongs to the session's role and records it.
    fn add(&mut self, new: NewItem) -> Id {
        let id = self.catalog.next_item();
        let oid = self.catalog.next_oid();
        let owner = self.viewer.role;
        let mut item = Item {
            id,
            oid,
            schema: new.schema,
            name: new.name,
            owner,
            acl: super::catalog::acl::Acl::default(),
            body: new.body,
            columns: new.columns,
            references: new.references,
            created_at: self.now,
            temporary: new.temporary,
        };
        if item.has_acl() {
            let class = match item.object_type() {
                "view" | "materialized-view" | "source" => "table",
                class => class,
            };
            let all = item.all_privileges();
            item.acl = self
                .catalog
                .initial_acl(owner, class, Some(item.schema), all);
        }
        if !item.temporary {
            self.catalog.record_item(self.actor(), "create", &item);
        }
        self.catalog.insert_item(item);
        id
    }

    /// The cluster that is named, or the session's; the role must be allowed to create there.
    fn cluster_for(&self, name: Option<&str>) -> SqlResult<Id> {
        let (id, _) = self.catalog.cluster(name.unwrap_or(self.cluster))?;
        self.catalog
            .require_on_cluster(self.viewer.role, id, Privileges::CREATE)?;
        Ok(id)
    }

    /// An existing item of that kind.
    fn item_of(&self, kind: ObjectKind, name: &Name) -> SqlResult<Id> {
        let item = self.catalog.resolve(&self.viewer.path, name)?;
        if !item.id.is_user() {
            return Err(SqlError::plan(format!(
                "system item '{}' cannot be modified",
                self.catalog.full_name(item.id)
            )));
        }
        let fits = match kind {
            ObjectKind::Relation | ObjectKind::Column => item.is_relation(),
            kind => item.object_type() == kind.object_type(),
        };
        if fits {
            Ok(item.id)
        } else {
            Err(SqlError::plan(format!(
                "{} is not of type {}",
                name.join("."),
                kind.capitals()
            )))
        }
    }
}

/// What is particular about a new item.
struct NewItem {
    schema: Id,
    name: String,
    body: Body,
    columns: Vec<Column>,
    references: BTreeSet<Id>,
    temporary: bool,
}
