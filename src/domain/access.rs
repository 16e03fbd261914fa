//! Who may do what: roles, memberships, grants and default privileges, as the catalog holds them.

use super::name::{ClusterId, DatabaseId, Identifier, ObjectId, RoleId, SchemaId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What a grant allows.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Privilege {
    Select,
    Insert,
    Update,
    Delete,
    Usage,
    Create,
    CreateRole,
    CreateDb,
    CreateCluster,
    CreateNetworkPolicy,
    /// A letter that this version does not know.
    Other(char),
}

impl Privilege {
    /// From the letter of an access control item: `UC` is USAGE and CREATE.
    #[must_use]
    pub fn from_letter(letter: char) -> Self {
        match letter {
            'r' => Self::Select,
            'a' => Self::Insert,
            'w' => Self::Update,
            'd' => Self::Delete,
            'U' => Self::Usage,
            'C' => Self::Create,
            'R' => Self::CreateRole,
            'B' => Self::CreateDb,
            'N' => Self::CreateCluster,
            'P' => Self::CreateNetworkPolicy,
            other => Self::Other(other),
        }
    }

    /// The word of `GRANT`; `None` for a privilege that this version does not know.
    #[must_use]
    pub fn keyword(&self) -> Option<&'static str> {
        Some(match self {
            Self::Select => "SELECT",
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Usage => "USAGE",
            Self::Create => "CREATE",
            Self::CreateRole => "CREATEROLE",
            Self::CreateDb => "CREATEDB",
            Self::CreateCluster => "CREATECLUSTER",
            Self::CreateNetworkPolicy => "CREATENETWORKPOLICY",
            Self::Other(_) => return None,
        })
    }
}

impl fmt::Display for Privilege {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other(letter) => write!(f, "privilege `{letter}`"),
            known => f.pad(known.keyword().unwrap_or_default()),
        }
    }
}

/// Who holds a grant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grantee {
    Public,
    Role(RoleId),
}

impl From<RoleId> for Grantee {
    fn from(role: RoleId) -> Self {
        match role {
            RoleId::PUBLIC => Self::Public,
            role => Self::Role(role),
        }
    }
}

/// Privileges that one role gave to another on one thing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Grant {
    pub grantee: Grantee,
    pub grantor: RoleId,
    pub privileges: BTreeSet<Privilege>,
}

/// Why a text is no access control list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAccessItem {
    #[error("`{0}` is no access control item of the form grantee=letters/grantor")]
    Form(String),
    #[error("`{0}` names roles where their ids are asked for")]
    Names(String),
}

impl Grant {
    /// Reads one access control item by role ids: `u2=UC/u1`, `=U/u1` for PUBLIC (recorded: 04).
    ///
    /// # Errors
    /// When the text has another form, or holds names in place of ids: taken for ids they would match nobody, in silence. The server
    /// writes names where a single item is cast to text (recorded: v26.24/17).
    pub fn parse(item: &str) -> Result<Self, InvalidAccessItem> {
        let invalid = || InvalidAccessItem::Form(item.to_owned());
        let (grantee, rest) = item.split_once('=').ok_or_else(invalid)?;
        let (letters, grantor) = rest.split_once('/').ok_or_else(invalid)?;
        let role = |text: &str| {
            let id = text.parse::<RoleId>();
            id.map_err(|_| InvalidAccessItem::Names(item.to_owned()))
        };
        Ok(Self {
            grantee: match grantee {
                "" => Grantee::Public,
                id => Grantee::from(role(id)?),
            },
            grantor: role(grantor)?,
            privileges: letters.chars().map(Privilege::from_letter).collect(),
        })
    }

    /// Reads a whole list: `{s2=U/u1,u1=UC/u1,=U/u1}`.
    ///
    /// # Errors
    /// When an item has another form.
    pub fn parse_list(list: &str) -> Result<Vec<Self>, InvalidAccessItem> {
        list.trim_start_matches('{')
            .trim_end_matches('}')
            .split(',')
            .filter(|item| !item.is_empty())
            .map(Self::parse)
            .collect()
    }
}

/// What future objects of an owner grant by themselves (`ALTER DEFAULT PRIVILEGES`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DefaultPrivilege {
    /// Whose objects; `Grantee::Public` stands for every role's.
    pub owner: Grantee,
    /// `None`: in every database.
    pub database: Option<DatabaseId>,
    /// `None`: in every schema.
    pub schema: Option<SchemaId>,
    /// Lower case words, e.g. `table` (which covers views and sources), `schema`, `cluster`.
    pub object_type: String,
    pub grantee: Grantee,
    pub privileges: BTreeSet<Privilege>,
}

/// Everything that decides whether the server will let the current role act, and what a twin must be granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    pub role: RoleId,
    pub role_name: Identifier,
    pub superuser: bool,
    /// Off on some self-managed servers: then no check fails.
    pub rbac_enabled: bool,
    /// Every role that the current one is a member of, directly or through others; itself included.
    pub member_of: BTreeSet<RoleId>,
    /// role -> its direct members.
    pub members: BTreeMap<RoleId, BTreeSet<RoleId>>,
    pub database_grants: BTreeMap<DatabaseId, Vec<Grant>>,
    pub schema_grants: BTreeMap<SchemaId, Vec<Grant>>,
    pub cluster_grants: BTreeMap<ClusterId, Vec<Grant>>,
    pub object_grants: BTreeMap<ObjectId, Vec<Grant>>,
    pub system_grants: Vec<Grant>,
    pub default_privileges: Vec<DefaultPrivilege>,
}

