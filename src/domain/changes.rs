//! What a deployment would change, ready to be shown: the nodes of the diff with their reasons, texts and state on both sides.

use super::name::Identifier;
use super::project::ModelChange;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The diff between the project as last compiled and what production runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangesView {
    /// First 12 hex digits of the compiled manifest's hash.
    pub manifest: String,
    /// What it was compared with, as a phrase: `production's manifest 0123456789ab`.
    pub compared_with: String,
    /// Why the manifest no longer tells the project's files, where that is so.
    pub stale: Option<String>,
    /// Modified, new, removed, downstream and drifted nodes, by unique id.
    pub nodes: Vec<ChangedNode>,
}

/// One node of the diff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedNode {
    pub unique_id: String,
    pub name: String,
    pub resource_type: String,
    /// The relation that it makes: production's schema and its name.
    pub relation: Option<(Identifier, Identifier)>,
    pub change: ModelChange,
    /// Why it is selected, one sentence each. Thousands of nodes may share one.
    pub reasons: Vec<Arc<str>>,
    /// Unique ids from the modified node to this one, shortest way; empty unless downstream.
    pub path: Vec<String>,
    /// Unique ids of the nodes of the diff that read this one directly.
    pub dependents: Vec<String>,
    /// The SQL as written, with Jinja.
    pub raw: Versions,
    /// The SQL as compiled.
    pub compiled: Versions,
    pub config: Vec<ConfigChange>,
    /// What it is on the production side now, as a sentence.
    pub in_production: String,
    /// What it is on the deployment side now, as a sentence.
    pub in_deployment: String,
    /// How the live definition differs from what the recorded manifest compiled to, where it does.
    pub drift: Option<String>,
}

/// A text before and after. `None`: the node does not exist on that side, or the text is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Versions {
    pub before: Option<Arc<str>>,
    pub after: Option<Arc<str>>,
}

/// One configuration key that differs, with both values as JSON text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigChange {
    pub key: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

impl ChangesView {
    /// How many nodes there are of each change.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<ModelChange, usize> {
        let mut counts = BTreeMap::new();
        for node in &self.nodes {
            *counts.entry(node.change).or_insert(0) += 1;
        }
        counts
    }

    #[must_use]
    pub fn node(&self, unique_id: &str) -> Option<&ChangedNode> {
        self.nodes.iter().find(|node| node.unique_id == unique_id)
    }
}
