//! Which schema and cluster bore which name, from the server's audit events: of one environment's ids, the newest of each kind.

use super::error::{Class, Error};
use super::queries::{CatalogQuery, rows};
use super::reader::CatalogReader;
use crate::domain::environment::Resolved;
use crate::domain::failure::told;
use crate::domain::lineage::{EventId, Happening, Lineage, NameEvent, Subject, subjects};
use crate::domain::name::literal;
use std::collections::{BTreeMap, BTreeSet};

impl CatalogReader {
    /// The past of what stands under the environment's names. `None` where the server does not show its audit events to this role.
    ///
    /// # Errors
    /// When the connection fails or a row can't be read.
    pub async fn lineage(&self, resolved: &Resolved<'_>) -> Result<Option<Lineage>, Error> {
        let events = match self.name_events(resolved).await {
            Ok(Some(events)) => events,
            Ok(None) => return Ok(None),
            Err(error) => return self.without(error),
        };
        let mut lineage = Lineage {
            events,
            marks: BTreeMap::new(),
        };
        let moments = lineage.moments(resolved);
        match self.marks(&moments).await {
            Ok(marks) => lineage.marks = marks,
            Err(error) => return self.without(error),
        }
        Ok(Some(lineage))
    }

    /// What a role may not read is as good as not there; a broken connection is not.
    fn without(&self, error: Error) -> Result<Option<Lineage>, Error> {
        if matches!(error.class, Class::Permission(_) | Class::Unsupported(_)) {
            tracing::warn!(error = told(&error), "the audit events can't be read");
            return Ok(None);
        }
        Err(error)
    }

    async fn name_events(&self, resolved: &Resolved<'_>) -> Result<Option<Vec<NameEvent>>, Error> {
        let (mut schemas, mut clusters) = (Vec::new(), Vec::new());
        for known in subjects(resolved) {
            match known.subject {
                Subject::Schema(id) => schemas.push(literal(&id.to_string())),
                Subject::Cluster(id) => clusters.push(literal(&id.to_string())),
            }
        }
        let of = |kind: &str, ids: &[String]| {
            (!ids.is_empty()).then(|| {
                format!(
                    "(q.object_type = {} AND q.id IN ({}))",
                    literal(kind),
                    ids.join(", ")
                )
            })
        };
        let wanted: Vec<String> = [of("schema", &schemas), of("cluster", &clusters)]
            .into_iter()
            .flatten()
            .collect();
        if wanted.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let narrow = |statement: &str| {
            format!(
                "SELECT q.object_type, q.id, q.event_type, q.old_name, q.new_name, q.event\nFROM (\n{statement}\n) AS q\nWHERE {}",
                wanted.join(" OR ")
            )
        };
        let Some(told) = self.rows_within(CatalogQuery::NameEvents, narrow).await? else {
            return Ok(None);
        };
        let events = told.all::<rows::NameEvents>().map(name_event);
        let mut events: Vec<NameEvent> = events
            .filter_map(Result::transpose)
            .collect::<Result<_, _>>()?;
        events.sort_by_key(|event| event.event);
        Ok(Some(events))
    }

    /// The largest number that an object had been given before each of these events.
    async fn marks(&self, moments: &BTreeSet<EventId>) -> Result<BTreeMap<EventId, u64>, Error> {
        if moments.is_empty() {
            return Ok(BTreeMap::new());
        }
        let narrow = |statement: &str| {
            let before = |EventId(event): &EventId| {
                format!(
                    "SELECT {event}::text AS event, max(q.object)::text AS object\nFROM (\n{statement}\n) AS q\nWHERE q.event < {event}"
                )
            };
            let branches: Vec<String> = moments.iter().map(before).collect();
            branches.join("\nUNION ALL\n")
        };
        let told = self.rows_within(CatalogQuery::ObjectEvents, narrow).await?;
        let told = told.unwrap_or_default();
        let marks = told.all::<rows::ObjectEvents>().filter_map(|row| {
            // NULL: nothing had been made before it.
            let object = match row.object().get() {
                None => 0,
                Some(_) => row.object().number()?,
            };
            Some((EventId(row.event().number()?), object))
        });
        Ok(marks.collect())
    }
}

/// `None`: another change than of the name.
fn name_event(row: rows::NameEvents<'_>) -> Result<Option<NameEvent>, Error> {
    let subject = match row.object_type().text()? {
        "schema" => Subject::Schema(row.id().id()?),
        _ => Subject::Cluster(row.id().id()?),
    };
    let names = row.old_name().owned().zip(row.new_name().owned());
    let happening = match (row.event_type().text()?, names) {
        ("create", _) => Happening::Created,
        ("comment", _) => Happening::Commented,
        (_, Some((from, to))) => Happening::Renamed { from, to },
        _ => return Ok(None),
    };
    let event = row.event().number().map(EventId);
    let event = event.ok_or_else(|| row.event().unreadable("it is no number"))?;
    Ok(Some(NameEvent {
        subject,
        happening,
        event,
    }))
}
