//! What an operator can do, and how dangerous it is.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The verbs that change something or wait for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    Init,
    Deploy,
    Await,
    Promote,
    Sync,
    Rollback,
    Cleanup,
    /// Writes the deployment records anew; for the command line only.
    Repair,
}

/// How much harm an operation can do, and so how it is confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Danger {
    /// Only looks.
    Look,
    /// Changes the deployment side only: shown, then `y`.
    Reversible,
    /// Changes what clients see: the production name must be typed.
    ChangesProduction,
    /// Ends the way back or drops a side: the production name must be typed, under the list of what goes.
    Destroys,
}

impl Operation {
    /// What the cockpit offers.
    pub const ALL: [Self; 7] = [
        Self::Init,
        Self::Deploy,
        Self::Await,
        Self::Promote,
        Self::Sync,
        Self::Rollback,
        Self::Cleanup,
    ];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Deploy => "deploy",
            Self::Await => "await",
            Self::Promote => "promote",
            Self::Sync => "sync",
            Self::Rollback => "rollback",
            Self::Cleanup => "cleanup",
            Self::Repair => "repair",
        }
    }

    /// The words of the command line behind `cutover`.
    #[must_use]
    pub fn command(self) -> &'static str {
        match self {
            Self::Repair => "record repair",
            _ => self.as_str(),
        }
    }

    /// Whether it changes something, which a read-only session does not.
    #[must_use]
    pub fn changes(self) -> bool {
        self.danger() > Danger::Look
    }

    #[must_use]
    pub fn danger(self) -> Danger {
        match self {
            Self::Await => Danger::Look,
            Self::Init | Self::Deploy | Self::Repair => Danger::Reversible,
            Self::Promote | Self::Rollback => Danger::ChangesProduction,
            Self::Sync | Self::Cleanup => Danger::Destroys,
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
