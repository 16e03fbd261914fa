//! Catalog items, and the catalog around them: schemas, clusters, replicas, dependency edges.

mod catalog;
mod entry;
mod kind;
mod shape;

pub use catalog::{Catalog, CatalogParts};
pub use entry::{Cluster, Object, Replica, Schema};
pub use kind::{ClusterSchedule, ConnectorType, ObjectKind};
pub use shape::{AtDeadline, Burst, Reconfiguration};
