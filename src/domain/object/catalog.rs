//! What exists, and where to find it: by place, by name, by what reads it.

use super::{
    Burst, Cluster, ClusterSchedule, Object, ObjectKind, Reconfiguration, Replica, Schema,
};
use crate::domain::lease::Lease;
use crate::domain::name::{
    ClusterId, DatabaseId, Identifier, ObjectId, ReplicaId, RoleId, SchemaId,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Deref;
use std::sync::OnceLock;

/// One consistent reading of what exists, user items of every database.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CatalogParts {
    pub databases: BTreeMap<DatabaseId, Identifier>,
    pub roles: BTreeMap<RoleId, Identifier>,
    pub schemas: BTreeMap<SchemaId, Schema>,
    pub clusters: BTreeMap<ClusterId, Cluster>,
    pub replicas: BTreeMap<ReplicaId, Replica>,
    pub objects: BTreeMap<ObjectId, Object>,
    /// object -> what it directly depends on (`mz_internal.mz_object_dependencies`, user items only).
    pub inputs: BTreeMap<ObjectId, BTreeSet<ObjectId>>,
    /// The changes of shape that the server is making.
    pub reconfigurations: BTreeMap<ClusterId, Reconfiguration>,
    /// The clusters that have a larger replica for a while.
    pub bursts: BTreeMap<ClusterId, Burst>,
    /// Materialized view -> the one that it waits to replace.
    pub replacements: BTreeMap<ObjectId, ObjectId>,
    /// The replicas of `mz_catalog_server`, which answers readings of the catalog.
    pub catalog_server: BTreeSet<ReplicaId>,
    /// The markers of operations at work. They are no objects of anybody's project.
    pub leases: Vec<Lease>,
}

/// What exists, with an index over it. Pictures share a catalog as long as nothing in it changes, and so they share the index, which is made
/// when something is first looked for.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    parts: CatalogParts,
    index: OnceLock<Index>,
}

#[derive(Debug, Clone, Default)]
struct Index {
    named: HashMap<(SchemaId, Identifier), Vec<ObjectId>>,
    in_schema: HashMap<SchemaId, Vec<ObjectId>>,
    on_cluster: HashMap<ClusterId, Vec<ObjectId>>,
    dependents: HashMap<ObjectId, Vec<ObjectId>>,
}

impl Index {
    fn of(parts: &CatalogParts) -> Self {
        let mut index = Self::default();
        for object in parts.objects.values() {
            let name = (object.schema, object.name.clone());
            index.named.entry(name).or_default().push(object.id);
            let inside = index.in_schema.entry(object.schema).or_default();
            inside.push(object.id);
            if let Some(cluster) = object.cluster {
                index.on_cluster.entry(cluster).or_default().push(object.id);
            }
        }
        for (object, inputs) in &parts.inputs {
            for input in inputs {
                index.dependents.entry(*input).or_default().push(*object);
            }
        }
        index
    }
}

impl Deref for Catalog {
    type Target = CatalogParts;

    fn deref(&self) -> &CatalogParts {
        &self.parts
    }
}

impl From<CatalogParts> for Catalog {
    fn from(parts: CatalogParts) -> Self {
        Self {
            parts,
            index: OnceLock::new(),
        }
    }
}

/// The index follows from the parts.
impl PartialEq for Catalog {
    fn eq(&self, other: &Self) -> bool {
        self.parts == other.parts
    }
}

impl Catalog {
    /// To change what exists; whatever was found before is looked for anew.
    pub fn edit(&mut self) -> &mut CatalogParts {
        self.index = OnceLock::new();
        &mut self.parts
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::of(&self.parts))
    }

    fn found<'a>(&'a self, ids: Option<&'a Vec<ObjectId>>) -> impl Iterator<Item = &'a Object> {
        let ids = ids.into_iter().flatten();
        ids.filter_map(|id| self.objects.get(id))
    }

    /// In the order of their ids.
    pub fn objects_in(&self, schema: &SchemaId) -> impl Iterator<Item = &Object> {
        self.found(self.index().in_schema.get(schema))
    }

    /// In the order of their ids.
    pub fn objects_on(&self, cluster: &ClusterId) -> impl Iterator<Item = &Object> {
        self.found(self.index().on_cluster.get(cluster))
    }

    /// The objects of this name in this schema, of any kind.
    pub fn objects_named(
        &self,
        schema: SchemaId,
        name: &Identifier,
    ) -> impl Iterator<Item = &Object> {
        self.found(self.index().named.get(&(schema, name.clone())))
    }

    /// The object of this name and kind in this schema.
    #[must_use]
    pub fn object_named(
        &self,
        schema: SchemaId,
        name: &Identifier,
        kind: &ObjectKind,
    ) -> Option<&Object> {
        self.objects_named(schema, name)
            .find(|object| object.kind == *kind)
    }

    /// What directly depends on an object.
    #[must_use]
    pub fn dependents(&self, object: &ObjectId) -> &[ObjectId] {
        let found = self.index().dependents.get(object);
        found.map_or(&[], Vec::as_slice)
    }
}

