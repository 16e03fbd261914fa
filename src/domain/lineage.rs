//! Which schema and cluster bore which name, and when, as the server's audit events tell it.
//!
//! A swap shows as renames of one transaction through private names, `mz_schema_swap_...` and `mz_cluster_swap_...` (recorded: 05, 14, 15,
//! v26.39/19). Events are numbered in the order in which they happen, and so are objects in the order in which they are made (recorded: 17).

use super::environment::{NamePair, Resolved, ResolvedPair, Side};
use super::name::{ClusterId, Identifier, ObjectId, SchemaId};
use super::object::{Cluster, Schema};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The number of an audit event: a larger one happened later.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct EventId(pub u64);

/// What an event is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Subject {
    Schema(SchemaId),
    Cluster(ClusterId),
}

/// What happened to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Happening {
    Created,
    Renamed { from: String, to: String },
    Commented,
}

/// The newest event of its kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameEvent {
    pub subject: Subject,
    pub happening: Happening,
    pub event: EventId,
}

/// The past of an environment's schemas and clusters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lineage {
    pub events: Vec<NameEvent>,
    /// For moments that matter ([`Lineage::moments`]): the largest number that an object had been given by then, 0 before the first.
    pub marks: BTreeMap<EventId, u64>,
}

/// The number in an object's id; `None` for what is not a user's.
#[must_use]
pub fn number(object: &ObjectId) -> Option<u64> {
    object.is_user().then(|| object.number())
}

impl Lineage {
    fn newest(&self, subject: &Subject, is: impl Fn(&Happening) -> bool) -> Option<EventId> {
        self.events
            .iter()
            .filter(|event| &event.subject == subject && is(&event.happening))
            .map(|event| event.event)
            .max()
    }

    /// When it was last given this name by a rename or a swap.
    #[must_use]
    pub fn took(&self, subject: &Subject, name: &str) -> Option<EventId> {
        self.newest(
            subject,
            |it| matches!(it, Happening::Renamed { to, .. } if to == name),
        )
    }

    /// When it last lost this name by a rename or a swap.
    #[must_use]
    pub fn left(&self, subject: &Subject, name: &str) -> Option<EventId> {
        self.newest(
            subject,
            |it| matches!(it, Happening::Renamed { from, .. } if from == name),
        )
    }

    /// When somebody last commented on this schema, a record of ours included.
    #[must_use]
    pub fn commented(&self, schema: &SchemaId) -> Option<EventId> {
        self.newest(&Subject::Schema(*schema), |it| *it == Happening::Commented)
    }

    /// Whether the events reach back to where it came from.
    #[must_use]
    pub fn knows(&self, subject: &Subject) -> bool {
        self.newest(subject, |it| *it == Happening::Created)
            .is_some()
    }

    /// The name that the newest rename gave it.
    fn last_name(&self, subject: &Subject) -> Option<&str> {
        let renames = self
            .events
            .iter()
            .filter_map(|event| match &event.happening {
                Happening::Renamed { to, .. } if &event.subject == subject => {
                    Some((event.event, to))
                }
                _ => None,
            });
        renames.max().map(|(_, to)| to.as_str())
    }

    /// What bears another name now than the newest event gave it: names moved while they were read.
    #[must_use]
    pub fn moved(&self, resolved: &Resolved<'_>) -> Option<String> {
        subjects(resolved).into_iter().find_map(|known| {
            let last = self.last_name(&known.subject)?;
            (last != known.name).then(|| known.name.to_owned())
        })
    }

    /// The last time that anything came to, or lost, a production name of the environment; `None` when none ever did.
    #[must_use]
    pub fn last_swap(&self, resolved: &Resolved<'_>) -> Option<EventId> {
        let moves = subjects(resolved).into_iter().filter_map(|known| {
            let production = known.production;
            self.took(&known.subject, production)
                .max(self.left(&known.subject, production))
        });
        moves.max()
    }

    /// When anything last came to, or lost, the production name of this pair; `None` when nothing ever did.
    #[must_use]
    pub fn last_move(&self, pair: &Both<'_>) -> Option<EventId> {
        let production = pair.names.production.as_str();
        let members = [&pair.production, &pair.deployment].into_iter().flatten();
        members
            .filter_map(|subject| {
                self.took(subject, production)
                    .max(self.left(subject, production))
            })
            .max()
    }

