//! Whether all schemas and clusters of an environment changed sides together, by what runs where and by the audit events.
//!
//! A schema or cluster that somebody swapped alone bears the name of the other side, while all that was built with it does not.

use super::environment::{Resolved, Side, Strategy};
use super::lineage::{EventId, Lineage, pairs};
use super::name::Identifier;
use super::object::{Catalog, Object};
use super::plan::Rename;
use std::collections::BTreeSet;

/// A pair by its place among [`pairs`].
type At = usize;

/// What stands where, as far as the edges between objects, schemas and clusters tell.
pub struct Placement<'r, 'a> {
    resolved: &'r Resolved<'a>,
    /// The pairs that took part in the last swap.
    moved: BTreeSet<At>,
}

/// Objects of one side on a cluster that bears the name of the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crossing {
    /// The name that the cluster bears now.
    pub cluster: Identifier,
    /// The name of its twin, where these objects would be right.
    pub twin: Identifier,
    /// The side whose schemas hold the objects.
    pub side: Side,
    /// `database.schema.name`, sorted.
    pub objects: Vec<String>,
}

/// A pair that changed sides without the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alone {
    /// `schema` or `cluster`.
    pub noun: &'static str,
    /// Its production name.
    pub name: Identifier,
    /// The statement that swaps it back.
    pub back: String,
}

/// Where an object's schema and something that belongs to it stand.
struct Edge {
    schema: At,
    side: Side,
    other: At,
    other_side: Side,
}

impl Edge {
    /// Whether both stand on one side once these pairs are swapped.
    fn agrees(&self, swapped: &BTreeSet<At>) -> bool {
        let crosses = self.side != self.other_side;
        let turned = swapped.contains(&self.schema) != swapped.contains(&self.other);
        crosses == turned
    }
}

impl<'r, 'a> Placement<'r, 'a> {
    #[must_use]
    pub fn of(resolved: &'r Resolved<'a>, lineage: Option<&Lineage>) -> Self {
        Self {
            resolved,
            moved: lineage.map_or_else(BTreeSet::new, |lineage| last_moved(resolved, lineage)),
        }
    }

    /// Objects of the environment's schemas that run on a cluster of the other side. Names that never move tell nothing.
    #[must_use]
    pub fn crossings(&self) -> Vec<Crossing> {
        if self.resolved.environment.strategy == Strategy::Targets {
            return Vec::new();
        }
        let sides = [Side::Production, Side::Deployment];
        let mut found = Vec::new();
        for (pair, side) in self
            .resolved
            .clusters
            .iter()
            .flat_map(|pair| sides.map(|side| (pair, side)))
        {
            let Some(cluster) = pair.side(side.other()) else {
                continue;
            };
            let objects: BTreeSet<String> = self
                .resolved
                .catalog
                .objects_on(&cluster.id)
                .filter(|object| self.resolved.side_of(object) == Some(side))
                .map(|object| self.resolved.catalog.display_name(&object.id))
                .collect();
            if !objects.is_empty() {
                found.push(Crossing {
                    cluster: cluster.name.clone(),
                    twin: pair.names.name(side).clone(),
                    side,
                    objects: objects.into_iter().collect(),
                });
            }
        }
        found
    }

    /// The pairs whose swap back puts every object on a cluster of its own side again: those of the last swap, else the only pair that
    /// does it alone. Empty where no such swap is known.
    #[must_use]
    pub fn cure(&self) -> Vec<Alone> {
        let edges = self.edges();
        let crosses = |swapped: &BTreeSet<At>| edges.iter().any(|edge| !edge.agrees(swapped));
        if !self.moved.is_empty() && !crosses(&self.moved) {
            return self.alone(&self.moved);
        }
        let all = pairs(self.resolved).len();
        let mut curing = (0..all).map(|at| BTreeSet::from([at]));
        match (
            curing.find(|one| !crosses(one)),
            curing.find(|one| !crosses(one)),
        ) {
            (Some(only), None) => self.alone(&only),
            _ => Vec::new(),
        }
    }

    /// The pairs of the last swap, where others of the environment took no part in it.
    #[must_use]
    pub fn moved_alone(&self) -> Vec<Alone> {
        let is_part = self.moved.len() < pairs(self.resolved).len();
        if is_part {
            self.alone(&self.moved)
        } else {
            Vec::new()
        }
    }

