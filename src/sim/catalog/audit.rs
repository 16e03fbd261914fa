//! The audit log (recorded: 09, 15).

use super::Catalog;
use super::id::Id;
use super::item::{Body, Item};
use crate::inventory::Millis;
use serde_json::{Value, json};
use std::sync::Arc;

pub use super::event::{Actor, Event};

impl Catalog {
    pub fn record(
        &mut self,
        actor: Actor,
        event_type: &'static str,
        object_type: &'static str,
        details: Value,
    ) {
        self.counters.audit += 1;
        let event = Event {
            id: self.counters.audit,
            event_type,
            object_type,
            details,
            user: self.role_name(actor.role).to_owned(),
            occurred_at: actor.now,
        };
        self.audit.push(Arc::new(event));
    }

    /// Gives every event after `from` one time: all that one transaction did happened at its commit.
    pub fn settle_audit(&mut self, from: usize, committed_at: Millis) {
        for event in self.audit.iter_mut().skip(from) {
            Arc::make_mut(event).occurred_at = committed_at;
        }
    }

    pub fn record_item(&mut self, actor: Actor, event_type: &'static str, item: &Item) {
        let schema = self.schemas.get(&item.schema);
        let database = schema
            .and_then(|s| s.database)
            .and_then(|id| self.databases.get(&id))
            .map(|d| d.name.clone());
        let mut details = json!({
            "database": database,
            "id": item.id.to_string(),
            "item": item.name,
            "schema": schema.map(|s| s.name.clone()),
        });
        if event_type == "create"
            && let Some(fields) = details.as_object_mut()
        {
            if let Some(cluster) = item.cluster() {
                fields.insert("cluster_id".into(), json!(cluster.to_string()));
            }
            let kind = match &item.body {
                Body::Source { kind, .. } => Some(*kind),
                Body::Sink { .. } => Some("kafka"),
                _ => None,
            };
            if let Some(kind) = kind {
                fields.insert("type".into(), json!(kind));
            }
        }
        self.record(actor, event_type, item.object_type(), details);
    }

    pub fn record_replica(&mut self, actor: Actor, event_type: &'static str, id: Id) {
        let Some(replica) = self.replicas.get(&id) else {
            return;
        };
        let cluster = self.clusters.get(&replica.cluster);
        let mut details = json!({
            "cluster_id": replica.cluster.to_string(),
            "cluster_name": cluster.map(|c| c.name.clone()),
            "reason": "manual",
            "replica_id": id.to_string(),
            "replica_name": replica.name,
        });
        if event_type == "create"
            && let Some(fields) = details.as_object_mut()
        {
            fields.insert("billed_as".into(), Value::Null);
            fields.insert("internal".into(), json!(false));
            fields.insert("logical_size".into(), json!(replica.size));
        }
        self.record(actor, event_type, "cluster-replica", details);
    }

    pub fn record_schema_rename(&mut self, actor: Actor, id: Id, old: &str, new: &str) {
        let schema = self.schemas.get(&id);
        let database = schema
            .and_then(|s| s.database)
            .and_then(|id| self.databases.get(&id))
            .map(|d| d.name.clone());
        let details = json!({
            "database_name": database, "id": id.to_string(), "new_name": new, "old_name": old,
        });
        self.record(actor, "alter", "schema", details);
    }

    pub fn record_cluster_rename(&mut self, actor: Actor, id: Id, old: &str, new: &str) {
        let details = json!({"id": id.to_string(), "new_name": new, "old_name": old});
        self.record(actor, "alter", "cluster", details);
    }
}