    /// The first and the last event of the pair's last exchange of names. A swap renames three times in a row (recorded: v26.24/17).
    /// `None` where its members never exchanged theirs, or one of them got its name otherwise.
    #[must_use]
    pub fn exchange(&self, pair: &Both<'_>) -> Option<(EventId, EventId)> {
        let (came, went) = (pair.production.as_ref()?, pair.deployment.as_ref()?);
        let (production, deployment) = (&pair.names.production, &pair.names.deployment);
        let renames = [
            self.took(came, production.as_str())?,
            self.left(went, production.as_str())?,
            self.took(went, deployment.as_str())?,
        ];
        let (first, last) = (renames.iter().min()?, renames.iter().max()?);
        (last.0 - first.0 < 3).then_some((*first, *last))
    }

    /// Whether some pair shows that no swap of the whole environment came after this event: both its members were there, and neither came
    /// to production's name nor lost it since.
    #[must_use]
    pub fn no_whole_swap_since(&self, resolved: &Resolved<'_>, event: EventId) -> bool {
        pairs(resolved).iter().any(|pair| {
            let mut members = [&pair.production, &pair.deployment].into_iter();
            let were_there = members.all(|subject| {
                let created = |subject| self.newest(subject, |it| *it == Happening::Created);
                subject.as_ref().and_then(created) < Some(event) && subject.is_some()
            });
            were_there && self.last_move(pair) < Some(event)
        })
    }

    /// Whether a schema of the deployment side has borne production's name.
    #[must_use]
    pub fn was_production(&self, resolved: &Resolved<'_>) -> bool {
        subjects(resolved).into_iter().any(|known| {
            known.side == Side::Deployment && self.left(&known.subject, known.production).is_some()
        })
    }

    /// When the first of the records of a side was last written: not before the oldest of the newest comments on its schemas.
    /// `None` where the events do not tell it of each of these schemas.
    #[must_use]
    pub fn recorded<'a>(&self, schemas: impl IntoIterator<Item = &'a SchemaId>) -> Option<EventId> {
        let times: Option<Vec<EventId>> = schemas
            .into_iter()
            .map(|schema| self.commented(schema))
            .collect();
        times?.into_iter().min()
    }

    /// The moments whose marks are needed: the last swap, and the writing of the records.
    #[must_use]
    pub fn moments(&self, resolved: &Resolved<'_>) -> BTreeSet<EventId> {
        let pairs = resolved.schemas.iter();
        let schemas = pairs.flat_map(|pair| [pair.production, pair.deployment]);
        let recorded: Vec<EventId> = schemas
            .flatten()
            .filter_map(|schema| self.commented(&schema.id))
            .collect();
        self.last_swap(resolved)
            .into_iter()
            .chain(recorded)
            .collect()
    }

    /// Whether the object was made after this event; `None` where there is no telling.
    #[must_use]
    pub fn made_since(&self, event: EventId, object: &ObjectId) -> Option<bool> {
        Some(number(object)? > *self.marks.get(&event)?)
    }
}

/// A schema or cluster of the environment that exists, beside the names that matter.
pub struct NamedSubject<'a> {
    pub subject: Subject,
    pub side: Side,
    /// Its present name.
    pub name: &'a str,
    /// The production name of its pair.
    pub production: &'a str,
}

/// Every schema and cluster of the environment that exists.
#[must_use]
pub fn subjects<'a>(resolved: &Resolved<'a>) -> Vec<NamedSubject<'a>> {
    let schemas = known(&resolved.schemas, |schema| {
        (Subject::Schema(schema.id), &schema.name)
    });
    let clusters = known(&resolved.clusters, |cluster| {
        (Subject::Cluster(cluster.id), &cluster.name)
    });
    schemas.chain(clusters).collect()
}

/// Both sides of these pairs, as far as they exist.
fn known<'a, T>(
    pairs: &[ResolvedPair<'a, T>],
    told: impl Fn(&'a T) -> (Subject, &'a Identifier),
) -> impl Iterator<Item = NamedSubject<'a>> {
    pairs.iter().flat_map(move |pair| {
        let on = |side| {
            let (subject, name) = told(pair.side(side)?);
            Some(NamedSubject {
                subject,
                side,
                name: name.as_str(),
                production: pair.names.production.as_str(),
            })
        };
        [on(Side::Production), on(Side::Deployment)]
            .into_iter()
            .flatten()
    })
}

