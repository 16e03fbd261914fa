//! What a server offers to a role: relations differ by version, and not everybody may read them.
//!
//! A query whose relation or column is missing is left out: that costs a column of the screen, never the screen.

use super::queries::{QUERIES, QueryDefinition, SubscribeGroup};
use crate::domain::reading::{Missing, MissingReadings};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a server offers: relation -> columns, of those that we ask about, and what of it was refused to this role.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    columns: BTreeMap<String, BTreeSet<String>>,
    /// Of one session: roles and grants change.
    #[serde(skip)]
    refused: BTreeSet<String>,
}

/// What servers were found to offer, kept for the next connection: a real server is asked for half a second, and what
/// it offers changes with its version alone.
pub trait KeptOffers: Send + Sync {
    fn find(&self, server: &str) -> Option<Offer>;
    fn keep(&self, server: &str, offer: &Offer);
    /// It was refused what it should have: whoever comes next asks anew.
    fn forget(&self, server: &str);
}

impl Offer {
    /// The relations that an offer tells of.
    #[must_use]
    pub fn asked() -> Vec<&'static str> {
        let relations: BTreeSet<&str> = QUERIES.iter().map(|query| query.relation).collect();
        relations.into_iter().collect()
    }

    /// From rows of schema, relation, column.
    pub fn new(rows: impl IntoIterator<Item = (String, String, String)>) -> Self {
        let asked = Self::asked();
        let mut offer = Self::default();
        for (schema, relation, column) in rows {
            let relation = format!("{schema}.{relation}");
            if asked.contains(&relation.as_str()) {
                offer.columns.entry(relation).or_default().insert(column);
            }
        }
        offer
    }

    /// Notes that this role can't read what the query needs.
    pub fn refuse(&mut self, query: &QueryDefinition) {
        self.refused.insert(query.relation.to_owned());
    }

    /// What the query lacks here; `None` when it can run.
    #[must_use]
    pub fn lacks(&self, query: &QueryDefinition) -> Option<Missing> {
        if query.relation.is_empty() {
            return None;
        }
        let columns = self
            .columns
            .get(query.relation)
            .filter(|_| !self.refused.contains(query.relation));
        let Some(columns) = columns else {
            return Some(Missing::relation(query.relation));
        };
        let mut needs = query.needs.iter();
        needs
            .find(|column| !columns.contains(**column))
            .map(|column| Missing::column(query.relation, column))
    }

    /// The queries of a group that can run here.
    pub fn queries(&self, group: SubscribeGroup) -> impl Iterator<Item = &'static QueryDefinition> {
        QUERIES
            .iter()
            .filter(move |query| query.group == Some(group) && self.lacks(query).is_none())
    }

    /// Everything that pictures would show and this server does not offer.
    #[must_use]
    pub fn missing(&self) -> MissingReadings {
        QUERIES
            .iter()
            .filter_map(|query| Some((query.reading?, self.lacks(query)?)))
            .collect()
    }

    /// What no picture can do without and this server does not offer.
    #[must_use]
    pub fn missing_required(&self) -> Option<Missing> {
        QUERIES
            .iter()
            .filter(|query| query.required)
            .find_map(|query| self.lacks(query))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reading::CatalogReading;
    use crate::materialize::queries::CatalogQuery;

    fn everything() -> Offer {
        Offer::new(QUERIES.iter().flat_map(|query| {
            let (schema, relation) = query.relation.split_once('.').unwrap_or_default();
            query
                .needs
                .iter()
                .map(move |need| (schema.to_owned(), relation.to_owned(), (*need).to_owned()))
        }))
    }

    #[test]
    fn a_missing_column_costs_one_fact() {
        let whole = everything();
        assert_eq!(whole.missing(), MissingReadings::new());
        let mut old = whole.clone();
        old.columns
            .get_mut("mz_catalog.mz_tables")
            .unwrap()
            .remove("source_id");
        assert_eq!(
            old.missing(),
            MissingReadings::from([(
                CatalogReading::TableSources,
                Missing::column("mz_catalog.mz_tables", "source_id")
            )])
        );
        assert_eq!(
            old.queries(SubscribeGroup::Catalog).count() + 1,
            whole.queries(SubscribeGroup::Catalog).count()
        );
        assert_eq!(old.missing_required(), None);
    }

    #[test]
    fn a_refused_relation_is_left_out() {
        let mut offer = everything();
        offer.refuse(CatalogQuery::Sessions.definition());
        assert!(
            offer
                .queries(SubscribeGroup::Traffic)
                .all(|query| query.query != CatalogQuery::Sessions)
        );
        offer.refuse(CatalogQuery::Objects.definition());
        assert_eq!(
            offer.missing_required(),
            Some(Missing::relation("mz_catalog.mz_objects"))
        );
    }
}
