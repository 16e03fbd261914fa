//! State comparison: which nodes of a project differ from a saved manifest, and in what.
//!
//! Follows dbt-core 1.11 and 1.12 to the letter, oddities included, because operators deploy what dbt selects. The dbt that wrote
//! the project's manifest is the one that would select, so its version decides where the two differ.
//! - a new source, exposure, metric, semantic model or saved query is new but not modified;
//! - rendered names are never compared (sources excepted), so a deployment suffix, another target or another
//!   `generate_schema_name` changes nothing;
//! - a key written with its default value is a change, an overridden value that changes is none;
//! - a changed macro counts where the node reaches it in the new manifest, dbt's own and its adapters' macros included;
//! - removed nodes are never selected, but breaking the contract of a versioned model, by change or removal, makes dbt stop.

mod abort;
mod contract;
mod differences;
mod facet;
mod kind;
mod macros;
mod options;
mod pair;
mod reason;
mod rules;
mod shape;
#[cfg(test)]
mod tests;
mod upgrade;

pub use abort::Abort;
pub use facet::{Facet, Facets};
use kind::is_stored_in_nodes;
pub use options::CompareOptions;
pub use reason::{MacroChange, Reason};

use super::graph::{Graph, NodeSet};
use super::manifest::{Manifest, Node, ResourceType, UniqueId};
use abort::Aborts;
use jiff::Timestamp;
use macros::MacroComparison;
use pair::NodePair;
use rules::Rules;
use std::collections::HashMap;
use std::sync::Arc;

/// A broken contract of a model without versions: dbt warns and goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractWarning {
    pub id: UniqueId,
    pub file: String,
    pub breaking: Vec<String>,
}

/// A node that the state has and the project has no longer, or has disabled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    pub id: UniqueId,
    pub resource_type: ResourceType,
    pub disabled: bool,
    /// What reads it in the state and still exists, by id.
    pub dependents: Vec<UniqueId>,
}

/// What the comparison found for one node of the project.
#[derive(Debug, Clone, Default)]
pub struct NodeComparison {
    is_new: bool,
    is_modified: bool,
    facets: Facets,
    reasons: Vec<Reason>,
}

impl NodeComparison {
    /// `state:new`.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// `state:modified`.
    #[must_use]
    pub fn is_modified(&self) -> bool {
        self.is_modified
    }

    /// The sub-selectors of `state:modified` that match.
    #[must_use]
    pub fn facets(&self) -> Facets {
        self.facets
    }

    /// Everything that differs, whether `state:modified` counts it or a sub-selector alone.
    #[must_use]
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }
}

/// A project's manifest, compared with the one of the state.
#[derive(Debug)]
pub struct Comparison {
    before: Option<Arc<Manifest>>,
    after: Arc<Manifest>,
    graph: Graph,
    nodes: Vec<NodeComparison>,
    removed: Vec<Removed>,
    warnings: Vec<ContractWarning>,
    aborts: Aborts,
}

impl Comparison {
    /// Compares every node. Without a state, the graph can be selected from, but nothing by `state:`.
    #[must_use]
    pub fn new(
        before: Option<Arc<Manifest>>,
        after: Arc<Manifest>,
        options: CompareOptions,
    ) -> Self {
        let mut comparison = Self {
            graph: Graph::of(&after),
            before: before.clone(),
            after: Arc::clone(&after),
            nodes: Vec::new(),
            removed: Vec::new(),
            warnings: Vec::new(),
            aborts: Aborts::default(),
        };
        if let Some(before) = before {
            match Rules::of(&before, &after, options) {
                Ok(rules) => {
                    comparison.compare_nodes(&before, &after, &rules);
                    comparison.check_removed_contracts(&before, &after, options.now);
                    comparison.removed = removed(&before, &after);
                }
                Err(abort) => comparison.aborts.state = Some(abort),
            }
        }
        comparison
    }

    #[must_use]
    pub fn before(&self) -> Option<&Arc<Manifest>> {
        self.before.as_ref()
    }

    #[must_use]
    pub fn after(&self) -> &Arc<Manifest> {
        &self.after
    }

    /// The project's graph.
    #[must_use]
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// What was found for the node at this position of the project's manifest; `None` without a state.
    #[must_use]
    pub fn node(&self, position: usize) -> Option<&NodeComparison> {
        self.nodes.get(position)
    }

