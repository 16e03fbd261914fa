//! What the catalog holds, one entry each.

use super::{ClusterSchedule, ConnectorType, ObjectKind};
use crate::domain::name::{
    ClusterId, DatabaseId, Identifier, ObjectId, ReplicaId, RoleId, SchemaId,
};
use crate::domain::text::SharedText;

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

impl Object {
    /// Whether it ends with the session that made it.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        self.schema == SchemaId::TEMPORARY
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    pub id: SchemaId,
    pub name: Identifier,
    pub database: DatabaseId,
    pub owner: RoleId,
    pub comment: Option<String>,
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
    /// Of unmanaged clusters; of managed ones newer servers tell all zones that it may be in, as `a,b` (26.39, by its source).
    pub availability_zone: Option<String>,
    /// Of a change of shape that a session waits for.
    pub pending: bool,
}
