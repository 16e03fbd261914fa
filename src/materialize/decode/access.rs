//! Who may do what.

use super::store::CatalogRows;
use crate::domain::access::{Access, DefaultPrivilege, Grant, Grantee, Privilege, memberships};
use crate::domain::name::{Identifier, InvalidId, RoleId};
use crate::materialize::error::Error;
use crate::materialize::queries::rows;
use crate::materialize::row::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

/// # Errors
/// When the role is not in the catalog, or an access control list has an unknown form.
pub fn access(
    told: &CatalogRows,
    role_name: &Identifier,
    superuser: bool,
    rbac_enabled: bool,
) -> Result<Access, Error> {
    let role = told
        .all::<rows::Roles>()
        .find(|row| row.name().get() == Some(role_name.as_str()))
        .ok_or_else(|| {
            Error::decode(
                "mz_catalog.mz_roles",
                format!("role `{role_name}` is not in it"),
            )
        })?
        .id()
        .id()?;
    let members = members(told)?;
    let of_databases = told.all::<rows::DatabasePrivileges>();
    let of_schemas = told.all::<rows::SchemaPrivileges>();
    let of_clusters = told.all::<rows::ClusterPrivileges>();
    let of_objects = told.all::<rows::ObjectPrivileges>();
    Ok(Access {
        member_of: memberships(&role, &members),
        role,
        role_name: role_name.clone(),
        superuser,
        rbac_enabled,
        members,
        database_grants: grants(of_databases.map(|row| (row.id(), row.privileges())))?,
        schema_grants: grants(of_schemas.map(|row| (row.id(), row.privileges())))?,
        cluster_grants: grants(of_clusters.map(|row| (row.id(), row.privileges())))?,
        object_grants: grants(of_objects.map(|row| (row.id(), row.privileges())))?,
        system_grants: system_grants(told)?,
        default_privileges: default_privileges(told)?,
    })
}

fn members(told: &CatalogRows) -> Result<BTreeMap<RoleId, BTreeSet<RoleId>>, Error> {
    let mut members: BTreeMap<RoleId, BTreeSet<RoleId>> = BTreeMap::new();
    for row in told.all::<rows::RoleMembers>() {
        members
            .entry(row.role_id().id()?)
            .or_default()
            .insert(row.member().id()?);
    }
    Ok(members)
}

fn list(privileges: Cell<'_>) -> Result<Vec<Grant>, Error> {
    let list = privileges.get().map(Grant::parse_list).transpose();
    let list = list.map_err(|error| privileges.unreadable(error.to_string()))?;
    Ok(list.unwrap_or_default())
}

/// What is granted on each thing; NULL grants nothing.
fn grants<'a, Id: Ord + FromStr<Err = InvalidId>>(
    rows: impl Iterator<Item = (Cell<'a>, Cell<'a>)>,
) -> Result<BTreeMap<Id, Vec<Grant>>, Error> {
    rows.map(|(id, privileges)| Ok((id.id()?, list(privileges)?)))
        .collect()
}

/// One row per grant.
fn system_grants(told: &CatalogRows) -> Result<Vec<Grant>, Error> {
    let mut grants = Vec::new();
    for row in told.all::<rows::SystemPrivileges>() {
        grants.extend(list(row.privileges())?);
    }
    grants.sort();
    Ok(grants)
}

fn default_privileges(told: &CatalogRows) -> Result<Vec<DefaultPrivilege>, Error> {
    let mut found = told
        .all::<rows::DefaultPrivileges>()
        .map(|row| {
            let letters = row.privileges().text()?.chars();
            Ok(DefaultPrivilege {
                owner: Grantee::from(row.role_id().id::<RoleId>()?),
                database: row.database_id().optional_id()?,
                schema: row.schema_id().optional_id()?,
                object_type: row.object_type().text()?.to_owned(),
                grantee: Grantee::from(row.grantee().id::<RoleId>()?),
                privileges: letters.map(Privilege::from_letter).collect(),
            })
        })
        .collect::<Result<Vec<_>, Error>>()?;
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::name::SchemaId;
    use crate::materialize::queries::CatalogQuery;
    use crate::materialize::row::TextRow;

    fn recorded() -> CatalogRows {
        let mut told = CatalogRows::default();
        let rows: [(CatalogQuery, &[Option<&str>]); 7] = [
            (CatalogQuery::Roles, &[Some("u1"), Some("materialize")]),
            (CatalogQuery::Roles, &[Some("u3"), Some("deployer")]),
            (CatalogQuery::RoleMembers, &[Some("u4"), Some("u3")]),
            (
                CatalogQuery::SchemaPrivileges,
                &[Some("u11"), Some("{s2=U/u1,u1=UC/u1,u4=C/u1,=U/u1}")],
            ),
            (CatalogQuery::SystemPrivileges, &[Some("u3=N/s1")]),
            (
                CatalogQuery::DefaultPrivileges,
                &[Some("p"), None, None, Some("type"), Some("p"), Some("U")],
            ),
            (
                CatalogQuery::DefaultPrivileges,
                &[
                    Some("u1"),
                    None,
                    None,
                    Some("schema"),
                    Some("u2"),
                    Some("U"),
                ],
            ),
        ];
        for (query, cells) in rows {
            told.change(query, TextRow::new(cells.iter().copied()), 1);
        }
        told
    }

    #[test]
    fn grants_and_memberships_come_together() {
        let deployer = Identifier::new("deployer").unwrap();
        let access = access(&recorded(), &deployer, false, true).unwrap();
        assert!(access.may_create_clusters());
        assert!(access.owns(&RoleId::user(4)));
        assert!(access.holds_on_schema(&SchemaId::user(11), &Privilege::Create));
        assert_eq!(access.default_privileges[0].owner, Grantee::Public);
        assert_eq!(
            access.default_privileges[1].grantee,
            Grantee::Role(RoleId::user(2))
        );
    }

    #[test]
    fn an_unknown_role_is_an_error() {
        let nobody = Identifier::new("nobody").unwrap();
        assert!(access(&recorded(), &nobody, false, true).is_err());
    }
}
