//! From names to ids, and back.

use super::id::{Id, Space};
use super::item::Item;
use super::script::{quote, quote_if_needed};
use super::{Catalog, Cluster};
use crate::error::{SqlError, SqlResult};
use std::sync::Arc;

/// The schema of every session's temporary items.
const TEMPORARY: &str = "mz_temp";

/// Schemas that an unqualified name is looked up in before the search path.
const IMPLICIT: [&str; 2] = ["mz_catalog", "pg_catalog"];

/// From where a session resolves names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    pub database: String,
    pub schemas: Vec<String>,
    /// The session's own temporary schema.
    pub temporary: Id,
}

impl Catalog {
    /// # Errors
    /// When no size has this name (recorded: 02).
    pub fn check_size(&self, size: &str) -> SqlResult<()> {
        if self.sizes.contains_key(size) {
            return Ok(());
        }
        let known: Vec<&str> = self.sizes.keys().map(String::as_str).collect();
        let unknown = SqlError::plan(format!("unknown cluster replica size {size}"));
        Err(unknown.hint(format!(
            "Valid cluster replica sizes are: {}",
            known.join(", ")
        )))
    }

    #[must_use]
    pub fn database_named(&self, name: &str) -> Option<Id> {
        let found = self.databases.iter().find(|(_, d)| d.name == name);
        found.map(|(id, _)| *id)
    }

    #[must_use]
    pub fn role_named(&self, name: &str) -> Option<Id> {
        let found = self.roles.iter().find(|(_, r)| r.name == name);
        found.map(|(id, _)| *id)
    }

    #[must_use]
    pub fn cluster_named(&self, name: &str) -> Option<Id> {
        let found = self.clusters.iter().find(|(_, c)| c.name == name);
        found.map(|(id, _)| *id)
    }

    /// A schema of that database, or a system schema.
    #[must_use]
    pub fn schema_named(&self, database: Option<Id>, name: &str) -> Option<Id> {
        let found = self
            .schemas
            .iter()
            .find(|(_, s)| s.name == name && (s.database.is_none() || s.database == database));
        found.map(|(id, _)| *id)
    }

    /// # Errors
    /// XX000 `unknown database`.
    pub fn database(&self, name: &str) -> SqlResult<Id> {
        self.database_named(name)
            .ok_or_else(|| SqlError::plan(format!("unknown database '{name}'")))
    }

    /// # Errors
    /// XX000 `unknown role`; PUBLIC is a grantee, not a role.
    pub fn role(&self, name: &str) -> SqlResult<Id> {
        self.role_named(name)
            .ok_or_else(|| SqlError::unknown_role(name))
    }

    /// # Errors
    /// XX000 `unknown cluster`.
    pub fn cluster(&self, name: &str) -> SqlResult<(Id, &Cluster)> {
        self.cluster_named(name)
            .and_then(|id| self.clusters.get_key_value(&id))
            .map(|(id, cluster)| (*id, cluster))
            .ok_or_else(|| SqlError::unknown_cluster(name))
    }

    /// A schema by `schema` or `database.schema`.
    ///
    /// # Errors
    /// XX000 `unknown schema`, or a name of three parts.
    pub fn schema(&self, path: &Path, name: &[String]) -> SqlResult<Id> {
        let (database, schema) = match name {
            [schema] => (&path.database, schema),
            [database, schema] => (database, schema),
            _ => return Err(too_many_parts(name)),
        };
        if schema == "mz_temp" {
            return Ok(path.temporary);
        }
        self.schema_named(self.database_named(database), schema)
            .ok_or_else(|| SqlError::unknown_schema(name.join(".")))
    }

    /// An existing item.
    ///
    /// # Errors
    /// XX000 `unknown schema` or `unknown catalog item` with the name as it was written.
    pub fn resolve(&self, path: &Path, name: &[String]) -> SqlResult<&Arc<Item>> {
        self.find(path, name)?
            .ok_or_else(|| SqlError::unknown_item(name.join(".")))
    }

