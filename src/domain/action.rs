//! What an operator can do, how dangerous it is, and when it is allowed.

use super::phase::Phase;
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

    #[must_use]
    pub fn danger(self) -> Danger {
        match self {
            Self::Await => Danger::Look,
            Self::Init | Self::Deploy | Self::Repair => Danger::Reversible,
            Self::Promote | Self::Rollback => Danger::ChangesProduction,
            Self::Sync | Self::Cleanup => Danger::Destroys,
        }
    }

    /// Whether it may begin in this phase.
    ///
    /// # Errors
    /// The reason why not, as one clause that fits beside a key.
    pub fn allowed(self, phase: Phase, read_only: bool) -> Result<(), &'static str> {
        if read_only && self.danger() != Danger::Look {
            return Err("read-only");
        }
        match (self, phase) {
            (Self::Init, Phase::None | Phase::Initialized | Phase::Unknown) => Ok(()),
            (Self::Init, Phase::Promoted) => {
                Err("the deployment side holds the retired production: sync or clean up")
            }
            (Self::Init, Phase::Promoting) => Err("a promote is unfinished: finish it first"),
            (Self::Init, _) => Err("the deployment side exists already"),
            (Self::Cleanup, Phase::None) => Err("there is no deployment side"),
            (Self::Cleanup, Phase::Promoting) => Err("a promote is unfinished: finish it first"),
            (Self::Cleanup, _) => Ok(()),
            // In the phase `unknown` the plan shows what stands where, and a person decides.
            (Self::Rollback, Phase::Promoted | Phase::Promoting | Phase::Unknown) => Ok(()),
            (Self::Rollback, _) => Err("there is no retired production to go back to"),
            (Self::Repair, Phase::Promoting) => Err("a promote is unfinished: finish it first"),
            (_, Phase::None) => Err("there is no deployment side: init first"),
            (Self::Deploy, Phase::Promoted) => {
                Err("the deployment side is the way back: sync or clean up first")
            }
            (Self::Deploy, Phase::Promoting) => Err("a promote is unfinished: finish it first"),
            (Self::Deploy, Phase::Unknown) => {
                Err("names or records contradict each other: see the findings")
            }
            (Self::Deploy, _) => Ok(()),
            (Self::Repair, _) => Ok(()),
            (Self::Await, Phase::Initialized) => Err("nothing is deployed yet"),
            (Self::Await, _) => Ok(()),
            (
                Self::Promote,
                Phase::Promoting | Phase::Hydrating | Phase::Ready | Phase::Deploying,
            ) => Ok(()),
            (Self::Promote, Phase::Initialized) => Err("nothing is deployed yet"),
            (Self::Promote, Phase::Promoted) => Err("already promoted"),
            (Self::Promote, Phase::Synced) => Err("both sides are the same: deploy a change first"),
            (Self::Promote, Phase::Unknown) => {
                Err("names or records contradict each other: see the findings")
            }
            (Self::Sync, Phase::Promoted) => Ok(()),
            (Self::Sync, Phase::Deploying) => Ok(()),
            (Self::Sync, Phase::Promoting) => Err("a promote is unfinished: finish it first"),
            (Self::Sync, Phase::Synced) => Err("both sides are the same already"),
            (Self::Sync, _) => Err("sync follows a promote"),
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