    /// Whether every schema of the deployment side that holds something took part in the last swap, or what runs and reads where shows
    /// that they stand together all the same.
    #[must_use]
    pub fn is_together(&self) -> bool {
        let filled: BTreeSet<At> = self.filled().collect();
        filled.is_subset(&self.moved) || self.hangs_together(&filled)
    }

    fn filled(&self) -> impl Iterator<Item = At> {
        let schemas = self.resolved.schemas.iter().enumerate();
        schemas.filter_map(|(at, pair)| {
            let schema = pair.deployment?;
            self.resolved
                .catalog
                .objects_in(&schema.id)
                .next()
                .map(|_| at)
        })
    }

    /// Whether all these schemas are bound to each other by edges, none of which crosses.
    fn hangs_together(&self, wanted: &BTreeSet<At>) -> bool {
        let edges = self.edges();
        let none = BTreeSet::new();
        let mut bound: BTreeSet<At> = wanted.iter().take(1).copied().collect();
        loop {
            let reached = edges
                .iter()
                .filter(|edge| bound.contains(&edge.schema) != bound.contains(&edge.other));
            let more: Vec<At> = reached.flat_map(|edge| [edge.schema, edge.other]).collect();
            if more.is_empty() {
                return edges.iter().all(|edge| edge.agrees(&none)) && wanted.is_subset(&bound);
            }
            bound.extend(more);
        }
    }

    /// Each object's schema beside its cluster and beside the schemas that it reads, as far as they are the environment's.
    fn edges(&self) -> Vec<Edge> {
        let catalog: &Catalog = self.resolved.catalog;
        let mut edges = Vec::new();
        for object in catalog.objects.values() {
            let Some((schema, side)) = self.place(object) else {
                continue;
            };
            let inputs = catalog.inputs.get(&object.id).into_iter().flatten();
            let read = inputs.filter_map(|input| self.place(catalog.objects.get(input)?));
            edges.extend(self.cluster(object).into_iter().chain(read).map(
                |(other, other_side)| Edge {
                    schema,
                    side,
                    other,
                    other_side,
                },
            ));
        }
        edges
    }

    fn place(&self, object: &Object) -> Option<(At, Side)> {
        let side = self.resolved.side_of(object)?;
        let mut schemas = self.resolved.schemas.iter();
        let at =
            schemas.position(|pair| pair.side(side).is_some_and(|it| it.id == object.schema))?;
        Some((at, side))
    }

    fn cluster(&self, object: &Object) -> Option<(At, Side)> {
        let cluster = object.cluster.as_ref()?;
        let side = self.resolved.side_of_cluster(cluster)?;
        let mut clusters = self.resolved.clusters.iter();
        let at = clusters.position(|pair| pair.side(side).is_some_and(|it| &it.id == cluster))?;
        Some((self.resolved.schemas.len() + at, side))
    }

    fn alone(&self, which: &BTreeSet<At>) -> Vec<Alone> {
        let database = &self.resolved.environment.database;
        let pairs = pairs(self.resolved);
        let named = which.iter().filter_map(|at| pairs.get(*at));
        named
            .map(|pair| {
                let (one, other) = (&pair.names.production, &pair.names.deployment);
                let back = match pair.noun {
                    "schema" => Rename::schemas(database, one, other),
                    _ => Rename::clusters(one, other),
                };
                Alone {
                    noun: pair.noun,
                    name: one.clone(),
                    back: format!("{};", back.sql()),
                }
            })
            .collect()
    }
}

/// The pairs whose exchanges follow each other without another event between, up to the last one: those of one transaction.
fn last_moved(resolved: &Resolved<'_>, lineage: &Lineage) -> BTreeSet<At> {
    let mut exchanges: Vec<(EventId, EventId, At)> = pairs(resolved)
        .iter()
        .enumerate()
        .filter_map(|(at, pair)| {
            let (first, last) = lineage.exchange(pair)?;
            Some((first, last, at))
        })
        .collect();
    exchanges.sort_unstable();
    let mut moved = BTreeSet::new();
    let mut next: Option<EventId> = None;
    while let Some((first, last, at)) = exchanges.pop() {
        if next.is_some_and(|next| last.0 + 1 != next.0) {
            break;
        }
        moved.insert(at);
        next = Some(first);
    }
    moved
}
