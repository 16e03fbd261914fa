//! What a session holds, and how it waits.

use super::cursor::Cursor;
use super::transaction::Transaction;
use super::variables::Variables;
use crate::catalog::id::{Id, Space};
use crate::catalog::names::Path;
use crate::engine::Shared;
use crate::error::{SqlError, SqlResult};
use crate::select::Viewer;
use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

pub struct Session {
    pub(super) shared: Shared,
    pub(super) connection: u32,
    pub(super) role: Id,
    pub(super) variables: Variables,
    pub(super) transaction: Transaction,
    pub(super) cursors: BTreeMap<String, Cursor>,
    /// Ends the statement that runs now.
    pub(super) cancel: CancellationToken,
    /// Whether armed faults concern it.
    pub(super) faulty: bool,
}

impl Session {
    #[must_use]
    pub fn new(shared: Shared, connection: u32, role: Id, variables: Variables) -> Self {
        Self {
            shared,
            connection,
            role,
            variables,
            transaction: Transaction::None,
            cursors: BTreeMap::new(),
            cancel: CancellationToken::new(),
            faulty: true,
        }
    }

    /// For statements that no client sends.
    #[must_use]
    pub fn beyond_faults(mut self) -> Self {
        self.faulty = false;
        self
    }

    pub(super) fn viewer(&self) -> Viewer {
        Viewer {
            path: Path {
                database: self.variables.get("database"),
                schemas: self.variables.search_path(),
                temporary: Id {
                    space: Space::Transient,
                    number: u64::from(self.connection),
                },
            },
            role: self.role,
            session_role: self.role,
            connection: self.connection,
            variables: self
                .variables
                .all()
                .map(|(name, value)| (name.to_lowercase(), value))
                .collect(),
        }
    }

    /// Makes the session's statements cancellable from here on by a token of their own.
    pub(super) fn renew_cancel(&mut self) {
        self.cancel = CancellationToken::new();
        let mut engine = self.shared.engine();
        if let Some(live) = engine.live.sessions.get_mut(&self.connection) {
            live.cancel = self.cancel.clone();
        }
    }

    /// Waits for something, unless the statement is cancelled first.
    pub(super) async fn cancellable<T>(&self, future: impl Future<Output = T>) -> SqlResult<T> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(SqlError::cancelled()),
            done = future => Ok(done),
        }
    }

    /// Lets this much time pass: the world's, or time here where the world stands still until it is moved.
    pub(super) async fn pass(&self, time: Duration) {
        let clock = self.shared.clock();
        if clock.speed().is_some() {
            clock.sleep(time).await;
        } else {
            tokio::time::sleep(time).await;
        }
    }

    /// Waits until `ready`, looking again at every change of the server.
    pub(super) async fn until(&self, ready: impl Fn(&Self) -> bool) -> SqlResult<()> {
        let mut changes = self.shared.changes();
        loop {
            if ready(self) {
                return Ok(());
            }
            if self.cancellable(changes.changed()).await?.is_err() {
                // The server is gone; nothing will ever change again.
                return Err(SqlError::new("57P01", "the server is shutting down"));
            }
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let temporary = self.viewer().path.temporary;
        self.cursors.clear();
        self.shared.engine().live.close(self.connection);
        // What was temporary goes without a trace; a failure would only leave it behind.
        let has_temporary = self
            .shared
            .engine()
            .current()
            .items_in(temporary)
            .next()
            .is_some();
        if has_temporary {
            let _ = self.shared.change(|catalog, _| {
                let ids: Vec<Id> = catalog.items_in(temporary).map(|item| item.id).collect();
                for id in ids {
                    catalog.remove_item(id);
                }
                Ok(())
            });
        }
    }
}
