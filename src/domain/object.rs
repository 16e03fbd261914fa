//! Catalog items, and the catalog around them: schemas, clusters, replicas, dependency edges.

mod catalog;

pub use catalog::{Catalog, CatalogParts};

use super::name::{ClusterId, DatabaseId, Identifier, ObjectId, ReplicaId, RoleId, SchemaId};
use super::text::SharedText;
use super::word::words;

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

    /// Whether a manifest tells of it: what indexes and sinks somebody adds by hand makes no other release.
    #[must_use]
    pub fn is_relation(&self) -> bool {
        matches!(self, Self::Table | Self::View | Self::MaterializedView)
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
