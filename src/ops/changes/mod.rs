//! What the Changes screen shows: the diff against production, with what each node is on the server now.

mod both_sides;
mod drift;
mod relation;
#[cfg(test)]
mod tests;

use super::error::OpsError;
use super::workspace::{FileStamp, Observation, Workspace};
use crate::dbt::compare::{CompareOptions, Comparison, Reason};
use crate::dbt::diff::{self, DEFAULT_SELECTOR, Diff, DiffNode};
use crate::dbt::manifest::{Manifest, Node, UniqueId};
use crate::dbt::selection::Selection;
use crate::dbt::staleness;
use crate::domain::changes::{ChangedNode, ChangesView, ConfigChange, Versions};
use crate::domain::project::ModelChange;
use both_sides::BothSides;
use relation::relation_of;
use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

/// Tells one writing of the candidate manifest from another, without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CandidateStamp {
    file: PathBuf,
    stamp: FileStamp,
}

impl Workspace {
    /// Looks at the server and at the manifests, and compares.
    ///
    /// # Errors
    /// When there is no manifest yet, a manifest is broken, the server can't be read, or dbt itself would stop at the comparison.
    pub async fn changes(&self) -> Result<Arc<ChangesView>, OpsError> {
        self.changes_in(&self.observe().await?).map(Arc::new)
    }

    /// As [`Workspace::changes`], from an observation that was just made.
    ///
    /// # Errors
    /// As [`Workspace::changes`], the server apart.
    pub fn changes_in(&self, observation: &Observation) -> Result<ChangesView, OpsError> {
        let Some(candidate) = &observation.manifests.candidate else {
            let file = self.candidate_file()?;
            let missing = OpsError::usage(format!("there is no {}", file.display()));
            let remedy = "press r to run `dbt parse`, or run `dbt compile` in the project";
            return Err(missing.with_remedy(remedy));
        };
        let (compared_with, nodes) = compare(observation, candidate, self.compare_options())?;
        let project = self.settings().project()?;
        let departures = staleness::departures(candidate, &project.dir, &project.model_paths);
        Ok(ChangesView {
            manifest: candidate.hash().to_string(),
            compared_with,
            stale: staleness::clause(&departures)
                .map(|clause| format!("{clause}; press r to run `dbt parse`")),
            nodes,
        })
    }

    /// The candidate manifest as it lies on disk now; differs after dbt wrote it again. `None`: there is none.
    #[must_use]
    pub fn candidate_stamp(&self) -> Option<CandidateStamp> {
        let file = self.candidate_file().ok()?;
        let stamp = FileStamp::of(&file)?;
        Some(CandidateStamp { file, stamp })
    }
}

/// What the candidate is compared with, as a phrase, and the nodes; none where nothing is known of production.
fn compare(
    observation: &Observation,
    candidate: &Arc<Manifest>,
    options: CompareOptions,
) -> Result<(String, Vec<ChangedNode>), OpsError> {
    let catalog = &observation.board.snapshot.catalog;
    let resolved = observation.board.environment.resolve(catalog);
    let sides = BothSides::new(observation, &resolved, options)?;
    let nodes = match &observation.manifests.production {
        None => Vec::new(),
        Some(before) => {
            let (old, new) = (Arc::clone(before), Arc::clone(candidate));
            SideComparison {
                before,
                comparison: &Comparison::new(Some(old), new, options),
                sides: &sides,
            }
            .nodes()?
        }
    };
    Ok((sides.compared_with(), nodes))
}

/// One comparison on its way to the screen.
struct SideComparison<'a> {
    before: &'a Manifest,
    comparison: &'a Comparison,
    sides: &'a BothSides<'a>,
}

