//! Catalog ids: a space and a number, so that they are copied, compared and hashed as numbers are.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Who gave an id: the letters before its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Space {
    /// A number alone: the schema `0` of temporary items (recorded: v26.39/21).
    Bare,
    System,
    /// Built-in indexes of a cluster.
    Introspection,
    /// Built-in roles that can't log in.
    Predefined,
    User,
    /// Subscriptions and peeks.
    Transient,
    /// PUBLIC, which is no role but a grantee. It has no number.
    Public,
}

impl Space {
    /// The longer letters first, so that the first match is the right one.
    const NUMBERED: [Self; 6] = [
        Self::Introspection,
        Self::System,
        Self::Predefined,
        Self::User,
        Self::Transient,
        Self::Bare,
    ];

    const fn letters(self) -> &'static str {
        match self {
            Self::Bare => "",
            Self::System => "s",
            Self::Introspection => "si",
            Self::Predefined => "g",
            Self::User => "u",
            Self::Transient => "t",
            Self::Public => "p",
        }
    }
}

/// Why a text is no catalog id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no catalog id: those are `u`, `s`, `si`, `g` or `t` with a number, a number, or `p`"
)]
pub struct InvalidId(pub String);

/// Any catalog id, whatever it is of. Ids order by space, then by number: `u9` before `u10`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Id {
    space: Space,
    number: u64,
}

impl Id {
    const fn new(space: Space, number: u64) -> Self {
        Self { space, number }
    }

    /// The page that the id is in, when pages hold so many numbers each, and which of them it is there.
    #[must_use]
    pub(in crate::domain) fn in_pages_of(self, size: u32) -> (Self, u32) {
        let slot = self.number % u64::from(size);
        let page = Self::new(self.space, self.number / u64::from(size));
        (page, u32::try_from(slot).unwrap_or_default())
    }

    /// The other way round: the id that a page has at this place.
    #[must_use]
    pub(in crate::domain) fn nth_of_page(self, size: u32, slot: u32) -> Self {
        Self::new(self.space, self.number * u64::from(size) + u64::from(slot))
    }
}

impl FromStr for Id {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == Space::Public.letters() {
            return Ok(Self::new(Space::Public, 0));
        }
        Space::NUMBERED
            .into_iter()
            .find_map(|space| {
                let number = number(text.strip_prefix(space.letters())?)?;
                Some(Self::new(space, number))
            })
            .ok_or_else(|| InvalidId(text.to_owned()))
    }
}

/// A number in the one form that the server writes: digits alone, none of them needless.
fn number(text: &str) -> Option<u64> {
    let is_canonical = text.bytes().all(|digit| digit.is_ascii_digit())
        && (text.len() == 1 || !text.starts_with('0'));
    is_canonical.then(|| text.parse().ok()).flatten()
}

impl TryFrom<String> for Id {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Id> for String {
    fn from(id: Id) -> Self {
        id.to_string()
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.space {
            Space::Public => f.write_str(self.space.letters()),
            space => write!(f, "{}{}", space.letters(), self.number),
        }
    }
}

macro_rules! catalog_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Id);

        impl $name {
            /// The id that the server gave to the `number`th thing of a user: `u12`.
            #[must_use]
            pub const fn user(number: u64) -> Self {
                Self(Id::new(Space::User, number))
            }

            /// The id of something built in: `s3`.
            #[must_use]
            pub const fn system(number: u64) -> Self {
                Self(Id::new(Space::System, number))
            }

            /// Whether a user's, and not the system's.
            #[must_use]
            pub const fn is_user(self) -> bool {
                matches!(self.0.space, Space::User)
            }

            /// Numbers are given in order: of two ids of one space, the higher is the younger.
            #[must_use]
            pub const fn number(self) -> u64 {
                self.0.number
            }
        }

        impl From<Id> for $name {
            fn from(id: Id) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Id {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

catalog_ids! {
    /// A catalog item's id (`u12`). Ids are unique per kind only: `u12` may be a schema and an object at once.
    ObjectId,
    /// A schema's id; it survives a swap, the name moves.
    SchemaId,
    /// A cluster's id; it survives a swap, the name moves.
    ClusterId,
    /// A cluster replica's id.
    ReplicaId,
    /// A role's id.
    RoleId,
    /// A database's id.
    DatabaseId,
}

impl SchemaId {
    /// Every session's temporary items say that they are in this one (recorded: v26.39/21).
    pub const TEMPORARY: Self = Self(Id::new(Space::Bare, 0));
}

impl RoleId {
    /// Stands for every role where something is granted.
    pub const PUBLIC: Self = Self(Id::new(Space::Public, 0));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever the server writes is written back as it was, so that it can be asked for.
        #[test]
        fn ids_round_trip(text in "(u|s|si|g|t|)(0|[1-9][0-9]{0,18})") {
            prop_assert_eq!(text.parse::<ObjectId>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn public_has_no_number() {
        assert_eq!("p".parse(), Ok(RoleId::PUBLIC));
        assert_eq!(RoleId::PUBLIC.to_string(), "p");
    }

    #[test]
    fn what_is_no_id_is_told_as_it_is() {
        for text in [
            "",
            "u",
            "12u",
            "u012",
            "u+1",
            "x12",
            "p1",
            "u1 ",
            "u99999999999999999999",
        ] {
            let error = text.parse::<SchemaId>().unwrap_err();
            assert!(
                error
                    .to_string()
                    .starts_with(&format!("`{text}` is no catalog id")),
                "{error}"
            );
        }
    }

    #[test]
    fn numbers_order_as_numbers() {
        assert!(ObjectId::user(9) < ObjectId::user(10));
        assert!(ObjectId::system(700) < ObjectId::user(1));
    }
}