impl Access {
    /// Whether no check of the server can fail for this role.
    #[must_use]
    pub fn is_unrestricted(&self) -> bool {
        self.superuser || !self.rbac_enabled
    }

    /// Whether what this owner owns counts as owned by the current role: through membership too (recorded: 04, last lines).
    #[must_use]
    pub fn owns(&self, owner: &RoleId) -> bool {
        self.is_unrestricted() || self.member_of.contains(owner)
    }

    /// Whether one of these grants gives the privilege to the current role, to one it is a member of, or to PUBLIC.
    #[must_use]
    pub fn holds(&self, grants: &[Grant], privilege: &Privilege) -> bool {
        self.is_unrestricted()
            || grants.iter().any(|grant| {
                grant.privileges.contains(privilege)
                    && match &grant.grantee {
                        Grantee::Public => true,
                        Grantee::Role(role) => self.member_of.contains(role),
                    }
            })
    }

    #[must_use]
    pub fn may_create_clusters(&self) -> bool {
        self.holds(&self.system_grants, &Privilege::CreateCluster)
    }

    #[must_use]
    pub fn holds_on_database(&self, database: &DatabaseId, privilege: &Privilege) -> bool {
        self.holds(grants_on(&self.database_grants, database), privilege)
    }

    #[must_use]
    pub fn holds_on_schema(&self, schema: &SchemaId, privilege: &Privilege) -> bool {
        self.holds(grants_on(&self.schema_grants, schema), privilege)
    }

    #[must_use]
    pub fn holds_on_cluster(&self, cluster: &ClusterId, privilege: &Privilege) -> bool {
        self.holds(grants_on(&self.cluster_grants, cluster), privilege)
    }
}

fn grants_on<'a, Id: Ord>(grants: &'a BTreeMap<Id, Vec<Grant>>, id: &Id) -> &'a [Grant] {
    grants.get(id).map_or(&[], Vec::as_slice)
}

/// The role itself and every role that it is a member of, through others too.
#[must_use]
pub fn memberships(
    role: &RoleId,
    members: &BTreeMap<RoleId, BTreeSet<RoleId>>,
) -> BTreeSet<RoleId> {
    let mut reached = BTreeSet::from([*role]);
    let mut open = vec![*role];
    while let Some(member) = open.pop() {
        for (group, direct) in members {
            if direct.contains(&member) && reached.insert(*group) {
                open.push(*group);
            }
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture::id;

    fn access(role: &str, members: &[(&str, &str)]) -> Access {
        let mut of: BTreeMap<RoleId, BTreeSet<RoleId>> = BTreeMap::new();
        for (group, member) in members {
            of.entry(id(group)).or_default().insert(id(member));
        }
        Access {
            role: id(role),
            role_name: Identifier::new(role).unwrap(),
            superuser: false,
            rbac_enabled: true,
            member_of: memberships(&id(role), &of),
            members: of,
            database_grants: BTreeMap::new(),
            schema_grants: BTreeMap::new(),
            cluster_grants: BTreeMap::new(),
            object_grants: BTreeMap::new(),
            system_grants: Vec::new(),
            default_privileges: Vec::new(),
        }
    }

    #[test]
    fn reads_the_recorded_list() {
        let grants = Grant::parse_list("{s2=U/u1,u1=UC/u1,u2=U/u1,u3=C/u1,=U/u1}").unwrap();
        assert_eq!(grants.len(), 5);
        assert_eq!(grants[4].grantee, Grantee::Public);
        assert_eq!(
            grants[1].privileges,
            BTreeSet::from([Privilege::Usage, Privilege::Create])
        );
        assert!(Grant::parse_list("{}").unwrap().is_empty());
        assert!(Grant::parse_list("{u1}").is_err());
    }

    #[test]
    fn names_in_place_of_ids_are_an_error() {
        for item in ["materialize=RBNP/mz_system", "u1=N/mz_system", "u=N/u1"] {
            assert_eq!(
                Grant::parse(item),
                Err(InvalidAccessItem::Names(item.to_owned()))
            );
        }
    }

    #[test]
    fn owns_through_membership_of_membership() {
        let access = access("u3", &[("u4", "u3"), ("u5", "u4"), ("u3", "u9")]);
        assert!(access.owns(&RoleId::user(5)));
        assert!(!access.owns(&RoleId::user(9)), "a member is not its group");
    }

    #[test]
    fn cycles_of_membership_end() {
        let access = access("u1", &[("u2", "u1"), ("u1", "u2")]);
        assert_eq!(access.member_of.len(), 2);
    }

    #[test]
    fn a_grant_to_public_or_to_a_group_counts() {
        let mut access = access("u3", &[("u4", "u3")]);
        let schema = SchemaId::user(10);
        let grants = Grant::parse_list("{=U/u1,u4=C/u1,u7=C/u1}").unwrap();
        access.schema_grants.insert(schema, grants);
        assert!(access.holds_on_schema(&schema, &Privilege::Usage));
        assert!(access.holds_on_schema(&schema, &Privilege::Create));
        assert!(!access.holds_on_schema(&SchemaId::user(11), &Privilege::Usage));
        assert!(!access.may_create_clusters());
        access.rbac_enabled = false;
        assert!(access.may_create_clusters());
    }
}
