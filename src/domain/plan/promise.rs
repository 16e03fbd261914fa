//! What a build promises: its twins stand on the deployment side afterwards, and nothing of production moved; a sync, that both sides are
//! defined alike.

use super::qualified;
use crate::domain::deployment_age::is_defined_as_in_production;
use crate::domain::environment::{Resolved, ResolvedPair, Side};
use crate::domain::name::{ClusterId, Identifier, ObjectId, QualifiedName, SchemaId};
use crate::domain::object::{Catalog, Object, ObjectKind};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What stands before the id of what is no object.
const SCHEMA: &str = "schema ";
const CLUSTER: &str = "cluster ";

/// Taken down before the first statement, held against the catalog after the last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Promise {
    /// What is built, by production schema and name.
    pub relations: BTreeSet<(Identifier, Identifier)>,
    /// The ids of production with their names: objects, schemas and clusters.
    pub production: BTreeMap<String, String>,
    /// The views of both sides are defined alike afterwards.
    pub alike: bool,
}

/// One thing of production that is not what it was when the build began: gone, under another name, or new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Harm {
    /// An object's id; `schema <id>`, `cluster <id>`.
    pub id: String,
    /// Its name before, where it stood on production.
    pub was: Option<String>,
    /// Its name now, where it still is anywhere.
    pub is: Option<String>,
}

impl Harm {
    /// Whether it is nowhere any more.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.is.is_none()
    }
}

impl fmt::Display for Harm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = &self.id;
        match (&self.was, &self.is) {
            (Some(was), None) => write!(f, "{was} of production ({id}) is gone"),
            (Some(was), Some(is)) => write!(f, "{was} of production ({id}) is {is} now"),
            (None, is) => {
                let is = is.as_deref().unwrap_or_default();
                write!(f, "{is} ({id}) is new on production")
            }
        }
    }
}

impl Promise {
    #[must_use]
    pub fn of(resolved: &Resolved<'_>, relations: &BTreeSet<(Identifier, Identifier)>) -> Self {
        Self {
            relations: relations.clone(),
            production: production(resolved),
            alike: false,
        }
    }

    /// Promises that both sides hold the same, too.
    #[must_use]
    pub fn and_alike(self) -> Self {
        Self {
            alike: true,
            ..self
        }
    }

    /// What became of production since, in the order of ids. Empty: it stands as it stood.
    #[must_use]
    pub fn harm(&self, resolved: &Resolved<'_>) -> Vec<Harm> {
        let now = production(resolved);
        let name_now = |id: &str| name_of(resolved.catalog, id);
        let before = self.production.iter().filter_map(|(id, name)| {
            let is = now.get(id).cloned().or_else(|| name_now(id));
            (is.as_ref() != Some(name)).then(|| Harm {
                id: id.clone(),
                was: Some(name.clone()),
                is,
            })
        });
        let is_new = |id: &String| !self.production.contains_key(id);
        let new = now.iter().filter(|(id, _)| is_new(id));
        let new = new.map(|(id, name)| Harm {
            id: id.clone(),
            was: None,
            is: Some(name.clone()),
        });
        before.chain(new).collect()
    }

    /// The sentences of what was to be built and was not, or not where it belongs, or not like production's. Empty: all was.
    #[must_use]
    pub fn missing_twins(&self, resolved: &Resolved<'_>) -> Vec<String> {
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
        if self.alike {
            broken.extend(unlike(resolved));
        }
        broken
    }
}

