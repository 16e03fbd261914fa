//! Catalog items, and the catalog around them: schemas, clusters, replicas, dependency edges.

use super::name::{ClusterId, DatabaseId, Identifier, ObjectId, ReplicaId, RoleId, SchemaId};
use super::text::SharedText;
use super::word::words;
use std::collections::{BTreeMap, BTreeSet};

words! {
    /// What a catalog item is: `mz_catalog.mz_objects.type`. A kind that is not known is never ready.
    ObjectKind {
        Table = "table",
        Source = "source",
        View = "view",
        MaterializedView = "materialized-view",
        Index = "index",
        Sink = "sink",
        Connection = "connection",
        Secret = "secret",
        Type = "type",
        Function = "function",
    }
}

impl ObjectKind {
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

words! {
    /// What a source or sink connects to: `mz_catalog.mz_sources.type` and `mz_catalog.mz_sinks.type`.
    ConnectorType {
        Kafka = "kafka",
        Postgres = "postgres",
        MySql = "mysql",
        SqlServer = "sql-server",
        LoadGenerator = "load-generator",
        Iceberg = "iceberg",
        Webhook = "webhook",
        /// Tells how far its source has read.
        Progress = "progress",
        /// A table of its source.
        Subsource = "subsource",
    }
}

impl ConnectorType {
    /// Whether it comes with another source and goes with it.
    #[must_use]
    pub fn is_subordinate(&self) -> bool {
        matches!(self, Self::Progress | Self::Subsource)
    }

    /// Whether it ingests in a dataflow of its own. What is not known does.
    #[must_use]
    pub fn has_dataflow(&self) -> bool {
        !self.is_subordinate() && *self != Self::Webhook
    }
}

/// One catalog item of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    pub create_sql: Option<SharedText>,
    /// The relation that an index is on, or the source that a table is fed by.
    pub parent: Option<ObjectId>,
    /// Only of sources and sinks.
    pub connector: Option<ConnectorType>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    pub id: SchemaId,
    pub name: Identifier,
    pub database: DatabaseId,
    pub owner: RoleId,
    pub comment: Option<String>,
}

words! {
    /// When a managed cluster runs: `mz_internal.mz_cluster_schedules.type`.
    ClusterSchedule {
        Manual = "manual",
        /// Without replicas between refreshes: legitimately paused.
        OnRefresh = "on-refresh",
    }
}

impl ClusterSchedule {
    /// The words of `CREATE CLUSTER ... (SCHEDULE = ...)`.
    #[must_use]
    pub fn keyword(&self) -> String {
        self.as_str().replace('-', " ").to_uppercase()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq)]
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
#[derive(Debug, Clone, Default, PartialEq)]
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