/// A pair of the environment with what stands under its names.
pub struct Both<'a> {
    /// `schema` or `cluster`.
    pub noun: &'static str,
    pub names: &'a NamePair,
    pub production: Option<Subject>,
    pub deployment: Option<Subject>,
}

/// Every pair of the environment: the schemas in their order, then the clusters in theirs.
#[must_use]
pub fn pairs<'a>(resolved: &Resolved<'a>) -> Vec<Both<'a>> {
    let schema = |schema: Option<&Schema>| schema.map(|it| Subject::Schema(it.id));
    let cluster = |cluster: Option<&Cluster>| cluster.map(|it| Subject::Cluster(it.id));
    let schemas = resolved.schemas.iter().map(|pair| Both {
        noun: "schema",
        names: pair.names,
        production: schema(pair.production),
        deployment: schema(pair.deployment),
    });
    let clusters = resolved.clusters.iter().map(|pair| Both {
        noun: "cluster",
        names: pair.names,
        production: cluster(pair.production),
        deployment: cluster(pair.deployment),
    });
    schemas.chain(clusters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::deployment_age::{DeploymentAge, deployment_age};
    use crate::domain::fixture::{World, id};

    fn renamed(schema: &str, event: u64, from: &str, to: &str) -> NameEvent {
        NameEvent {
            subject: Subject::Schema(id(schema)),
            happening: Happening::Renamed {
                from: from.to_owned(),
                to: to.to_owned(),
            },
            event: EventId(event),
        }
    }

    /// The schemas' part of two swaps as a server tells them (recorded: v26.24/17, events 322 to 329), with the fixture's names.
    #[test]
    fn a_swap_is_read_from_its_renames() {
        let mut world = World::new();
        let lineage = world.lineage.as_mut().unwrap();
        lineage.events.extend([
            renamed("u1", 322, "prod", "mz_schema_swap_e8248dbbd511"),
            renamed("u2", 323, "prod_dbt_deploy", "prod"),
            renamed("u1", 324, "mz_schema_swap_e8248dbbd511", "prod_dbt_deploy"),
            renamed("u2", 327, "prod", "mz_schema_swap_1db2a0de0510"),
            renamed("u1", 328, "prod_dbt_deploy", "prod"),
            renamed("u2", 329, "mz_schema_swap_1db2a0de0510", "prod_dbt_deploy"),
        ]);
        lineage.marks.insert(EventId(328), world.next_object - 1);
        let lineage = lineage.clone();
        let resolved = world.environment.resolve(&world.snapshot.catalog);
        let subject = |id: &str| Subject::Schema(id.parse().unwrap());
        assert_eq!(lineage.took(&subject("u1"), "prod"), Some(EventId(328)));
        assert_eq!(lineage.left(&subject("u2"), "prod"), Some(EventId(327)));
        assert_eq!(lineage.last_swap(&resolved), Some(EventId(328)));
        assert_eq!(lineage.moved(&resolved), None);
        assert!(lineage.was_production(&resolved));
        // A swap back: the newer objects are on the deployment side, and nobody built there since.
        let told = deployment_age(&resolved, Some(&lineage));
        assert!(matches!(told, DeploymentAge::Unclear(_)), "{told:?}");
        // Only the objects that were made since are newer.
        let later = ObjectId::user(world.next_object);
        assert_eq!(lineage.made_since(EventId(328), &later), Some(true));
        assert_eq!(lineage.made_since(EventId(7_000), &later), None, "no mark");
    }

    #[test]
    fn names_that_moved_while_they_were_read_prove_nothing() {
        let mut world = World::new();
        let lineage = world.lineage.as_mut().unwrap();
        lineage
            .events
            .push(renamed("u2", 900, "prod_dbt_deploy", "prod"));
        let lineage = lineage.clone();
        let resolved = world.environment.resolve(&world.snapshot.catalog);
        assert_eq!(lineage.moved(&resolved).as_deref(), Some("prod_dbt_deploy"));
        assert!(!deployment_age(&resolved, Some(&lineage)).is_newer());
        assert!(
            !deployment_age(&resolved, None).is_newer(),
            "unknown is never newer"
        );
    }
}
