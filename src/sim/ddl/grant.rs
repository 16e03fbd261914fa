//! GRANT, REVOKE, ALTER DEFAULT PRIVILEGES.

use super::Work;
use crate::catalog::acl::{Acl, Privileges};
use crate::catalog::id::Id;
use crate::catalog::ownership::Owned;
use crate::catalog::{Catalog, DefaultScope, Membership};
use crate::error::{SqlError, SqlResult};
use crate::statement::Name;
use crate::statement::object::ObjectKind;
use crate::statement::rights::{DefaultPrivileges, Grant, On, Scope, Which};
use serde_json::json;

impl Work<'_> {
    pub(super) fn grant(&mut self, grant: &Grant) -> SqlResult<()> {
        let grantees = self.grantees(&grant.grantees)?;
        match &grant.on {
            On::System => {
                if !self.catalog.is_superuser(self.viewer.role) {
                    return Err(SqlError::not_owner("SYSTEM"));
                }
                let which = privileges(grant.privileges, Privileges::SYSTEM, "SYSTEM")?;
                change(
                    &mut self.catalog.system_acl,
                    grant.revoke,
                    &grantees,
                    Id::system(1),
                    which,
                );
                self.record_grant(grant, "system", "SYSTEM", &grantees, which);
                Ok(())
            }
            On::Objects { kind, names } => {
                let owned = names
                    .iter()
                    .map(|name| self.grantable(*kind, name))
                    .collect::<SqlResult<Vec<_>>>()?;
                self.grant_on(grant, &owned, &grantees)
            }
            On::AllIn { kind, schemas } => {
                let mut owned = Vec::new();
                for schema in schemas {
                    let schema = self.catalog.schema(&self.viewer.path, schema)?;
                    let fitting = self.catalog.items_in(schema).filter(|item| match kind {
                        ObjectKind::Relation => item.is_relation(),
                        kind => item.object_type() == kind.object_type(),
                    });
                    owned.extend(fitting.map(|item| Owned::Item(item.id)));
                }
                self.grant_on(grant, &owned, &grantees)
            }
        }
    }

    fn grantable(&self, kind: ObjectKind, name: &Name) -> SqlResult<Owned> {
        match kind {
            ObjectKind::View
            | ObjectKind::MaterializedView
            | ObjectKind::Source
            | ObjectKind::Table => self.owned(ObjectKind::Relation, name),
            kind => self.owned(kind, name),
        }
    }

    fn grant_on(&mut self, grant: &Grant, owned: &[Owned], grantees: &[Id]) -> SqlResult<()> {
        self.catalog.require_owner(self.viewer.role, owned)?;
        for one in owned {
            let (all, owner, object_type, label) = describe(self.catalog, *one)?;
            let which = privileges(grant.privileges, all, &label)?;
            let edit = |acl: &mut Acl| change(acl, grant.revoke, grantees, owner, which);
            let object_id = match one {
                Owned::Schema(id) => {
                    if let Some(schema) = self.catalog.schemas.get_mut(id) {
                        edit(&mut schema.acl);
                    }
                    id.to_string()
                }
                Owned::Cluster(id) => {
                    if let Some(cluster) = self.catalog.clusters.get_mut(id) {
                        edit(&mut cluster.acl);
                    }
                    id.to_string()
                }
                Owned::Database(id) => {
                    if let Some(database) = self.catalog.databases.get_mut(id) {
                        edit(&mut database.acl);
                    }
                    id.to_string()
                }
                Owned::Item(id) => {
                    self.catalog.change_item(*id, |item| edit(&mut item.acl));
                    id.to_string()
                }
                Owned::Replica(id) => id.to_string(),
            };
            self.record_grant(grant, object_type, &object_id, grantees, which);
        }
        Ok(())
    }

    fn record_grant(
        &mut self,
        grant: &Grant,
        object_type: &'static str,
        object_id: &str,
        grantees: &[Id],
        which: Privileges,
    ) {
        let event_type = if grant.revoke { "revoke" } else { "grant" };
        for grantee in grantees {
            let details = json!({
                "grantee_id": grantee.to_string(),
                "grantor_id": self.viewer.role.to_string(),
                "object_id": object_id,
                "privileges": which.letters(),
            });
            self.catalog
                .record(self.actor(), event_type, object_type, details);
        }
    }

    fn grantees(&self, names: &[String]) -> SqlResult<Vec<Id>> {
        names
            .iter()
            .map(|name| match name.as_str() {
                "public" => Ok(Id::PUBLIC),
                name => self.catalog.role(name),
            })
            .collect()
    }

    pub(super) fn grant_role(
        &mut self,
        roles: &[String],
        members: &[String],
        revoke: bool,
    ) -> SqlResult<()> {
        let me = self.viewer.role;
        self.catalog.require_on_system(me, Privileges::CREATEROLE)?;
        for role in roles {
            for member in members {
                let membership = Membership {
                    role: self.catalog.role(role)?,
                    member: self.catalog.role(member)?,
                    grantor: me,
                };
                if self
                    .catalog
                    .roles_of(membership.role)
                    .contains(&membership.member)
                    && !revoke
                {
                    return Err(SqlError::plan(format!(
                        "role \"{member}\" is a member of role \"{role}\""
                    )));
                }
                if revoke {
                    self.catalog
                        .members
                        .retain(|m| (m.role, m.member) != (membership.role, membership.member));
                } else {
                    self.catalog.members.insert(membership);
                }
                let event = if revoke { "revoke" } else { "grant" };
                let details = json!({
                    "grantor_id": me.to_string(),
                    "member_id": membership.member.to_string(),
                    "role_id": membership.role.to_string(),
                });
                self.catalog.record(self.actor(), event, "role", details);
            }
        }
        Ok(())
    }

    pub(super) fn default_privileges(&mut self, statement: &DefaultPrivileges) -> SqlResult<()> {
        let me = self.viewer.role;
        let creators = match &statement.creators {
            None if self.catalog.is_superuser(me) => vec![Id::PUBLIC],
            None => {
                // Recorded: 04.
                return Err(SqlError::new(
                    "42501",
                    "permission denied to ALTER DEFAULT PRIVILEGES FOR ALL ROLES",
                )
                .detail("You must be a superuser to ALTER DEFAULT PRIVILEGES FOR ALL ROLES"));
            }
            Some(names) => self.creators(names)?,
        };
        let scopes = self.scopes(&statement.scope)?;
        let grantees = self.grantees(&statement.grantees)?;
        let all = match statement.kind {
            ObjectKind::Relation => Privileges::TABLE,
            ObjectKind::Schema | ObjectKind::Database | ObjectKind::Cluster => {
                Privileges::CONTAINER
            }
            _ => Privileges::USAGE,
        };
        let which = privileges(statement.privileges, all, &statement.kind.capitals())?;
        for role in creators {
            for (database, schema) in &scopes {
                for grantee in &grantees {
                    let scope = DefaultScope {
                        role,
                        database: *database,
                        schema: *schema,
                        object_type: statement.kind.object_type(),
                        grantee: *grantee,
                    };
                    self.set_default(scope, which, statement.revoke);
                }
            }
        }
        Ok(())
    }

    fn set_default(&mut self, scope: DefaultScope, which: Privileges, revoke: bool) {
        let event = if revoke { "revoke" } else { "grant" };
        let details = json!({
            "database_id": scope.database.map(|id| id.to_string()),
            "grantee_id": scope.grantee.to_string(),
            "privileges": which.letters(),
            "role_id": scope.role.to_string(),
            "schema_id": scope.schema.map(|id| id.to_string()),
        });
        self.catalog
            .record(self.actor(), event, scope.object_type, details);
        let held = self.catalog.default_privileges.entry(scope).or_default();
        *held = if revoke {
            held.without(which)
        } else {
            held.and(which)
        };
        self.catalog
            .default_privileges
            .retain(|_, privileges| !privileges.is_empty());
    }

    fn creators(&self, names: &[String]) -> SqlResult<Vec<Id>> {
        let me = self.viewer.role;
        names
            .iter()
            .map(|name| {
                let role = self.catalog.role(name)?;
                let allowed =
                    self.catalog.is_superuser(me) || self.catalog.roles_of(me).contains(&role);
                if allowed {
                    Ok(role)
                } else {
                    Err(SqlError::new(
                        "42501",
                        format!("must be a member of \"{name}\""),
                    ))
                }
            })
            .collect()
    }

    fn scopes(&self, scope: &Scope) -> SqlResult<Vec<(Option<Id>, Option<Id>)>> {
        match scope {
            Scope::Everywhere => Ok(vec![(None, None)]),
            Scope::Schemas(names) => names
                .iter()
                .map(|name| {
                    let id = self.catalog.schema(&self.viewer.path, name)?;
                    let database = self.catalog.schemas.get(&id).and_then(|s| s.database);
                    Ok((database, Some(id)))
                })
                .collect(),
            Scope::Databases(names) => names
                .iter()
                .map(|name| Ok((Some(self.catalog.database(name)?), None)))
                .collect(),
        }
    }
}