/// Views whose twin in production is defined otherwise, as sentences. The definition of a table does not tell its rows.
fn unlike(resolved: &Resolved<'_>) -> Vec<String> {
    let is_view =
        |object: &&Object| matches!(object.kind, ObjectKind::View | ObjectKind::MaterializedView);
    resolved
        .objects(Side::Deployment)
        .filter(is_view)
        .filter(|object| {
            resolved.twin(object).is_some() && !is_defined_as_in_production(resolved, object)
        })
        .map(|object| {
            let name = resolved.catalog.display_name(&object.id);
            format!("{name} is not defined as its twin in production is")
        })
        .collect()
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

/// What goes by an id of a promise, wherever it stands now.
fn name_of(catalog: &Catalog, id: &str) -> Option<String> {
    if let Some(id) = id.strip_prefix(SCHEMA) {
        let schema = catalog.schemas.get(&id.parse::<SchemaId>().ok()?)?;
        return Some(schema.name.to_string());
    }
    if let Some(id) = id.strip_prefix(CLUSTER) {
        let cluster = catalog.clusters.get(&id.parse::<ClusterId>().ok()?)?;
        return Some(cluster.name.to_string());
    }
    let object = catalog.objects.get(&id.parse::<ObjectId>().ok()?)?;
    qualified(catalog, object).map(|name| name.to_string())
}

fn production(resolved: &Resolved<'_>) -> BTreeMap<String, String> {
    let schemas = resolved.schemas.iter().filter_map(|pair| pair.production);
    let clusters = resolved.clusters.iter().filter_map(|pair| pair.production);
    let objects = resolved.objects(Side::Production).filter_map(|object| {
        let name: QualifiedName = qualified(resolved.catalog, object)?;
        Some((object.id.to_string(), name.to_string()))
    });
    objects
        .chain(schemas.map(|schema| (format!("{SCHEMA}{}", schema.id), schema.name.to_string())))
        .chain(
            clusters.map(|cluster| (format!("{CLUSTER}{}", cluster.id), cluster.name.to_string())),
        )
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture::{World, name};

    fn promise(world: &World, relation: &str) -> Promise {
        world.with_inputs(|inputs| {
            Promise::of(
                inputs.resolved,
                &BTreeSet::from([(name("prod"), name(relation))]),
            )
        })
    }

    fn missing(world: &World, promise: &Promise) -> Vec<String> {
        world.with_inputs(|inputs| promise.missing_twins(inputs.resolved))
    }

    fn harm(world: &World, promise: &Promise) -> Vec<String> {
        let harm = world.with_inputs(|inputs| promise.harm(inputs.resolved));
        harm.iter().map(Harm::to_string).collect()
    }

    #[test]
    fn a_kept_promise_is_silent() {
        let world = World::new();
        let promise = promise(&world, "foo");
        assert!(missing(&world, &promise).is_empty());
        assert!(harm(&world, &promise).is_empty());
    }

    #[test]
    fn a_view_that_differs_breaks_only_the_promise_of_sides_that_are_alike() {
        let mut world = World::new();
        let promised = promise(&world, "foo");
        let foobar = world.id(Side::Deployment, "foobar");
        world.redefine(&foobar, "CREATE MATERIALIZED VIEW foobar AS SELECT 2");
        assert!(missing(&world, &promised).is_empty());
        assert_eq!(
            missing(&world, &promised.and_alike()),
            ["db.prod_dbt_deploy.foobar is not defined as its twin in production is"]
        );
    }

    #[test]
    fn a_twin_that_was_not_built_is_told() {
        let world = World::new();
        let told = missing(&world, &promise(&world, "nosuch"));
        assert_eq!(told, ["prod_dbt_deploy.nosuch was not built"]);
    }

    #[test]
    fn an_id_of_production_that_moved_is_told() {
        let mut world = World::new();
        let before = promise(&world, "foo");
        let foo = world.id(Side::Production, "foo");
        let mut object = world.catalog().objects.remove(&foo).unwrap();
        let gone = format!("db.prod.foo of production ({foo}) is gone");
        assert_eq!(harm(&world, &before), [gone.as_str()]);
        // Built again under the same name: the id moved all the same.
        object.id = ObjectId::user(900);
        world.catalog().objects.insert(object.id, object);
        let new = "db.prod.foo (u900) is new on production".to_owned();
        assert_eq!(harm(&world, &before), [gone, new]);
    }

    #[test]
    fn an_index_of_a_twin_on_a_cluster_of_production_is_told() {
        let mut world = World::new();
        let foo = world.id(Side::Deployment, "foo");
        let index = world.add_in("u2", "u1", "foo_idx", ObjectKind::Index, &[&foo]);
        world.catalog().objects.get_mut(&index).unwrap().parent = Some(foo);
        let told = missing(&world, &promise(&world, "foo"));
        assert_eq!(
            told,
            ["prod_dbt_deploy.foo_idx runs on a cluster of production"]
        );
    }
}
