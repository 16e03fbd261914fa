//! From rows to snapshots: only what rests on changed rows is decoded again, and pictures share everything else.

use super::decode::catalog::{GlobalIds, catalog};
use super::decode::changes::ChangedIds;
use super::decode::store::CatalogRows;
use super::decode::{readings, traffic};
use super::error::Error;
use super::queries::{CatalogQuery, SubscribeGroup};
use crate::domain::id_map::IdMap;
use crate::domain::name::ObjectId;
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
    decoded: usize,
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
            decoded: 0,
        }
    }

    /// How many readings of single objects were decoded so far: each picture adds as many as it has changes.
    #[must_use]
    pub fn decoded(&self) -> usize {
        self.decoded
    }

    /// The snapshot at this time, given what changed since the last call.
    ///
    /// # Errors
    /// When a row can't be read.
    pub fn snapshot(
        &mut self,
        told: &CatalogRows,
        changes: &ChangedIds,
        time: LogicalTime,
    ) -> Result<Snapshot, Error> {
        let groups = changes.groups();
        let mut of_ids = changes;
        let everything = ChangedIds::everything();
        if groups.contains(&SubscribeGroup::Catalog) && self.read_catalog(told)? {
            // Whatever reports under other ids now is read anew.
            of_ids = &everything;
        }
        self.read_dataflows(told, of_ids)?;
        self.read_connectors(told, changes)?;
        if groups.contains(&SubscribeGroup::Replicas) {
            self.readings.replicas = readings::replicas(told, time)?;
        }
        if groups.contains(&SubscribeGroup::Traffic) {
            self.readings.sessions = traffic::sessions(told)?.into();
            self.readings.subscriptions = traffic::subscriptions(told)?.into();
        }
        Ok(Snapshot {
            time,
            catalog_time: time,
            server: self.server.clone(),
            catalog: Arc::clone(&self.catalog),
            readings: self.readings.clone(),
            missing: self.missing.clone(),
        })
    }

    /// Whether dataflows report under other ids than before.
    fn read_catalog(&mut self, told: &CatalogRows) -> Result<bool, Error> {
        self.catalog = Arc::new(catalog(told)?);
        self.server.database_id = self.catalog.database_named(&self.server.database).copied();
        let ids = GlobalIds::read(told)?;
        let have_changed = ids != self.ids;
        self.ids = ids;
        Ok(have_changed)
    }

    fn read_dataflows(&mut self, told: &CatalogRows, changes: &ChangedIds) -> Result<(), Error> {
        let Self { ids, readings, .. } = self;
        let item = |global| ids.item(global);
        let queries = [
            CatalogQuery::Hydration,
            CatalogQuery::HydrationTimes,
            CatalogQuery::Operators,
        ];
        let objects = changes.objects(told, &queries, item)?;
        self.decoded += update(&mut readings.hydration, changes, &objects, |object| {
            readings::hydration(told, ids, object)
        })?;
        let objects = changes.objects(told, &[CatalogQuery::Frontiers], item)?;
        self.decoded += update(&mut readings.frontiers, changes, &objects, |object| {
            Ok(readings::frontier(told, ids, object))
        })?;
        Ok(())
    }

    fn read_connectors(&mut self, told: &CatalogRows, changes: &ChangedIds) -> Result<(), Error> {
        let of = |queries: &[CatalogQuery]| changes.objects(told, queries, |object| object);
        let Readings {
            connectors,
            sources,
            refreshes,
            ..
        } = &mut self.readings;
        let objects = of(&[CatalogQuery::SourceStatuses, CatalogQuery::SinkStatuses])?;
        self.decoded += update(connectors, changes, &objects, |object| {
            readings::connector(told, object)
        })?;
        let objects = of(&[CatalogQuery::SourceStatistics])?;
        self.decoded += update(sources, changes, &objects, |object| {
            Ok(readings::source(told, object))
        })?;
        let objects = of(&[CatalogQuery::RefreshStrategies, CatalogQuery::Refreshes])?;
        self.decoded += update(refreshes, changes, &objects, |object| {
            Ok(readings::refresh(told, object))
        })?;
        Ok(())
    }
}

/// Reads these objects anew, all of them where everything changed; tells how many.
fn update<V: Clone + PartialEq>(
    map: &mut IdMap<ObjectId, V>,
    changes: &ChangedIds,
    objects: &[ObjectId],
    read: impl Fn(ObjectId) -> Result<Option<V>, Error>,
) -> Result<usize, Error> {
    if changes.are_everything() {
        map.clear();
    }
    for object in objects {
        let value = read(*object)?;
        // What is as it was stays shared.
        if map.get(object) != value.as_ref() {
            map.set(*object, value);
        }
    }
    Ok(objects.len())
}
