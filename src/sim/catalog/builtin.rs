//! What a fresh server has: roles, clusters, schemas, and the system relations of `assets/sim/relations.txt`.

use super::acl::{Acl, Privileges};
use super::id::Id;
use super::item::{Body, Item};
use super::{Catalog, Cluster, Counters, Database, DefaultScope, Managed, Replica, Role, Schema};
use crate::functions::FUNCTIONS;
use crate::inventory::Millis;
use crate::types::{Column, SqlType};
use crate::version::ServerVersion;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use std::time::Duration;

/// The replica sizes of a server whose world names none, with their credits an hour (recorded: 01, 02).
const SIZES: [(&str, f64); 3] = [("100cc", 1.0), ("25cc", 0.25), ("50cc", 0.5)];

pub const MZ_SYSTEM: Id = Id::system(1);
pub const MZ_SUPPORT: Id = Id::system(2);
const MZ_ANALYTICS: Id = Id::system(3);
/// The role `materialize` of a fresh server.
pub const MATERIALIZE: Id = Id::user(1);
/// The built-in cluster that catalog queries run on.
pub const MZ_CATALOG_SERVER: Id = Id::system(2);

/// The numbers of the system schemas (recorded: 01).
const SCHEMAS: [(u64, &str); 7] = [
    (1, "mz_catalog"),
    (2, "pg_catalog"),
    (4, "mz_internal"),
    (5, "information_schema"),
    (6, "mz_unsafe"),
    (7, "mz_catalog_unstable"),
    (8, "mz_introspection"),
];

/// Readable by `mz_monitor` and superusers only (recorded: 12).
const RESTRICTED: [&str; 3] = [
    "mz_recent_activity_log",
    "mz_sql_text",
    "mz_statement_execution_history",
];

/// The relations behind the built-in indexes of every cluster: 31 of them (recorded: 09).
pub const INTROSPECTION: [&str; 31] = [
    "mz_arrangement_batches_raw",
    "mz_arrangement_records_raw",
    "mz_arrangement_sharing_raw",
    "mz_arrangement_batcher_records_raw",
    "mz_arrangement_batcher_size_raw",
    "mz_arrangement_batcher_capacity_raw",
    "mz_arrangement_batcher_allocations_raw",
    "mz_arrangement_heap_size_raw",
    "mz_arrangement_heap_capacity_raw",
    "mz_arrangement_heap_allocations_raw",
    "mz_active_peeks_per_worker",
    "mz_peek_durations_histogram_raw",
    "mz_dataflow_shutdown_durations_histogram_raw",
    "mz_compute_exports_per_worker",
    "mz_compute_frontiers_per_worker",
    "mz_compute_import_frontiers_per_worker",
    "mz_compute_error_counts_raw",
    "mz_compute_hydration_times_per_worker",
    "mz_compute_operator_hydration_statuses_per_worker",
    "mz_compute_lir_mapping_per_worker",
    "mz_compute_dataflow_global_ids_per_worker",
    "mz_dataflow_operators_per_worker",
    "mz_dataflow_addresses_per_worker",
    "mz_dataflow_channels_per_worker",
    "mz_dataflow_operator_reachability_raw",
    "mz_scheduling_elapsed_raw",
    "mz_compute_operator_durations_histogram_raw",
    "mz_scheduling_parks_histogram_raw",
    "mz_message_counts_received_raw",
    "mz_message_counts_sent_raw",
    "mz_message_batch_counts_received_raw",
];

/// A relation of a system schema.
#[derive(Debug)]
pub struct Relation {
    pub schema: &'static str,
    pub name: &'static str,
    pub kind: &'static str,
    pub columns: Vec<Column>,
    since: Option<ServerVersion>,
    until: Option<ServerVersion>,
}

impl Relation {
    /// Whether servers of this version have it, with these columns.
    #[must_use]
    pub fn is_of(&self, version: ServerVersion) -> bool {
        self.since.is_none_or(|since| version >= since)
            && self.until.is_none_or(|until| version < until)
    }

    /// `mz_internal.mz_frontiers`.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }
}

