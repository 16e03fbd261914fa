//! What a catalog holds: databases, schemas, clusters, replicas, roles and items, and who may do what with them.

use super::acl::{Acl, Privileges};
use super::event::Event;
use super::id::Id;
use super::item;
use super::item::Item;
use crate::inventory::Millis;
use crate::version::ServerVersion;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug, Clone, PartialEq)]
pub struct Database {
    pub oid: u32,
    pub name: String,
    pub owner: Id,
    pub acl: Acl,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Schema {
    pub oid: u32,
    /// `None` for system schemas, which are in every database.
    pub database: Option<Id>,
    pub name: String,
    pub owner: Id,
    pub acl: Acl,
}

/// How a managed cluster keeps its replicas.
#[derive(Debug, Clone, PartialEq)]
pub struct Managed {
    pub size: String,
    pub replication_factor: u32,
    /// `EXPERIMENTAL ARRANGEMENT COMPRESSION`, of servers that know it.
    pub arrangement_compression: bool,
    pub introspection_debugging: bool,
    /// `None` where introspection is off.
    pub introspection_interval: Option<Duration>,
    /// The hydration time estimate of `SCHEDULE = ON REFRESH`; `None` for MANUAL.
    pub on_refresh: Option<Duration>,
    /// `AUTO SCALING STRATEGY`.
    pub strategy: Option<Strategy>,
    /// Set by system roles only.
    pub workload_class: Option<String>,
    /// Optimizer features and whether they are on; set by system roles only.
    pub features: Vec<(String, bool)>,
}

/// A larger replica beside the steady ones while they hydrate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strategy {
    pub size: String,
    /// How long it stays once a steady replica is hydrated.
    pub linger: Option<Duration>,
}

/// The status of a change of shape that goes on.
pub const IN_PROGRESS: &str = "in-progress";

/// A change of a cluster's shape, the one under way or the last one (recorded: v26.39/20).
#[derive(Debug, Clone, PartialEq)]
pub struct Reconfiguration {
    /// `in-progress`, `finalized`, `timed-out`, `cancelled`.
    pub status: &'static str,
    pub deadline: Millis,
    pub target: Managed,
    /// The replicas of the new shape, which run beside those of the old one.
    pub replicas: Vec<Id>,
}

/// The larger replica that a strategy has made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Burst {
    pub strategy: Strategy,
    pub replica: Id,
    pub steady_hydrated_at: Option<Millis>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Cluster {
    pub name: String,
    pub owner: Id,
    pub acl: Acl,
    /// `None` for a cluster whose replicas are made by hand.
    pub managed: Option<Managed>,
    pub reconfiguration: Option<Reconfiguration>,
    pub burst: Option<Burst>,
}

impl Cluster {
    /// The replicas that may go again: those of a change of shape under way, and that of a burst.
    #[must_use]
    pub fn passing_replicas(&self) -> Vec<Id> {
        let change = self.reconfiguration.iter().flat_map(|it| &it.replicas);
        let burst = self.burst.iter().map(|burst| &burst.replica);
        change.chain(burst).copied().collect()
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Replica {
    pub name: String,
    pub cluster: Id,
    pub size: String,
    pub owner: Id,
    pub created_at: Millis,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Role {
    pub oid: u32,
    pub name: String,
    /// Only the built-in roles say whether they may log in and whether they are superusers (recorded: 01).
    pub can_login: Option<bool>,
    pub superuser: Option<bool>,
}

/// `member` has everything that `role` has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Membership {
    pub role: Id,
    pub member: Id,
    pub grantor: Id,
}

/// What a new object of some kind grants by itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DefaultScope {
    /// The role that creates; [`Id::PUBLIC`] for all roles.
    pub role: Id,
    pub database: Option<Id>,
    pub schema: Option<Id>,
    /// `table`, `schema`, `cluster`, ...
    pub object_type: &'static str,
    pub grantee: Id,
}

/// What a comment is on. Ids alone would be ambiguous.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// As in `mz_comments.object_type`: `schema`, `materialized-view`, ...
    pub object_type: &'static str,
    pub id: Id,
    /// The column, counted from 1.
    pub column: Option<i32>,
}

