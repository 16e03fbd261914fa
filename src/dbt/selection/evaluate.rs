//! Sets of nodes from criteria, with the tests that come along.
//!
//! A test that waits for all its nodes may find them in different criteria, so each step yields what is selected and,
//! beside it, the tests still waiting; every union and intersection asks them again, as dbt does.

use super::grammar::{Criterion, Union};
use super::method::Method;
use super::request::Include;
use super::selectors::{self, Spec};
use super::wildcard::Wildcard;
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
    selection: &'a Selection,
    /// The selectors that are being resolved, from the outermost on.
    resolving: Vec<String>,
}

pub(super) fn evaluate(
    comparison: &Comparison,
    selection: &Selection,
) -> Result<NodeSet, SelectionError> {
    let mut evaluation = Evaluation {
        comparison,
        selection,
        resolving: Vec::new(),
    };
    let included = match &selection.include {
        Include::Criteria(union) => evaluation.union(union)?,
        Include::Named(name) => evaluation.selector(name)?,
    };
    let excluded = evaluation.union(&selection.exclude)?;
    Ok(included.selected.difference(&excluded.selected))
}

impl Evaluation<'_> {
    fn union(&mut self, union: &Union) -> Result<Found, SelectionError> {
        let mode = self.selection.indirect;
        let mut intersections = Vec::new();
        for criteria in union {
            let found: Result<Vec<_>, _> = criteria.iter().map(|one| self.criterion(one)).collect();
            intersections.push(self.combine(found?, mode, NodeSet::intersection));
        }
        Ok(self.combine(intersections, mode, NodeSet::union))
    }

    /// A selector of the project by its exact name.
    fn selector(&mut self, name: &str) -> Result<Found, SelectionError> {
        let project = self.comparison.after();
        let definition = project
            .selectors()
            .get(name)
            .and_then(|selector| selector.get("definition"));
        let definition = definition.ok_or_else(|| self.no_selector(name))?;
        if self.resolving.iter().any(|outer| outer == name) {
            return Err(SelectionError::CircularSelector(name.to_owned()));
        }
        let spec = selectors::spec(name, definition)?;
        self.resolving.push(name.to_owned());
        let found = self.spec(&spec);
        self.resolving.pop();
        found
    }

    fn no_selector(&self, name: &str) -> SelectionError {
        let known = self.comparison.after().selectors().members();
        SelectionError::NoSelector {
            name: name.to_owned(),
            known: known.map(|(name, _)| name.to_owned()).collect(),
        }
    }

    /// What the selectors list whose names match: tests have come along and kinds that are not listed are gone already.
    fn matching_selectors(
        &mut self,
        pattern: &Wildcard,
        text: &str,
    ) -> Result<NodeSet, SelectionError> {
        let project = self.comparison.after();
        let metadata = project.metadata();
        if metadata.release().is_none_or(|release| release < (1, 12)) {
            let version = metadata.dbt_version.clone();
            return Err(SelectionError::SelectorMethod {
                version: version.map_or_else(
                    || "an older dbt".to_owned(),
                    |version| format!("dbt {version}"),
                ),
            });
        }
        let names = project.selectors().members().map(|(name, _)| name);
        let names: Vec<&str> = names.filter(|name| pattern.matches(name)).collect();
        if names.is_empty() {
            return Err(self.no_selector(text));
        }
        let mut all = self.nothing();
        for name in names {
            let found = self.selector(name)?.selected;
            for at in found
                .iter()
                .filter(|at| self.selection.lists(&project.nodes()[*at]))
            {
                all.insert(at);
            }
        }
        Ok(all)
    }

    /// Inside `selectors.yml`, waiting tests are never asked again, as in dbt.
    fn spec(&mut self, spec: &Spec) -> Result<Found, SelectionError> {
        let parts = |evaluation: &mut Self, parts: &[Spec]| {
            let found = parts.iter().map(|part| evaluation.spec(part));
            found.collect::<Result<Vec<_>, _>>()
        };
        match spec {
            Spec::Criterion(criterion) => self.criterion(criterion),
            Spec::Union(all) => {
                let found = parts(self, all)?;
                Ok(self.combine(found, IndirectSelection::Eager, NodeSet::union))
            }
            Spec::Intersection(all) => {
                let found = parts(self, all)?;
                Ok(self.combine(found, IndirectSelection::Eager, NodeSet::intersection))
            }
            Spec::Difference(included, excluded) => {
                let found = vec![self.spec(included)?, self.spec(excluded)?];
                Ok(self.combine(found, IndirectSelection::Eager, NodeSet::difference))
            }
        }
    }

    fn combine(
        &self,
        parts: Vec<Found>,
        mode: IndirectSelection,
        operation: impl Fn(&NodeSet, &NodeSet) -> NodeSet,
    ) -> Found {
        let mut all: Option<Found> = None;
        for mut part in parts {
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
        all.selected = self.ask_waiting(&all, mode);
        all
    }

    /// Adds the waiting tests whose nodes are all there now. Unit tests are never asked again.
    fn ask_waiting(&self, found: &Found, mode: IndirectSelection) -> NodeSet {
        let present = match mode {
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

    fn criterion(&mut self, criterion: &Criterion) -> Result<Found, SelectionError> {
        let graph = self.comparison.graph();
        let selector = match &criterion.method {
            Method::Selector { names, text } => Some((names, text)),
            _ => None,
        };
        let matched = match selector {
            Some((names, text)) => self.matching_selectors(names, text)?,
            None => matching::search(self.comparison, &criterion.method)?,
        };
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
        if selector.is_some() {
            return Ok(Found {
                selected,
                waiting: self.nothing(),
            });
        }
        let mode = criterion.indirect.unwrap_or(self.selection.indirect);
        Ok(self.with_tests(selected, mode))
    }

    /// Adds the tests that come along with the selected nodes.
    fn with_tests(&self, selected: NodeSet, mode: IndirectSelection) -> Found {
        let mut waiting = self.nothing();
        if mode == IndirectSelection::Empty {
            return Found { selected, waiting };
        }
        let present = match mode {
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
            if mode == IndirectSelection::Eager || self.has_all_nodes_in(at, &present) {
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
