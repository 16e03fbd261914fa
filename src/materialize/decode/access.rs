//! Who may do what.

use super::row::{Facts, TextRow};
use crate::domain::access::{Access, DefaultPrivilege, Grant, Grantee, Privilege, memberships};
use crate::domain::name::{Identifier, InvalidId, RoleId};
use crate::materialize::error::Error;
use crate::materialize::queries::Fact;
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

/// # Errors
/// When the role is not in the catalog, or an access control list has an unknown form.
pub fn access(
    facts: &Facts,
    role_name: &Identifier,
    superuser: bool,
    rbac_enabled: bool,
) -> Result<Access, Error> {
    let role = facts
        .of(Fact::Roles)
        .find(|row| row.get(1) == Some(role_name.as_str()))
        .ok_or_else(|| {
            Error::decode(
                "mz_catalog.mz_roles",
                format!("role `{role_name}` is not in it"),
            )
        })?
        .id(Fact::Roles, 0)?;
    let members = members(facts)?;
    Ok(Access {
        member_of: memberships(&role, &members),
        role,
        role_name: role_name.clone(),
        superuser,
        rbac_enabled,
        members,
        database_grants: grants(facts, Fact::DatabasePrivileges)?,
        schema_grants: grants(facts, Fact::SchemaPrivileges)?,
        cluster_grants: grants(facts, Fact::ClusterPrivileges)?,
        object_grants: grants(facts, Fact::ObjectPrivileges)?,
        system_grants: system_grants(facts)?,
        default_privileges: default_privileges(facts)?,
    })
}

fn members(facts: &Facts) -> Result<BTreeMap<RoleId, BTreeSet<RoleId>>, Error> {
    let fact = Fact::RoleMembers;
    let mut members: BTreeMap<RoleId, BTreeSet<RoleId>> = BTreeMap::new();
    for row in facts.of(fact) {
        members
            .entry(row.id(fact, 0)?)
            .or_default()
            .insert(row.id(fact, 1)?);
    }
    Ok(members)
}

fn list(fact: Fact, text: &str) -> Result<Vec<Grant>, Error> {
    Grant::parse_list(text).map_err(|error| Error::decode(fact.query().relation, error.to_string()))
}

fn grants<Id: Ord + FromStr<Err = InvalidId>>(
    facts: &Facts,
    fact: Fact,
) -> Result<BTreeMap<Id, Vec<Grant>>, Error> {
    facts
        .of(fact)
        .map(|row| {
            let grants = row.get(1).map_or(Ok(Vec::new()), |text| list(fact, text))?;
            Ok((row.id(fact, 0)?, grants))
        })
        .collect()
}

/// One row per grant.
fn system_grants(facts: &Facts) -> Result<Vec<Grant>, Error> {
    let fact = Fact::SystemPrivileges;
    let mut grants = Vec::new();
    for row in facts.of(fact) {
        grants.extend(list(fact, row.text(fact, 0)?)?);
    }
    grants.sort();
    Ok(grants)
}

fn default_privileges(facts: &Facts) -> Result<Vec<DefaultPrivilege>, Error> {
    let fact = Fact::DefaultPrivileges;
    let grantee = |row: &TextRow, column| row.id::<RoleId>(fact, column).map(Grantee::from);
    let mut found = facts
        .of(fact)
        .map(|row| {
            Ok(DefaultPrivilege {
                owner: grantee(row, 0)?,
                database: row.optional_id(fact, 1)?,
                schema: row.optional_id(fact, 2)?,
                object_type: row.text(fact, 3)?.to_owned(),
                grantee: grantee(row, 4)?,
                privileges: row
                    .text(fact, 5)?
                    .chars()
                    .map(Privilege::from_letter)
                    .collect(),
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

    fn recorded() -> Facts {
        let mut facts = Facts::default();
        let rows: [(Fact, &[Option<&str>]); 7] = [
            (Fact::Roles, &[Some("u1"), Some("materialize")]),
            (Fact::Roles, &[Some("u3"), Some("deployer")]),
            (Fact::RoleMembers, &[Some("u4"), Some("u3")]),
            (
                Fact::SchemaPrivileges,
                &[Some("u11"), Some("{s2=U/u1,u1=UC/u1,u4=C/u1,=U/u1}")],
            ),
            (Fact::SystemPrivileges, &[Some("u3=N/s1")]),
            (
                Fact::DefaultPrivileges,
                &[Some("p"), None, None, Some("type"), Some("p"), Some("U")],
            ),
            (
                Fact::DefaultPrivileges,
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
        for (fact, cells) in rows {
            facts
                .rows_mut(fact)
                .change(TextRow::new(cells.iter().copied()), 1);
        }
        facts
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
