//! Where dbt stops.

use crate::dbt::manifest::UniqueId;
use crate::domain::failure::Remedy;

/// Where dbt stops instead of selecting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Abort {
    #[error(
        "the contract of the versioned model {id} ({file}) is broken, at which dbt stops (ContractBreakingChangeError): {}",
        .breaking.join("; ")
    )]
    ContractBroken {
        id: UniqueId,
        file: String,
        breaking: Vec<String>,
    },
    #[error(
        "{name} ({file}) depends on a macro or generic test that does not exist, at which dbt stops (Compilation Error)"
    )]
    MissingMacro { name: String, file: String },
    #[error("{name} ({file}) depends on {id}, which neither manifest has, at which dbt stops")]
    UnknownMacro {
        name: String,
        file: String,
        id: UniqueId,
    },
    #[error(
        "the model {id} ({file}) lost a constraint of the type `{constraint}`, at which dbt before 1.12 stops (KeyError)"
    )]
    UnknownConstraint {
        id: UniqueId,
        file: String,
        constraint: String,
    },
    #[error(
        "the state's code of {id} ({file}) can't be read as Jinja ({what}), at which dbt stops while it loads the state"
    )]
    StateCode {
        id: UniqueId,
        file: String,
        what: String,
    },
}

impl Remedy for Abort {
    fn remedy(&self) -> Option<String> {
        let remedy = match self {
            Self::ContractBroken { .. } => "keep the contract, or make a new version of the model",
            Self::MissingMacro { .. } => {
                "correct the name, or run `dbt deps` when it comes from a package"
            }
            Self::UnknownMacro { .. } => {
                "write the manifest again with `dbt parse --no-partial-parse`"
            }
            Self::UnknownConstraint { .. } => "keep the constraint, or compare with dbt 1.12",
            Self::StateCode { .. } => "give a state that this version of dbt wrote",
        };
        Some(remedy.to_owned())
    }
}

/// The first thing at which dbt stops, for the selectors that meet it.
#[derive(Debug, Default)]
pub(super) struct Aborts {
    /// dbt can't load the state, so it selects nothing at all.
    pub state: Option<Abort>,
    pub modified: Option<Abort>,
    pub contract: Option<Abort>,
    pub macros: Option<Abort>,
}
