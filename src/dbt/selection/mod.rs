//! dbt's node selection over a [`Comparison`].

mod error;
mod evaluate;
mod grammar;
mod matching;
mod method;
mod path;
mod selectors;
#[cfg(test)]
mod tests;
mod wildcard;

pub use error::SelectionError;
pub use method::StateSelector;

use super::compare::Comparison;
use super::graph::NodeSet;
use super::manifest::{Node, ResourceType, UniqueId};
use grammar::Union;
use std::collections::BTreeSet;
use std::str::FromStr;

/// Which tests come with selected nodes although nothing selects them themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IndirectSelection {
    /// Every test of a selected node.
    #[default]
    Eager,
    /// Tests whose nodes are all selected.
    Cautious,
    /// Tests whose nodes are all selected or upstream of what is.
    Buildable,
    /// None.
    Empty,
}

impl FromStr for IndirectSelection {
    type Err = SelectionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_lowercase().as_str() {
            "eager" => Ok(Self::Eager),
            "cautious" => Ok(Self::Cautious),
            "buildable" => Ok(Self::Buildable),
            "empty" => Ok(Self::Empty),
            _ => Err(SelectionError::Indirect(text.to_owned())),
        }
    }
}

/// The kinds of nodes that a selection lists. Hooks (`operation`) can be selected but never listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceTypes(BTreeSet<ResourceType>);

impl Default for ResourceTypes {
    /// What `dbt ls` lists when it is not told.
    fn default() -> Self {
        let all = Self::all().0.into_iter();
        Self(all.filter(|kind| *kind != ResourceType::Analysis).collect())
    }
}

impl ResourceTypes {
    /// `--resource-type all`: the default kinds and analyses.
    #[must_use]
    pub fn all() -> Self {
        let unlisted = [
            ResourceType::Operation,
            ResourceType::SqlOperation,
            ResourceType::Rpc,
        ];
        let kinds = ResourceType::ALL.iter().copied();
        Self(kinds.filter(|kind| !unlisted.contains(kind)).collect())
    }

    /// Exactly these.
    #[must_use]
    pub fn only(kinds: impl IntoIterator<Item = ResourceType>) -> Self {
        Self(kinds.into_iter().collect())
    }

    /// Reads the values of `--resource-type`: kinds, `all`, `default`; no value means the default.
    ///
    /// # Errors
    /// When a value is none of these.
    pub fn parse<T: AsRef<str>>(texts: &[T]) -> Result<Self, SelectionError> {
        if texts.is_empty() {
            return Ok(Self::default());
        }
        let mut kinds = BTreeSet::new();
        for text in texts {
            match text.as_ref().to_lowercase().as_str() {
                "all" => kinds.extend(Self::all().0),
                "default" => kinds.extend(Self::default().0),
                kind => {
                    let known = ResourceType::from_str(kind).ok();
                    let listed = known.filter(|kind| Self::all().contains(*kind));
                    kinds.insert(
                        listed.ok_or_else(|| {
                            SelectionError::ResourceType(text.as_ref().to_owned())
                        })?,
                    );
                }
            }
        }
        Ok(Self(kinds))
    }

    #[must_use]
    pub fn contains(&self, kind: ResourceType) -> bool {
        self.0.contains(&kind)
    }
}

/// What is selected before anything is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Include {
    Criteria(Union),
    /// A selector of `selectors.yml`.
    Named(String),
}

/// What `--select`, `--exclude`, `--resource-type` and `--indirect-selection` say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    include: Include,
    exclude: Union,
    indirect: IndirectSelection,
    resource_types: ResourceTypes,
    runnable_only: bool,
}

impl Selection {
    /// Reads the values of `--select` and `--exclude`. Without the first, everything is selected, as dbt does.
    ///
    /// # Errors
    /// When a criterion is malformed, its method is unknown, or its value is none that the method knows.
    pub fn parse(select: &[String], exclude: &[String]) -> Result<Self, SelectionError> {
        const EVERYTHING: [&str; 5] = [
            "fqn:*",
            "source:*",
            "exposure:*",
            "metric:*",
            "semantic_model:*",
        ];
        let include = if select.is_empty() {
            grammar::union(&EVERYTHING.map(str::to_owned))?
        } else {
            grammar::union(select)?
        };
        Ok(Self {
            include: Include::Criteria(include),
            exclude: grammar::union(exclude)?,
            indirect: IndirectSelection::default(),
            resource_types: ResourceTypes::default(),
            runnable_only: false,
        })
    }

    /// What `--selector` says: a selector of the project's `selectors.yml`, by its name.
    #[must_use]
    pub fn named(selector: &str) -> Self {
        Self {
            include: Include::Named(selector.to_owned()),
            exclude: Union::new(),
            indirect: IndirectSelection::default(),
            resource_types: ResourceTypes::default(),
            runnable_only: false,
        }
    }

    #[must_use]
    pub fn indirect(mut self, indirect: IndirectSelection) -> Self {
        self.indirect = indirect;
        self
    }

    #[must_use]
    pub fn resource_types(mut self, kinds: ResourceTypes) -> Self {
        self.resource_types = kinds;
        self
    }

    /// As `dbt run` selects: models only, and none whose SQL is blank. (Ephemeral models stay; they create nothing.)
    #[must_use]
    pub fn to_run(mut self) -> Self {
        self.resource_types = ResourceTypes::only([ResourceType::Model]);
        self.runnable_only = true;
        self
    }

    /// Whether nodes of this kind are listed.
    #[must_use]
    pub fn lists_kind(&self, kind: ResourceType) -> bool {
        self.resource_types.contains(kind)
    }

    fn lists(&self, node: &Node) -> bool {
        self.lists_kind(node.resource_type)
            && !(self.runnable_only && node.raw_code().trim().is_empty())
    }
}

/// The ids that dbt would list, sorted.
///
/// # Errors
/// When a `state:` criterion has no state to compare with, or dbt stops at a broken contract or a missing macro.
pub fn select(
    comparison: &Comparison,
    selection: &Selection,
) -> Result<BTreeSet<UniqueId>, SelectionError> {
    let nodes = comparison.after().nodes();
    let found = select_positions(comparison, selection)?;
    Ok(found.iter().map(|at| nodes[at].unique_id.clone()).collect())
}

/// Like [`select`], by position in the project's manifest.
///
/// # Errors
/// As [`select`].
pub fn select_positions(
    comparison: &Comparison,
    selection: &Selection,
) -> Result<NodeSet, SelectionError> {
    comparison.check_state().map_err(|abort| abort.clone())?;
    let nodes = comparison.after().nodes();
    let found = evaluate::evaluate(comparison, selection)?;
    let mut listed = NodeSet::empty(nodes.len());
    for at in found.iter().filter(|at| selection.lists(&nodes[*at])) {
        listed.insert(at);
    }
    Ok(listed)
}
