//! Sets of nodes from criteria, with the tests that come along.
//!
//! A test that waits for all its nodes may find them in different criteria, so each step yields what is selected and,
//! beside it, the tests still waiting; every union and intersection asks them again, as dbt does.

use super::grammar::{Criterion, Union};
use super::{IndirectSelection, Selection, SelectionError, matching};
use crate::dbt::compare::Comparison;
use crate::dbt::graph::NodeSet;
use crate::dbt::manifest::ResourceType;

/// Selected nodes, and tests that are not all there yet.
struct Found {
    selected: NodeSet,
    waiting: NodeSet,
}

struct Evaluation<'a> {
    comparison: &'a Comparison,
    indirect: IndirectSelection,
}

pub(super) fn evaluate(
    comparison: &Comparison,
    selection: &Selection,
) -> Result<NodeSet, SelectionError> {
    let evaluation = Evaluation {
        comparison,
        indirect: selection.indirect,
    };
    let included = evaluation.union(&selection.include)?;
    let excluded = evaluation.union(&selection.exclude)?;
    Ok(included.selected.difference(&excluded.selected))
}

impl Evaluation<'_> {
    fn union(&self, union: &Union) -> Result<Found, SelectionError> {
        let intersections = union.iter().map(|all| {
            let criteria = all.iter().map(|one| self.criterion(one));
            self.combine(criteria, NodeSet::intersection)
        });
        self.combine(intersections, NodeSet::union)
    }

    fn combine(
        &self,
        parts: impl Iterator<Item = Result<Found, SelectionError>>,
        operation: impl Fn(&NodeSet, &NodeSet) -> NodeSet,
    ) -> Result<Found, SelectionError> {
        let mut all: Option<Found> = None;
        for part in parts {
            let mut part = part?;
            part.waiting = part.waiting.union(&part.selected);
            all = Some(match all {
                None => part,
                Some(all) => Found {
                    selected: operation(&all.selected, &part.selected),
                    waiting: operation(&all.waiting, &part.waiting),
                },
            });
        }
        let mut all = all.unwrap_or_else(|| Found {
            selected: self.nothing(),
            waiting: self.nothing(),
        });
        all.selected = self.ask_waiting(&all);
        Ok(all)
    }

    /// Adds the waiting tests whose nodes are all there now. Unit tests are never asked again.
    fn ask_waiting(&self, found: &Found) -> NodeSet {
        let present = match self.indirect {
            IndirectSelection::Cautious => found.selected.clone(),
            IndirectSelection::Buildable => {
                let ancestors = self.comparison.graph().ancestors(&found.selected, None);
                found.selected.union(&ancestors)
            }
            IndirectSelection::Eager | IndirectSelection::Empty => return found.selected.clone(),
        };
        let mut selected = found.selected.clone();
        for at in found.waiting.difference(&found.selected).iter() {
            if self.kind(at) == ResourceType::Test && self.has_all_nodes_in(at, &present) {
                selected.insert(at);
            }
        }
        selected
    }

    fn criterion(&self, criterion: &Criterion) -> Result<Found, SelectionError> {
        let graph = self.comparison.graph();
        let matched = matching::search(self.comparison, &criterion.method)?;
        let mut selected = matched.clone();
        if criterion.with_childrens_parents {
            let below = graph.descendants(&matched, None).union(&matched);
            selected = selected.union(&below);
            selected = selected.union(&graph.ancestors(&below, None));
        }
        if let Some(reach) = criterion.parents {
            selected = selected.union(&graph.ancestors(&matched, reach.0));
        }
        if let Some(reach) = criterion.children {
            selected = selected.union(&graph.descendants(&matched, reach.0));
        }
        Ok(self.with_tests(selected))
    }

    /// Adds the tests that come along with the selected nodes.
    fn with_tests(&self, selected: NodeSet) -> Found {
        let mut waiting = self.nothing();
        if self.indirect == IndirectSelection::Empty {
            return Found { selected, waiting };
        }
        let present = match self.indirect {
            IndirectSelection::Buildable => self.buildable(&selected),
            _ => selected.clone(),
        };
        let mut all = selected.clone();
        for at in self
            .comparison
            .graph()
            .descendants(&selected, Some(1))
            .iter()
        {
            if !matches!(self.kind(at), ResourceType::Test | ResourceType::UnitTest) {
                continue;
            }
            if self.indirect == IndirectSelection::Eager || self.has_all_nodes_in(at, &present) {
                all.insert(at);
            } else {
                waiting.insert(at);
            }
        }
        Found {
            selected: all,
            waiting,
        }
    }

    /// What is there or can be taken for there: the selected nodes, their ancestors, and every source.
    fn buildable(&self, selected: &NodeSet) -> NodeSet {
        let ancestors = self.comparison.graph().ancestors(selected, None);
        let mut present = selected.union(&ancestors);
        for (at, node) in self.comparison.after().nodes().iter().enumerate() {
            if node.resource_type == ResourceType::Source {
                present.insert(at);
            }
        }
        present
    }

    fn has_all_nodes_in(&self, test: usize, present: &NodeSet) -> bool {
        let manifest = self.comparison.after();
        let parents = manifest.nodes()[test].depends_on_nodes();
        parents.iter().all(|id| {
            manifest
                .position(id)
                .is_some_and(|parent| present.contains(parent))
        })
    }

    fn kind(&self, node: usize) -> ResourceType {
        self.comparison.after().nodes()[node].resource_type
    }

    fn nothing(&self) -> NodeSet {
        NodeSet::empty(self.comparison.after().nodes().len())
    }
}
