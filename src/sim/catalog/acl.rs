//! Privileges, as `mz_aclitem` writes them.

use super::id::Id;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A set of privileges, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, PartialOrd, Ord)]
pub struct Privileges(u16);

/// Letter and name, in the order in which the server writes the letters.
const KINDS: [(char, &str); 10] = [
    ('a', "INSERT"),
    ('r', "SELECT"),
    ('w', "UPDATE"),
    ('d', "DELETE"),
    ('U', "USAGE"),
    ('C', "CREATE"),
    ('R', "CREATEROLE"),
    ('B', "CREATEDB"),
    ('N', "CREATECLUSTER"),
    ('P', "CREATENETWORKPOLICY"),
];

impl Privileges {
    pub const NONE: Self = Self(0);
    pub const INSERT: Self = Self(1);
    pub const SELECT: Self = Self(1 << 1);
    pub const USAGE: Self = Self(1 << 4);
    pub const CREATE: Self = Self(1 << 5);
    pub const CREATEROLE: Self = Self(1 << 6);
    pub const CREATEDB: Self = Self(1 << 7);
    pub const CREATECLUSTER: Self = Self(1 << 8);
    /// What ALL means on a table.
    pub const TABLE: Self = Self(0b1111);
    /// What ALL means on a schema, a database or a cluster.
    pub const CONTAINER: Self = Self(0b11_0000);
    /// What ALL means on the system.
    pub const SYSTEM: Self = Self(0b11_1100_0000);

    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        let at = KINDS
            .iter()
            .position(|(_, n)| n.eq_ignore_ascii_case(name))?;
        Some(Self(1 << at))
    }

    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// `UC`.
    #[must_use]
    pub fn letters(self) -> String {
        self.kinds().map(|(letter, _)| letter).collect()
    }

    /// `USAGE`, `CREATE`, ...
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        self.kinds().map(|(_, name)| name)
    }

    fn kinds(self) -> impl Iterator<Item = (char, &'static str)> {
        KINDS
            .into_iter()
            .enumerate()
            .filter(move |(at, _)| self.0 & (1 << at) != 0)
            .map(|(_, kind)| kind)
    }

    /// Reads letters back; unknown ones are ignored.
    #[must_use]
    pub fn from_letters(letters: &str) -> Self {
        KINDS
            .iter()
            .enumerate()
            .filter(|(_, (letter, _))| letters.contains(*letter))
            .fold(Self::NONE, |all, (at, _)| all.and(Self(1 << at)))
    }
}

/// Who may do what with one object: by grantee, then grantor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Acl(BTreeMap<(Id, Id), Privileges>);

impl Acl {
    pub fn grant(&mut self, grantee: Id, grantor: Id, privileges: Privileges) {
        let held = self.0.entry((grantee, grantor)).or_default();
        *held = held.and(privileges);
    }

    pub fn revoke(&mut self, grantee: Id, grantor: Id, privileges: Privileges) {
        if let Some(held) = self.0.get_mut(&(grantee, grantor)) {
            *held = held.without(privileges);
            if held.is_empty() {
                self.0.remove(&(grantee, grantor));
            }
        }
    }

    /// Takes back everything that a grantee holds.
    pub fn forget(&mut self, grantee: Id) {
        self.0.retain(|(held_by, _), _| *held_by != grantee);
    }

    /// Everything that a grantee holds, whoever granted it.
    #[must_use]
    pub fn held_by(&self, grantee: Id) -> Privileges {
        self.0
            .iter()
            .filter(|((held_by, _), _)| *held_by == grantee)
            .fold(Privileges::NONE, |all, (_, p)| all.and(*p))
    }

    /// Grantee, grantor, privileges.
    pub fn iter(&self) -> impl Iterator<Item = (Id, Id, Privileges)> + '_ {
        self.0
            .iter()
            .map(|((grantee, grantor), p)| (*grantee, *grantor, *p))
    }

    /// Hands everything of one owner to the next, as grantor and as grantee.
    pub fn change_owner(&mut self, old: Id, new: Id) {
        let swap = |id: Id| if id == old { new } else { id };
        let mut moved = Self::default();
        for (grantee, grantor, privileges) in self.iter() {
            moved.grant(swap(grantee), swap(grantor), privileges);
        }
        *self = moved;
    }

    /// The items as the server writes them: `u1=UC/u1`, `=U/u1` for PUBLIC.
    pub fn items(&self) -> impl Iterator<Item = String> + '_ {
        self.iter().map(|(grantee, grantor, privileges)| {
            let mut item = String::new();
            if grantee != Id::PUBLIC {
                let _ = write!(item, "{grantee}");
            }
            let _ = write!(item, "={}/{grantor}", privileges.letters());
            item
        })
    }
}

/// The parts of one written item: grantor, grantee (`p` for PUBLIC), privileges.
#[must_use]
pub fn read_item(item: &str) -> Option<(&str, &str, Privileges)> {
    let (grantee, rest) = item.split_once('=')?;
    let (letters, grantor) = rest.split_once('/')?;
    let grantee = if grantee.is_empty() { "p" } else { grantee };
    Some((grantor, grantee, Privileges::from_letters(letters)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_written_as_recorded() {
        let owner = Id::user(1);
        let mut acl = Acl::default();
        acl.grant(Id::PUBLIC, owner, Privileges::USAGE);
        acl.grant(Id::user(3), owner, Privileges::CREATE);
        acl.grant(owner, owner, Privileges::CONTAINER);
        acl.grant(Id::system(2), owner, Privileges::USAGE);
        let items: Vec<String> = acl.items().collect();
        assert_eq!(items, ["s2=U/u1", "u1=UC/u1", "u3=C/u1", "=U/u1"]);
        assert_eq!(read_item("=U/u1"), Some(("u1", "p", Privileges::USAGE)));
    }

    #[test]
    fn revoking_the_last_privilege_removes_the_item() {
        let mut acl = Acl::default();
        acl.grant(Id::user(2), Id::user(1), Privileges::USAGE);
        acl.revoke(Id::user(2), Id::user(1), Privileges::USAGE);
        assert_eq!(acl, Acl::default());
    }
}
