//! ALTER .. RENAME TO, SWAP WITH, and ALTER SINK .. SET FROM.

use super::Work;
use crate::catalog::Catalog;
use crate::catalog::acl::Privileges;
use crate::catalog::id::Id;
use crate::catalog::item::Body;
use crate::catalog::ownership::Owned;
use crate::error::{SqlError, SqlResult};
use crate::select::Viewer;
use crate::statement::Name;
use crate::statement::cluster::single;
use crate::statement::object::ObjectKind;
use serde_json::json;

/// The sink and the relation that ALTER SINK .. SET FROM names, before anything waits for the sink.
///
/// # Errors
/// XX000 for names that do not exist, 42501 for a sink of another role.
pub fn sink_to_move(
    catalog: &Catalog,
    viewer: &Viewer,
    sink: &Name,
    from: &Name,
) -> SqlResult<(Id, Id)> {
    let item = catalog.resolve(&viewer.path, sink)?;
    if !matches!(item.body, Body::Sink { .. }) {
        return Err(SqlError::plan(format!(
            "{} is not of type SINK",
            sink.join(".")
        )));
    }
    let relation = catalog.resolve(&viewer.path, from)?;
    catalog.require_owner(viewer.role, &[Owned::Item(item.id)])?;
    catalog.require_on_item(viewer.role, relation, Privileges::SELECT)?;
    Ok((item.id, relation.id))
}

