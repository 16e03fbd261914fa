//! What a sub-selector of `state:modified` looks at.

use std::fmt;

/// A sub-selector of `state:modified`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Facet {
    Body,
    Configs,
    Relation,
    PersistedDescriptions,
    Macros,
    Contract,
}

impl Facet {
    pub const ALL: [Self; 6] = [
        Self::Body,
        Self::Configs,
        Self::Relation,
        Self::PersistedDescriptions,
        Self::Macros,
        Self::Contract,
    ];

    /// What stands behind `state:modified.`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::Configs => "configs",
            Self::Relation => "relation",
            Self::PersistedDescriptions => "persisted_descriptions",
            Self::Macros => "macros",
            Self::Contract => "contract",
        }
    }
}

impl fmt::Display for Facet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The sub-selectors that match one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facets(u8);

impl Facets {
    pub(super) fn insert(&mut self, facet: Facet) {
        self.0 |= 1 << facet as u8;
    }

    #[must_use]
    pub fn contains(self, facet: Facet) -> bool {
        self.0 & (1 << facet as u8) != 0
    }

    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromIterator<Facet> for Facets {
    fn from_iter<I: IntoIterator<Item = Facet>>(facets: I) -> Self {
        let mut all = Self::default();
        for facet in facets {
            all.insert(facet);
        }
        all
    }
}
