//! What can be wrong with a manifest.

use super::UniqueId;
use crate::dbt::json::{Malformed, StreamError};
use crate::domain::failure::Remedy;
use std::path::{Path, PathBuf};

/// The oldest manifest version that dbt-core 1.11 and 1.12 read.
pub(super) const OLDEST_VERSION: u32 = 4;
/// The newest one, and the only one that they write.
pub(super) const NEWEST_VERSION: u32 = 12;

/// Why a manifest can't be compared. Each names the file.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    #[error("can't read {file}")]
    Unreadable {
        file: PathBuf,
        source: std::io::Error,
    },
    #[error("{file} is not JSON: {what}")]
    NotJson { file: PathBuf, what: String },
    #[error(
        "{file} has no schema version (`metadata.dbt_schema_version`), so it is no manifest that dbt wrote"
    )]
    NoVersion { file: PathBuf },
    #[error(
        "{file} has the schema version `{found}`; manifests v{OLDEST_VERSION} to v{NEWEST_VERSION} can be read"
    )]
    UnsupportedVersion { file: PathBuf, found: String },
    #[error("{file} lacks `{section}`, so it is no complete manifest")]
    NoSection {
        file: PathBuf,
        section: &'static str,
    },
    #[error("{file}: `{field}` of {id} can't be compared: {what}")]
    Field {
        file: PathBuf,
        id: UniqueId,
        field: &'static str,
        what: String,
    },
    #[error("{file} is larger than 4 GiB, more than a manifest can be")]
    TooLarge { file: PathBuf },
}

impl Remedy for ManifestError {
    fn remedy(&self) -> Option<String> {
        let remedy = match self {
            Self::Unreadable { .. } => "run `dbt parse`, or give the manifest's path",
            Self::NotJson { .. } => {
                "write it again with `dbt parse`, or fetch it again from where it was saved"
            }
            Self::NoVersion { .. } => "point to a manifest.json of dbt 1.0 or newer",
            Self::UnsupportedVersion { .. } => {
                "parse the project again with one of dbt-core 1.0 to 1.13, which write these"
            }
            Self::NoSection { .. } | Self::Field { .. } => "write it again with `dbt parse`",
            Self::TooLarge { .. } => "point to a manifest.json that dbt wrote",
        };
        Some(remedy.to_owned())
    }
}

/// A [`ManifestError`] before the file is known.
#[derive(Debug)]
pub(super) enum ManifestProblem {
    Unreadable(std::io::Error),
    NotJson(String),
    NoVersion,
    UnsupportedVersion(String),
    NoSection(&'static str),
    Field {
        id: UniqueId,
        field: &'static str,
        what: String,
    },
    TooLarge,
}

impl ManifestProblem {
    pub(super) fn in_file(self, file: &Path) -> ManifestError {
        let file = file.to_owned();
        match self {
            Self::Unreadable(source) => ManifestError::Unreadable { file, source },
            Self::NotJson(what) => ManifestError::NotJson { file, what },
            Self::NoVersion => ManifestError::NoVersion { file },
            Self::UnsupportedVersion(found) => ManifestError::UnsupportedVersion { file, found },
            Self::NoSection(section) => ManifestError::NoSection { file, section },
            Self::Field { id, field, what } => ManifestError::Field {
                file,
                id,
                field,
                what,
            },
            Self::TooLarge => ManifestError::TooLarge { file },
        }
    }
}

impl From<Malformed> for ManifestProblem {
    fn from(malformed: Malformed) -> Self {
        Self::NotJson(malformed.to_string())
    }
}

impl From<StreamError> for ManifestProblem {
    fn from(error: StreamError) -> Self {
        match error {
            StreamError::Io(source) => Self::Unreadable(source),
            StreamError::Malformed(malformed) => malformed.into(),
            StreamError::TooLarge => Self::TooLarge,
        }
    }
}
