//! What is asked for.

use super::error::SelectionError;
use super::grammar;
use super::grammar::Union;
use super::indirect::IndirectSelection;
use crate::dbt::manifest::{Node, ResourceType};
use std::collections::BTreeSet;
use std::str::FromStr;

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
pub(super) enum Include {
    Criteria(Union),
    /// A selector of `selectors.yml`.
    Named(String),
}

/// What `--select`, `--exclude`, `--resource-type` and `--indirect-selection` say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    pub(super) include: Include,
    pub(super) exclude: Union,
    pub(super) indirect: IndirectSelection,
    pub(super) resource_types: ResourceTypes,
    pub(super) runnable_only: bool,
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

    pub(super) fn lists(&self, node: &Node) -> bool {
        (node.has_code() || !self.runnable_only) && self.lists_kind(node.resource_type)
    }
}
