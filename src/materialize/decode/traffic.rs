//! Who is connected, and which SUBSCRIBEs run.

use super::store::CatalogRows;
use crate::domain::name::ObjectId;
use crate::domain::snapshot::{ClientSession, Subscription};
use crate::materialize::error::Error;
use crate::materialize::queries::rows;
use std::collections::{BTreeSet, HashMap};

/// # Errors
/// When a row lacks an id.
pub fn sessions(told: &CatalogRows) -> Result<Vec<ClientSession>, Error> {
    let applications: HashMap<&str, &str> = told
        .all::<rows::SessionApplications>()
        .filter_map(|row| row.session_id().get().zip(row.application().get()))
        .collect();
    let mut sessions = told
        .all::<rows::Sessions>()
        .map(|row| {
            let id = row.id().text()?;
            Ok(ClientSession {
                id: id.to_owned(),
                role: row.role_id().id()?,
                client_ip: row.client_ip().owned(),
                application: applications.get(id).map(|name| (*name).to_owned()),
                since: row.since().time(),
            })
        })
        .collect::<Result<Vec<_>, Error>>()?;
    sessions.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(sessions)
}

/// Only those that read a user's object: this program's own SUBSCRIBEs read the catalog.
///
/// # Errors
/// When a row lacks an id.
pub fn subscriptions(told: &CatalogRows) -> Result<Vec<Subscription>, Error> {
    let mut subscriptions = Vec::new();
    for row in told.all::<rows::Subscriptions>() {
        let ids: Vec<ObjectId> = row.objects().ids()?;
        let objects: BTreeSet<_> = ids.into_iter().filter(|id| id.is_user()).collect();
        if objects.is_empty() {
            continue;
        }
        subscriptions.push(Subscription {
            id: row.id().text()?.to_owned(),
            session: row.session_id().text()?.to_owned(),
            cluster: row.cluster_id().id()?,
            objects,
            since: row.since().time(),
        });
    }
    subscriptions.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(subscriptions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::materialize::queries::CatalogQuery;
    use crate::materialize::row::TextRow;

    fn told(rows: &[(CatalogQuery, &[Option<&str>])]) -> CatalogRows {
        let mut told = CatalogRows::default();
        for (query, cells) in rows {
            told.change(*query, TextRow::new(cells.iter().copied()), 1);
        }
        told
    }

    #[test]
    fn a_session_without_a_sample_is_of_unknown_application() {
        let session = |id| [Some(id), Some("u1"), None, Some("10.5")];
        let told = told(&[
            (CatalogQuery::Sessions, &session("b")),
            (CatalogQuery::Sessions, &session("a")),
            (
                CatalogQuery::SessionApplications,
                &[Some("b"), Some("grafana")],
            ),
        ]);
        let sessions = sessions(&told).unwrap();
        assert_eq!(sessions[0].application, None);
        assert_eq!(sessions[1].application.as_deref(), Some("grafana"));
    }

    #[test]
    fn subscriptions_on_the_catalog_are_not_readers() {
        let row = |id, list| [Some(id), Some("s"), Some("u23"), Some(list), None];
        let told = told(&[
            (CatalogQuery::Subscriptions, &row("t1", "{s401,s402}")),
            (CatalogQuery::Subscriptions, &row("t923", "{u63}")),
        ]);
        let found = subscriptions(&told).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].objects, BTreeSet::from([ObjectId::user(63)]));
    }
}
