//! What the dynamics of the world may know of the catalog.
//!
//! The engine builds a new [`Inventory`] after each committed change of the catalog and hands it to
//! [`Dynamics::step`](super::world::Dynamics::step). It holds user objects and, per cluster, the built-in introspection
//! indexes (`si...`), which have hydration rows of their own on a real server (about 31 per replica).

use std::collections::BTreeMap;
use std::time::Duration;

/// Clusters, replicas and objects, each by id.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Inventory {
    pub clusters: BTreeMap<String, Cluster>,
    pub replicas: BTreeMap<String, Replica>,
    pub objects: BTreeMap<String, Object>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Cluster {
    pub name: String,
    /// The estimate of an ON REFRESH schedule; `None` for a manual schedule.
    pub on_refresh: Option<Duration>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Replica {
    pub name: String,
    pub cluster: String,
    pub size: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Table,
    /// A table of a source, by CREATE TABLE .. FROM SOURCE or FOR ALL TABLES: a source status, no hydration row.
    SourceTable,
    View,
    MaterializedView,
    Index,
    /// A built-in index of every cluster: always hydrated as soon as its replica is online, no frontier.
    IntrospectionIndex,
    Source,
    Sink,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refresh {
    OnCommit,
    /// Milliseconds since the epoch of the first refresh, and the distance to the next.
    Every {
        aligned_to: u64,
        interval: Duration,
    },
    /// One refresh, at milliseconds since the epoch.
    At(u64),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    pub kind: Kind,
    pub name: String,
    pub schema: String,
    pub database: String,
    /// `load-generator`, `kafka`, ...; `table` for tables from sources; empty where there is none.
    pub subtype: String,
    pub cluster: Option<String>,
    /// Ids of the user objects that it reads directly (a source for a table from a source; views are listed, not skipped).
    pub inputs: Vec<String>,
    /// Reads nothing that changes: completes at once, its write frontier is NULL.
    pub constant: bool,
    pub refresh: Refresh,
    /// Milliseconds since the epoch.
    pub created_at: u64,
}

/// Milliseconds since the Unix epoch, on the world's clock.
pub type Millis = u64;
