//! The diff that the product shows: what is selected, why, and how a change reaches it.

use super::compare::{CompareOptions, Comparison, ContractWarning, Reason};
use super::graph::NodeSet;
use super::manifest::{self, Manifest, ManifestError, ResourceType, UniqueId};
use super::selection::{
    IndirectSelection, ResourceTypes, Selection, SelectionError, select_positions,
};
use crate::domain::failure::Remedy;
use jiff::Timestamp;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is selected when nothing is asked for.
pub const DEFAULT_SELECTOR: &str = "state:modified+";

/// What to compare and what to show of it.
#[derive(Debug, Clone)]
pub struct DiffRequest {
    /// The directory with the saved manifest.
    pub state_dir: PathBuf,
    /// The project's manifest, usually `target/manifest.json`.
    pub manifest: PathBuf,
    /// Where dbt writes the project's manifest, where that is known.
    pub target_dir: Option<PathBuf>,
    /// Values of `--select`; none means [`DEFAULT_SELECTOR`].
    pub select: Vec<String>,
    /// `--selector`: a selector of `selectors.yml` instead.
    pub selector: Option<String>,
    /// Values of `--exclude`.
    pub exclude: Vec<String>,
    pub resource_types: ResourceTypes,
    pub indirect: IndirectSelection,
    /// See [`CompareOptions::compare_unrendered`].
    pub compare_unrendered: Option<bool>,
}

/// Why there is no diff.
#[derive(Debug, thiserror::Error)]
pub enum DiffError {
    #[error("{dir} holds no manifest.json to compare with")]
    NoState { dir: PathBuf },
    #[error(
        "the state directory {dir} is the folder that dbt writes to, so the project would be compared with itself and nothing would differ"
    )]
    StateIsTarget { dir: PathBuf },
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error(transparent)]
    Selection(#[from] SelectionError),
}

impl Remedy for DiffError {
    fn remedy(&self) -> Option<String> {
        match self {
            Self::NoState { .. } => Some(
                "save the manifest of what is deployed there, or give another state directory"
                    .to_owned(),
            ),
            Self::StateIsTarget { .. } => {
                Some("copy the deployed manifest.json to a folder of its own".to_owned())
            }
            Self::Manifest(error) => error.remedy(),
            Self::Selection(error) => error.remedy(),
        }
    }
}

/// How a node relates to the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NodeState {
    /// dbt's `state:modified` matches it, or a sub-selector of it.
    Modified,
    /// The state does not have it.
    New,
    /// The state has it, the project does not.
    Removed,
    /// The same as in the state, and reads what changed.
    Downstream,
    /// The same as in the state, as is everything that it reads.
    Unmodified,
}

/// A node of the diff.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DiffNode {
    pub unique_id: UniqueId,
    pub resource_type: ResourceType,
    pub change: NodeState,
    pub reasons: Vec<Reason>,
    /// For what is downstream: a shortest way from a changed node to this one, both included. Else empty.
    pub path: Vec<UniqueId>,
}

/// What is selected, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diff {
    pub selector: String,
    /// The ids that dbt would list, sorted. Removed nodes are never among them.
    pub selected: Vec<UniqueId>,
    /// The selected nodes, sorted by id, then the removed ones of the listed kinds.
    pub nodes: Vec<DiffNode>,
    /// Broken contracts at which dbt warns.
    #[serde(skip)]
    pub warnings: Vec<ContractWarning>,
    /// See [`Comparison::written_by_fusion`].
    #[serde(skip)]
    pub written_by_fusion: Vec<(&'static str, String)>,
}

/// Reads both manifests, compares them, selects.
///
/// # Errors
/// When there is no state or it is the target itself, a manifest can't be read, the selection is malformed, or dbt
/// itself would stop (a broken contract of a versioned model, a missing macro).
pub fn diff(request: &DiffRequest) -> Result<Diff, DiffError> {
    let (selector, selection) = selection(request)?;
    let comparison = compare(request)?;
    Ok(Diff::of(&comparison, selector, &selection)?)
}

/// Reads both manifests and compares them.
///
/// # Errors
/// As [`diff`], the selection apart.
pub fn compare(request: &DiffRequest) -> Result<Comparison, DiffError> {
    let state = state_manifest(request)?;
    let after = Arc::new(Manifest::read(&request.manifest)?);
    let before = Arc::new(Manifest::read_beside(&state, Some(&after))?);
    let options = CompareOptions {
        compare_unrendered: request.compare_unrendered,
        now: Timestamp::now(),
    };
    Ok(Comparison::new(Some(before), after, options))
}

