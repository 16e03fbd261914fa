//! What a plan rests on: the ids under the environment's names, and the objects with their definitions.

use crate::domain::definition::identity;
use crate::domain::environment::{Resolved, ResolvedPair, Side};
use crate::domain::name::ObjectId;
use crate::domain::object::ObjectKind;
use std::collections::{BTreeMap, BTreeSet};

/// What must not have moved between the look and the deed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identities {
    /// Schemas, then clusters, in the order of the environment.
    pairs: Vec<NamedPair>,
    /// The objects of both sides, and every sink.
    objects: BTreeMap<ObjectId, Described>,
}

/// One pair of names, and whose they are.
#[derive(Debug, Clone, PartialEq, Eq)]
struct NamedPair {
    /// `schema` or `cluster`.
    kind: &'static str,
    production: Bearer,
    deployment: Bearer,
}

/// A name and the id that bears it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bearer {
    name: String,
    id: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Described {
    name: String,
    /// The id with the digest of the definition.
    definition: String,
}

impl Identities {
    #[must_use]
    pub fn of(resolved: &Resolved<'_>) -> Self {
        let mut pairs = Vec::new();
        for pair in &resolved.schemas {
            pairs.push(named(pair, "schema", |schema| schema.id.to_string()));
        }
        for pair in &resolved.clusters {
            pairs.push(named(pair, "cluster", |cluster| cluster.id.to_string()));
        }
        let catalog = resolved.catalog;
        let members = [Side::Production, Side::Deployment]
            .into_iter()
            .flat_map(|side| resolved.members(side));
        let sinks = catalog
            .objects
            .values()
            .filter(|object| object.kind == ObjectKind::Sink);
        let objects = members.chain(sinks).map(|object| {
            let described = Described {
                name: format!("{} {}", object.kind, catalog.display_name(&object.id)),
                definition: identity(object, resolved),
            };
            (object.id, described)
        });
        Self {
            objects: objects.collect(),
            pairs,
        }
    }

