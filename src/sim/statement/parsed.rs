//! What statements are once they are parsed.

use super::Name;
use super::custom_type::CreateType;
use super::ingest::{CreateConnection, CreateSink, CreateSource};
use super::object_kind::ObjectKind;
use super::relation::{CreateIndex, CreateMaterializedView, CreateTable, CreateView};
use super::show::Show;
use crate::catalog::Strategy;
use crate::catalog::acl::Privileges;
use sqlparser::ast::{Query, Statement as Dml};
use std::time::Duration;

#[derive(Debug, Clone)]
pub enum Statement {
    Select(Box<Query>),
    Subscribe(Subscribe),
    /// `COPY (..) TO STDOUT`.
    CopySelect(Box<Query>),
    CopySubscribe(Subscribe),
    Declare {
        cursor: String,
        of: CursorOf,
    },
    Fetch {
        cursor: String,
        /// `None` for ALL.
        count: Option<u64>,
        /// In seconds; `None` waits for one row.
        timeout: Option<f64>,
    },
    CloseCursor(String),
    Show(Show),
    Set {
        name: String,
        /// `None` for DEFAULT.
        value: Option<Vec<String>>,
        local: bool,
    },
    Reset(String),
    /// SET TRANSACTION and the like, which change nothing here.
    SetTransaction,
    DiscardAll,
    Begin,
    Commit,
    Rollback,
    /// INSERT, UPDATE, DELETE.
    Dml(Box<Dml>),
    Ddl(Box<Ddl>),
}

#[derive(Debug, Clone)]
pub enum CursorOf {
    Select(Box<Query>),
    Subscribe(Subscribe),
}

/// A statement that changes the catalog.
#[derive(Debug, Clone)]
pub enum Ddl {
    CreateDatabase {
        name: String,
        if_not_exists: bool,
    },
    CreateSchema {
        name: Name,
        if_not_exists: bool,
    },
    CreateRole {
        name: String,
    },
    CreateCluster {
        name: String,
        if_not_exists: bool,
        spec: ClusterSpec,
    },
    CreateReplica {
        cluster: String,
        name: String,
        size: String,
    },
    CreateTable(CreateTable),
    CreateView(CreateView),
    CreateMaterializedView(CreateMaterializedView),
    CreateIndex(CreateIndex),
    CreateSource(CreateSource),
    CreateSink(CreateSink),
    CreateConnection(CreateConnection),
    CreateType(CreateType),
    CreateSecret {
        name: Name,
        if_not_exists: bool,
    },
    Drop {
        kind: ObjectKind,
        names: Vec<Name>,
        if_exists: bool,
        cascade: bool,
    },
    /// DROP OWNED BY.
    DropOwned {
        roles: Vec<String>,
        cascade: bool,
    },
    /// REASSIGN OWNED BY .. TO.
    ReassignOwned {
        roles: Vec<String>,
        to: String,
    },
    Swap {
        kind: ObjectKind,
        name: Name,
        with: String,
    },
    Rename {
        kind: ObjectKind,
        name: Name,
        to: String,
        if_exists: bool,
    },
    ChangeOwner {
        kind: ObjectKind,
        name: Name,
        role: String,
        if_exists: bool,
    },
    AlterCluster {
        name: String,
        if_exists: bool,
        change: ClusterChange,
    },
    /// ALTER MATERIALIZED VIEW .. APPLY REPLACEMENT.
    ApplyReplacement {
        view: Name,
        replacement: Name,
    },
    /// ALTER SINK .. SET FROM.
    MoveSink {
        sink: Name,
        from: Name,
    },
    AlterSystem {
        name: String,
        value: Option<String>,
    },
    Grant(Grant),
    GrantRole {
        roles: Vec<String>,
        members: Vec<String>,
        revoke: bool,
    },
    DefaultPrivileges(DefaultPrivileges),
    Comment {
        kind: ObjectKind,
        name: Name,
        /// For COMMENT ON COLUMN.
        column: Option<String>,
        /// `None` for NULL.
        text: Option<String>,
    },
}

impl Ddl {
    /// Whether it may share a transaction with others of its kind (recorded: 05, 14).
    #[must_use]
    pub fn is_rename(&self) -> bool {
        matches!(self, Self::Swap { .. } | Self::Rename { .. })
    }
}

/// `SCHEDULE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schedule {
    Manual,
    OnRefresh(Duration),
}

/// Options of a managed cluster; `None` where not given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClusterOptions {
    pub size: Option<String>,
    pub replication_factor: Option<u32>,
    pub arrangement_compression: Option<bool>,
    pub introspection_debugging: Option<bool>,
    /// `Some(None)` switches introspection off.
    pub introspection_interval: Option<Option<Duration>>,
    pub schedule: Option<Schedule>,
    /// `Some(None)` takes it away.
    pub strategy: Option<Option<Strategy>>,
    pub managed: Option<bool>,
    /// `Some(None)` takes it away.
    pub workload_class: Option<Option<String>>,
    pub features: Vec<(String, bool)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClusterSpec {
    Managed(ClusterOptions),
    /// Name and size of each replica.
    Unmanaged(Vec<(String, String)>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClusterChange {
    Set(ClusterOptions),
    Reset(Vec<String>),
}

/// The privileges of a statement; ALL depends on the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    All,
    These(Privileges),
}

/// What a GRANT is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum On {
    System,
    Objects {
        kind: ObjectKind,
        names: Vec<Name>,
    },
    /// `ALL TABLES IN SCHEMA a, b`.
    AllIn {
        kind: ObjectKind,
        schemas: Vec<Name>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    pub revoke: bool,
    pub privileges: Which,
    pub on: On,
    /// Role names; `public` stands for PUBLIC.
    pub grantees: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultPrivileges {
    /// Whose objects; `None` for ALL ROLES.
    pub creators: Option<Vec<String>>,
    pub scope: Scope,
    pub revoke: bool,
    pub privileges: Which,
    pub kind: ObjectKind,
    pub grantees: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    Everywhere,
    Schemas(Vec<Name>),
    Databases(Vec<String>),
}

#[derive(Debug, Clone)]
pub struct Subscribe {
    pub query: Box<Query>,
    pub progress: bool,
    pub snapshot: bool,
    /// AS OF, milliseconds.
    pub as_of: Option<u64>,
    /// UP TO, milliseconds.
    pub up_to: Option<u64>,
    /// ENVELOPE UPSERT (KEY (..)).
    pub upsert: Option<Vec<String>>,
}
