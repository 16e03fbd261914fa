//! A manifest (`manifest.json`) of any version that dbt-core 1.11 and 1.12 read: v4 to v12.
//!
//! The file's text stays in memory and nodes hold spans into it: reading decodes nothing but ids and types, and what is
//! never asked for (SQL of unchanged models, documentation) is never copied.

mod document;
mod error;
mod field;
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
        let bytes = std::fs::read(path).map_err(|source| ManifestError::Unreadable {
            file: path.to_owned(),
            source,
        })?;
        Self::parse(bytes, path)
    }

    /// Reads a manifest from the bytes of `file`, which serves only to name the manifest in errors.
    ///
    /// # Errors
    /// As [`Manifest::read`].
    pub fn parse(bytes: Vec<u8>, file: &Path) -> Result<Self, ManifestError> {
        read::manifest(bytes).map_err(|problem| problem.in_file(file))
    }

    /// The name of the project that it tells of: the same for every parse of the same files by the same dbt.
    #[must_use]
    pub fn project(&self) -> &ProjectHash {
        self.project.get_or_init(|| ProjectHash::of(self))
    }
}
