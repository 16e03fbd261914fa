//! DROP, with and without CASCADE.

use super::Work;
use crate::catalog::id::Id;
use crate::catalog::item::TYPES;
use crate::catalog::ownership::Owned;
use crate::error::{Notice, SqlError, SqlResult};
use crate::statement::Name;
use crate::statement::cluster::single;
use crate::statement::object::ObjectKind;
use serde_json::json;
use std::collections::BTreeSet;

const CASCADE_HINT: &str = "Use DROP ... CASCADE to drop the dependent objects too.";

/// One thing that a DROP takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Doomed {
    Item(Id),
    Replica(Id),
    Schema(Id),
    Cluster(Id),
    Database(Id),
    Role(Id),
}

impl Work<'_> {
    pub(super) fn drop_objects(
        &mut self,
        kind: ObjectKind,
        names: &[Name],
        if_exists: bool,
        cascade: bool,
    ) -> SqlResult<()> {
        let mut named = Vec::new();
        for name in names {
            match self.named(kind, name) {
                Ok(doomed) => named.push((doomed, name)),
                Err(error) if if_exists && is_unknown(&error) => {
                    self.skipped(&kind.capitals(), &name.join("."));
                }
                Err(error) => return Err(error),
            }
        }
        for (doomed, name) in &named {
            self.check(*doomed, name, cascade)?;
        }
        let owned: Vec<Owned> = named.iter().filter_map(|(d, _)| owned(*d)).collect();
        self.catalog.require_owner(self.viewer.role, &owned)?;
        self.take_with_dependents(&named.iter().map(|(doomed, _)| *doomed).collect());
        Ok(())
    }

    /// Drops these and what falls with them, and tells what they did not name.
    pub(super) fn take_with_dependents(&mut self, direct: &BTreeSet<Doomed>) {
        let all = self.falling_with(direct);
        let others: Vec<String> = all
            .iter()
            .filter(|doomed| !direct.contains(doomed))
            .map(|doomed| format!("drop cascades to {}", self.label(*doomed)))
            .collect();
        if !others.is_empty() {
            let message = format!("drop cascades to {} other objects", others.len());
            self.notice(Notice::new(message).detail(others.join("\n")));
        }
        for doomed in all {
            self.take(doomed);
        }
    }

    /// These and everything that falls with them, dependents first.
    pub(super) fn falling_with(&self, direct: &BTreeSet<Doomed>) -> Vec<Doomed> {
        let mut all = Vec::new();
        for doomed in direct {
            self.closure(*doomed, &mut all);
        }
        all
    }

    fn named(&self, kind: ObjectKind, name: &Name) -> SqlResult<Doomed> {
        Ok(match kind {
            ObjectKind::Schema => Doomed::Schema(self.catalog.schema(&self.viewer.path, name)?),
            ObjectKind::Cluster => Doomed::Cluster(self.catalog.cluster(&single(name)?)?.0),
            ObjectKind::Database => Doomed::Database(self.catalog.database(&single(name)?)?),
            ObjectKind::Role => Doomed::Role(self.catalog.role(&single(name)?)?),
            ObjectKind::ClusterReplica => Doomed::Replica(self.replica_named(name)?),
            kind => Doomed::Item(self.item_of(kind, name)?),
        })
    }

    pub(super) fn replica_named(&self, name: &Name) -> SqlResult<Id> {
        let [cluster, replica] = name.as_slice() else {
            return Err(SqlError::syntax("Expected cluster.replica"));
        };
        let (cluster, of) = self.catalog.cluster(cluster)?;
        let found = self
            .catalog
            .replicas
            .iter()
            .find(|(_, r)| r.cluster == cluster && r.name == *replica);
        found.map(|(id, _)| *id).ok_or_else(|| {
            SqlError::plan(format!(
                "CLUSTER {} has no CLUSTER REPLICA named \"{replica}\"",
                of.name
            ))
        })
    }

    /// Whether it may be dropped at all, before anyone asks who may.
    fn check(&self, doomed: Doomed, name: &Name, cascade: bool) -> SqlResult<()> {
        match doomed {
            Doomed::Schema(id) if !id.is_user() => Err(SqlError::plan(format!(
                "system schema '{}' cannot be modified",
                name.join(".")
            ))),
            Doomed::Cluster(id) if !id.is_user() => Err(SqlError::plan(format!(
                "system cluster '{}' cannot be modified",
                name.join(".")
            ))),
            Doomed::Role(id) if !id.is_user() => Err(SqlError::plan(format!(
                "role name \"{}\" is reserved",
                name.join(".")
            ))),
            Doomed::Role(id) => self.check_role_free(id),
            _ if cascade => Ok(()),
            Doomed::Schema(id) if self.catalog.items_in(id).next().is_some() => {
                Err(SqlError::plan(format!(
                    "schema '{}' cannot be dropped without CASCADE while it contains objects",
                    self.catalog.full_schema_name(id)
                )))
            }
            Doomed::Cluster(id)
                if self
                    .catalog
                    .items
                    .values()
                    .any(|item| item.cluster() == Some(id)) =>
            {
                Err(SqlError::plan(format!(
                    "cannot drop cluster \"{}\" because other objects depend on it",
                    name.join(".")
                ))
                .hint(CASCADE_HINT))
            }
            Doomed::Database(id)
                if self
                    .catalog
                    .schemas
                    .values()
                    .any(|schema| schema.database == Some(id)) =>
            {
                Err(SqlError::plan(format!(
                    "database '{}' cannot be dropped with RESTRICT while it contains schemas",
                    name.join(".")
                )))
            }
            Doomed::Item(id) => self.check_droppable(id),
            _ => Ok(()),
        }
    }

    fn check_role_free(&self, id: Id) -> SqlResult<()> {
        let catalog = &self.catalog;
        let owns = catalog.items.values().any(|item| item.owner == id)
            || catalog.schemas.values().any(|schema| schema.owner == id)
            || catalog.clusters.values().any(|cluster| cluster.owner == id);
        if owns {
            let name = catalog.role_name(id);
            return Err(SqlError::new(
                "2BP01",
                format!("role \"{name}\" cannot be dropped because some objects depend on it"),
            ));
        }
        Ok(())
    }

    pub(super) fn check_droppable(&self, id: Id) -> SqlResult<()> {
        let (Some(item), Some(by)) = (self.catalog.items.get(&id), self.catalog.kept_by(id)) else {
            return Ok(());
        };
        let path = &self.viewer.path;
        Err(SqlError::plan(format!(
            "cannot drop {} \"{}\": still depended upon by {} \"{}\"",
            item.type_in_words(),
            self.catalog.short_name(path, id),
            by.type_in_words(),
            self.catalog.short_name(path, by.id)
        ))
        .hint(CASCADE_HINT))
    }

    /// Everything that falls with it, itself last.
    fn closure(&self, doomed: Doomed, all: &mut Vec<Doomed>) {
        let catalog = &self.catalog;
        let mut add = |more: Vec<Doomed>| {
            for one in more {
                if !all.contains(&one) {
                    all.push(one);
                }
            }
        };
        match doomed {
            Doomed::Item(id) => add(items(catalog.falling([id]))),
            Doomed::Schema(id) => {
                let mut roots: Vec<Id> = catalog.items_in(id).map(|item| item.id).collect();
                roots.sort_unstable();
                add(items(catalog.falling(roots)));
                add(vec![doomed]);
            }
            Doomed::Cluster(id) => {
                let on = catalog.items.values().filter(|i| i.cluster() == Some(id));
                add(items(catalog.falling(on.map(|item| item.id))));
                let replicas = catalog.replicas.iter().filter(|(_, r)| r.cluster == id);
                add(replicas.map(|(id, _)| Doomed::Replica(*id)).collect());
                add(vec![doomed]);
            }
            Doomed::Database(id) => {
                let schemas: Vec<Id> = catalog
                    .schemas
                    .iter()
                    .filter(|(_, schema)| schema.database == Some(id))
                    .map(|(id, _)| *id)
                    .collect();
                for schema in schemas {
                    self.closure(Doomed::Schema(schema), all);
                }
                all.push(doomed);
            }
            Doomed::Replica(_) | Doomed::Role(_) => add(vec![doomed]),
        }
    }

    pub(super) fn label(&self, doomed: Doomed) -> String {
        let catalog = &self.catalog;
        match doomed {
            Doomed::Item(id) => {
                let kind = catalog.items.get(&id).map(|item| item.type_in_capitals());
                format!("{} \"{}\"", kind.unwrap_or_default(), catalog.full_name(id))
            }
            Doomed::Replica(id) => {
                let name = catalog.replicas.get(&id).map_or("", |r| r.name.as_str());
                format!("CLUSTER REPLICA \"{name}\"")
            }
            Doomed::Schema(id) => format!("SCHEMA \"{}\"", catalog.full_schema_name(id)),
            Doomed::Cluster(id) => {
                let name = catalog.clusters.get(&id).map_or("", |c| c.name.as_str());
                format!("CLUSTER \"{name}\"")
            }
            Doomed::Database(id) => {
                let name = catalog.databases.get(&id).map_or("", |d| d.name.as_str());
                format!("DATABASE \"{name}\"")
            }
            Doomed::Role(id) => format!("ROLE \"{}\"", catalog.role_name(id)),
        }
    }

    fn take(&mut self, doomed: Doomed) {
        match doomed {
            Doomed::Item(id) => self.drop_item(id),
            Doomed::Replica(id) => self.remove_replica(id),
            Doomed::Schema(id) => {
                if let Some(schema) = self.catalog.schemas.remove(&id) {
                    self.forget(id, "schema");
                    self.catalog
                        .default_privileges
                        .retain(|scope, _| scope.schema != Some(id));
                    let database = schema.database.and_then(|d| self.catalog.databases.get(&d));
                    let details = json!({
                        "database_name": database.map(|d| d.name.clone()),
                        "id": id.to_string(),
                        "name": schema.name,
                    });
                    self.catalog.record(self.actor(), "drop", "schema", details);
                }
            }
            Doomed::Cluster(id) => {
                if let Some(cluster) = self.catalog.clusters.remove(&id) {
                    self.forget(id, "cluster");
                    let details = json!({"id": id.to_string(), "name": cluster.name});
                    self.catalog
                        .record(self.actor(), "drop", "cluster", details);
                }
            }
            Doomed::Database(id) => {
                if let Some(database) = self.catalog.databases.remove(&id) {
                    self.forget(id, "database");
                    let details = json!({"id": id.to_string(), "name": database.name});
                    self.catalog
                        .record(self.actor(), "drop", "database", details);
                }
            }
            Doomed::Role(id) => {
                if let Some(role) = self.catalog.roles.remove(&id) {
                    self.forget(id, "role");
                    self.catalog
                        .members
                        .retain(|m| m.role != id && m.member != id);
                    let details = json!({"id": id.to_string(), "name": role.name});
                    self.catalog.record(self.actor(), "drop", "role", details);
                }
            }
        }
    }

    pub(super) fn drop_item(&mut self, id: Id) {
        if let Some(item) = self.catalog.remove_item(id) {
            self.catalog.record_item(self.actor(), "drop", &item);
        }
    }

    fn forget(&mut self, id: Id, object_type: &str) {
        debug_assert!(!TYPES.contains(&object_type), "items forget by themselves");
        self.catalog
            .comments
            .retain(|subject, _| subject.id != id || subject.object_type != object_type);
    }
}

fn items(ids: Vec<Id>) -> Vec<Doomed> {
    ids.into_iter().map(Doomed::Item).collect()
}

fn owned(doomed: Doomed) -> Option<Owned> {
    Some(match doomed {
        Doomed::Item(id) => Owned::Item(id),
        Doomed::Replica(id) => Owned::Replica(id),
        Doomed::Schema(id) => Owned::Schema(id),
        Doomed::Cluster(id) => Owned::Cluster(id),
        Doomed::Database(id) => Owned::Database(id),
        // Checked by CREATEROLE, not by ownership.
        Doomed::Role(_) => return None,
    })
}

fn is_unknown(error: &SqlError) -> bool {
    error.message.starts_with("unknown ") || error.message.contains("has no CLUSTER REPLICA")
}
