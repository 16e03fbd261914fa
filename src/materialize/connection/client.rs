//! One connection, and what it answers.

use super::connector::Connector;
use crate::materialize::error::Error;
use crate::materialize::notices::{Notice, Received};
use crate::materialize::offer::KeptOffers;
use crate::materialize::settings::ConnectionSettings;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::task::AbortHandle;
use tokio_postgres::Client;

/// One authenticated session; closed when dropped.
pub struct Connection {
    pub(super) client: Client,
    pub(super) connector: Connector,
    pub(super) received: Received,
    pub(super) driver: AbortHandle,
    /// We closed it; the driver may not have noticed yet.
    pub(super) closed: AtomicBool,
    pub(super) version: Option<String>,
    pub(super) cluster: Option<String>,
}

/// What one statement answered, all values as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StatementResult {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Option<String>>>,
    /// The last command tag, e.g. `SELECT 3`, `COMMIT`, or `ROLLBACK` for a COMMIT that did not commit.
    pub tag: String,
    pub notices: Vec<Notice>,
}

impl Connection {
    /// The version that the server reported while connecting.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// The cluster that the session started with.
    #[must_use]
    pub fn cluster(&self) -> Option<&str> {
        self.cluster.as_deref()
    }

    #[must_use]
    pub fn settings(&self) -> &ConnectionSettings {
        self.connector.settings()
    }

    pub(in crate::materialize) fn offers(&self) -> Option<&dyn KeptOffers> {
        self.connector.inner.offers.as_deref()
    }

    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst) || self.client.is_closed()
    }

    /// Starts a statement whose rows arrive one by one, such as SUBSCRIBE.
    pub(in crate::materialize) async fn stream(
        &self,
        statement: &str,
    ) -> Result<tokio_postgres::SimpleQueryStream, Error> {
        self.must_be_open(statement)?;
        self.client
            .simple_query_raw(statement)
            .await
            .map_err(|error| Error::from_driver(&error, statement))
    }
}

impl Drop for Connection {
    /// A running SUBSCRIBE would keep the session open for ever.
    fn drop(&mut self) {
        self.driver.abort();
    }
}