impl Work<'_> {
    pub(super) fn swap(&mut self, kind: ObjectKind, name: &Name, with: &str) -> SqlResult<()> {
        match kind {
            ObjectKind::Schema => self.swap_schemas(name, with),
            ObjectKind::Cluster => self.swap_clusters(&single(name)?, with),
            kind => Err(SqlError::unsupported(format!(
                "ALTER {} .. SWAP WITH",
                kind.capitals()
            ))),
        }
    }

    fn swap_schemas(&mut self, name: &Name, with: &str) -> SqlResult<()> {
        let path = &self.viewer.path;
        let first = self.catalog.schema(path, name)?;
        // The other name is looked up beside the first one, so it carries no database.
        let mut beside = name.clone();
        if let Some(last) = beside.last_mut() {
            with.clone_into(last);
        }
        let second = match self.catalog.schema(path, &beside) {
            Ok(second) => second,
            Err(_) => return Err(SqlError::unknown_schema(with)),
        };
        self.catalog.require_owner(
            self.viewer.role,
            &[Owned::Schema(first), Owned::Schema(second)],
        )?;
        let name_of = |catalog: &Catalog, id| {
            let schema = catalog.schemas.get(&id);
            schema.map(|schema| schema.name.clone()).unwrap_or_default()
        };
        let (a, b) = (name_of(self.catalog, first), name_of(self.catalog, second));
        if first != second {
            self.check_rename_conflict(&[first, second])?;
        }
        let temporary = format!("mz_schema_swap_{}", self.swap_suffix(first));
        let actor = self.actor();
        self.catalog
            .record_schema_rename(actor, first, &a, &temporary);
        self.catalog.record_schema_rename(actor, second, &b, &a);
        self.catalog
            .record_schema_rename(actor, first, &temporary, &b);
        self.set_schema_name(second, &a);
        self.set_schema_name(first, &b);
        Ok(())
    }

    fn swap_clusters(&mut self, name: &str, with: &str) -> SqlResult<()> {
        let (first, _) = self.catalog.cluster(name)?;
        let (second, _) = self.catalog.cluster(with)?;
        self.catalog.require_owner(
            self.viewer.role,
            &[Owned::Cluster(first), Owned::Cluster(second)],
        )?;
        let temporary = format!("mz_cluster_swap_{}", self.swap_suffix(first));
        let actor = self.actor();
        self.catalog
            .record_cluster_rename(actor, first, name, &temporary);
        self.catalog
            .record_cluster_rename(actor, second, with, name);
        self.catalog
            .record_cluster_rename(actor, first, &temporary, with);
        self.set_cluster_name(second, name);
        self.set_cluster_name(first, with);
        Ok(())
    }

    /// Twelve hexadecimal digits that differ from swap to swap.
    fn swap_suffix(&self, id: Id) -> String {
        let seed = self.catalog.counters.audit ^ (self.now << 16) ^ (id.number << 48);
        format!(
            "{:012x}",
            seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) & 0xffff_ffff_ffff
        )
    }

    fn set_schema_name(&mut self, id: Id, name: &str) {
        if let Some(schema) = self.catalog.schemas.get_mut(&id) {
            name.clone_into(&mut schema.name);
        }
    }

    fn set_cluster_name(&mut self, id: Id, name: &str) {
        if let Some(cluster) = self.catalog.clusters.get_mut(&id) {
            name.clone_into(&mut cluster.name);
        }
    }

    pub(super) fn rename(
        &mut self,
        kind: ObjectKind,
        name: &Name,
        to: &str,
        if_exists: bool,
    ) -> SqlResult<()> {
        let renamed = match kind {
            ObjectKind::Schema => self.rename_schema(name, to),
            ObjectKind::Cluster => self.rename_cluster(&single(name)?, to),
            ObjectKind::ClusterReplica => self.rename_replica(name, to),
            ObjectKind::Database | ObjectKind::Role => {
                return Err(SqlError::unsupported(format!(
                    "ALTER {} .. RENAME",
                    kind.capitals()
                )));
            }
            kind => self.rename_item(kind, name, to),
        };
        match renamed {
            Err(error) if if_exists && error.message.starts_with("unknown ") => {
                self.skipped(&kind.capitals(), &name.join("."));
                Ok(())
            }
            renamed => renamed,
        }
    }

    fn rename_schema(&mut self, name: &Name, to: &str) -> SqlResult<()> {
        let id = self.catalog.schema(&self.viewer.path, name)?;
        self.catalog
            .require_owner(self.viewer.role, &[Owned::Schema(id)])?;
        let Some(schema) = self.catalog.schemas.get(&id).cloned() else {
            return Ok(());
        };
        if self.catalog.schema_named(schema.database, to).is_some() {
            return Err(SqlError::plan(format!("schema '{to}' already exists")));
        }
        self.check_rename_conflict(&[id])?;
        self.catalog
            .record_schema_rename(self.actor(), id, &schema.name, to);
        self.set_schema_name(id, to);
        Ok(())
    }

    fn rename_cluster(&mut self, name: &str, to: &str) -> SqlResult<()> {
        let (id, _) = self.catalog.cluster(name)?;
        self.catalog
            .require_owner(self.viewer.role, &[Owned::Cluster(id)])?;
        if self.catalog.cluster_named(to).is_some() {
            return Err(SqlError::plan(format!("cluster '{to}' already exists")));
        }
        self.catalog
            .record_cluster_rename(self.actor(), id, name, to);
        self.set_cluster_name(id, to);
        Ok(())
    }

    fn rename_replica(&mut self, name: &Name, to: &str) -> SqlResult<()> {
        let id = self.replica_named(name)?;
        self.catalog
            .require_owner(self.viewer.role, &[Owned::Replica(id)])?;
        if let Some(replica) = self.catalog.replicas.get_mut(&id) {
            to.clone_into(&mut replica.name);
        }
        Ok(())
    }

    fn rename_item(&mut self, kind: ObjectKind, name: &Name, to: &str) -> SqlResult<()> {
        let id = self.item_of(kind, name)?;
        self.catalog
            .require_owner(self.viewer.role, &[Owned::Item(id)])?;
        let Some(item) = self.catalog.items.get(&id).cloned() else {
            return Ok(());
        };
        if let Some(taken) = self.catalog.item_named(item.schema, to) {
            return Err(SqlError::plan(format!(
                "{} \"{}\" already exists",
                taken.type_in_words(),
                self.catalog.full_name(taken.id)
            )));
        }
        self.catalog
            .change_item(id, |item| to.clone_into(&mut item.name));
        let part = |name: &str| {
            let schema = self.catalog.schemas.get(&item.schema);
            let database = schema
                .and_then(|s| s.database)
                .and_then(|id| self.catalog.databases.get(&id));
            json!({
                "database": database.map(|d| d.name.clone()),
                "schema": schema.map(|s| s.name.clone()),
                "item": name,
            })
        };
        let details = json!({
            "id": id.to_string(), "old_name": part(&item.name), "new_name": part(to),
        });
        self.catalog
            .record(self.actor(), "alter", item.object_type(), details);
        Ok(())
    }

    pub(super) fn move_sink(&mut self, sink: &Name, from: &Name) -> SqlResult<()> {
        let (sink, from) = sink_to_move(self.catalog, self.viewer, sink, from)?;
        self.catalog.change_item(sink, |item| {
            if let Body::Sink {
                from: old, version, ..
            } = &mut item.body
            {
                item.references.remove(old);
                item.references.insert(from);
                *old = from;
                *version += 1;
            }
        });
        if let Some(item) = self.catalog.items.get(&sink).cloned() {
            self.catalog.record_item(self.actor(), "alter", &item);
        }
        Ok(())
    }
}
