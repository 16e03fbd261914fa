//! What is going on: sessions and their subscriptions.

use crate::catalog::id::{Id, Space};
use crate::catalog::sql::millis_to_micros;
use crate::inventory::Millis;
use crate::store::Row;
use crate::store::row::{id, list};
use crate::value::Value;
use std::collections::{BTreeMap, BTreeSet};
use tokio_util::sync::CancellationToken;

#[derive(Debug, Clone)]
pub struct LiveSession {
    /// A UUID.
    pub id: String,
    pub role: Id,
    pub role_name: String,
    pub application: String,
    pub client: String,
    pub connected_at: Millis,
    pub secret: i32,
    /// Ends the statement that runs now.
    pub cancel: CancellationToken,
}

#[derive(Debug, Clone)]
pub struct LiveSubscription {
    pub session: String,
    pub cluster: Id,
    pub created_at: Millis,
    pub references: BTreeSet<Id>,
}

#[derive(Debug, Default)]
pub struct Live {
    /// By connection id.
    pub sessions: BTreeMap<u32, LiveSession>,
    pub subscriptions: BTreeMap<u64, LiveSubscription>,
    history: Vec<LiveSession>,
    connections: u32,
    subscribed: u64,
    /// Grows with every change.
    pub version: u64,
}

impl Live {
    /// A connection id that no session had.
    pub fn next_connection(&mut self) -> u32 {
        self.connections += 1;
        715_830_000 + self.connections
    }

    pub fn open(&mut self, connection: u32, session: LiveSession) {
        self.version += 1;
        self.history.push(session.clone());
        self.sessions.insert(connection, session);
    }

    pub fn close(&mut self, connection: u32) {
        self.version += 1;
        self.sessions.remove(&connection);
    }

    pub fn subscribe(&mut self, subscription: LiveSubscription) -> u64 {
        self.version += 1;
        self.subscribed += 1;
        self.subscriptions.insert(self.subscribed, subscription);
        self.subscribed
    }

    pub fn unsubscribe(&mut self, number: u64) {
        self.version += 1;
        self.subscriptions.remove(&number);
    }

    /// Ends what a connection is doing.
    pub fn cancel(&self, connection: u32) {
        if let Some(session) = self.sessions.get(&connection) {
            session.cancel.cancel();
        }
    }

    #[must_use]
    pub fn rows(&self, relation: &str) -> Vec<Row> {
        match relation {
            "mz_sessions" => self.session_rows(),
            "mz_session_history" => self.history_rows(),
            "mz_subscriptions" => self.subscription_rows(),
            _ => Vec::new(),
        }
    }

    fn session_rows(&self) -> Vec<Row> {
        let rows = self.sessions.iter().map(|(connection, session)| {
            vec![
                session.id.as_str().into(),
                Value::Int(i64::from(*connection)),
                id(session.role),
                session.client.as_str().into(),
                Value::Int(millis_to_micros(session.connected_at)),
            ]
        });
        rows.collect()
    }

    fn history_rows(&self) -> Vec<Row> {
        let rows = self.history.iter().map(|session| {
            vec![
                session.id.as_str().into(),
                Value::Int(millis_to_micros(session.connected_at)),
                session.application.as_str().into(),
                session.role_name.as_str().into(),
            ]
        });
        rows.collect()
    }

    fn subscription_rows(&self) -> Vec<Row> {
        let rows = self.subscriptions.iter().map(|(number, subscription)| {
            let key = Id {
                space: Space::Transient,
                number: *number,
            };
            vec![
                id(key),
                subscription.session.as_str().into(),
                id(subscription.cluster),
                Value::Int(millis_to_micros(subscription.created_at)),
                list(subscription.references.iter().map(ToString::to_string)),
            ]
        });
        rows.collect()
    }
}