impl CatalogParts {
    /// The schema of this name in this database.
    #[must_use]
    pub fn schema_named(&self, database: &DatabaseId, name: &Identifier) -> Option<&Schema> {
        self.schemas
            .values()
            .find(|schema| &schema.database == database && &schema.name == name)
    }

    #[must_use]
    pub fn cluster_named(&self, name: &Identifier) -> Option<&Cluster> {
        self.clusters.values().find(|cluster| &cluster.name == name)
    }

    #[must_use]
    pub fn database_named(&self, name: &Identifier) -> Option<&DatabaseId> {
        self.databases
            .iter()
            .find(|(_, n)| *n == name)
            .map(|(id, _)| id)
    }

    /// The replicas that count: those that Materialize's support runs are left out.
    pub fn replicas_of<'a>(&'a self, cluster: &'a ClusterId) -> impl Iterator<Item = &'a Replica> {
        self.replicas
            .values()
            .filter(move |replica| &replica.cluster == cluster && !replica.internal)
    }

    /// The replicas that stay: those of a change of shape that the server may take back, and one that is there to hydrate faster, are left
    /// out. Which of several are new is told by no relation: of one size the older ones stay (ids are given in order; recorded: v26.39/20).
    pub fn steady_replicas_of<'a>(
        &'a self,
        cluster: &'a ClusterId,
    ) -> impl Iterator<Item = &'a Replica> {
        let shape = self.shape_between(cluster);
        let most = shape.map_or(usize::MAX, |(_, factor)| factor);
        self.replicas_of(cluster)
            .filter(move |replica| {
                let size = replica.size.as_deref();
                !replica.pending && shape.is_none_or(|(of, _)| of.is_some() && size == of)
            })
            .take(most)
    }

    /// Size and number of a cluster's steady replicas, while it has others beside them. Of a size that is not known there are none.
    fn shape_between(&self, cluster: &ClusterId) -> Option<(Option<&str>, usize)> {
        let moves =
            self.reconfigurations.contains_key(cluster) || self.bursts.contains_key(cluster);
        let cluster = self.clusters.get(cluster).filter(|_| moves)?;
        let factor = match cluster.schedule {
            // Its factor tells what the schedule wants now.
            ClusterSchedule::OnRefresh => usize::MAX,
            _ => cluster
                .replication_factor
                .and_then(|factor| usize::try_from(factor).ok())
                .unwrap_or(0),
        };
        Some((cluster.size.as_deref(), factor))
    }

    /// `database.schema.name`, for people. Parts that the catalog does not show are left out.
    #[must_use]
    pub fn display_name(&self, id: &ObjectId) -> String {
        let Some(object) = self.objects.get(id) else {
            return id.to_string();
        };
        let Some(schema) = self.schemas.get(&object.schema) else {
            return object.name.to_string();
        };
        match self.databases.get(&schema.database) {
            Some(database) => format!("{database}.{}.{}", schema.name, object.name),
            None => format!("{}.{}", schema.name, object.name),
        }
    }

    #[must_use]
    pub fn role_name(&self, id: &RoleId) -> String {
        match self.roles.get(id) {
            Some(name) => name.to_string(),
            None if *id == RoleId::PUBLIC => "PUBLIC".to_owned(),
            None => id.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::environment::Side;
    use crate::domain::fixture::{World, name};

    #[test]
    fn an_object_is_found_by_place_name_and_inputs() {
        let mut world = World::new();
        let foo = world.id(Side::Production, "foo");
        let bar = world.id(Side::Production, "bar");
        let catalog = &world.snapshot.catalog;
        assert_eq!(catalog.objects_in(&SchemaId::user(1)).count(), 3);
        assert_eq!(
            catalog.objects_on(&ClusterId::user(1)).count(),
            2,
            "a view is on none"
        );
        assert_eq!(catalog.dependents(&foo), [bar]);
        assert!(
            catalog
                .object_named(SchemaId::user(1), &name("foo"), &ObjectKind::View)
                .is_none()
        );
        let called = name("foo");
        let found = catalog.objects_named(SchemaId::user(1), &called);
        assert_eq!(found.map(|object| object.id).collect::<Vec<_>>(), [foo]);

        world.remove(&bar);
        let catalog = &world.snapshot.catalog;
        assert!(catalog.dependents(&foo).is_empty(), "a change is seen");
        assert_eq!(catalog.objects_in(&SchemaId::user(1)).count(), 2);
    }
}
