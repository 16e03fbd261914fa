//! Who owns what, and who may do what.

use super::Catalog;
use super::acl::{Acl, Privileges};
use super::id::Id;
use super::item::Item;
use crate::error::{SqlError, SqlResult};
use std::collections::BTreeSet;

/// Something that has an owner, for ownership checks and their message.
#[derive(Debug, Clone, Copy)]
pub enum Owned {
    Database(Id),
    Schema(Id),
    Cluster(Id),
    Replica(Id),
    Item(Id),
}

impl Catalog {
    /// The role and every role that it is a member of.
    #[must_use]
    pub fn roles_of(&self, role: Id) -> BTreeSet<Id> {
        let mut all = BTreeSet::from([role]);
        let mut next = vec![role];
        while let Some(member) = next.pop() {
            for membership in self.members.iter().filter(|m| m.member == member) {
                if all.insert(membership.role) {
                    next.push(membership.role);
                }
            }
        }
        all
    }

    #[must_use]
    pub fn is_superuser(&self, role: Id) -> bool {
        self.roles
            .get(&role)
            .is_some_and(|role| role.superuser == Some(true))
    }

    fn owner_and_label(&self, what: Owned) -> Option<(Id, String)> {
        match what {
            Owned::Database(id) => {
                let database = self.databases.get(&id)?;
                Some((database.owner, format!("DATABASE {}", database.name)))
            }
            Owned::Schema(id) => {
                let schema = self.schemas.get(&id)?;
                Some((
                    schema.owner,
                    format!("SCHEMA {}", self.full_schema_name(id)),
                ))
            }
            Owned::Cluster(id) => {
                let cluster = self.clusters.get(&id)?;
                Some((cluster.owner, format!("CLUSTER {}", cluster.name)))
            }
            Owned::Replica(id) => {
                let replica = self.replicas.get(&id)?;
                let cluster = self.clusters.get(&replica.cluster)?;
                Some((
                    replica.owner,
                    format!("CLUSTER REPLICA {}.{}", cluster.name, replica.name),
                ))
            }
            Owned::Item(id) => {
                let item = self.items.get(&id)?;
                let label = format!("{} {}", item.type_in_capitals(), self.full_name(id));
                Some((item.owner, label))
            }
        }
    }

    /// # Errors
    /// 42501 naming all of the things that the role does not own (recorded: 04, 14).
    pub fn require_owner(&self, role: Id, things: &[Owned]) -> SqlResult<()> {
        if self.is_superuser(role) {
            return Ok(());
        }
        let mine = self.roles_of(role);
        let missing: Vec<String> = things
            .iter()
            .filter_map(|what| self.owner_and_label(*what))
            .filter(|(owner, _)| !mine.contains(owner))
            .map(|(_, label)| label)
            .collect();
        if missing.is_empty() {
            Ok(())
        } else {
            Err(SqlError::not_owner(&missing.join(", ")))
        }
    }

    /// Whether the role, one of its roles, or PUBLIC holds the privileges.
    #[must_use]
    pub fn holds(&self, role: Id, acl: &Acl, wanted: Privileges) -> bool {
        if self.is_superuser(role) {
            return true;
        }
        let mine = self.roles_of(role);
        let held = mine
            .iter()
            .chain(std::iter::once(&Id::PUBLIC))
            .fold(Privileges::NONE, |all, id| all.and(acl.held_by(*id)));
        held.contains(wanted)
    }

    fn require(&self, role: Id, acl: &Acl, wanted: Privileges, on: &str) -> SqlResult<()> {
        if self.holds(role, acl, wanted) {
            return Ok(());
        }
        let names: Vec<&str> = wanted.names().collect();
        Err(SqlError::denied(
            on,
            self.role_name(role),
            &names.join(", "),
        ))
    }

    /// # Errors
    /// 42501 with the missing privilege.
    pub fn require_on_system(&self, role: Id, wanted: Privileges) -> SqlResult<()> {
        self.require(role, &self.system_acl, wanted, "SYSTEM")
    }

    /// # Errors
    /// 42501 with the missing privilege.
    pub fn require_on_database(&self, role: Id, id: Id, wanted: Privileges) -> SqlResult<()> {
        let Some(database) = self.databases.get(&id) else {
            return Ok(());
        };
        let on = format!("DATABASE \"{}\"", database.name);
        self.require(role, &database.acl, wanted, &on)
    }

    /// # Errors
    /// 42501 with the missing privilege.
    pub fn require_on_schema(&self, role: Id, id: Id, wanted: Privileges) -> SqlResult<()> {
        let Some(schema) = self.schemas.get(&id).filter(|s| s.database.is_some()) else {
            return Ok(());
        };
        let on = format!("SCHEMA \"{}\"", self.full_schema_name(id));
        self.require(role, &schema.acl, wanted, &on)
    }

    /// # Errors
    /// 42501 with the missing privilege.
    pub fn require_on_cluster(&self, role: Id, id: Id, wanted: Privileges) -> SqlResult<()> {
        let Some(cluster) = self.clusters.get(&id) else {
            return Ok(());
        };
        let on = format!("CLUSTER \"{}\"", cluster.name);
        self.require(role, &cluster.acl, wanted, &on)
    }

    /// # Errors
    /// 42501 with the missing privilege.
    pub fn require_on_item(&self, role: Id, item: &Item, wanted: Privileges) -> SqlResult<()> {
        let on = format!(
            "{} \"{}\"",
            item.type_in_capitals(),
            self.full_name(item.id)
        );
        self.require(role, &item.acl, wanted, &on)
    }

    /// What a new object carries: its owner's privileges and those that default privileges add.
    #[must_use]
    pub fn initial_acl(
        &self,
        owner: Id,
        object_type: &str,
        schema: Option<Id>,
        all: Privileges,
    ) -> Acl {
        let mut acl = Acl::default();
        acl.grant(owner, owner, all);
        let database = schema
            .and_then(|id| self.schemas.get(&id))
            .and_then(|s| s.database);
        for (scope, privileges) in &self.default_privileges {
            let applies = scope.object_type == object_type
                && (scope.role == Id::PUBLIC || scope.role == owner)
                && scope.schema.is_none_or(|id| Some(id) == schema)
                && scope.database.is_none_or(|id| Some(id) == database);
            if applies {
                acl.grant(scope.grantee, owner, *privileges);
            }
        }
        acl
    }
}
