//! What exists.

use super::shapes;
use super::store::CatalogRows;
use crate::domain::definition::references;
use crate::domain::lease::Lease;
use crate::domain::name::{ClusterId, Id, ObjectId, ReplicaId, SchemaId};
use crate::domain::object::{
    Catalog, CatalogParts, Cluster, ClusterSchedule, ConnectorType, Object, ObjectKind, Replica,
    Schema,
};
use crate::domain::text::SharedText;
use crate::materialize::error::Error;
use crate::materialize::queries::rows;
use std::collections::{BTreeMap, HashSet};

/// # Errors
/// When a row lacks an id or name.
pub fn catalog(told: &CatalogRows) -> Result<Catalog, Error> {
    let mut objects = objects(told)?;
    let leases: Vec<Lease> = objects.values().filter_map(Lease::read).collect();
    for lease in &leases {
        objects.remove(&lease.view);
    }
    let mut catalog = CatalogParts {
        schemas: schemas(told)?,
        clusters: clusters(told)?,
        replicas: replicas(told)?,
        objects,
        leases,
        reconfigurations: shapes::reconfigurations(told)?,
        bursts: shapes::bursts(told)?,
        ..CatalogParts::default()
    };
    for row in told.all::<rows::Databases>() {
        let database = (row.id().id()?, row.name().name()?);
        catalog.databases.extend([database]);
    }
    for row in told.all::<rows::Roles>() {
        let role = (row.id().id()?, row.name().name()?);
        catalog.roles.extend([role]);
    }
    for row in told.all::<rows::Dependencies>() {
        let inputs = catalog.inputs.entry(row.object_id().id()?).or_default();
        inputs.insert(row.referenced_object_id().id()?);
    }
    for row in told.all::<rows::Replacements>() {
        let replacement: ObjectId = row.id().id()?;
        let target: ObjectId = row.target_id().id()?;
        catalog.replacements.insert(replacement, target);
    }
    for row in told.all::<rows::CatalogServer>() {
        catalog.catalog_server.insert(row.id().id()?);
    }
    read_of_temporary(&mut catalog);
    Ok(catalog.into())
}

/// The edges of temporary items are not told (recorded: v26.39/21), and hold all the same; their text tells them.
fn read_of_temporary(catalog: &mut CatalogParts) {
    for object in catalog.objects.values().filter(|it| it.is_temporary()) {
        let Some(sql) = &object.create_sql else {
            continue;
        };
        let known = |id: &ObjectId| catalog.objects.contains_key(id);
        let read: Vec<ObjectId> = references(sql).into_iter().filter(known).collect();
        catalog.inputs.entry(object.id).or_default().extend(read);
    }
}

/// The comment on the thing itself. Ids are unique per kind only.
fn comment(told: &CatalogRows, kind: &str, id: impl Into<Id>) -> Option<String> {
    told.about::<rows::Comments>(id)
        .find(|row| row.object_type().get() == Some(kind))
        .and_then(|row| row.comment().owned())
}

fn schemas(told: &CatalogRows) -> Result<BTreeMap<SchemaId, Schema>, Error> {
    told.all::<rows::Schemas>()
        .map(|row| {
            let id = row.id().id()?;
            let schema = Schema {
                id,
                name: row.name().name()?,
                database: row.database_id().id()?,
                owner: row.owner_id().id()?,
                comment: comment(told, "schema", id),
            };
            Ok((id, schema))
        })
        .collect()
}

