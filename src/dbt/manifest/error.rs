//! What can be wrong with a manifest.

use super::UniqueId;
use std::path::{Path, PathBuf};

/// The oldest manifest version that dbt-core 1.11 and 1.12 read.
pub(super) const OLDEST_VERSION: u32 = 4;
/// The newest one, and the only one that they write.
pub(super) const NEWEST_VERSION: u32 = 12;

/// Why a manifest can't be compared. Each names the file and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    #[error("can't read {file}: {source}. Run `dbt parse`, or give the manifest's path")]
    Unreadable {
        file: PathBuf,
        source: std::io::Error,
    },
    #[error(
        "{file} is not JSON: {what}. Write it again with `dbt parse`, or fetch it again from where it was saved"
    )]
    NotJson { file: PathBuf, what: String },
    #[error(
        "{file} has no schema version (`metadata.dbt_schema_version`), so it is no manifest that dbt wrote. Point to a manifest.json of dbt 1.0 or newer"
    )]
    NoVersion { file: PathBuf },
    #[error(
        "{file} has the schema version `{found}`; manifests v{OLDEST_VERSION} to v{NEWEST_VERSION} can be read, which dbt-core 1.0 to 1.13 write. Parse the project again with one of these"
    )]
    UnsupportedVersion { file: PathBuf, found: String },
    #[error(
        "{file} lacks `{section}`, so it is no complete manifest. Write it again with `dbt parse`"
    )]
    NoSection {
        file: PathBuf,
        section: &'static str,
    },
    #[error(
        "{file}: `{field}` of {id} can't be compared: {what}. Write the manifest again with `dbt parse`"
    )]
    Field {
        file: PathBuf,
        id: UniqueId,
        field: &'static str,
        what: String,
    },
    #[error("{file} is larger than 4 GiB, more than a manifest can be")]
    TooLarge { file: PathBuf },
}

/// A [`ManifestError`] before the file is known.
#[derive(Debug)]
pub(super) enum Problem {
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

impl Problem {
    pub(super) fn in_file(self, file: &Path) -> ManifestError {
        let file = file.to_owned();
        match self {
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

impl From<crate::dbt::json::Malformed> for Problem {
    fn from(malformed: crate::dbt::json::Malformed) -> Self {
        Self::NotJson(malformed.to_string())
    }
}