    /// Like [`Catalog::resolve`], with `None` for an item that does not exist.
    ///
    /// # Errors
    /// XX000 `unknown schema`.
    pub fn find(&self, path: &Path, name: &[String]) -> SqlResult<Option<&Arc<Item>>> {
        match name {
            [item] => {
                let database = self.database_named(&path.database);
                let temporary = std::iter::once(path.temporary);
                let named = IMPLICIT
                    .iter()
                    .copied()
                    .chain(path.schemas.iter().map(String::as_str))
                    .filter_map(|schema| self.schema_named(database, schema));
                let mut schemas = temporary.chain(named);
                Ok(schemas.find_map(|schema| self.item_named(schema, item)))
            }
            [qualifier @ .., item] => {
                let schema = self.schema(path, qualifier)?;
                Ok(self.item_named(schema, item))
            }
            [] => Ok(None),
        }
    }

    /// Where a new item goes: its schema and its name.
    ///
    /// # Errors
    /// XX000 `unknown schema`, also where the search path names none that exists.
    pub fn target(&self, path: &Path, name: &[String]) -> SqlResult<(Id, String)> {
        match name {
            [item] => Ok((self.current_schema(path)?, item.clone())),
            [qualifier @ .., item] => Ok((self.schema(path, qualifier)?, item.clone())),
            [] => Err(SqlError::syntax("a name is missing")),
        }
    }

    /// The first schema of the search path that exists.
    ///
    /// # Errors
    /// XX000 where none does.
    pub fn current_schema(&self, path: &Path) -> SqlResult<Id> {
        let database = self.database_named(&path.database);
        path.schemas
            .iter()
            .find_map(|schema| self.schema_named(database, schema))
            .ok_or_else(|| SqlError::plan("no schema has been selected to create in"))
    }

    fn parts(&self, id: Id) -> Vec<&str> {
        let Some(item) = self.items.get(&id) else {
            return Vec::new();
        };
        let mut parts = self.schema_parts(item.schema);
        parts.push(&item.name);
        parts
    }

    fn schema_parts(&self, id: Id) -> Vec<&str> {
        if id.space == Space::Transient {
            return vec![TEMPORARY];
        }
        let Some(schema) = self.schemas.get(&id) else {
            return Vec::new();
        };
        let database = schema.database.and_then(|id| self.databases.get(&id));
        let database = database.map(|d| d.name.as_str());
        database
            .into_iter()
            .chain(std::iter::once(schema.name.as_str()))
            .collect()
    }

    /// Database and schema.
    #[must_use]
    pub fn schema_name_parts(&self, id: Id) -> Vec<String> {
        let parts = self.schema_parts(id).into_iter();
        parts.map(str::to_owned).collect()
    }

    /// `"materialize"."blue"."v"`.
    #[must_use]
    pub fn quoted_name(&self, id: Id) -> String {
        let parts: Vec<String> = self.parts(id).into_iter().map(quote).collect();
        parts.join(".")
    }

    /// `materialize.blue.v`, quoted where needed.
    #[must_use]
    pub fn shown_name(&self, id: Id) -> String {
        let parts: Vec<String> = self.parts(id).into_iter().map(quote_if_needed).collect();
        parts.join(".")
    }

    /// `materialize.blue.v`, never quoted: for messages.
    #[must_use]
    pub fn full_name(&self, id: Id) -> String {
        self.parts(id).join(".")
    }

    /// `materialize.blue`, never quoted: for messages.
    #[must_use]
    pub fn full_schema_name(&self, id: Id) -> String {
        self.schema_parts(id).join(".")
    }

    /// The shortest name that this session would understand: `blue.v`.
    #[must_use]
    pub fn short_name(&self, path: &Path, id: Id) -> String {
        let parts = self.parts(id);
        match parts.as_slice() {
            [database, schema, name] if *database == path.database => {
                if path.schemas.iter().any(|s| s == schema) {
                    (*name).to_owned()
                } else {
                    format!("{schema}.{name}")
                }
            }
            // Temporary items need no schema (recorded: v26.39/21).
            [TEMPORARY, name] => (*name).to_owned(),
            _ => parts.join("."),
        }
    }
}

fn too_many_parts(name: &[String]) -> SqlError {
    SqlError::plan(format!(
        "schema name {} has more than two components",
        name.join(".")
    ))
}
