//! DROP OWNED and REASSIGN OWNED.

use super::Work;
use super::drop::Doomed;
use crate::catalog::id::Id;
use crate::catalog::ownership::Owned;
use crate::error::{SqlError, SqlResult};
use std::collections::BTreeSet;

impl Work<'_> {
    /// Drops what the roles own and takes back what they were granted.
    pub(super) fn drop_owned(&mut self, roles: &[String], cascade: bool) -> SqlResult<()> {
        let roles = self.roles_to_act_for(roles)?;
        let direct: BTreeSet<Doomed> = self.things_of(&roles).into_iter().map(doomed).collect();
        let falling = self.falling_with(&direct);
        let other = falling.iter().find(|doomed| !direct.contains(doomed));
        if let Some(other) = other.filter(|_| !cascade) {
            return Err(SqlError::new(
                "2BP01",
                format!(
                    "cannot drop desired objects because other objects depend on them: {}",
                    self.label(*other)
                ),
            )
            .hint("Use DROP OWNED ... CASCADE to drop the dependent objects too."));
        }
        self.take_with_dependents(&direct);
        for role in roles {
            self.forget_grants(role);
        }
        Ok(())
    }

    pub(super) fn reassign_owned(&mut self, roles: &[String], to: &str) -> SqlResult<()> {
        let roles = self.roles_to_act_for(roles)?;
        let new = self.roles_to_act_for(&[to.to_owned()])?;
        for owned in self.things_of(&roles) {
            for new in &new {
                self.hand_over(owned, *new);
            }
        }
        Ok(())
    }

    /// The roles by name; whoever acts has to be a member of each.
    fn roles_to_act_for(&self, names: &[String]) -> SqlResult<BTreeSet<Id>> {
        let me = self.viewer.role;
        let mine = self.catalog.roles_of(me);
        let named = names.iter().map(|name| {
            let role = self.catalog.role(name)?;
            if self.catalog.is_superuser(me) || mine.contains(&role) {
                Ok(role)
            } else {
                let message = format!("must be a member of \"{name}\"");
                Err(SqlError::new("42501", message))
            }
        });
        named.collect()
    }

    fn things_of(&self, roles: &BTreeSet<Id>) -> Vec<Owned> {
        let catalog = &self.catalog;
        let by = |owner: &Id| roles.contains(owner);
        let items = catalog.items.values().filter(|item| by(&item.owner));
        let schemas = catalog.schemas.iter().filter(|(_, one)| by(&one.owner));
        let clusters = catalog.clusters.iter().filter(|(_, one)| by(&one.owner));
        let databases = catalog.databases.iter().filter(|(_, one)| by(&one.owner));
        items
            .map(|item| Owned::Item(item.id))
            .chain(schemas.map(|(id, _)| Owned::Schema(*id)))
            .chain(clusters.map(|(id, _)| Owned::Cluster(*id)))
            .chain(databases.map(|(id, _)| Owned::Database(*id)))
            .collect()
    }

    fn forget_grants(&mut self, role: Id) {
        self.catalog.system_acl.forget(role);
        self.catalog
            .default_privileges
            .retain(|scope, _| scope.grantee != role && scope.role != role);
        for database in self.catalog.databases.values_mut() {
            database.acl.forget(role);
        }
        for schema in self.catalog.schemas.values_mut() {
            schema.acl.forget(role);
        }
        for cluster in self.catalog.clusters.values_mut() {
            cluster.acl.forget(role);
        }
        let items: Vec<Id> = self.catalog.items.values().map(|item| item.id).collect();
        for item in items {
            self.catalog.change_item(item, |item| item.acl.forget(role));
        }
    }
}

fn doomed(owned: Owned) -> Doomed {
    match owned {
        Owned::Item(id) => Doomed::Item(id),
        Owned::Replica(id) => Doomed::Replica(id),
        Owned::Schema(id) => Doomed::Schema(id),
        Owned::Cluster(id) => Doomed::Cluster(id),
        Owned::Database(id) => Doomed::Database(id),
    }
}
