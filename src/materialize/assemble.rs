//! From facts to snapshots: only what changed is decoded again.

use super::decode::catalog::{GlobalIds, catalog};
use super::decode::{Facts, readings, traffic};
use super::error::Error;
use super::queries::Topic;
use crate::domain::object::Catalog;
use crate::domain::reading::MissingReadings;
use crate::domain::snapshot::{LogicalTime, Readings, Server, Snapshot};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Keeps the decoded parts of the last snapshot. Starts with nothing: the first call must name every topic as changed.
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

    /// The snapshot at this time, given which topics changed since the last call.
    ///
    /// # Errors
    /// When a row can't be read.
    pub fn snapshot(
        &mut self,
        facts: &Facts,
        changed: &BTreeSet<Topic>,
        time: LogicalTime,
    ) -> Result<Snapshot, Error> {
        let mut ids_changed = false;
        if changed.contains(&Topic::Catalog) {
            self.catalog = Arc::new(catalog(facts)?);
            let ids = GlobalIds::read(facts)?;
            ids_changed = ids != self.ids;
            self.ids = ids;
            self.server.database_id = self.catalog.database_named(&self.server.database).cloned();
        }
        let is_changed = |topic| changed.contains(&topic);
        if is_changed(Topic::Hydration) || ids_changed {
            self.readings.hydration = readings::hydration(facts, &self.ids)?;
        }
        if is_changed(Topic::Hydration) || is_changed(Topic::Catalog) {
            self.readings.refreshes = readings::refreshes(facts)?;
        }
        if is_changed(Topic::Frontiers) || ids_changed {
            self.readings.frontiers = readings::frontiers(facts, &self.ids)?;
        }
        if is_changed(Topic::Connectors) {
            self.readings.connectors = readings::connectors(facts)?;
            self.readings.sources = readings::sources(facts)?;
        }
        if is_changed(Topic::Replicas) {
            self.readings.replicas = readings::replicas(facts, time)?;
        }
        if is_changed(Topic::Traffic) {
            self.readings.sessions = traffic::sessions(facts)?;
            self.readings.subscriptions = traffic::subscriptions(facts)?;
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
