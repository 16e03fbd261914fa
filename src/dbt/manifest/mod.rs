//! A manifest (`manifest.json`) of any version that dbt-core 1.11 and 1.12 read: v4 to v12.
//!
//! Each node holds its part of the file's text and where its fields stand there: reading decodes nothing but ids and types. What two
//! manifests of a project spell alike is held once, and is known to be the same without being looked at.

mod document;
mod error;
mod field;
mod fields;
mod hash;
mod macros;
mod metadata;
mod node;
mod project_hash;
mod read;
#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;
mod unique_id;

pub use document::Manifest;
pub use error::ManifestError;
pub use field::Field;
pub use hash::{ManifestHash, ProjectHash};
pub use macros::Macro;
pub use metadata::Metadata;
pub use node::{Deprecation, Node, PersistDocs};
pub use unique_id::{ResourceType, UniqueId, UnknownResourceType};

use error::ManifestProblem;
use std::fs::File;
use std::path::Path;

/// The file name that dbt gives to a manifest, in `target/` and in a state directory.
pub const FILE_NAME: &str = "manifest.json";

impl Manifest {
    /// Reads a manifest file.
    ///
    /// # Errors
    /// When the file can't be read, is not JSON, has no version or one that dbt-core 1.12 does not read, or holds a field
    /// whose shape can't be compared. Every error names the file.
    pub fn read(path: &Path) -> Result<Self, ManifestError> {
        Self::read_beside(path, None)
    }

    /// As [`Manifest::read`], in less time and memory the more the file has in common with a manifest that is at hand.
    ///
    /// # Errors
    /// As [`Manifest::read`].
    pub fn read_beside(path: &Path, like: Option<&Self>) -> Result<Self, ManifestError> {
        let opened = File::open(path).map_err(ManifestProblem::Unreadable);
        opened
            .and_then(|file| read::manifest(file, like))
            .map_err(|problem| problem.in_file(path))
    }

    /// Reads a manifest from the bytes of `file`, which serves only to name the manifest in errors.
    ///
    /// # Errors
    /// As [`Manifest::read`].
    pub fn parse(bytes: &[u8], file: &Path) -> Result<Self, ManifestError> {
        read::manifest(bytes, None).map_err(|problem| problem.in_file(file))
    }

    /// The name of the project that it tells of: the same for every parse of the same files by the same dbt.
    #[must_use]
    pub fn project(&self) -> &ProjectHash {
        self.project.get_or_init(|| ProjectHash::of(self))
    }
}
