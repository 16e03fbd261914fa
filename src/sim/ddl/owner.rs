//! ALTER .. OWNER TO.

use super::Work;
use crate::catalog::id::Id;
use crate::catalog::item::Body;
use crate::catalog::ownership::Owned;
use crate::error::{SqlError, SqlResult};
use crate::statement::Name;
use crate::statement::cluster::single;
use crate::statement::object::ObjectKind;
use serde_json::json;

impl Work<'_> {
    pub(super) fn change_owner(
        &mut self,
        kind: ObjectKind,
        name: &Name,
        role: &str,
        if_exists: bool,
    ) -> SqlResult<()> {
        let owned = match self.owned(kind, name) {
            Err(error) if if_exists && error.message.starts_with("unknown ") => {
                self.skipped(&kind.capitals(), &name.join("."));
                return Ok(());
            }
            owned => owned?,
        };
        let new = self.catalog.role(role)?;
        let me = self.viewer.role;
        self.catalog.require_owner(me, &[owned])?;
        if !self.catalog.is_superuser(me) && !self.catalog.roles_of(me).contains(&new) {
            return Err(SqlError::new(
                "42501",
                format!("must be a member of \"{role}\""),
            ));
        }
        let Some((old, object_id)) = self.hand_over(owned, new) else {
            return Ok(());
        };
        let details = json!({
            "new_owner_id": new.to_string(),
            "object_id": object_id,
            "old_owner_id": old.to_string(),
        });
        self.catalog
            .record(self.actor(), "alter", kind.object_type(), details);
        Ok(())
    }

    pub(super) fn owned(&self, kind: ObjectKind, name: &Name) -> SqlResult<Owned> {
        Ok(match kind {
            ObjectKind::Schema => Owned::Schema(self.catalog.schema(&self.viewer.path, name)?),
            ObjectKind::Cluster => Owned::Cluster(self.catalog.cluster(&single(name)?)?.0),
            ObjectKind::Database => Owned::Database(self.catalog.database(&single(name)?)?),
            ObjectKind::ClusterReplica => Owned::Replica(self.replica_named(name)?),
            ObjectKind::Role => {
                return Err(SqlError::plan("roles have no owner"));
            }
            kind => Owned::Item(self.item_of(kind, name)?),
        })
    }

    /// Gives the old owner and the id as the audit log writes it (`Su1.u11`; recorded: 14).
    pub(super) fn hand_over(&mut self, owned: Owned, new: Id) -> Option<(Id, String)> {
        match owned {
            Owned::Schema(id) => {
                let schema = self.catalog.schemas.get_mut(&id)?;
                let old = std::mem::replace(&mut schema.owner, new);
                schema.acl.change_owner(old, new);
                let database = schema.database.map(|d| d.to_string()).unwrap_or_default();
                Some((old, format!("S{database}.{id}")))
            }
            Owned::Cluster(id) => {
                let cluster = self.catalog.clusters.get_mut(&id)?;
                let old = std::mem::replace(&mut cluster.owner, new);
                cluster.acl.change_owner(old, new);
                for replica in self.catalog.replicas.values_mut() {
                    if replica.cluster == id {
                        replica.owner = new;
                    }
                }
                Some((old, format!("C{id}")))
            }
            Owned::Database(id) => {
                let database = self.catalog.databases.get_mut(&id)?;
                let old = std::mem::replace(&mut database.owner, new);
                database.acl.change_owner(old, new);
                Some((old, format!("D{id}")))
            }
            Owned::Replica(id) => {
                let replica = self.catalog.replicas.get_mut(&id)?;
                let old = std::mem::replace(&mut replica.owner, new);
                Some((old, format!("C{}.{id}", replica.cluster)))
            }
            Owned::Item(id) => {
                let old = self.catalog.items.get(&id)?.owner;
                let indexes: Vec<Id> = self
                    .catalog
                    .items
                    .values()
                    .filter(|item| matches!(item.body, Body::Index { on, .. } if on == id))
                    .map(|item| item.id)
                    .collect();
                for one in indexes.into_iter().chain([id]) {
                    self.catalog.change_item(one, |item| {
                        item.owner = new;
                        item.acl.change_owner(old, new);
                    });
                }
                Some((old, format!("I{id}")))
            }
        }
    }
}
