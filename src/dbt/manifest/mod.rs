//! A manifest (`manifest.json`) of any version that dbt-core 1.11 and 1.12 read: v4 to v12.
//!
//! The file's text stays in memory and nodes hold spans into it: reading decodes nothing but ids and types, and what is
//! never asked for (SQL of unchanged models, documentation) is never copied.

mod error;
mod field;
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

pub use error::ManifestError;
pub use field::Field;
pub use macros::Macro;
pub use metadata::Metadata;
pub use node::{Deprecation, Node, PersistDocs};
pub use project_hash::ProjectHash;
pub use unique_id::{ResourceType, UniqueId, UnknownResourceType};

use crate::dbt::json::Value;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::OnceLock;

/// The file name that dbt gives to a manifest, in `target/` and in a state directory.
pub const FILE_NAME: &str = "manifest.json";

/// Names the exact bytes of a manifest: the first 12 hexadecimal digits of their SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ManifestHash(String);

impl ManifestHash {
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let digest = Sha256::digest(bytes);
        Self(digest.iter().take(6).map(|b| format!("{b:02x}")).collect())
    }

    /// The hash that a record names.
    #[must_use]
    pub fn recorded(text: &str) -> Self {
        Self(text.to_owned())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ManifestHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A manifest, read.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// Taken once, when it is read: a document may be tens of megabytes long, and every node asks for the name of its manifest.
    hash: ManifestHash,
    /// Taken when it is first asked for, which few are.
    project: OnceLock<ProjectHash>,
    metadata: Metadata,
    nodes: Vec<Node>,
    index: HashMap<UniqueId, usize>,
    macros: Vec<Macro>,
    macro_index: HashMap<UniqueId, usize>,
    disabled: HashMap<UniqueId, Node>,
    selectors: Value,
}

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

    /// The name of exactly this manifest.
    #[must_use]
    pub fn hash(&self) -> &ManifestHash {
        &self.hash
    }

    /// The name of the project that it tells of: the same for every parse of the same files by the same dbt.
    #[must_use]
    pub fn project(&self) -> &ProjectHash {
        self.project.get_or_init(|| ProjectHash::of(self))
    }

    /// This manifest in the place of another one, which is not at hand and tells of the same project: under that one's name.
    #[must_use]
    pub fn in_place_of(&self, hash: ManifestHash) -> Self {
        Self {
            hash,
            ..self.clone()
        }
    }

    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The nodes, sources, exposures, metrics, unit tests, semantic models, saved queries and functions, in this order
    /// and within each kind as the file has them: the order in which dbt looks at them.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    #[must_use]
    pub fn get(&self, id: &UniqueId) -> Option<&Node> {
        self.position(id).and_then(|at| self.nodes.get(at))
    }

    /// Where the node stands in [`Manifest::nodes`].
    #[must_use]
    pub fn position(&self, id: &UniqueId) -> Option<usize> {
        self.index.get(id).copied()
    }

    /// All macros, those of dbt and its adapters included.
    #[must_use]
    pub fn macros(&self) -> &[Macro] {
        &self.macros
    }

    #[must_use]
    pub fn get_macro(&self, id: &UniqueId) -> Option<&Macro> {
        self.macro_position(id).and_then(|at| self.macros.get(at))
    }

    /// Where the macro stands in [`Manifest::macros`].
    #[must_use]
    pub fn macro_position(&self, id: &UniqueId) -> Option<usize> {
        self.macro_index.get(id).copied()
    }

    /// The project's selectors (`selectors.yml`) by name, as dbt read them: texts are parted into method, value and operators.
    #[must_use]
    pub fn selectors(&self) -> &Value {
        &self.selectors
    }

    /// The disabled node of this id; dbt keeps several where files share a name and looks at the first only.
    #[must_use]
    pub fn get_disabled(&self, id: &UniqueId) -> Option<&Node> {
        self.disabled.get(id)
    }

    /// The disabled nodes that [`Manifest::get_disabled`] knows, in no order.
    pub fn disabled(&self) -> impl Iterator<Item = &Node> {
        self.disabled.values()
    }
}