impl SideComparison<'_> {
    fn nodes(&self) -> Result<Vec<ChangedNode>, OpsError> {
        let selector = DEFAULT_SELECTOR.to_owned();
        let selection = Selection::parse(std::slice::from_ref(&selector), &[])?;
        let diff = Diff::of(self.comparison, selector, &selection)?;
        let listed: BTreeSet<&UniqueId> = diff.nodes.iter().map(|node| &node.unique_id).collect();
        let mut reasons = Sentences::default();
        let mut nodes: Vec<ChangedNode> = diff
            .nodes
            .iter()
            .filter_map(|found| {
                let node = self.changed(found, &listed)?;
                let told = found.reasons.iter().map(|reason| reasons.of(reason));
                Some(ChangedNode {
                    reasons: told.collect(),
                    ..node
                })
            })
            .collect();
        nodes.extend(self.drifted(&listed));
        nodes.sort_by(|one, other| one.unique_id.cmp(&other.unique_id));
        Ok(nodes)
    }

    fn changed(&self, found: &DiffNode, listed: &BTreeSet<&UniqueId>) -> Option<ChangedNode> {
        let change = match found.change {
            diff::NodeState::Modified => ModelChange::Modified,
            diff::NodeState::New => ModelChange::New,
            diff::NodeState::Removed => ModelChange::Removed,
            diff::NodeState::Downstream | diff::NodeState::Unmodified => ModelChange::Downstream,
        };
        let drift = self.sides.drift(&found.unique_id);
        let mut node = self.node(&found.unique_id, change, drift)?;
        node.path = found.path.iter().map(ToString::to_string).collect();
        node.dependents = self.dependents(found, listed);
        node.config = found.reasons.iter().filter_map(config_change).collect();
        Some(node)
    }

    /// What the project leaves as it is and somebody changed on the server.
    fn drifted(&self, listed: &BTreeSet<&UniqueId>) -> Vec<ChangedNode> {
        let unlisted = |node: &&Node| !listed.contains(&node.unique_id);
        let members = self.comparison.graph().members();
        let nodes = self.comparison.after().nodes();
        members
            .iter()
            .filter_map(|at| nodes.get(at))
            .filter(unlisted)
            .filter_map(|node| {
                let drift = self.sides.drift(&node.unique_id)?;
                self.node(&node.unique_id, ModelChange::Drifted, Some(drift))
            })
            .map(|node| ChangedNode {
                reasons: vec!["not changed in the project; changed on the server".into()],
                ..node
            })
            .collect()
    }

    /// A node with everything that does not depend on the diff.
    fn node(
        &self,
        id: &UniqueId,
        change: ModelChange,
        drift: Option<String>,
    ) -> Option<ChangedNode> {
        let (before, after) = (self.before.get(id), self.comparison.after().get(id));
        let after = after.filter(|_| change != ModelChange::Removed);
        let node = after.or(before)?;
        let text = |node: Option<&Node>, text: fn(&Node) -> Option<Cow<'_, str>>| {
            node.and_then(text)
                .filter(|text| !text.is_empty())
                .map(|text| Arc::from(&*text))
        };
        let versions = |of: fn(&Node) -> Option<Cow<'_, str>>| Versions {
            before: text(before, of),
            after: text(after, of),
        };
        let environment = self.sides.environment();
        Some(ChangedNode {
            unique_id: id.to_string(),
            name: node.name().into_owned(),
            resource_type: node.resource_type.as_str().to_owned(),
            relation: relation_of(node, environment).map(|name| (name.schema, name.name)),
            change,
            reasons: Vec::new(),
            path: Vec::new(),
            dependents: Vec::new(),
            raw: versions(|node| Some(node.raw_code())),
            compiled: versions(Node::compiled_code),
            config: Vec::new(),
            in_production: self.sides.in_production(node, change),
            in_deployment: self.sides.in_deployment(node, change),
            drift,
        })
    }

    /// What reads the node directly and is in the diff; for a removed one, what read it and is still there.
    fn dependents(&self, found: &DiffNode, listed: &BTreeSet<&UniqueId>) -> Vec<String> {
        let removed = found.reasons.iter().find_map(|reason| match reason {
            Reason::Removed { dependents, .. } => Some(dependents),
            _ => None,
        });
        if let Some(dependents) = removed {
            return dependents.iter().map(ToString::to_string).collect();
        }
        let after = self.comparison.after();
        let children = after
            .position(&found.unique_id)
            .map(|at| self.comparison.graph().children_of(at))
            .unwrap_or_default();
        children
            .iter()
            .filter_map(|at| after.nodes().get(*at))
            .filter(|child| listed.contains(&child.unique_id))
            .map(|child| child.unique_id.to_string())
            .collect()
    }
}

/// Reasons as sentences, each held once.
#[derive(Default)]
struct Sentences(HashSet<Arc<str>>);

impl Sentences {
    fn of(&mut self, reason: &Reason) -> Arc<str> {
        let sentence: Arc<str> = reason.to_string().into();
        if let Some(known) = self.0.get(&sentence) {
            return Arc::clone(known);
        }
        self.0.insert(Arc::clone(&sentence));
        sentence
    }
}

fn config_change(reason: &Reason) -> Option<ConfigChange> {
    let (key, before, after) = match reason {
        Reason::Config { key, before, after } => (key.as_str(), before, after),
        Reason::Relation { key, before, after } => (*key, before, after),
        _ => return None,
    };
    Some(ConfigChange {
        key: key.to_owned(),
        before: before.as_ref().map(ToString::to_string),
        after: after.as_ref().map(ToString::to_string),
    })
}
