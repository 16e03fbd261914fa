//! The graph of a manifest: who reads whom.
//!
//! Members are the enabled nodes; edges come from `depends_on` of members, so the graph runs through ephemeral models,
//! tests, exposures, semantic models and metrics alike, as dbt's does.

mod node_set;
#[cfg(test)]
mod tests;

pub use node_set::NodeSet;

use super::manifest::Manifest;

/// Parents and children of every node, by position in [`Manifest::nodes`].
#[derive(Debug)]
pub struct Graph {
    members: NodeSet,
    parents: Vec<Vec<usize>>,
    children: Vec<Vec<usize>>,
}

impl Graph {
    #[must_use]
    pub fn of(manifest: &Manifest) -> Self {
        let nodes = manifest.nodes();
        let mut members = NodeSet::empty(nodes.len());
        for (at, node) in nodes.iter().enumerate() {
            if node.is_enabled() {
                members.insert(at);
            }
        }
        let mut parents = vec![Vec::new(); nodes.len()];
        let mut children = vec![Vec::new(); nodes.len()];
        for at in members.iter() {
            let known = nodes[at].depends_on_nodes();
            let known = known.iter().filter_map(|id| manifest.position(id));
            for parent in known.filter(|parent| members.contains(*parent)) {
                parents[at].push(parent);
                children[parent].push(at);
            }
        }
        Self {
            members,
            parents,
            children,
        }
    }

    /// The enabled nodes.
    #[must_use]
    pub fn members(&self) -> &NodeSet {
        &self.members
    }

    #[must_use]
    pub fn parents_of(&self, node: usize) -> &[usize] {
        self.parents.get(node).map_or(&[], Vec::as_slice)
    }

    #[must_use]
    pub fn children_of(&self, node: usize) -> &[usize] {
        self.children.get(node).map_or(&[], Vec::as_slice)
    }

    /// Everything downstream of `from`, at most `depth` edges away. A node of `from` is part of it only when it is
    /// downstream of another.
    #[must_use]
    pub fn descendants(&self, from: &NodeSet, depth: Option<usize>) -> NodeSet {
        walk(&self.children, from, depth)
    }

    /// Everything upstream of `from`, at most `depth` edges away.
    #[must_use]
    pub fn ancestors(&self, from: &NodeSet, depth: Option<usize>) -> NodeSet {
        walk(&self.parents, from, depth)
    }

    /// For every node downstream of `from`, the node before it on a shortest way from `from`; `None` for all others.
    #[must_use]
    pub fn shortest_ways(&self, from: &NodeSet) -> Vec<Option<usize>> {
        let mut before = vec![None; self.children.len()];
        let mut seen = from.clone();
        let mut layer: Vec<usize> = from.iter().collect();
        while !layer.is_empty() {
            let mut next = Vec::new();
            for node in layer {
                for &child in self.children_of(node) {
                    if seen.insert(child) {
                        before[child] = Some(node);
                        next.push(child);
                    }
                }
            }
            layer = next;
        }
        before
    }
}

fn walk(edges: &[Vec<usize>], from: &NodeSet, depth: Option<usize>) -> NodeSet {
    let mut reached = NodeSet::empty(edges.len());
    let mut layer: Vec<usize> = from.iter().collect();
    let mut left = depth.unwrap_or(usize::MAX);
    while !layer.is_empty() && left > 0 {
        let mut next = Vec::new();
        for node in layer {
            for &other in edges.get(node).map_or(&[][..], Vec::as_slice) {
                if reached.insert(other) {
                    next.push(other);
                }
            }
        }
        layer = next;
        left -= 1;
    }
    reached
}