fn clusters(told: &CatalogRows) -> Result<BTreeMap<ClusterId, Cluster>, Error> {
    told.all::<rows::Clusters>()
        .map(|row| {
            let id = row.id().id()?;
            let schedule = told.about::<rows::ClusterSchedules>(id).next();
            let schedule = schedule.and_then(|row| row.r#type().get());
            let cluster = Cluster {
                id,
                name: row.name().name()?,
                owner: row.owner_id().id()?,
                managed: row.managed().truth().unwrap_or(true),
                size: row.size().owned(),
                replication_factor: row.replication_factor().number(),
                schedule: schedule.map_or(ClusterSchedule::Manual, ClusterSchedule::from),
                comment: comment(told, "cluster", id),
            };
            Ok((id, cluster))
        })
        .collect()
}

fn replicas(told: &CatalogRows) -> Result<BTreeMap<ReplicaId, Replica>, Error> {
    let internal = told.all::<rows::InternalReplicas>();
    let internal: HashSet<ReplicaId> = internal
        .map(|row| row.id().id())
        .collect::<Result<_, _>>()?;
    let pending = told.all::<rows::PendingReplicas>();
    let pending: HashSet<ReplicaId> = pending.map(|row| row.id().id()).collect::<Result<_, _>>()?;
    told.all::<rows::Replicas>()
        .map(|row| {
            let id = row.id().id()?;
            let replica = Replica {
                id,
                name: row.name().name()?,
                cluster: row.cluster_id().id()?,
                size: row.size().owned(),
                internal: internal.contains(&id),
                availability_zone: row.availability_zone().owned(),
                pending: pending.contains(&id),
            };
            Ok((id, replica))
        })
        .collect()
}

/// What the relation of an object's kind tells beside `mz_objects`.
#[derive(Default, Clone)]
struct Particulars {
    create_sql: Option<SharedText>,
    parent: Option<ObjectId>,
    connector: Option<ConnectorType>,
}

fn particulars(told: &CatalogRows, kind: &ObjectKind, id: ObjectId) -> Result<Particulars, Error> {
    let mut found = Particulars::default();
    match kind {
        ObjectKind::View => {
            let mut rows = told.about::<rows::Views>(id);
            found.create_sql = rows.find_map(|row| row.create_sql().shared());
        }
        ObjectKind::MaterializedView => {
            let mut rows = told.about::<rows::MaterializedViews>(id);
            found.create_sql = rows.find_map(|row| row.create_sql().shared());
        }
        ObjectKind::Index => {
            for row in told.about::<rows::Indexes>(id) {
                found.create_sql = row.create_sql().shared();
                found.parent = row.on_id().optional_id()?;
            }
        }
        ObjectKind::Table => {
            let mut rows = told.about::<rows::Tables>(id);
            found.create_sql = rows.find_map(|row| row.create_sql().shared());
            for row in told.about::<rows::TableSources>(id) {
                found.parent = row.source_id().optional_id()?;
            }
        }
        ObjectKind::Type => {
            let mut rows = told.about::<rows::Types>(id);
            found.create_sql = rows.find_map(|row| row.create_sql().shared());
        }
        ObjectKind::Source => {
            for row in told.about::<rows::Sources>(id) {
                found.create_sql = row.create_sql().shared();
                found.connector = row.r#type().get().map(ConnectorType::from);
            }
        }
        ObjectKind::Sink => {
            for row in told.about::<rows::Sinks>(id) {
                found.create_sql = row.create_sql().shared();
                found.connector = row.r#type().get().map(ConnectorType::from);
            }
        }
        _ => {}
    }
    Ok(found)
}

fn objects(told: &CatalogRows) -> Result<BTreeMap<ObjectId, Object>, Error> {
    told.all::<rows::Objects>()
        .map(|row| {
            let id = row.id().id()?;
            let kind = ObjectKind::from(row.r#type().text()?);
            let more = particulars(told, &kind, id)?;
            let object = Object {
                id,
                name: row.name().name()?,
                schema: row.schema_id().id()?,
                kind,
                cluster: row.cluster_id().optional_id()?,
                owner: row.owner_id().id()?,
                create_sql: more.create_sql,
                parent: more.parent,
                connector: more.connector,
            };
            Ok((id, object))
        })
        .collect()
}

/// Under which ids dataflows report, for the few objects that have another than their own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GlobalIds {
    /// global id -> item
    items: BTreeMap<ObjectId, ObjectId>,
    /// item -> its global ids, the newest first, where it has another than its own
    globals: BTreeMap<ObjectId, Vec<ObjectId>>,
}

impl GlobalIds {
    /// # Errors
    /// When a row lacks an id.
    pub fn read(told: &CatalogRows) -> Result<Self, Error> {
        let mut ids = Self::default();
        for row in told.all::<rows::GlobalIds>() {
            let (item, global) = (row.id().id()?, row.global_id().id()?);
            ids.items.insert(global, item);
        }
        for (global, item) in &ids.items {
            let of_item = ids.globals.entry(*item).or_insert_with(|| vec![*item]);
            of_item.push(*global);
        }
        for of_item in ids.globals.values_mut() {
            of_item.sort_unstable_by(|one, other| other.cmp(one));
        }
        Ok(ids)
    }

    /// The item that reports under this global id.
    #[must_use]
    pub fn item(&self, global: ObjectId) -> ObjectId {
        self.items.get(&global).copied().unwrap_or(global)
    }

    /// Every id that an item may report under, the newest first: the highest was given last.
    pub fn globals(&self, item: ObjectId) -> impl Iterator<Item = ObjectId> {
        let several = self.globals.get(&item);
        let alone = several.is_none().then_some(item);
        several.into_iter().flatten().copied().chain(alone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::materialize::queries::CatalogQuery;
    use crate::materialize::row::TextRow;

    fn add(told: &mut CatalogRows, query: CatalogQuery, cells: &[Option<&str>]) {
        assert_eq!(cells.len(), query.definition().columns.len());
        told.change(query, TextRow::new(cells.iter().copied()), 1);
    }

    #[test]
    fn a_comment_belongs_to_its_kind() {
        let mut told = CatalogRows::default();
        let schema = [Some("u10"), Some("prod"), Some("u1"), Some("u1")];
        add(&mut told, CatalogQuery::Schemas, &schema);
        let cluster = [Some("u10"), Some("prod"), Some("u1"), Some("t"), None, None];
        add(&mut told, CatalogQuery::Clusters, &cluster);
        let comment = [Some("u10"), Some("schema"), Some("a record")];
        add(&mut told, CatalogQuery::Comments, &comment);
        let catalog = catalog(&told).unwrap();
        let schema = &catalog.schemas[&SchemaId::user(10)];
        assert_eq!(schema.comment.as_deref(), Some("a record"));
        assert_eq!(catalog.clusters[&ClusterId::user(10)].comment, None);
    }

    #[test]
    fn an_object_gathers_its_particulars() {
        let mut told = CatalogRows::default();
        let object = |id, kind| {
            [
                Some(id),
                Some("t_idx"),
                Some("u11"),
                Some(kind),
                Some("u4"),
                Some("u1"),
            ]
        };
        add(&mut told, CatalogQuery::Objects, &object("u15", "index"));
        add(&mut told, CatalogQuery::Objects, &object("u16", "hologram"));
        let index = [Some("u15"), Some("u11"), Some("CREATE INDEX ...")];
        add(&mut told, CatalogQuery::Indexes, &index);
        let catalog = catalog(&told).unwrap();
        let index = &catalog.objects[&ObjectId::user(15)];
        assert_eq!(index.kind, ObjectKind::Index);
        assert_eq!(index.parent, Some(ObjectId::user(11)));
        let unknown = &catalog.objects[&ObjectId::user(16)];
        assert_eq!(unknown.kind, ObjectKind::Other("hologram".to_owned()));
        assert_eq!(unknown.create_sql, None);
    }
}
