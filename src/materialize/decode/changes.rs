//! Which rows came or went, so that only what rests on them is decoded again.

use super::store::CatalogRows;
use crate::domain::name::{Id, ObjectId};
use crate::materialize::error::Error;
use crate::materialize::queries::{CatalogQuery, SubscribeGroup};
use crate::materialize::row::TextRow;
use std::collections::{BTreeMap, BTreeSet};

/// The changes since a picture.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangedIds {
    /// There was no picture before.
    everything: bool,
    /// The ids that rows which came or went are about, as often as they did.
    ids: BTreeMap<CatalogQuery, Vec<Id>>,
}

impl ChangedIds {
    /// What changed for somebody who knows nothing.
    #[must_use]
    pub fn everything() -> Self {
        Self {
            everything: true,
            ..Self::default()
        }
    }

    pub fn note(&mut self, query: CatalogQuery, row: &TextRow) {
        self.ids.entry(query).or_default().extend(row.id());
    }

    pub fn extend(&mut self, later: Self) {
        self.everything |= later.everything;
        for (query, ids) in later.ids {
            self.ids.entry(query).or_default().extend(ids);
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.everything && self.ids.is_empty()
    }

    /// The groups with changed rows.
    #[must_use]
    pub fn groups(&self) -> BTreeSet<SubscribeGroup> {
        if self.everything {
            return SubscribeGroup::ALL.into();
        }
        let queries = self.ids.keys();
        queries
            .filter_map(|query| query.definition().group)
            .collect()
    }

    #[must_use]
    pub fn are_everything(&self) -> bool {
        self.everything
    }

    /// The objects that changed rows of these queries are about, each once; `item` tells whose id a row has.
    ///
    /// # Errors
    /// When a row is about no id.
    pub fn objects(
        &self,
        told: &CatalogRows,
        queries: &[CatalogQuery],
        item: impl Fn(ObjectId) -> ObjectId,
    ) -> Result<Vec<ObjectId>, Error> {
        let mut objects = Vec::new();
        for query in queries {
            told.all_have_ids(*query)?;
            if self.everything {
                objects.extend(told.ids(*query).map(|id| item(id.into())));
            } else {
                let ids = self.ids.get(query).into_iter().flatten();
                objects.extend(ids.map(|id| item((*id).into())));
            }
        }
        objects.sort_unstable();
        objects.dedup();
        Ok(objects)
    }
}