fn selection(request: &DiffRequest) -> Result<(String, Selection), SelectionError> {
    let default = [DEFAULT_SELECTOR.to_owned()];
    let select = if request.select.is_empty() {
        &default[..]
    } else {
        &request.select
    };
    let (words, selection) = match &request.selector {
        Some(name) => (format!("selector:{name}"), Selection::named(name)),
        None => (
            select.join(" "),
            Selection::parse(select, &request.exclude)?,
        ),
    };
    let selection = selection
        .indirect(request.indirect)
        .resource_types(request.resource_types.clone());
    Ok((words, selection))
}

fn state_manifest(request: &DiffRequest) -> Result<PathBuf, DiffError> {
    let state = &request.state_dir;
    let file = state.join(manifest::FILE_NAME);
    let is_target = request
        .target_dir
        .as_ref()
        .is_some_and(|dir| is_same(state, dir));
    if is_target || is_same(&file, &request.manifest) {
        return Err(DiffError::StateIsTarget { dir: state.clone() });
    }
    if file.is_file() {
        Ok(file)
    } else {
        Err(DiffError::NoState { dir: state.clone() })
    }
}

/// Whether both name one file or directory that exists.
fn is_same(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

impl Diff {
    /// The diff of what the selection selects.
    ///
    /// # Errors
    /// As [`super::selection::select`].
    pub fn of(
        comparison: &Comparison,
        selector: String,
        selection: &Selection,
    ) -> Result<Self, SelectionError> {
        let found = select_positions(comparison, selection)?;
        let impact = Impact::of(comparison);
        let mut nodes: Vec<_> = found.iter().map(|at| impact.node(at)).collect();
        nodes.sort_by(|a, b| a.unique_id.cmp(&b.unique_id));
        let selected = nodes.iter().map(|node| node.unique_id.clone()).collect();
        nodes.extend(removed(comparison, selection));
        Ok(Self {
            selector,
            selected,
            nodes,
            warnings: comparison.warnings().to_vec(),
            written_by_fusion: comparison.written_by_fusion(),
        })
    }
}

fn removed<'c>(
    comparison: &'c Comparison,
    selection: &'c Selection,
) -> impl Iterator<Item = DiffNode> + 'c {
    comparison
        .removed()
        .iter()
        .filter(|removed| selection.lists_kind(removed.resource_type))
        .map(|removed| DiffNode {
            unique_id: removed.id.clone(),
            resource_type: removed.resource_type,
            change: NodeState::Removed,
            reasons: vec![Reason::Removed {
                disabled: removed.disabled,
                dependents: removed.dependents.clone(),
            }],
            path: Vec::new(),
        })
}

/// How changes spread over the project's graph.
struct Impact<'c> {
    comparison: &'c Comparison,
    /// For every node below a change, the one before it on a shortest way.
    before: Vec<Option<usize>>,
}

impl<'c> Impact<'c> {
    fn of(comparison: &'c Comparison) -> Self {
        let mut roots = NodeSet::empty(comparison.after().nodes().len());
        for at in comparison.graph().members().iter() {
            if comparison
                .node(at)
                .is_some_and(|node| node.is_modified() || node.is_new())
            {
                roots.insert(at);
            }
        }
        Self {
            before: comparison.graph().shortest_ways(&roots),
            comparison,
        }
    }

    fn node(&self, at: usize) -> DiffNode {
        let node = &self.comparison.after().nodes()[at];
        let path = self.path(at);
        let (change, mut reasons) = match self.comparison.node(at) {
            None => (NodeState::Unmodified, Vec::new()),
            Some(found) => {
                let change = if found.is_new() {
                    NodeState::New
                } else if found.is_modified() {
                    NodeState::Modified
                } else if !path.is_empty() {
                    NodeState::Downstream
                } else if found.facets().is_empty() {
                    NodeState::Unmodified
                } else {
                    NodeState::Modified
                };
                (change, found.reasons().to_vec())
            }
        };
        if let (NodeState::Downstream, Some(of)) = (change, path.first()) {
            reasons.insert(0, Reason::Downstream { of: of.clone() });
        }
        DiffNode {
            unique_id: node.unique_id.clone(),
            resource_type: node.resource_type,
            change,
            reasons,
            path,
        }
    }

    /// The way from a changed node; empty for what is changed itself or reached by no change.
    fn path(&self, at: usize) -> Vec<UniqueId> {
        let before = |at: usize| self.before.get(at).copied().flatten();
        let Some(mut last) = before(at) else {
            return Vec::new();
        };
        let mut path = vec![at, last];
        while let Some(next) = before(last) {
            path.push(next);
            last = next;
        }
        let nodes = self.comparison.after().nodes();
        path.iter()
            .rev()
            .map(|at| nodes[*at].unique_id.clone())
            .collect()
    }
}
