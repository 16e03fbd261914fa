//! Which rows came or went, so that only what rests on them is decoded again.

use super::store::CatalogRows;
use crate::domain::name::{Id, ObjectId};
use crate::materialize::queries::{Fact, Topic};
use crate::materialize::row::TextRow;
use std::collections::{BTreeMap, BTreeSet};

/// The changes since a picture.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// There was no picture before.
    everything: bool,
    /// The ids that rows which came or went are about, as often as they did.
    ids: BTreeMap<Fact, Vec<Id>>,
}

impl Changes {
    /// What changed for somebody who knows nothing.
    #[must_use]
    pub fn everything() -> Self {
        Self {
            everything: true,
            ..Self::default()
        }
    }

    pub fn note(&mut self, fact: Fact, row: &TextRow) {
        self.ids.entry(fact).or_default().extend(row.id());
    }

    pub fn extend(&mut self, later: Self) {
        self.everything |= later.everything;
        for (fact, ids) in later.ids {
            self.ids.entry(fact).or_default().extend(ids);
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.everything && self.ids.is_empty()
    }

    /// The topics with changed rows.
    #[must_use]
    pub fn topics(&self) -> BTreeSet<Topic> {
        if self.everything {
            return Topic::ALL.into();
        }
        let facts = self.ids.keys();
        facts.filter_map(|fact| fact.query().topic).collect()
    }

    /// Whether rows of any of these facts changed.
    #[must_use]
    pub fn touch(&self, facts: &[Fact]) -> bool {
        self.everything || facts.iter().any(|fact| self.ids.contains_key(fact))
    }

    /// The objects that changed rows of these facts are about, each once.
    #[must_use]
    pub fn objects(&self, rows: &CatalogRows, facts: &[Fact]) -> Vec<ObjectId> {
        let told = |fact: &Fact| -> Vec<Id> {
            if self.everything {
                rows.ids(*fact).collect()
            } else {
                self.ids.get(fact).cloned().unwrap_or_default()
            }
        };
        let mut objects: Vec<_> = facts.iter().flat_map(told).map(ObjectId::from).collect();
        objects.sort_unstable();
        objects.dedup();
        objects
    }
}
