//! What exists.

use super::row::Facts;
use crate::domain::name::{ClusterId, ObjectId, ReplicaId, SchemaId};
use crate::domain::object::{
    Catalog, Cluster, ClusterSchedule, ConnectorType, Object, ObjectKind, Replica, Schema,
};
use crate::materialize::error::Error;
use crate::materialize::queries::Fact;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// # Errors
/// When a row lacks an id or name.
pub fn catalog(facts: &Facts) -> Result<Catalog, Error> {
    let comments = comments(facts)?;
    let mut catalog = Catalog {
        schemas: schemas(facts, &comments)?,
        clusters: clusters(facts, &comments)?,
        replicas: replicas(facts)?,
        objects: objects(facts)?,
        ..Catalog::default()
    };
    for row in facts.of(Fact::Databases) {
        let id = row.id(Fact::Databases, 0)?;
        catalog.databases.insert(id, row.name(Fact::Databases, 1)?);
    }
    for row in facts.of(Fact::Roles) {
        let id = row.id(Fact::Roles, 0)?;
        catalog.roles.insert(id, row.name(Fact::Roles, 1)?);
    }
    for row in facts.of(Fact::Dependencies) {
        catalog
            .inputs
            .entry(row.id(Fact::Dependencies, 0)?)
            .or_default()
            .insert(row.id(Fact::Dependencies, 1)?);
    }
    Ok(catalog)
}

/// (kind, id) -> comment: ids are unique per kind only.
type Comments<'a> = HashMap<(&'a str, &'a str), &'a str>;

fn comments(facts: &Facts) -> Result<Comments<'_>, Error> {
    facts
        .of(Fact::Comments)
        .map(|row| {
            let text = |column| row.text(Fact::Comments, column);
            Ok(((text(1)?, text(0)?), text(2)?))
        })
        .collect()
}

fn schemas(facts: &Facts, comments: &Comments<'_>) -> Result<BTreeMap<SchemaId, Schema>, Error> {
    let fact = Fact::Schemas;
    facts
        .of(fact)
        .map(|row| {
            let id = row.text(fact, 0)?;
            let schema = Schema {
                id: row.id(fact, 0)?,
                name: row.name(fact, 1)?,
                database: row.id(fact, 2)?,
                owner: row.id(fact, 3)?,
                comment: comments.get(&("schema", id)).map(|text| (*text).to_owned()),
            };
            Ok((schema.id, schema))
        })
        .collect()
}

fn clusters(facts: &Facts, comments: &Comments<'_>) -> Result<BTreeMap<ClusterId, Cluster>, Error> {
    let fact = Fact::Clusters;
    let schedules: HashMap<&str, &str> = facts
        .of(Fact::ClusterSchedules)
        .filter_map(|row| row.get(0).zip(row.get(1)))
        .collect();
    facts
        .of(fact)
        .map(|row| {
            let id = row.text(fact, 0)?;
            let cluster = Cluster {
                id: row.id(fact, 0)?,
                name: row.name(fact, 1)?,
                owner: row.id(fact, 2)?,
                managed: row.truth(3).unwrap_or(true),
                size: row.get(4).map(str::to_owned),
                replication_factor: row.number(5),
                schedule: schedules
                    .get(id)
                    .map_or(ClusterSchedule::Manual, |word| ClusterSchedule::from(*word)),
                comment: comments
                    .get(&("cluster", id))
                    .map(|text| (*text).to_owned()),
            };
            Ok((cluster.id, cluster))
        })
        .collect()
}

fn replicas(facts: &Facts) -> Result<BTreeMap<ReplicaId, Replica>, Error> {
    let fact = Fact::Replicas;
    let internal: HashSet<&str> = facts
        .of(Fact::InternalReplicas)
        .filter_map(|row| row.get(0))
        .collect();
    facts
        .of(fact)
        .map(|row| {
            let id = row.text(fact, 0)?;
            let replica = Replica {
                id: row.id(fact, 0)?,
                name: row.name(fact, 1)?,
                cluster: row.id(fact, 2)?,
                size: row.get(3).map(str::to_owned),
                internal: internal.contains(id),
                availability_zone: row.get(4).map(str::to_owned),
            };
            Ok((replica.id, replica))
        })
        .collect()
}

/// What the relation of an object's kind tells beside `mz_objects`.
#[derive(Default, Clone, Copy)]
struct Particulars<'a> {
    create_sql: Option<&'a str>,
    parent: Option<ObjectId>,
    connector: Option<&'a str>,
}

