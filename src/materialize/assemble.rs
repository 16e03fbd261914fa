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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::closure::closure_of;
    use crate::domain::name::Identifier;
    use crate::domain::object::ObjectKind;
    use crate::domain::snapshot::Frontier;
    use crate::materialize::row::TextRow;
    use std::collections::BTreeSet;

    type Told<'a> = (CatalogQuery, &'a [Option<&'a str>], i64);

    fn tell(rows: &mut CatalogRows, told: &[Told<'_>]) -> ChangedIds {
        let mut changes = ChangedIds::default();
        for (query, cells, diff) in told {
            let row = TextRow::new(cells.iter().copied());
            changes.note(*query, &row);
            rows.change(*query, row, *diff);
        }
        changes
    }

    fn server() -> Server {
        Server {
            version: "v26.39.0".to_owned(),
            host: "localhost".to_owned(),
            port: 6875,
            database: Identifier::new("materialize").unwrap(),
            database_id: None,
            role: Identifier::new("materialize").unwrap(),
            superuser: false,
            simulated: false,
        }
    }

    /// Recorded: v26.39/18. APPLY REPLACEMENT gives the name the replacement's id, and edges, hydration and frontier with it, though rows of
    /// the old global id go on.
    #[test]
    fn a_replaced_view_is_its_name_under_another_id() {
        use CatalogQuery::{
            Dependencies, Frontiers, GlobalIds, Hydration, Objects, Replacements, Schemas,
        };
        let object = |id, name, kind| {
            [
                Some(id),
                Some(name),
                Some("u11"),
                Some(kind),
                Some("u9"),
                Some("u1"),
            ]
        };
        let (table, view) = (object("u38", "t", "table"), object("u40", "over", "view"));
        let old = object("u39", "m", "materialized-view");
        let waiting = object("u42", "m2", "materialized-view");
        let applied = object("u42", "m", "materialized-view");
        let mut rows = CatalogRows::default();
        let schema: &[_] = &[Some("u11"), Some("r18"), Some("u1"), Some("u1")];
        tell(
            &mut rows,
            &[
                (Schemas, schema, 1),
                (Objects, &table, 1),
                (Objects, &old, 1),
                (Objects, &view, 1),
                (Objects, &waiting, 1),
                (Replacements, &[Some("u42"), Some("u39")], 1),
                (Dependencies, &[Some("u39"), Some("u38")], 1),
                (Dependencies, &[Some("u40"), Some("u39")], 1),
                (Hydration, &[Some("u39"), Some("u18"), Some("t")], 1),
                (Hydration, &[Some("u42"), Some("u18"), Some("t")], 1),
                (Frontiers, &[Some("u39"), Some("100")], 1),
                (Frontiers, &[Some("u42"), Some("100")], 1),
            ],
        );
        let mut assembler = Assembler::new(server(), MissingReadings::new());
        let everything = ChangedIds::everything();
        let first = assembler.snapshot(&rows, &everything, LogicalTime(100));
        let replacements = &first.unwrap().catalog.replacements;
        assert_eq!(
            replacements.get(&ObjectId::user(42)),
            Some(&ObjectId::user(39))
        );
        let changes = tell(
            &mut rows,
            &[
                (Objects, &old, -1),
                (Objects, &waiting, -1),
                (Objects, &applied, 1),
                (Replacements, &[Some("u42"), Some("u39")], -1),
                (GlobalIds, &[Some("u42"), Some("u39")], 1),
                (Dependencies, &[Some("u39"), Some("u38")], -1),
                (Dependencies, &[Some("u40"), Some("u39")], -1),
                (Dependencies, &[Some("u42"), Some("u38")], 1),
                (Dependencies, &[Some("u40"), Some("u42")], 1),
                (Hydration, &[Some("u39"), Some("u18"), Some("t")], -1),
                (Frontiers, &[Some("u42"), Some("100")], -1),
                (Frontiers, &[Some("u42"), Some("200")], 1),
            ],
        );
        let snapshot = assembler
            .snapshot(&rows, &changes, LogicalTime(200))
            .unwrap();
        let catalog = &snapshot.catalog;
        let called = Identifier::new("m").unwrap();
        let schema = "u11".parse().unwrap();
        let found = catalog.object_named(schema, &called, &ObjectKind::MaterializedView);
        let id = found.unwrap().id;
        assert_eq!(id, ObjectId::user(42));
        assert!(catalog.replacements.is_empty());
        let closure: BTreeSet<ObjectId> = [38, 40, 42].map(ObjectId::user).into();
        assert_eq!(closure_of(catalog, [ObjectId::user(38)]), closure);
        let statuses = snapshot.readings.hydration_of(&id);
        assert_eq!(statuses.len(), 1);
        assert_eq!(statuses[0].hydrated, Some(true));
        let frontier = snapshot.readings.frontiers.get(&id);
        assert_eq!(frontier, Some(&Frontier::At(LogicalTime(200))));
    }
}
