//! A manifest, read.

use super::hash::{ManifestHash, ProjectHash};
use super::macros::Macro;
use super::metadata::Metadata;
use super::node::Node;
use super::unique_id::UniqueId;
use crate::dbt::json::Value;

use std::collections::HashMap;
use std::sync::OnceLock;

/// A manifest, read.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// Taken once, when it is read: a document may be tens of megabytes long, and every node asks for the name of its manifest.
    pub(super) hash: ManifestHash,
    /// The number of its schema version.
    pub(super) version: u32,
    /// Taken when it is first asked for, which few are.
    pub(super) project: OnceLock<ProjectHash>,
    pub(super) metadata: Metadata,
    pub(super) nodes: Vec<Node>,
    pub(super) index: HashMap<UniqueId, usize>,
    pub(super) macros: Vec<Macro>,
    pub(super) macro_index: HashMap<UniqueId, usize>,
    pub(super) disabled: HashMap<UniqueId, Node>,
    pub(super) selectors: Value,
}

impl Manifest {
    /// The name of exactly this manifest.
    #[must_use]
    pub fn hash(&self) -> &ManifestHash {
        &self.hash
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
