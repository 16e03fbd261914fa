//! From facts to snapshots: only what changed is decoded again.

use super::decode::catalog::{GlobalIds, catalog};
use super::decode::changes::Changes;
use super::decode::store::CatalogRows;
use super::decode::{readings, traffic};
use super::error::Error;
use super::queries::Topic;
use crate::domain::object::Catalog;
use crate::domain::reading::MissingReadings;
use crate::domain::snapshot::{LogicalTime, Readings, Server, Snapshot};
use std::sync::Arc;

/// Keeps the decoded parts of the last snapshot. Starts with nothing: the first call must be told that everything changed.
#[derive(Debug, Clone)]
pub struct Assembler {
    server: Server,
    missing: MissingReadings,
    catalog: Arc<Catalog>,
    ids: GlobalIds,
    readings: Readings,
}

impl Assembler {
    #[must_use]
    pub fn new(server: Server, missing: MissingReadings) -> Self {
        Self {
            server,
            missing,
            catalog: Arc::default(),
            ids: GlobalIds::default(),
            readings: Readings::default(),
        }
    }

    /// The snapshot at this time, given what changed since the last call.
    ///
    /// # Errors
    /// When a row can't be read.
    pub fn snapshot(
        &mut self,
        told: &CatalogRows,
        changes: &Changes,
        time: LogicalTime,
    ) -> Result<Snapshot, Error> {
        let topics = changes.topics();
        let is_changed = |topic| topics.contains(&topic);
        let mut ids_changed = false;
        if is_changed(Topic::Catalog) {
            self.catalog = Arc::new(catalog(told)?);
            let ids = GlobalIds::read(told)?;
            ids_changed = ids != self.ids;
            self.ids = ids;
            self.server.database_id = self.catalog.database_named(&self.server.database).cloned();
        }
        if is_changed(Topic::Hydration) || ids_changed {
            self.readings.hydration = readings::hydration(told, &self.ids)?;
        }
        if is_changed(Topic::Hydration) || is_changed(Topic::Catalog) {
            self.readings.refreshes = readings::refreshes(told)?;
        }
        if is_changed(Topic::Frontiers) || ids_changed {
            self.readings.frontiers = readings::frontiers(told, &self.ids)?;
        }
        if is_changed(Topic::Connectors) {
            self.readings.connectors = readings::connectors(told)?;
            self.readings.sources = readings::sources(told)?;
        }
        if is_changed(Topic::Replicas) {
            self.readings.replicas = readings::replicas(told, time)?;
        }
        if is_changed(Topic::Traffic) {
            self.readings.sessions = traffic::sessions(told)?;
            self.readings.subscriptions = traffic::subscriptions(told)?;
        }
        Ok(Snapshot {
            time,
            server: self.server.clone(),
            catalog: self.catalog.clone(),
            readings: self.readings.clone(),
            missing: self.missing.clone(),
        })
    }
}