    /// What the state has and the project does not, by id.
    #[must_use]
    pub fn removed(&self) -> &[Removed] {
        &self.removed
    }

    /// The sides that dbt's second engine wrote: `state` or `project`, with its version. Its checksums and configurations are not
    /// those of dbt-core, so nodes can seem to differ that do not.
    #[must_use]
    pub fn written_by_fusion(&self) -> Vec<(&'static str, String)> {
        let sides = [
            ("state", self.before.as_ref()),
            ("project", Some(&self.after)),
        ];
        let versions = sides.into_iter().filter_map(|(side, manifest)| {
            let metadata = manifest?.metadata();
            let version = metadata.dbt_version.clone()?;
            metadata.is_by_fusion().then_some((side, version))
        });
        let versions: Vec<_> = versions.collect();
        // Where it wrote both, they compare.
        if versions.len() == 2 {
            Vec::new()
        } else {
            versions
        }
    }

    /// Contracts that changed in a way at which dbt warns.
    #[must_use]
    pub fn warnings(&self) -> &[ContractWarning] {
        &self.warnings
    }

    /// Whether dbt can load the state.
    ///
    /// # Errors
    /// When it stops there, whatever is to be selected.
    pub fn check_state(&self) -> Result<(), &Abort> {
        self.aborts.state.as_ref().map_or(Ok(()), Err)
    }

    /// The members that `state:modified` yields.
    ///
    /// # Errors
    /// Where dbt stops.
    pub fn modified(&self) -> Result<NodeSet, &Abort> {
        let found = self.members_where(NodeComparison::is_modified);
        self.aborts.modified.as_ref().map_or(Ok(found), Err)
    }

    /// The members that `state:modified.<facet>` yields.
    ///
    /// # Errors
    /// Where dbt stops: for contracts and macros only.
    pub fn modified_in(&self, facet: Facet) -> Result<NodeSet, &Abort> {
        let abort = match facet {
            Facet::Contract => &self.aborts.contract,
            Facet::Macros => &self.aborts.macros,
            _ => &None,
        };
        let found = self.members_where(|node| node.facets.contains(facet));
        abort.as_ref().map_or(Ok(found), Err)
    }

    /// The members that the state lacks.
    #[must_use]
    pub fn new_nodes(&self) -> NodeSet {
        self.members_where(NodeComparison::is_new)
    }

    fn members_where(&self, holds: impl Fn(&NodeComparison) -> bool) -> NodeSet {
        let mut found = NodeSet::empty(self.after.nodes().len());
        for at in self.graph.members().iter() {
            if self.nodes.get(at).is_some_and(&holds) {
                found.insert(at);
            }
        }
        found
    }

    fn compare_nodes(&mut self, before: &Manifest, after: &Manifest, rules: &Rules<'_>) {
        let mut macros = MacroComparison::new(before, after);
        for (at, node) in after.nodes().iter().enumerate() {
            let pair = before
                .get(&node.unique_id)
                .map(|old| NodePair::new(old, node, rules.upgrade.arguments(&old.unique_id)));
            let mut found = pair.map_or_else(
                || new_node(node),
                |pair| known_node(node, differences::of(pair, rules)),
            );
            let is_member = self.graph.members().contains(at);
            if is_member {
                self.note_contract(node, &found);
                if let Some(pair) = pair.filter(|_| !rules.since_1_12) {
                    self.note_unknown_constraint(pair);
                }
            }
            match macros.reason(node) {
                Ok(None) => {}
                Ok(Some(reason)) => {
                    found.is_modified = true;
                    found.facets.insert(Facet::Macros);
                    if !found.is_new {
                        found.reasons.push(reason);
                    }
                }
                Err(abort) if is_member => {
                    self.aborts.modified.get_or_insert_with(|| abort.clone());
                    self.aborts.macros.get_or_insert(abort);
                }
                Err(_) => {}
            }
            self.nodes.push(found);
        }
    }

    fn note_contract(&mut self, node: &Node, found: &NodeComparison) {
        for reason in &found.reasons {
            if let Reason::Contract { breaking } = reason {
                self.note_breaking(node, breaking.clone());
            }
        }
    }

