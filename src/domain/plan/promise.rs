//! What a build promises: its twins stand on the deployment side afterwards, and nothing of production moved.

use super::qualified;
use crate::domain::environment::{Resolved, ResolvedPair, Side};
use crate::domain::name::{Identifier, ObjectId, QualifiedName};
use crate::domain::object::Object;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Taken down before the first statement, held against the catalog after the last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Promise {
    /// What is built, by production schema and name.
    pub relations: BTreeSet<(Identifier, Identifier)>,
    /// The ids of production with their names: objects, schemas and clusters.
    pub production: BTreeMap<String, String>,
}

impl Promise {
    #[must_use]
    pub fn of(resolved: &Resolved<'_>, relations: &BTreeSet<(Identifier, Identifier)>) -> Self {
        Self {
            relations: relations.clone(),
            production: production(resolved),
        }
    }

    /// The sentences of what was not kept. Empty: all was.
    #[must_use]
    pub fn broken(&self, resolved: &Resolved<'_>) -> Vec<String> {
        let mut broken = self.missing_twins(resolved);
        let now = production(resolved);
        for (id, name) in &self.production {
            match now.get(id) {
                Some(same) if same == name => {}
                Some(other) => broken.push(format!("{name} of production is {other} now")),
                None => broken.push(format!("{name} of production ({id}) is gone")),
            }
        }
        broken
    }

    fn missing_twins(&self, resolved: &Resolved<'_>) -> Vec<String> {
        let mut broken = Vec::new();
        for (schema, name) in &self.relations {
            let pair = resolved
                .schemas
                .iter()
                .find(|pair| &pair.names.production == schema);
            let twin = pair.and_then(|pair| twin(resolved, pair, name));
            let side = pair.map_or(schema, |pair| &pair.names.deployment);
            match twin {
                None => broken.push(format!("{side}.{name} was not built")),
                Some(twin) => broken.extend(
                    on_production(resolved, &twin.id)
                        .map(|object| format!("{side}.{object} runs on a cluster of production")),
                ),
            }
        }
        broken
    }
}

/// The relation of this name in the deployment schema of the pair; an index may have the same name elsewhere.
fn twin<'a>(
    resolved: &Resolved<'a>,
    pair: &ResolvedPair<'a, crate::domain::object::Schema>,
    name: &Identifier,
) -> Option<&'a Object> {
    let schema = pair.deployment?;
    let objects = resolved.catalog.objects_in(&schema.id);
    let mut named = objects.filter(|object| object.parent.is_none() && &object.name == name);
    named.next()
}

/// The names of the relation and of its indexes, as far as they run on production's clusters.
fn on_production<'a>(
    resolved: &'a Resolved<'_>,
    id: &'a ObjectId,
) -> impl Iterator<Item = &'a Identifier> {
    let objects = resolved.catalog.objects.values();
    objects
        .filter(move |object| &object.id == id || object.parent.as_ref() == Some(id))
        .filter(|object| {
            let cluster = object.cluster.as_ref();
            cluster.and_then(|cluster| resolved.side_of_cluster(cluster)) == Some(Side::Production)
        })
        .map(|object| &object.name)
}

fn production(resolved: &Resolved<'_>) -> BTreeMap<String, String> {
    let schemas = resolved.schemas.iter().filter_map(|pair| pair.production);
    let clusters = resolved.clusters.iter().filter_map(|pair| pair.production);
    let objects = resolved.objects(Side::Production).filter_map(|object| {
        let name: QualifiedName = qualified(resolved.catalog, object)?;
        Some((object.id.to_string(), name.to_string()))
    });
    objects
        .chain(schemas.map(|schema| (format!("schema {}", schema.id), schema.name.to_string())))
        .chain(
            clusters.map(|cluster| (format!("cluster {}", cluster.id), cluster.name.to_string())),
        )
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture::{World, name};
    use crate::domain::object::ObjectKind;

    fn promise(world: &World, relation: &str) -> Promise {
        world.with_facts(|facts| {
            Promise::of(
                facts.resolved,
                &BTreeSet::from([(name("prod"), name(relation))]),
            )
        })
    }

    fn broken(world: &World, promise: &Promise) -> Vec<String> {
        world.with_facts(|facts| promise.broken(facts.resolved))
    }

    #[test]
    fn a_kept_promise_is_silent() {
        let world = World::new();
        assert!(broken(&world, &promise(&world, "foo")).is_empty());
    }

    #[test]
    fn a_twin_that_was_not_built_is_told() {
        let world = World::new();
        let told = broken(&world, &promise(&world, "nosuch"));
        assert_eq!(told, ["prod_dbt_deploy.nosuch was not built"]);
    }

    #[test]
    fn an_id_of_production_that_moved_is_told() {
        let mut world = World::new();
        let before = promise(&world, "foo");
        let foo = world.id(Side::Production, "foo");
        let mut object = world.catalog().objects.remove(&foo).unwrap();
        let told = broken(&world, &before);
        assert_eq!(told, [format!("db.prod.foo of production ({foo}) is gone")]);
        // Built again under the same name: the id moved all the same.
        object.id = ObjectId::user(900);
        world.catalog().objects.insert(object.id, object);
        assert_eq!(broken(&world, &before), told);
    }

    #[test]
    fn an_index_of_a_twin_on_a_cluster_of_production_is_told() {
        let mut world = World::new();
        let foo = world.id(Side::Deployment, "foo");
        let index = world.add_in("u2", "u1", "foo_idx", ObjectKind::Index, &[&foo]);
        world.catalog().objects.get_mut(&index).unwrap().parent = Some(foo);
        let told = broken(&world, &promise(&world, "foo"));
        assert_eq!(
            told,
            ["prod_dbt_deploy.foo_idx runs on a cluster of production"]
        );
    }
}