/// The last number given, per kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counters {
    pub database: u64,
    pub schema: u64,
    pub cluster: u64,
    pub replica: u64,
    pub role: u64,
    pub item: u64,
    pub oid: u32,
    pub audit: u64,
}

#[derive(Debug, Clone)]
pub struct Catalog {
    /// Which Materialize the server is: what differs by version asks it.
    pub version: ServerVersion,
    /// Grows with each committed change; a DDL transaction compares it (40001).
    pub revision: u64,
    pub databases: BTreeMap<Id, Database>,
    pub schemas: BTreeMap<Id, Schema>,
    pub clusters: BTreeMap<Id, Cluster>,
    pub replicas: BTreeMap<Id, Replica>,
    pub roles: BTreeMap<Id, Role>,
    pub items: BTreeMap<Id, Arc<Item>>,
    /// Item ids by schema, then by name. Shared between copies, as the items are.
    pub(super) by_name: BTreeMap<Id, Arc<BTreeMap<String, Id>>>,
    /// Materialized view -> the one that it waits to replace.
    pub replacements: BTreeMap<Id, Id>,
    /// Item -> the ids that its name had before.
    pub earlier_ids: BTreeMap<Id, BTreeSet<Id>>,
    pub members: BTreeSet<Membership>,
    pub default_privileges: BTreeMap<DefaultScope, Privileges>,
    pub system_acl: Acl,
    pub comments: BTreeMap<Subject, String>,
    pub audit: Vec<Arc<Event>>,
    /// The replica sizes that exist, with their credits an hour.
    pub sizes: BTreeMap<String, f64>,
    /// Server settings by ALTER SYSTEM SET.
    pub settings: BTreeMap<String, String>,
    pub counters: Counters,
}

impl Catalog {
    /// A new oid; one count for all kinds.
    pub fn next_oid(&mut self) -> u32 {
        self.counters.oid += 1;
        self.counters.oid
    }

    pub fn next_item(&mut self) -> Id {
        self.counters.item += 1;
        Id::user(self.counters.item)
    }

    pub fn insert_item(&mut self, item: Item) {
        self.names_in(item.schema)
            .insert(item.name.clone(), item.id);
        self.items.insert(item.id, Arc::new(item));
    }

    fn names_in(&mut self, schema: Id) -> &mut BTreeMap<String, Id> {
        Arc::make_mut(self.by_name.entry(schema).or_default())
    }

    pub fn remove_item(&mut self, id: Id) -> Option<Arc<Item>> {
        let item = self.items.remove(&id)?;
        self.names_in(item.schema).remove(&item.name);
        self.comments
            .retain(|subject, _| subject.id != id || !item::TYPES.contains(&subject.object_type));
        Some(item)
    }

    /// Changes an item in place; its name too.
    pub fn change_item(&mut self, id: Id, change: impl FnOnce(&mut Item)) {
        let Some(item) = self.items.get_mut(&id) else {
            return;
        };
        let (schema, old) = (item.schema, item.name.clone());
        change(Arc::make_mut(item));
        let new = item.name.clone();
        if new != old {
            let names = self.names_in(schema);
            names.remove(&old);
            names.insert(new, id);
        }
    }

    #[must_use]
    pub fn item_named(&self, schema: Id, name: &str) -> Option<&Arc<Item>> {
        let id = self.by_name.get(&schema)?.get(name)?;
        self.items.get(id)
    }

    /// The items of a schema, by name.
    pub fn items_in(&self, schema: Id) -> impl Iterator<Item = &Arc<Item>> {
        let names = self.by_name.get(&schema).into_iter();
        names
            .flat_map(|names| names.values())
            .filter_map(|id| self.items.get(id))
    }

    #[must_use]
    pub fn setting(&self, name: &str) -> bool {
        self.settings
            .get(name)
            .is_some_and(|value| matches!(value.as_str(), "on" | "true" | "t"))
    }

    #[must_use]
    pub fn role_name(&self, id: Id) -> &str {
        if id == Id::PUBLIC {
            return "PUBLIC";
        }
        self.roles.get(&id).map_or("", |role| role.name.as_str())
    }

    #[must_use]
    pub fn comment(&self, object_type: &'static str, id: Id) -> Option<&str> {
        let subject = Subject {
            object_type,
            id,
            column: None,
        };
        self.comments.get(&subject).map(String::as_str)
    }
}