fn particulars(facts: &Facts) -> Result<HashMap<&str, Particulars<'_>>, Error> {
    let mut found: HashMap<&str, Particulars<'_>> = HashMap::new();
    for fact in [Fact::Views, Fact::MaterializedViews, Fact::Tables] {
        for row in facts.of(fact) {
            found.entry(row.text(fact, 0)?).or_default().create_sql = row.get(1);
        }
    }
    for fact in [Fact::Sources, Fact::Sinks] {
        for row in facts.of(fact) {
            let one = found.entry(row.text(fact, 0)?).or_default();
            one.connector = row.get(1);
            one.create_sql = row.get(2);
        }
    }
    for row in facts.of(Fact::Indexes) {
        let one = found.entry(row.text(Fact::Indexes, 0)?).or_default();
        one.parent = row.optional_id(Fact::Indexes, 1)?;
        one.create_sql = row.get(2);
    }
    for row in facts.of(Fact::TableSources) {
        let one = found.entry(row.text(Fact::TableSources, 0)?).or_default();
        one.parent = row.optional_id(Fact::TableSources, 1)?;
    }
    Ok(found)
}

fn objects(facts: &Facts) -> Result<BTreeMap<ObjectId, Object>, Error> {
    let fact = Fact::Objects;
    let particulars = particulars(facts)?;
    facts
        .of(fact)
        .map(|row| {
            let id = row.text(fact, 0)?;
            let more = particulars.get(id).copied().unwrap_or_default();
            let object = Object {
                id: row.id(fact, 0)?,
                name: row.name(fact, 1)?,
                schema: row.id(fact, 2)?,
                kind: ObjectKind::from(row.text(fact, 3)?),
                cluster: row.optional_id(fact, 4)?,
                owner: row.id(fact, 5)?,
                create_sql: more.create_sql.map(str::to_owned),
                parent: more.parent,
                connector: more.connector.map(ConnectorType::from),
            };
            Ok((object.id, object))
        })
        .collect()
}

/// global id -> item, for the few objects whose dataflow reports under another id than their own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GlobalIds(BTreeMap<ObjectId, ObjectId>);

impl GlobalIds {
    /// # Errors
    /// When a row lacks an id.
    pub fn read(facts: &Facts) -> Result<Self, Error> {
        facts
            .of(Fact::GlobalIds)
            .map(|row| Ok((row.id(Fact::GlobalIds, 1)?, row.id(Fact::GlobalIds, 0)?)))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The item that reports under this global id.
    #[must_use]
    pub fn item(&self, global: ObjectId) -> ObjectId {
        self.0.get(&global).copied().unwrap_or(global)
    }

    /// The objects that have several global ids, so that an old one may linger.
    #[must_use]
    pub fn items(&self) -> BTreeSet<ObjectId> {
        self.0.values().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::row::TextRow;
    use super::*;

    fn add(facts: &mut Facts, fact: Fact, cells: &[Option<&str>]) {
        assert_eq!(cells.len(), fact.query().columns.len());
        facts
            .rows_mut(fact)
            .change(TextRow::new(cells.iter().copied()), 1);
    }

    #[test]
    fn a_comment_belongs_to_its_kind() {
        let mut facts = Facts::default();
        let schema = [Some("u10"), Some("prod"), Some("u1"), Some("u1")];
        add(&mut facts, Fact::Schemas, &schema);
        let cluster = [Some("u10"), Some("prod"), Some("u1"), Some("t"), None, None];
        add(&mut facts, Fact::Clusters, &cluster);
        let comment = [Some("u10"), Some("schema"), Some("a record")];
        add(&mut facts, Fact::Comments, &comment);
        let catalog = catalog(&facts).unwrap();
        let schema = &catalog.schemas[&SchemaId::user(10)];
        assert_eq!(schema.comment.as_deref(), Some("a record"));
        assert_eq!(catalog.clusters[&ClusterId::user(10)].comment, None);
    }

    #[test]
    fn an_object_gathers_its_particulars() {
        let mut facts = Facts::default();
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
        add(&mut facts, Fact::Objects, &object("u15", "index"));
        add(&mut facts, Fact::Objects, &object("u16", "hologram"));
        let index = [Some("u15"), Some("u11"), Some("CREATE INDEX ...")];
        add(&mut facts, Fact::Indexes, &index);
        let catalog = catalog(&facts).unwrap();
        let index = &catalog.objects[&ObjectId::user(15)];
        assert_eq!(index.kind, ObjectKind::Index);
        assert_eq!(index.parent, Some(ObjectId::user(11)));
        let unknown = &catalog.objects[&ObjectId::user(16)];
        assert_eq!(unknown.kind, ObjectKind::Other("hologram".to_owned()));
        assert_eq!(unknown.create_sql, None);
    }
}
