//! What can go wrong before an operation runs.

use crate::config::Problems;
use crate::dbt::manifest::ManifestError;
use crate::materialize::error::Error as ServerError;
use crate::ops::progress::OutcomeKind;
use std::io;

/// Why a verb could not even plan. Each says what, where and what to do next.
#[derive(Debug, thiserror::Error)]
pub enum OpsError {
    #[error("{0}")]
    Configuration(#[from] Problems),
    #[error("{0}")]
    Server(#[from] ServerError),
    #[error("{0}")]
    Manifest(#[from] ManifestError),
    #[error("{what}: {source}")]
    File {
        what: String,
        #[source]
        source: io::Error,
    },
    /// What was asked for can't be done as asked: usage, a missing file, an unknown name.
    #[error("{0}")]
    Usage(String),
    /// Something outside failed: dbt, a command.
    #[error("{0}")]
    Tool(String),
}

impl OpsError {
    pub fn file(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::File { what, source }
    }

    /// The class of this end, for the exit code.
    #[must_use]
    pub fn outcome(&self) -> OutcomeKind {
        match self {
            Self::Configuration(_) | Self::Usage(_) | Self::Manifest(_) => OutcomeKind::Refused,
            Self::Server(_) | Self::File { .. } | Self::Tool(_) => OutcomeKind::Failed,
        }
    }
}
