//! What plans and trends need beside a snapshot: how a cluster was made, how an object's lag went.

use super::cluster_options::{ClusterOptions, UnreadableOptions};
use super::name::{ClusterId, Identifier};
use super::quantity::count;
use super::snapshot::LogicalTime;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How a cluster was made, so that a twin can be made the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterDefinition {
    pub id: ClusterId,
    /// The text of `SHOW CREATE CLUSTER`; `None` for unmanaged clusters, whose replicas tell (the server refuses to show those).
    pub create_sql: Option<String>,
}

impl ClusterDefinition {
    /// The options that the server shows of this cluster, which is named so; `None` where it shows none.
    #[must_use]
    pub fn options(&self, name: &Identifier) -> Option<Result<ClusterOptions, UnreadableOptions>> {
        let text = self.create_sql.as_deref()?;
        Some(ClusterOptions::parse(text, name))
    }
}

/// One line of the server's audit log.
///
/// A swap shows as renames through temporary names `mz_schema_swap_...`, all of one time (recorded: 15).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEvent {
    pub id: String,
    /// `create`, `alter`, `drop`, `comment`, `grant`, ...
    pub event_type: String,
    /// `schema`, `cluster`, `view`, ...
    pub object_type: String,
    /// The id of what it is about, where the event tells it.
    pub object: Option<String>,
    /// The name that it gave, where it gave one.
    pub new_name: Option<String>,
    /// The role's name; `None` for what the server does by itself.
    pub user: Option<String>,
    pub at: LogicalTime,
}

/// Who last gave one of these names to the id that bears it, and when. `named` are ids with names.
#[must_use]
pub fn renamer<'a>(
    events: &'a [AuditEvent],
    named: &BTreeSet<(String, String)>,
) -> Option<(&'a str, LogicalTime)> {
    let gave = |event: &&AuditEvent| {
        let (Some(id), Some(name)) = (&event.object, &event.new_name) else {
            return false;
        };
        named.contains(&(id.clone(), name.clone()))
    };
    let event = events.iter().filter(gave).max_by_key(|event| event.at)?;
    Some((event.user.as_deref().unwrap_or("the server"), event.at))
}

/// Who made DDL since `since`, most of it first: `etl (12 changes, the last: create view)`.
#[must_use]
pub fn makers_of_ddl(events: &[AuditEvent], since: LogicalTime) -> Vec<String> {
    let mut by_user: BTreeMap<&str, Vec<&AuditEvent>> = BTreeMap::new();
    for event in events.iter().filter(|event| event.at >= since) {
        let user = event.user.as_deref().unwrap_or("the server");
        by_user.entry(user).or_default().push(event);
    }
    let mut makers: Vec<_> = by_user.into_iter().collect();
    makers.sort_by_key(|(user, made)| (std::cmp::Reverse(made.len()), *user));
    let told = makers.into_iter().filter_map(|(user, made)| {
        let last = made.iter().max_by_key(|event| event.at)?;
        Some(format!(
            "{user} ({}, the last: {} {})",
            count(made.len(), "change"),
            last.event_type,
            last.object_type
        ))
    });
    told.collect()
}

/// One minute of an object's lag.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LagSample {
    pub at: LogicalTime,
    /// Seconds; `None` where the lag could not be read.
    pub seconds: Option<f64>,
}
