//! Catalog items, and the catalog around them: schemas, clusters, replicas, dependency edges.

use super::name::{ClusterId, DatabaseId, Identifier, ObjectId, ReplicaId, RoleId, SchemaId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What a catalog item is. The words are those of `mz_catalog.mz_objects.type`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub enum ObjectKind {
    Table,
    Source,
    View,
    MaterializedView,
    Index,
    Sink,
    Connection,
    Secret,
    Type,
    Function,
    /// A kind that this version does not know; never treated as ready.
    Other(String),
}

impl ObjectKind {
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Table => "table",
            Self::Source => "source",
            Self::View => "view",
            Self::MaterializedView => "materialized-view",
            Self::Index => "index",
            Self::Sink => "sink",
            Self::Connection => "connection",
            Self::Secret => "secret",
            Self::Type => "type",
            Self::Function => "function",
            Self::Other(text) => text,
        }
    }

    /// The words that `DROP` and `COMMENT ON` use: `MATERIALIZED VIEW`.
    #[must_use]
    pub fn keyword(&self) -> String {
        self.as_str().replace('-', " ").to_uppercase()
    }

    /// Whether the item runs as a dataflow on a cluster, so that hydration and a frontier are expected of it.
    #[must_use]
    pub fn has_dataflow(&self) -> bool {
        matches!(
            self,
            Self::MaterializedView | Self::Index | Self::Sink | Self::Source
        )
    }
}

impl From<String> for ObjectKind {
    fn from(text: String) -> Self {
        match text.as_str() {
            "table" => Self::Table,
            "source" => Self::Source,
            "view" => Self::View,
            "materialized-view" => Self::MaterializedView,
            "index" => Self::Index,
            "sink" => Self::Sink,
            "connection" => Self::Connection,
            "secret" => Self::Secret,
            "type" => Self::Type,
            "function" => Self::Function,
            _ => Self::Other(text),
        }
    }
}

impl From<ObjectKind> for String {
    fn from(kind: ObjectKind) -> Self {
        kind.as_str().to_owned()
    }
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One catalog item of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    pub id: ObjectId,
    pub name: Identifier,
    /// An index has the schema of the relation that it is on.
    pub schema: SchemaId,
    pub kind: ObjectKind,
    /// Where its dataflow runs; `None` for views, tables, connections.
    pub cluster: Option<ClusterId>,
    pub owner: RoleId,
    /// `create_sql` as the catalog holds it, with `[u12 AS "db"."schema"."name"]` references. `None` where the server shows none.
    pub create_sql: Option<String>,
    /// The relation that an index is on, or the source that a table is fed by.
    pub parent: Option<ObjectId>,
    /// The type column of sources and sinks (`kafka`, `load-generator`, `progress`, ...); empty elsewhere.
    pub flavor: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    pub id: SchemaId,
    pub name: Identifier,
    pub database: DatabaseId,
    pub owner: RoleId,
    pub comment: Option<String>,
}

/// When a managed cluster runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClusterSchedule {
    Manual,
    /// Without replicas between refreshes: legitimately paused.
    OnRefresh,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cluster {
    pub id: ClusterId,
    pub name: Identifier,
    pub owner: RoleId,
    pub managed: bool,
    /// `None` for unmanaged clusters.
    pub size: Option<String>,
    /// `None` for unmanaged clusters; 0 = paused.
    pub replication_factor: Option<u32>,
    pub schedule: ClusterSchedule,
    pub comment: Option<String>,
}

/// One process group that runs the dataflows of a cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Replica {
    pub id: ReplicaId,
    pub name: Identifier,
    pub cluster: ClusterId,
    pub size: Option<String>,
    /// Run by Materialize's support: never counted, never cloned (`mz_internal.mz_internal_cluster_replicas`).
    pub internal: bool,
    pub availability_zone: Option<String>,
}

/// What exists: one consistent reading of the catalog, user items of every database.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Catalog {
    pub databases: BTreeMap<DatabaseId, Identifier>,
    pub roles: BTreeMap<RoleId, Identifier>,
    pub schemas: BTreeMap<SchemaId, Schema>,
    pub clusters: BTreeMap<ClusterId, Cluster>,
    pub replicas: BTreeMap<ReplicaId, Replica>,
    pub objects: BTreeMap<ObjectId, Object>,
    /// object -> what it directly depends on (`mz_internal.mz_object_dependencies`, user items only).
    pub inputs: BTreeMap<ObjectId, BTreeSet<ObjectId>>,
}

impl Catalog {
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

    pub fn objects_in<'a>(&'a self, schema: &'a SchemaId) -> impl Iterator<Item = &'a Object> {
        self.objects
            .values()
            .filter(move |object| &object.schema == schema)
    }

    pub fn objects_on<'a>(&'a self, cluster: &'a ClusterId) -> impl Iterator<Item = &'a Object> {
        self.objects
            .values()
            .filter(move |object| object.cluster.as_ref() == Some(cluster))
    }

    /// The replicas that count: those that Materialize's support runs are left out.
    pub fn replicas_of<'a>(&'a self, cluster: &'a ClusterId) -> impl Iterator<Item = &'a Replica> {
        self.replicas
            .values()
            .filter(move |replica| &replica.cluster == cluster && !replica.internal)
    }

    /// What directly depends on each object.
    #[must_use]
    pub fn dependents(&self) -> BTreeMap<&ObjectId, BTreeSet<&ObjectId>> {
        let mut dependents: BTreeMap<&ObjectId, BTreeSet<&ObjectId>> = BTreeMap::new();
        for (object, inputs) in &self.inputs {
            for input in inputs {
                dependents.entry(input).or_default().insert(object);
            }
        }
        dependents
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
