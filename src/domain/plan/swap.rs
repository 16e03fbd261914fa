//! Name changes that commit together: what only a fence may send.

use crate::domain::name::Identifier;
use serde::Serialize;

/// One `ALTER ... SWAP WITH`. It is no [`super::Statement`], so that nothing can send it on its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Rename {
    sql: String,
}

impl Rename {
    #[must_use]
    pub fn schemas(database: &Identifier, one: &Identifier, other: &Identifier) -> Self {
        Self {
            sql: format!(
                "ALTER SCHEMA {}.{} SWAP WITH {}",
                database.quoted(),
                one.quoted(),
                other.quoted()
            ),
        }
    }

    #[must_use]
    pub fn clusters(one: &Identifier, other: &Identifier) -> Self {
        Self {
            sql: format!(
                "ALTER CLUSTER {} SWAP WITH {}",
                one.quoted(),
                other.quoted()
            ),
        }
    }

    /// The text, without a closing semicolon.
    #[must_use]
    pub fn sql(&self) -> &str {
        &self.sql
    }
}

/// The renames of one transaction. The first of them opens the fence: from then on the DDL of anybody makes the COMMIT fail
/// (recorded: v26.39/16).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Swap {
    renames: Vec<Rename>,
}

impl Swap {
    /// `None` where nothing changes its name.
    #[must_use]
    pub fn new(renames: Vec<Rename>) -> Option<Self> {
        (!renames.is_empty()).then_some(Self { renames })
    }

    /// All of them, in order, for showing and rehearsing.
    #[must_use]
    pub fn renames(&self) -> &[Rename] {
        &self.renames
    }
}
