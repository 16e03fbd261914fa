//! Catalog ids: `u12`, `s3`, `si144115188075859457`, `g1`, `t923`, `p`.

use std::fmt;

/// Who gave the id. The order is the order in which a real server lists grantees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Space {
    System,
    /// Built-in indexes of one cluster.
    Introspection,
    /// Built-in roles that can't log in.
    Predefined,
    User,
    /// Subscriptions.
    Transient,
    /// PUBLIC, which is no role but a grantee.
    Public,
}

/// An id of a database, schema, cluster, replica, role or item; each kind counts for itself (recorded: 02).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id {
    pub space: Space,
    pub number: u64,
}

impl Id {
    pub const PUBLIC: Self = Self {
        space: Space::Public,
        number: 0,
    };

    #[must_use]
    pub const fn system(number: u64) -> Self {
        Self {
            space: Space::System,
            number,
        }
    }

    #[must_use]
    pub const fn user(number: u64) -> Self {
        Self {
            space: Space::User,
            number,
        }
    }

    #[must_use]
    pub const fn predefined(number: u64) -> Self {
        Self {
            space: Space::Predefined,
            number,
        }
    }

    /// The `n`th built-in index of a cluster. Recorded in 09: cluster `u14` has `si144115188075859457`, which is
    /// 2 in the top byte, then the cluster's number, then `n` in the lowest byte.
    #[must_use]
    pub const fn introspection(cluster: Self, n: u64) -> Self {
        let owner: u64 = match cluster.space {
            Space::System => 1,
            _ => 2,
        };
        Self {
            space: Space::Introspection,
            number: (owner << 56) | (cluster.number << 8) | n,
        }
    }

    #[must_use]
    pub const fn is_user(self) -> bool {
        matches!(self.space, Space::User)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = match self.space {
            Space::System => "s",
            Space::Introspection => "si",
            Space::Predefined => "g",
            Space::User => "u",
            Space::Transient => "t",
            Space::Public => return f.write_str("p"),
        };
        write!(f, "{prefix}{}", self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn introspection_ids_are_those_of_the_recording() {
        let id = Id::introspection(Id::user(14), 1);
        assert_eq!(id.to_string(), "si144115188075859457");
    }

    #[test]
    fn ids_sort_by_number_within_their_space() {
        assert!(Id::user(9) < Id::user(10));
        assert!(Id::system(3) < Id::user(1));
        assert!(Id::user(1) < Id::PUBLIC);
    }
}