pub static RELATIONS: LazyLock<Vec<Relation>> = LazyLock::new(|| {
    include_str!("../../../assets/sim/relations.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(read_relation)
        .collect()
});

fn read_relation(line: &'static str) -> Option<Relation> {
    let (first, rest) = line.split_once(' ')?;
    let bound = |text: &str| text.parse().ok();
    let (since, until) = (bound(first), first.strip_prefix('<').and_then(bound));
    let line = if since.or(until).is_some() {
        rest
    } else {
        line
    };
    let (head, columns) = line.split_once(": ")?;
    let (name, kind) = head.split_once(' ')?;
    let (schema, name) = name.split_once('.')?;
    let columns = columns.split(", ").filter_map(read_column).collect();
    Some(Relation {
        schema,
        name,
        kind,
        columns,
        since,
        until,
    })
}

fn read_column(text: &str) -> Option<Column> {
    let (name, ty) = text.rsplit_once(' ')?;
    let (ty, nullable) = ty.strip_suffix('?').map_or((ty, false), |ty| (ty, true));
    Some(Column {
        name: name.to_owned(),
        ty: SqlType::by_name(ty)?,
        nullable,
    })
}

impl Catalog {
    /// A fresh server's catalog, as of `now`.
    #[must_use]
    pub fn fresh(now: Millis, version: ServerVersion) -> Self {
        let mut catalog = Self {
            version,
            revision: 1,
            databases: BTreeMap::new(),
            schemas: BTreeMap::new(),
            clusters: BTreeMap::new(),
            replicas: BTreeMap::new(),
            roles: BTreeMap::new(),
            items: BTreeMap::new(),
            by_name: BTreeMap::new(),
            replacements: BTreeMap::new(),
            earlier_ids: BTreeMap::new(),
            members: BTreeSet::new(),
            default_privileges: BTreeMap::new(),
            system_acl: Acl::default(),
            comments: BTreeMap::new(),
            audit: Vec::new(),
            sizes: SIZES
                .map(|(name, credits)| (name.to_owned(), credits))
                .into(),
            settings: BTreeMap::new(),
            counters: Counters {
                database: 1,
                schema: 3,
                cluster: 1,
                replica: 1,
                role: 1,
                item: 0,
                oid: 16_900,
                audit: 0,
            },
        };
        catalog.add_roles();
        catalog.add_schemas();
        catalog.add_system_items(now);
        catalog.counters.oid = 20_000;
        catalog.add_database();
        catalog.add_clusters(now);
        catalog
    }

    fn add_roles(&mut self) {
        let built_in = [
            (MZ_SYSTEM, "mz_system", Some(true), Some(true)),
            (MZ_SUPPORT, "mz_support", Some(true), Some(true)),
            (MZ_ANALYTICS, "mz_analytics", Some(false), None),
            (Id::predefined(1), "mz_monitor", Some(false), None),
            (Id::predefined(2), "mz_monitor_redacted", Some(false), None),
            (MATERIALIZE, "materialize", Some(false), None),
        ];
        for (id, name, can_login, superuser) in built_in {
            let role = Role {
                oid: self.next_oid(),
                name: name.to_owned(),
                can_login,
                superuser,
            };
            self.roles.insert(id, role);
        }
        let cluster_and_more = ["cluster", "database", "schema"].map(|kind| (kind, MZ_SUPPORT));
        for (object_type, grantee) in cluster_and_more.into_iter().chain([("type", Id::PUBLIC)]) {
            let scope = DefaultScope {
                role: Id::PUBLIC,
                database: None,
                schema: None,
                object_type,
                grantee,
            };
            self.default_privileges.insert(scope, Privileges::USAGE);
        }
        self.system_acl
            .grant(MZ_SYSTEM, MZ_SYSTEM, Privileges::SYSTEM);
        self.system_acl
            .grant(MATERIALIZE, MZ_SYSTEM, Privileges::SYSTEM);
    }

    fn add_schemas(&mut self) {
        for (number, name) in SCHEMAS {
            let mut acl = Acl::default();
            acl.grant(MZ_SYSTEM, MZ_SYSTEM, Privileges::CONTAINER);
            acl.grant(Id::PUBLIC, MZ_SYSTEM, Privileges::USAGE);
            let schema = Schema {
                oid: self.next_oid(),
                database: None,
                name: name.to_owned(),
                owner: MZ_SYSTEM,
                acl,
            };
            self.schemas.insert(Id::system(number), schema);
        }
    }

    fn add_system_items(&mut self, now: Millis) {
        for ty in SqlType::all() {
            let oid = ty.oid();
            self.add_system_item(
                ty.item(),
                oid,
                "pg_catalog",
                ty.short_name(),
                Body::Type(None),
                now,
            );
        }
        for (number, name) in FUNCTIONS {
            let oid = self.next_oid();
            self.add_system_item(*number, oid, "pg_catalog", name, Body::Function, now);
        }
        let version = self.version;
        let numbered = (400..).zip(RELATIONS.iter());
        for (number, relation) in numbered.filter(|(_, it)| it.is_of(version)) {
            let body = match relation.kind {
                "view" => Body::SystemView,
                "source" => Body::Source {
                    kind: "source",
                    cluster: None,
                    connection: None,
                    envelope: None,
                    script: None,
                },
                _ => Body::Table {
                    script: None,
                    source: None,
                    retain: None,
                },
            };
            let oid = self.next_oid();
            self.add_system_item(number, oid, relation.schema, relation.name, body, now);
            self.change_item(Id::system(number), |item| {
                item.columns = relation.columns.clone();
            });
        }
    }

    fn add_system_item(
        &mut self,
        number: u64,
        oid: u32,
        schema: &str,
        name: &str,
        body: Body,
        created_at: Millis,
    ) {
        let mut acl = Acl::default();
        let (all, public) = match body {
            Body::Type(_) => (Privileges::USAGE, Privileges::USAGE),
            Body::Function => (Privileges::NONE, Privileges::NONE),
            _ => (Privileges::SELECT, Privileges::SELECT),
        };
        if all != Privileges::NONE {
            acl.grant(MZ_SYSTEM, MZ_SYSTEM, all);
            if !RESTRICTED.contains(&name) {
                acl.grant(Id::PUBLIC, MZ_SYSTEM, public);
            }
        }
        let Some(schema) = self.schema_named(None, schema) else {
            return;
        };
        self.insert_item(Item {
            id: Id::system(number),
            oid,
            schema,
            name: name.to_owned(),
            owner: MZ_SYSTEM,
            acl,
            body,
            columns: Vec::new(),
            references: BTreeSet::new(),
            created_at,
            temporary: false,
        });
    }

    fn add_database(&mut self) {
        let mut acl = Acl::default();
        acl.grant(MZ_SYSTEM, MZ_SYSTEM, Privileges::CONTAINER);
        acl.grant(MZ_SUPPORT, MZ_SYSTEM, Privileges::USAGE);
        acl.grant(MATERIALIZE, MZ_SYSTEM, Privileges::CONTAINER);
        acl.grant(Id::PUBLIC, MZ_SYSTEM, Privileges::USAGE);
        let database = Database {
            oid: self.next_oid(),
            name: "materialize".to_owned(),
            owner: MZ_SYSTEM,
            acl: acl.clone(),
        };
        self.databases.insert(Id::user(1), database);
        let public = Schema {
            oid: self.next_oid(),
            database: Some(Id::user(1)),
            name: "public".to_owned(),
            owner: MZ_SYSTEM,
            acl,
        };
        self.schemas.insert(Id::user(3), public);
    }

    fn add_clusters(&mut self, now: Millis) {
        let built_in = [
            (Id::system(1), "mz_system", 0, MZ_SYSTEM),
            (MZ_CATALOG_SERVER, "mz_catalog_server", 1, MZ_SYSTEM),
            (Id::system(3), "mz_probe", 0, MZ_SYSTEM),
            (Id::system(4), "mz_support", 0, MZ_SUPPORT),
            (Id::system(5), "mz_analytics", 0, MZ_ANALYTICS),
            (Id::user(1), "quickstart", 1, MZ_SYSTEM),
        ];
        for (id, name, replication_factor, owner) in built_in {
            let mut acl = Acl::default();
            acl.grant(owner, owner, Privileges::CONTAINER);
            acl.grant(MZ_SUPPORT, owner, Privileges::USAGE);
            acl.grant(Id::PUBLIC, owner, Privileges::USAGE);
            if id.is_user() {
                acl.grant(MATERIALIZE, owner, Privileges::CONTAINER);
            }
            let managed = Managed {
                size: "25cc".to_owned(),
                replication_factor,
                arrangement_compression: false,
                introspection_debugging: false,
                introspection_interval: Some(Duration::from_secs(1)),
                on_refresh: None,
                strategy: None,
                workload_class: None,
                features: Vec::new(),
            };
            let cluster = Cluster {
                name: name.to_owned(),
                owner,
                acl,
                managed: Some(managed),
                reconfiguration: None,
                burst: None,
            };
            self.clusters.insert(id, cluster);
        }
        for (id, cluster) in [
            (Id::system(1), MZ_CATALOG_SERVER),
            (Id::user(1), Id::user(1)),
        ] {
            let replica = Replica {
                name: "r1".to_owned(),
                cluster,
                size: "25cc".to_owned(),
                owner: MZ_SYSTEM,
                created_at: now,
            };
            self.replicas.insert(id, replica);
        }
    }
}