/// What ALL means on it, its owner, its type in the audit log, and how messages name it.
fn describe(catalog: &Catalog, owned: Owned) -> SqlResult<(Privileges, Id, &'static str, String)> {
    let gone = || SqlError::plan("the object no longer exists");
    Ok(match owned {
        Owned::Schema(id) => {
            let schema = catalog.schemas.get(&id).ok_or_else(gone)?;
            let label = format!("SCHEMA \"{}\"", catalog.full_schema_name(id));
            (Privileges::CONTAINER, schema.owner, "schema", label)
        }
        Owned::Cluster(id) => {
            let cluster = catalog.clusters.get(&id).ok_or_else(gone)?;
            let label = format!("CLUSTER \"{}\"", cluster.name);
            (Privileges::CONTAINER, cluster.owner, "cluster", label)
        }
        Owned::Database(id) => {
            let database = catalog.databases.get(&id).ok_or_else(gone)?;
            let label = format!("DATABASE \"{}\"", database.name);
            (Privileges::CONTAINER, database.owner, "database", label)
        }
        Owned::Item(id) => {
            let item = catalog.items.get(&id).ok_or_else(gone)?;
            let label = format!("{} \"{}\"", item.type_in_capitals(), catalog.full_name(id));
            (item.all_privileges(), item.owner, item.object_type(), label)
        }
        Owned::Replica(_) => return Err(SqlError::plan("cluster replicas have no privileges")),
    })
}

fn privileges(which: Which, all: Privileges, on: &str) -> SqlResult<Privileges> {
    match which {
        Which::All => Ok(all),
        Which::These(these) if all.contains(these) => Ok(these),
        Which::These(these) => {
            let foreign: Vec<&str> = these.without(all).names().collect();
            Err(SqlError::plan(format!(
                "invalid privilege types {} for {on}",
                foreign.join(", ")
            )))
        }
    }
}

fn change(acl: &mut Acl, revoke: bool, grantees: &[Id], grantor: Id, which: Privileges) {
    for grantee in grantees {
        if revoke {
            acl.revoke(*grantee, grantor, which);
        } else {
            acl.grant(*grantee, grantor, which);
        }
    }
}
