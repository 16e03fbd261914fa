//! Which models are built, and in which order.

use super::BuildRequest;
use crate::dbt::manifest::{Manifest, Node, ResourceType, UniqueId};
use std::collections::{BTreeMap, BTreeSet};

/// The nodes to build, parents first; by id where nothing else decides, so that a plan is the same every time.
pub(super) fn in_dependency_order<'a>(order: &BuildRequest<'a>) -> Vec<&'a Node> {
    let wanted: BTreeMap<&UniqueId, &Node> = order
        .selected
        .iter()
        .filter_map(|id| Some((id, order.manifest.get(id)?)))
        .filter(|(_, node)| is_built_by_run(node))
        .collect();
    let mut done = BTreeSet::new();
    let mut ordered = Vec::with_capacity(wanted.len());
    for id in wanted.keys() {
        visit(id, order.manifest, &wanted, &mut done, &mut ordered);
    }
    ordered
}

/// Depth first without recursion: chains of models can be longer than a stack.
fn visit<'a>(
    start: &UniqueId,
    manifest: &'a Manifest,
    wanted: &BTreeMap<&UniqueId, &'a Node>,
    done: &mut BTreeSet<UniqueId>,
    ordered: &mut Vec<&'a Node>,
) {
    let mut path = vec![(start.clone(), false)];
    while let Some((id, parents_done)) = path.pop() {
        if parents_done {
            ordered.extend(wanted.get(&id));
            continue;
        }
        if !done.insert(id.clone()) {
            continue;
        }
        // Through unselected nodes as well: an ephemeral model in between still orders its neighbours.
        let mut parents = manifest
            .get(&id)
            .map(Node::depends_on_nodes)
            .unwrap_or_default();
        parents.sort();
        path.push((id, true));
        path.extend(parents.into_iter().rev().map(|parent| (parent, false)));
    }
}

pub(super) fn is_built_by_run(node: &Node) -> bool {
    node.resource_type == ResourceType::Model
        && node.is_enabled()
        && node
            .materialized()
            .is_none_or(|materialized| materialized.is_built())
}
