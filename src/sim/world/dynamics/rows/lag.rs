//! Materialization lag and refreshes as rows.

use super::super::frontiers::{distance, last_refresh, next_refresh};
use super::super::moving::Dynamics;
use super::super::node::{Frontier, Node, Slot};
use super::super::tick::healthy_frontier;
use super::field::{Row, interval, millis, text};
use crate::Value;
use crate::inventory::{Kind, Refresh};
use std::collections::HashMap;
use std::time::Duration;

/// The input that has got least far, and how far.
type Slowest<'a> = (&'a Node, Frontier);

impl Dynamics {
    pub(super) fn materialization_lag(&self) -> Vec<Row> {
        let mut roots = HashMap::new();
        let mut rows = Vec::new();
        for (slot, node) in self
            .nodes
            .iter()
            .enumerate()
            .filter_map(|(slot, node)| Some((slot, node.as_ref()?)))
        {
            if !matches!(node.kind, Kind::MaterializedView | Kind::Index | Kind::Sink) {
                continue;
            }
            let direct = slowest(node.reads.iter().filter_map(|slot| self.node(*slot)));
            let root = slowest(
                self.roots(slot, &mut roots)
                    .iter()
                    .filter_map(|slot| self.node(*slot)),
            );
            // An object that reads nothing has no row.
            if let (Some(direct), Some(root)) = (direct, root) {
                rows.push(vec![
                    text(&node.id),
                    interval(behind(node, direct)),
                    interval(behind(node, root)),
                    text(&direct.0.id),
                    text(&root.0.id),
                ]);
            }
        }
        rows
    }

    /// The tables and sources at the far end of what an object reads.
    fn roots<'a>(&self, slot: Slot, known: &'a mut HashMap<Slot, Vec<Slot>>) -> &'a [Slot] {
        if !known.contains_key(&slot) {
            let mut found = Vec::new();
            for input in self
                .node(slot)
                .map(|node| node.reads.clone())
                .unwrap_or_default()
            {
                let is_root = self.node(input).is_some_and(|node| node.reads.is_empty());
                let further = if is_root {
                    &[input][..]
                } else {
                    self.roots(input, known)
                };
                found.extend_from_slice(further);
            }
            found.sort_unstable();
            found.dedup();
            known.insert(slot, found);
        }
        known.get(&slot).map_or(&[], Vec::as_slice)
    }

    pub(super) fn refreshes(&self) -> Vec<Row> {
        self.living()
            .filter(|node| node.refresh != Refresh::OnCommit)
            .map(|node| self.refresh_row(node))
            .collect()
    }

    fn refresh_row(&self, node: &Node) -> Row {
        let reached = match self.inputs_frontier(node) {
            Frontier::At(at) => at,
            Frontier::Complete | Frontier::None => healthy_frontier(self.now),
        };
        let optional = |at: Option<u64>| at.map_or(Value::Null, millis);
        if node.readable {
            vec![
                text(&node.id),
                optional(last_refresh(node, reached)),
                optional(next_refresh(node, reached)),
            ]
        } else {
            vec![
                text(&node.id),
                Value::Null,
                millis(node.created_at.millis()),
            ]
        }
    }
}

fn slowest<'a>(inputs: impl Iterator<Item = &'a Node>) -> Option<Slowest<'a>> {
    let reached = |frontier: Frontier| match frontier {
        Frontier::At(at) => at,
        Frontier::Complete | Frontier::None => u64::MAX,
    };
    inputs
        .map(|node| (node, node.frontier))
        .min_by_key(|(_, frontier)| reached(*frontier))
}

/// `None` where the inputs have come to their end and the object has not.
fn behind(node: &Node, (_, input): Slowest<'_>) -> Option<Duration> {
    match (input, node.frontier) {
        (_, Frontier::Complete | Frontier::None) => Some(Duration::ZERO),
        (Frontier::At(ahead), Frontier::At(own)) => Some(distance(ahead, own)),
        (Frontier::Complete | Frontier::None, Frontier::At(_)) => None,
    }
}
