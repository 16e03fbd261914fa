//! What one look asks: which queries, in which statements, on which connection.
//!
//! A real server's cost is statements, and the isolation that they run at. The catalog and all that guards rest on is one SELECT under
//! `strict serializable`, never stale. How far objects have come is told once a second: under `serializable` that is read as of the last
//! tick in milliseconds (recorded: v26.39/22), on a connection of its own, at the same time.

use super::offer::Offer;
use super::queries::{CatalogQuery, QueryDefinition, SubscribeGroup};

/// What guards judge beside the catalog, of grants and who has them.
pub(super) const ACCESS: &[CatalogQuery] = &[
    CatalogQuery::RoleMembers,
    CatalogQuery::DatabasePrivileges,
    CatalogQuery::SchemaPrivileges,
    CatalogQuery::ClusterPrivileges,
    CatalogQuery::ObjectPrivileges,
];

/// The same, each on its own: one `mz_aclitem` cast to text, as a SELECT over several queries does, names roles in place of their ids
/// (recorded: v26.24/17).
pub(super) const ACCESS_ALONE: &[CatalogQuery] = &[
    CatalogQuery::SystemPrivileges,
    CatalogQuery::DefaultPrivileges,
];

/// One SELECT each. The time of the first is the picture's: it carries the frontiers that lag is reckoned from.
pub(super) const PROGRESS: &[&[CatalogQuery]] = &[
    &[
        CatalogQuery::Frontiers,
        CatalogQuery::Hydration,
        CatalogQuery::HydrationTimes,
        CatalogQuery::Operators,
    ],
    &[
        CatalogQuery::SourceStatuses,
        CatalogQuery::SinkStatuses,
        CatalogQuery::SourceStatistics,
    ],
    &[
        CatalogQuery::ReplicaStatuses,
        CatalogQuery::ReplicaUtilization,
        CatalogQuery::ReplicaInterruptions,
    ],
    &[
        CatalogQuery::SessionApplications,
        CatalogQuery::Subscriptions,
    ],
];

/// The slowest of all (0.65 s on a real 26.39), so only where a materialized view has a refresh strategy.
pub(super) const REFRESHES: &[CatalogQuery] = &[CatalogQuery::Refreshes];

/// What is asked of the catalog, as far as the server offers it. Whether a lease's session lives is asked here: a session that a stale
/// reading does not know yet would count as gone.
pub(super) fn of_catalog(offer: &Offer, with_access: bool) -> Vec<&'static QueryDefinition> {
    let mut queries: Vec<_> = offer.queries(SubscribeGroup::Catalog).collect();
    queries.extend(offered(offer, &[CatalogQuery::Sessions]));
    if with_access {
        queries.extend(offered(offer, ACCESS));
    }
    queries
}

/// Those of the queries that the server offers.
pub(super) fn offered(offer: &Offer, queries: &[CatalogQuery]) -> Vec<&'static QueryDefinition> {
    let definitions = queries.iter().map(|query| query.definition());
    definitions
        .filter(|query| match offer.lacks(query) {
            Some(lacking) => {
                tracing::debug!(%lacking, "not offered by this server");
                false
            }
            None => true,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::materialize::queries::QUERIES;

    #[test]
    fn a_look_asks_each_query_of_a_picture_once() {
        let mut asked: Vec<CatalogQuery> = QUERIES
            .iter()
            .filter(|query| query.group == Some(SubscribeGroup::Catalog))
            .map(|query| query.query)
            .collect();
        asked.push(CatalogQuery::Sessions);
        asked.extend(PROGRESS.iter().copied().flatten());
        asked.extend(REFRESHES);
        asked.sort_unstable();
        let of_pictures: Vec<CatalogQuery> = QUERIES
            .iter()
            .filter(|query| query.group.is_some())
            .map(|query| query.query)
            .collect();
        assert_eq!(asked, of_pictures);
        for query in ACCESS.iter().chain(ACCESS_ALONE) {
            assert_eq!(query.definition().group, None, "{query:?}");
        }
    }
}
