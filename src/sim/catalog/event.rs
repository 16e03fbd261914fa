//! What the audit log remembers of each change.

use super::id::Id;
use crate::inventory::Millis;
use serde_json::Value;

#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub id: u64,
    /// `create`, `alter`, `drop`, `grant`, `revoke`, `comment`.
    pub event_type: &'static str,
    pub object_type: &'static str,
    pub details: Value,
    pub user: String,
    pub occurred_at: Millis,
}

/// Who does something, and when.
#[derive(Debug, Clone, Copy)]
pub struct Actor {
    pub role: Id,
    pub now: Millis,
}
