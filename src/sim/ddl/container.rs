//! Databases, schemas, roles and system parameters.

use super::Work;
use crate::catalog::acl::Privileges;
use crate::catalog::id::Id;
use crate::catalog::{Database, Role, Schema};
use crate::error::{SqlError, SqlResult};
use crate::statement::Name;
use serde_json::json;

/// Parameters that ALTER SYSTEM may set here.
const SYSTEM_PARAMETERS: [&str; 13] = [
    "enable_auto_scaling_strategy",
    "enable_refresh_every_mvs",
    "enable_cluster_schedule_refresh",
    "enable_create_table_from_source",
    "enable_alter_swap",
    "enable_load_generator_counter",
    "enable_rbac_checks",
    "max_clusters",
    "max_replicas_per_cluster",
    "max_sources",
    "max_sinks",
    "max_schemas_per_database",
    "max_objects_per_schema",
];

impl Work<'_> {
    pub(super) fn create_database(&mut self, name: &str, if_not_exists: bool) -> SqlResult<()> {
        let role = self.viewer.role;
        self.catalog.require_on_system(role, Privileges::CREATEDB)?;
        if self.catalog.database_named(name).is_some() {
            if if_not_exists {
                self.already("database", name);
                return Ok(());
            }
            return Err(SqlError::plan(format!("database '{name}' already exists")));
        }
        self.catalog.counters.database += 1;
        let id = Id::user(self.catalog.counters.database);
        let database = Database {
            oid: self.catalog.next_oid(),
            name: name.to_owned(),
            owner: role,
            acl: self
                .catalog
                .initial_acl(role, "database", None, Privileges::CONTAINER),
        };
        self.catalog.databases.insert(id, database);
        let details = json!({"id": id.to_string(), "name": name});
        self.catalog
            .record(self.actor(), "create", "database", details);
        self.add_schema(id, "public");
        Ok(())
    }

    pub(super) fn create_schema(&mut self, name: &Name, if_not_exists: bool) -> SqlResult<()> {
        let (database, schema) = match name.as_slice() {
            [schema] => (self.viewer.path.database.clone(), schema),
            [database, schema] => (database.clone(), schema),
            _ => {
                return Err(SqlError::plan(format!(
                    "schema name {} has more than two components",
                    name.join(".")
                )));
            }
        };
        let database = self.catalog.database(&database)?;
        self.catalog
            .require_on_database(self.viewer.role, database, Privileges::CREATE)?;
        if self.catalog.schema_named(Some(database), schema).is_some() {
            if if_not_exists {
                self.already("schema", schema);
                return Ok(());
            }
            return Err(SqlError::plan(format!("schema '{schema}' already exists")));
        }
        self.add_schema(database, schema);
        Ok(())
    }

    fn add_schema(&mut self, database: Id, name: &str) {
        let role = self.viewer.role;
        self.catalog.counters.schema += 1;
        let id = Id::user(self.catalog.counters.schema);
        let schema = Schema {
            oid: self.catalog.next_oid(),
            database: Some(database),
            name: name.to_owned(),
            owner: role,
            acl: self
                .catalog
                .initial_acl(role, "schema", None, Privileges::CONTAINER),
        };
        self.catalog.schemas.insert(id, schema);
        let database = self.catalog.databases.get(&database);
        let details = json!({
            "database_name": database.map(|d| d.name.clone()),
            "id": id.to_string(),
            "name": name,
        });
        self.catalog
            .record(self.actor(), "create", "schema", details);
    }

    pub(super) fn create_role(&mut self, name: &str) -> SqlResult<()> {
        self.catalog
            .require_on_system(self.viewer.role, Privileges::CREATEROLE)?;
        if name == "public" || name.starts_with("mz_") || name.starts_with("pg_") {
            return Err(SqlError::plan(format!("role name \"{name}\" is reserved")));
        }
        if self.catalog.role_named(name).is_some() {
            return Err(SqlError::plan(format!("role '{name}' already exists")));
        }
        self.catalog.counters.role += 1;
        let id = Id::user(self.catalog.counters.role);
        let role = Role {
            oid: self.catalog.next_oid(),
            name: name.to_owned(),
            can_login: Some(false),
            superuser: None,
        };
        self.catalog.roles.insert(id, role);
        let details = json!({"id": id.to_string(), "name": name});
        self.catalog.record(self.actor(), "create", "role", details);
        Ok(())
    }

    pub(super) fn alter_system(&mut self, name: &str, value: Option<&str>) -> SqlResult<()> {
        if !self.catalog.is_superuser(self.viewer.role) {
            return Err(SqlError::new("42501", "permission denied to alter system")
                .detail("You must be the 'mz_system' role"));
        }
        if !SYSTEM_PARAMETERS.contains(&name) {
            return Err(SqlError::plan(format!(
                "unrecognized configuration parameter \"{name}\""
            )));
        }
        match value {
            Some(value) => self
                .catalog
                .settings
                .insert(name.to_owned(), value.to_owned()),
            None => self.catalog.settings.remove(name),
        };
        let details = json!({"name": name, "value": value});
        self.catalog
            .record(self.actor(), "alter", "system", details);
        Ok(())
    }
}