    /// One line each, in a fixed order, for fingerprints.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let objects: BTreeSet<String> = self
            .objects
            .values()
            .map(|described| format!("object {}", described.definition))
            .collect();
        self.bearers().chain(objects).collect()
    }

    /// `schema prod u9`: every name of the environment that somebody bears.
    pub fn bearers(&self) -> impl Iterator<Item = String> {
        self.pairs.iter().flat_map(|pair| {
            [&pair.production, &pair.deployment]
                .into_iter()
                .filter_map(|bearer| {
                    let id = bearer.id.as_ref()?;
                    Some(format!("{} {} {id}", pair.kind, bearer.name))
                })
        })
    }

    /// How many objects it tells of.
    #[must_use]
    pub fn objects(&self) -> usize {
        self.objects.len()
    }

    /// Whether every pair has changed its names since `before`: what a swap does, whoever sent it.
    #[must_use]
    pub fn are_swapped_since(&self, before: &Self) -> bool {
        !before.pairs.is_empty()
            && self.pairs.len() == before.pairs.len()
            && self.pairs.iter().zip(&before.pairs).all(|(now, then)| {
                then.production.id.is_some()
                    && then.deployment.id.is_some()
                    && now.production.id == then.deployment.id
                    && now.deployment.id == then.production.id
            })
    }

    /// Whether every name of the environment has the same bearer as before.
    #[must_use]
    pub fn are_named_as(&self, before: &Self) -> bool {
        self.pairs == before.pairs
    }

    /// The ids with the names that they bear.
    #[must_use]
    pub fn named(&self) -> BTreeSet<(String, String)> {
        let pairs = self.pairs.iter();
        pairs
            .flat_map(|pair| [&pair.production, &pair.deployment])
            .filter_map(|bearer| Some((bearer.id.clone()?, bearer.name.clone())))
            .collect()
    }

    /// The ids with the names that a swap gives them.
    #[must_use]
    pub fn after_swap(&self) -> BTreeSet<(String, String)> {
        let pairs = self.pairs.iter().flat_map(|pair| {
            let (one, other) = (&pair.production, &pair.deployment);
            [(&one.id, &other.name), (&other.id, &one.name)]
        });
        pairs
            .filter_map(|(id, name)| Some((id.clone()?, name.clone())))
            .collect()
    }

    /// What moved since `before`, each as half a sentence.
    #[must_use]
    pub fn moved_since(&self, before: &Self) -> Vec<String> {
        let mut moved = Vec::new();
        for (then, now) in before.pairs.iter().zip(&self.pairs) {
            let kind = then.kind;
            moved.extend(rebound(kind, &then.production, &now.production));
            moved.extend(rebound(kind, &then.deployment, &now.deployment));
        }
        moved.extend(self.changed_objects(before));
        moved
    }

    /// The names that have another bearer than before; one that came or went is none of them.
    #[must_use]
    pub fn rebound_since(&self, before: &Self) -> Vec<String> {
        let others = |then: &Bearer, now: &Bearer| then.id.is_some() && now.id.is_some();
        let pairs = before.pairs.iter().zip(&self.pairs);
        pairs
            .flat_map(|(then, now)| {
                [
                    (then.kind, &then.production, &now.production),
                    (then.kind, &then.deployment, &now.deployment),
                ]
            })
            .filter(|(_, then, now)| others(then, now))
            .filter_map(|(kind, then, now)| rebound(kind, then, now))
            .collect()
    }

    fn changed_objects(&self, before: &Self) -> Vec<String> {
        let gone = || minus(&before.objects, &self.objects);
        let new = || minus(&self.objects, &before.objects);
        let names_gone: BTreeMap<&str, &ObjectId> =
            gone().map(|(id, it)| (it.name.as_str(), id)).collect();
        let names_new: BTreeSet<&str> = new().map(|(_, it)| it.name.as_str()).collect();
        let mut changed: Vec<String> = gone()
            .filter(|(_, it)| !names_new.contains(it.name.as_str()))
            .map(|(id, it)| format!("{} ({id}) is gone", it.name))
            .collect();
        changed.extend(
            new().map(|(id, it)| match names_gone.get(it.name.as_str()) {
                Some(was) => format!("{} was replaced ({id}, was {was})", it.name),
                None => format!("{} ({id}) is new", it.name),
            }),
        );
        changed.extend(self.objects.iter().filter_map(|(id, now)| {
            let then = before.objects.get(id)?;
            (then.definition != now.definition)
                .then(|| format!("{} ({id}) has another definition", now.name))
        }));
        changed
    }
}

/// How a name came to another bearer.
fn rebound(kind: &str, then: &Bearer, now: &Bearer) -> Option<String> {
    let name = &now.name;
    match (&then.id, &now.id) {
        (Some(then), Some(now)) if then != now => {
            Some(format!("{kind} {name} is {now}, and was {then}"))
        }
        (Some(then), None) => Some(format!("{kind} {name} ({then}) is gone")),
        (None, Some(now)) => Some(format!("{kind} {name} ({now}) is new")),
        _ => None,
    }
}

fn minus<'a>(
    from: &'a BTreeMap<ObjectId, Described>,
    what: &'a BTreeMap<ObjectId, Described>,
) -> impl Iterator<Item = (&'a ObjectId, &'a Described)> {
    from.iter().filter(|(id, _)| !what.contains_key(*id))
}

fn named<T>(
    pair: &ResolvedPair<'_, T>,
    kind: &'static str,
    id: impl Fn(&T) -> String,
) -> NamedPair {
    let bearer = |side: Side| Bearer {
        name: pair.names.name(side).to_string(),
        id: pair.side(side).map(&id),
    };
    NamedPair {
        kind,
        production: bearer(Side::Production),
        deployment: bearer(Side::Deployment),
    }
}
