//! Who is connected, and which SUBSCRIBEs run.

use super::row::Facts;
use crate::domain::name::ObjectId;
use crate::domain::snapshot::{ClientSession, Subscription};
use crate::materialize::error::Error;
use crate::materialize::queries::Fact;
use std::collections::{BTreeSet, HashMap};

/// # Errors
/// When a row lacks an id.
pub fn sessions(facts: &Facts) -> Result<Vec<ClientSession>, Error> {
    let fact = Fact::Sessions;
    let applications: HashMap<&str, &str> = facts
        .of(Fact::SessionApplications)
        .filter_map(|row| row.get(0).zip(row.get(1)))
        .collect();
    let mut sessions = facts
        .of(fact)
        .map(|row| {
            let id = row.text(fact, 0)?;
            Ok(ClientSession {
                id: id.to_owned(),
                role: row.id(fact, 1)?,
                client_ip: row.get(2).map(str::to_owned),
                application: applications.get(id).map(|name| (*name).to_owned()),
                since: row.time(3),
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
pub fn subscriptions(facts: &Facts) -> Result<Vec<Subscription>, Error> {
    let fact = Fact::Subscriptions;
    let mut subscriptions = Vec::new();
    for row in facts.of(fact) {
        let objects = user_objects(row.text(fact, 3)?)?;
        if objects.is_empty() {
            continue;
        }
        subscriptions.push(Subscription {
            id: row.text(fact, 0)?.to_owned(),
            session: row.text(fact, 1)?.to_owned(),
            cluster: row.id(fact, 2)?,
            objects,
            since: row.time(4),
        });
    }
    subscriptions.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(subscriptions)
}

/// A user's objects in a list of ids as text: `{u63,u64}` (recorded: 12).
fn user_objects(list: &str) -> Result<BTreeSet<ObjectId>, Error> {
    list.trim_start_matches('{')
        .trim_end_matches('}')
        .split(',')
        .map(|element| element.trim().trim_matches('"'))
        .filter(|element| !element.is_empty())
        .map(|element| {
            let id = element.parse::<ObjectId>();
            id.map_err(|error| Error::decode("mz_internal.mz_subscriptions", error.to_string()))
        })
        .filter(|id| !matches!(id, Ok(id) if !id.is_user()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::row::TextRow;
    use super::*;

    fn facts(rows: &[(Fact, &[Option<&str>])]) -> Facts {
        let mut facts = Facts::default();
        for (fact, cells) in rows {
            facts
                .rows_mut(*fact)
                .change(TextRow::new(cells.iter().copied()), 1);
        }
        facts
    }

    #[test]
    fn a_session_without_a_sample_is_of_unknown_application() {
        let session = |id| [Some(id), Some("u1"), None, Some("10.5")];
        let facts = facts(&[
            (Fact::Sessions, &session("b")),
            (Fact::Sessions, &session("a")),
            (Fact::SessionApplications, &[Some("b"), Some("grafana")]),
        ]);
        let sessions = sessions(&facts).unwrap();
        assert_eq!(sessions[0].application, None);
        assert_eq!(sessions[1].application.as_deref(), Some("grafana"));
    }

    #[test]
    fn subscriptions_on_the_catalog_are_not_readers() {
        let row = |id, list| [Some(id), Some("s"), Some("u23"), Some(list), None];
        let facts = facts(&[
            (Fact::Subscriptions, &row("t1", "{s401,s402}")),
            (Fact::Subscriptions, &row("t923", "{u63}")),
        ]);
        let found = subscriptions(&facts).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].objects, BTreeSet::from([ObjectId::user(63)]));
    }
}