    fn note_unknown_constraint(&mut self, pair: NodePair<'_>) {
        if pair.after.resource_type != ResourceType::Model {
            return;
        }
        if let Some(constraint) = contract::unknown_constraint(pair) {
            let abort = Abort::UnknownConstraint {
                id: pair.after.unique_id.clone(),
                file: pair.after.original_file_path().into_owned(),
                constraint,
            };
            self.aborts.modified.get_or_insert_with(|| abort.clone());
            self.aborts.contract.get_or_insert(abort);
        }
    }

    /// dbt stops where the model has versions, and warns where it has none.
    fn note_breaking(&mut self, node: &Node, breaking: Vec<String>) {
        if breaking.is_empty() {
            return;
        }
        let (id, file) = (
            node.unique_id.clone(),
            node.original_file_path().into_owned(),
        );
        if node.version().is_none() {
            self.warnings.push(ContractWarning { id, file, breaking });
        } else {
            let abort = Abort::ContractBroken { id, file, breaking };
            self.aborts.modified.get_or_insert_with(|| abort.clone());
            self.aborts.contract.get_or_insert(abort);
        }
    }

    /// dbt looks at the disabled model where there is one, even beside an enabled one of the same name.
    fn check_removed_contracts(&mut self, before: &Manifest, after: &Manifest, now: Timestamp) {
        for old in before.nodes() {
            let removed = match after.get_disabled(&old.unique_id) {
                None if after.get(&old.unique_id).is_some() => continue,
                None => old,
                Some(disabled) => disabled,
            };
            if removed.resource_type == ResourceType::Model
                && let Some(loss) = contract::removal(removed, now)
            {
                self.note_breaking(removed, vec![loss]);
            }
        }
    }
}

/// dbt takes every difference that it can't look up for one, so each kind matches the sub-selectors that exist for it.
fn new_node(node: &Node) -> NodeComparison {
    let kind = node.resource_type;
    let is_built = is_stored_in_nodes(kind);
    let matches = |facet: &Facet| match facet {
        Facet::Body | Facet::PersistedDescriptions | Facet::Contract => is_built,
        Facet::Configs => kind != ResourceType::UnitTest,
        Facet::Relation => is_built || kind == ResourceType::Source,
        Facet::Macros => false,
    };
    NodeComparison {
        is_new: true,
        is_modified: is_built || kind == ResourceType::UnitTest,
        facets: Facet::ALL.into_iter().filter(matches).collect(),
        reasons: vec![Reason::New],
    }
}

fn known_node(node: &Node, reasons: Vec<Reason>) -> NodeComparison {
    // A generic test's SQL and relation match their sub-selectors but are no modification.
    let counts = |reason: &Reason| {
        !node.is_generic_test() || !matches!(reason, Reason::Body | Reason::Relation { .. })
    };
    NodeComparison {
        is_new: false,
        is_modified: reasons.iter().any(counts),
        facets: reasons.iter().filter_map(Reason::facet).collect(),
        reasons,
    }
}

/// The state's nodes that the project lacks, with what read them and is still there.
fn removed(before: &Manifest, after: &Manifest) -> Vec<Removed> {
    let is_there = |id: &UniqueId| after.get(id).is_some_and(Node::is_enabled);
    let (kept, gone): (Vec<&Node>, Vec<&Node>) = before
        .nodes()
        .iter()
        .filter(|old| old.is_enabled())
        .partition(|old| is_there(&old.unique_id));
    let mut removed: HashMap<UniqueId, Removed> = gone
        .into_iter()
        .map(|old| {
            let id = old.unique_id.clone();
            let removed = Removed {
                disabled: after.get_disabled(&id).is_some() || after.get(&id).is_some(),
                resource_type: old.resource_type,
                dependents: Vec::new(),
                id: id.clone(),
            };
            (id, removed)
        })
        .collect();
    if removed.is_empty() {
        return Vec::new();
    }
    for reader in kept {
        for parent in reader.depends_on_nodes() {
            if let Some(removed) = removed.get_mut(&parent) {
                removed.dependents.push(reader.unique_id.clone());
            }
        }
    }
    let mut removed: Vec<Removed> = removed.into_values().collect();
    removed.sort_by(|a, b| a.id.cmp(&b.id));
    for one in &mut removed {
        one.dependents.sort();
    }
    removed
}
