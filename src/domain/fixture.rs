//! A small world for unit tests: two sides, healthy and equal, to be bent by each test. Only a snapshot, with the ids that tests name.
//!
//! Not the worlds of `tests/support/boards.rs`, which are drawn on screens: named, sized and hurt as an operator meets them. Nor the stages of
//! `tests/journeys/stage.rs` and `tests/cli/stage.rs`, which have a simulated server (`tests/support/server.rs`) and the sample project.

use super::access::Access;
use super::action::Operation;
use super::background::ClusterDefinition;
use super::board::Board;
use super::environment::{Environment, NamePair, Side, Strategy};
use super::guard::{Ancestry, PlanInputs};
use super::id_map::IdMap;
use super::lineage::{EventId, Happening, Lineage, NameEvent, Subject};
use super::name::{
    ClusterId, DatabaseId, Identifier, InvalidId, ObjectId, QualifiedName, ReplicaId, RoleId,
    SchemaId,
};
use super::object::{CatalogParts, Cluster, ClusterSchedule, Object, ObjectKind, Replica, Schema};
use super::plan::{Request, Stamp};
use super::project::{Compared, Materialization, Model, Project};
use super::readiness::Thresholds;
use super::reading::{CatalogReading, Missing, MissingReadings};
use super::record::{DeploymentRole, Record};
use super::snapshot::{
    ConnectorStatus, Frontier, HydrationStatus, LogicalTime, Readings, ReplicaHealth, Server,
    Snapshot,
};
use super::whole::ProjectKnowledge;
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
use std::sync::Arc;

mod deeds;

pub use deeds::{carry_out, carry_out_step, comment};

/// The logical time of the fixture's snapshot.
pub const NOW: u64 = 1_795_170_000_000;

pub fn name(text: &str) -> Identifier {
    Identifier::new(text).unwrap()
}

/// An id as the server writes it: `u12`.
pub fn id<I: FromStr<Err = InvalidId>>(text: &str) -> I {
    text.parse().unwrap()
}

pub fn pair(text: &str) -> NamePair {
    NamePair {
        production: name(text),
        deployment: name(text).deployment_twin().unwrap(),
    }
}

/// What is asked for without options.
pub fn asked(operation: Operation) -> Request {
    Request::new(operation)
}

pub fn stamp() -> Stamp {
    Stamp {
        at: "2026-11-20T10:00:00Z".to_owned(),
        commit: None,
        ci_tag: None,
    }
}

/// Schema `prod` (u1) and its twin (u2), cluster `compute` (u1) and its twin (u2) with one replica each (u11, u12), schema `other` (u3) with
/// cluster `elsewhere` (u3, replica u13). On both sides: materialized view `foo`, view `bar` over it, materialized view `foobar` over `bar`.
#[derive(Clone)]
pub struct World {
    pub snapshot: Snapshot,
    pub environment: Environment,
    pub access: Access,
    pub project: Option<Project>,
    /// The models of the manifest that a side holds, where that manifest is at hand.
    pub manifests: BTreeMap<Side, Vec<&'static str>>,
    pub clusters: Vec<ClusterDefinition>,
    /// What the server's audit events tell; kept by [`World::tell`].
    pub lineage: Option<Lineage>,
    pub ancestry: Ancestry,
    /// The marker of whoever looks.
    pub ours: Option<Identifier>,
    /// The number that the next object gets: none is given twice.
    pub next_object: u64,
}

impl World {
    pub fn new() -> Self {
        let mut world = Self::empty();
        for side in [Side::Production, Side::Deployment] {
            let foo = world.add(side, "foo", ObjectKind::MaterializedView, &[]);
            let bar = world.add(side, "bar", ObjectKind::View, &[&foo]);
            world.add(side, "foobar", ObjectKind::MaterializedView, &[&bar]);
        }
        world.record(Side::Deployment, DeploymentRole::Candidate, true);
        world.project = Some(world.project_of(&["foo", "bar", "foobar"]));
        world
    }

    /// Both sides without objects and without records.
    pub fn empty() -> Self {
        let mut catalog = CatalogParts::default();
        catalog.databases.insert(DatabaseId::user(1), name("db"));
        catalog.roles.insert(RoleId::user(1), name("owner"));
        catalog.roles.insert(RoleId::user(2), name("reader"));
        let mut replicas = IdMap::new();
        for (number, schema, cluster) in [
            ("u1", "prod", "compute"),
            ("u2", "prod_dbt_deploy", "compute_dbt_deploy"),
            ("u3", "other", "elsewhere"),
        ] {
            let schema_id: SchemaId = id(number);
            catalog.schemas.insert(
                schema_id,
                Schema {
                    id: schema_id,
                    name: name(schema),
                    database: DatabaseId::user(1),
                    owner: RoleId::user(1),
                    comment: None,
                },
            );
            let cluster_id: ClusterId = id(number);
            let replica: ReplicaId = id(&number.replace('u', "u1"));
            catalog.clusters.insert(
                cluster_id,
                Cluster {
                    id: cluster_id,
                    name: name(cluster),
                    owner: RoleId::user(1),
                    managed: true,
                    size: Some("25cc".to_owned()),
                    replication_factor: Some(1),
                    schedule: ClusterSchedule::Manual,
                    comment: None,
                },
            );
            replicas.insert(replica, online());
            catalog
                .replicas
                .insert(replica, replica_of(&replica, &cluster_id));
        }
        let mut world = Self {
            snapshot: Snapshot {
                time: LogicalTime(NOW),
                catalog_time: LogicalTime(NOW),
                server: Server {
                    version: "v26.9.0".to_owned(),
                    host: "localhost".to_owned(),
                    port: 6875,
                    database: name("db"),
                    database_id: Some(DatabaseId::user(1)),
                    role: name("owner"),
                    superuser: false,
                    simulated: true,
                },
                catalog: Arc::new(catalog.into()),
                readings: Readings {
                    replicas,
                    ..Readings::default()
                },
                missing: MissingReadings::new(),
            },
            environment: Environment {
                target: "production".to_owned(),
                strategy: Strategy::Swap,
                database: name("db"),
                schemas: vec![pair("prod")],
                clusters: vec![pair("compute")],
            },
            access: access(),
            project: None,
            manifests: BTreeMap::new(),
            clusters: Vec::new(),
            lineage: Some(Lineage::default()),
            ancestry: Ancestry::None,
            ours: None,
            next_object: 100,
        };
        for number in ["u1", "u2", "u3"] {
            world.tell(Subject::Schema(id(number)), Happening::Created);
            world.tell(Subject::Cluster(id(number)), Happening::Created);
        }
        world
    }

    /// An audit event about a schema or cluster, after everything that was made so far.
    pub fn tell(&mut self, subject: Subject, happening: Happening) {
        let mark = self.next_object - 1;
        let Some(lineage) = &mut self.lineage else {
            return;
        };
        let event = EventId(
            lineage
                .marks
                .last_key_value()
                .map_or(1, |(event, _)| event.0 + 1),
        );
        lineage.marks.insert(event, mark);
        lineage.events.push(NameEvent {
            subject,
            happening,
            event,
        });
    }

    /// COMMENT ON SCHEMA, with its event.
    pub fn comment(&mut self, schema: &str, text: Option<String>) {
        let id: SchemaId = id(schema);
        self.catalog().schemas.get_mut(&id).unwrap().comment = text;
        self.tell(Subject::Schema(id), Happening::Commented);
    }

    pub fn catalog(&mut self) -> &mut CatalogParts {
        Arc::make_mut(&mut self.snapshot.catalog).edit()
    }

    /// Adds an object to a side; what has a dataflow is hydrated and caught up.
    pub fn add(
        &mut self,
        side: Side,
        text: &str,
        kind: ObjectKind,
        inputs: &[&ObjectId],
    ) -> ObjectId {
        let (schema, cluster) = match side {
            Side::Production => ("u1", "u1"),
            Side::Deployment => ("u2", "u2"),
        };
        self.add_in(schema, cluster, text, kind, inputs)
    }

    pub fn add_in(
        &mut self,
        schema: &str,
        cluster: &str,
        text: &str,
        kind: ObjectKind,
        inputs: &[&ObjectId],
    ) -> ObjectId {
        let object_id = ObjectId::user(self.next_object);
        self.next_object += 1;
        let has_dataflow = kind.has_dataflow();
        let schema_name = self.snapshot.catalog.schemas[&id::<SchemaId>(schema)]
            .name
            .quoted();
        let reads: Vec<String> = inputs.iter().map(|input| self.reference(input)).collect();
        let sql = format!(
            "CREATE {} \"db\".{schema_name}.\"{text}\" AS SELECT * FROM {}",
            kind.keyword(),
            reads.join(", ")
        );
        let object = Object {
            id: object_id,
            name: name(text),
            schema: id(schema),
            cluster: has_dataflow.then(|| id(cluster)),
            owner: RoleId::user(1),
            create_sql: Some(sql.into()),
            parent: None,
            connector: None,
            kind: kind.clone(),
        };
        self.catalog().objects.insert(object_id, object);
        let inputs = inputs.iter().map(|input| **input).collect();
        self.catalog().inputs.insert(object_id, inputs);
        if has_dataflow {
            self.hydrate(&object_id, cluster.replace('u', "u1").as_str());
            self.lag(&object_id, 0);
        }
        if matches!(kind, ObjectKind::Sink | ObjectKind::Source) {
            self.connector(&object_id, "running");
        }
        object_id
    }

    fn reference(&self, id: &ObjectId) -> String {
        let object = &self.snapshot.catalog.objects[id];
        let schema = &self.snapshot.catalog.schemas[&object.schema].name;
        format!(
            "[{id} AS \"db\".{}.{}]",
            schema.quoted(),
            object.name.quoted()
        )
    }

    pub fn hydrate(&mut self, id: &ObjectId, replica: &str) {
        self.status(id, Some(replica), Some(true));
    }

    /// Replaces the object's hydration rows by this one.
    pub fn status(&mut self, object: &ObjectId, replica: Option<&str>, hydrated: Option<bool>) {
        let status = HydrationStatus {
            replica: replica.map(id),
            hydrated,
            hydration_seconds: None,
            operators: None,
        };
        self.snapshot
            .readings
            .hydration
            .insert(*object, [status].into());
    }

    pub fn lag(&mut self, id: &ObjectId, millis: u64) {
        self.snapshot
            .readings
            .frontiers
            .insert(*id, Frontier::At(LogicalTime(NOW - millis)));
    }

    pub fn connector(&mut self, id: &ObjectId, state: &str) {
        let status = ConnectorStatus {
            state: state.into(),
            error: None,
            since: None,
        };
        self.snapshot.readings.connectors.insert(*id, status);
    }

    /// Lets the server give a reading no more.
    pub fn lack(&mut self, reading: CatalogReading, missing: Missing) {
        self.snapshot.missing.insert(reading, missing);
    }

    /// The id of an object by its side and name.
    pub fn id(&self, side: Side, text: &str) -> ObjectId {
        let schema = if side == Side::Production { "u1" } else { "u2" };
        let objects = &self.snapshot.catalog.objects;
        objects
            .values()
            .find(|object| object.schema == id(schema) && object.name == name(text))
            .unwrap()
            .id
    }

    pub fn remove(&mut self, id: &ObjectId) {
        self.catalog().objects.remove(id);
        self.catalog().inputs.remove(id);
    }

    /// Gives an object another id, with its readings.
    pub fn give_id(&mut self, id: &ObjectId, to: ObjectId) {
        let catalog = Arc::make_mut(&mut self.snapshot.catalog).edit();
        if let Some(mut object) = catalog.objects.remove(id) {
            object.id = to;
            catalog.objects.insert(to, object);
        }
        if let Some(inputs) = catalog.inputs.remove(id) {
            catalog.inputs.insert(to, inputs);
        }
        let readings = &mut self.snapshot.readings;
        if let Some(statuses) = readings.hydration.remove(id) {
            readings.hydration.insert(to, statuses);
        }
        if let Some(status) = readings.connectors.remove(id) {
            readings.connectors.insert(to, status);
        }
    }

    pub fn record(&mut self, side: Side, role: DeploymentRole, complete: bool) {
        self.record_on(
            if side == Side::Production { "u1" } else { "u2" },
            role,
            complete,
        );
    }

    pub fn record_on(&mut self, schema: &str, role: DeploymentRole, complete: bool) {
        let twin = if schema == "u1" { "u2" } else { "u1" };
        let record = Record {
            role,
            environment: "production".to_owned(),
            twin: Some(id(twin)),
            manifest: Some("0123456789ab".to_owned()),
            project: None,
            base: None,
            claimed: None,
            commit: None,
            tag: None,
            complete,
            by: "owner".to_owned(),
            at: String::new(),
        };
        self.comment(schema, Some(record.to_string()));
    }

    pub fn project_of(&self, names: &[&str]) -> Project {
        Project {
            models: names.iter().map(|text| model(text)).collect(),
            manifest: "0123456789ab".to_owned(),
            commit: None,
            production: Some("aaaaaaaaaaaa".to_owned()),
            deployment: Some("0123456789ab".to_owned()),
        }
    }

    fn made_by(&self, side: Side) -> Option<Arc<[QualifiedName]>> {
        let models = self.manifests.get(&side)?.iter();
        Some(models.map(|text| model(text).relation).collect())
    }

    pub fn board(&self) -> Board {
        self.board_knowing(ProjectKnowledge {
            project: self.project.clone().map(Arc::new),
            production: self.made_by(Side::Production),
            deployment: self.made_by(Side::Deployment),
            unread: None,
        })
    }

    /// The board of whoever knows just this of the project.
    pub fn board_knowing(&self, known: ProjectKnowledge) -> Board {
        Board::new(
            Arc::new(self.snapshot.clone()),
            Arc::new(self.environment.clone()),
            known,
            self.lineage.as_ref(),
            Thresholds::default(),
        )
    }

    pub fn with_inputs<T>(&self, look: impl FnOnce(&PlanInputs<'_>) -> T) -> T {
        let board = self.board();
        let resolved = board.environment.resolve(&board.snapshot.catalog);
        look(&PlanInputs {
            board: &board,
            resolved: &resolved,
            access: &self.access,
            clusters: &self.clusters,
            ancestry: self.ancestry,
            ours: self.ours.as_ref(),
        })
    }

    /// What the server does at the COMMIT of a swap of every pair that is there: names move, ids stay, and the events tell it as renames
    /// through a private name.
    pub fn swap(&mut self) {
        let environment = self.environment.clone();
        let names = |pairs: &[NamePair]| {
            pairs
                .iter()
                .map(|pair| pair.production.to_string())
                .collect()
        };
        let (schemas, clusters): (Vec<String>, Vec<String>) =
            (names(&environment.schemas), names(&environment.clusters));
        self.swap_only(&as_strs(&schemas), &as_strs(&clusters));
    }

    /// A swap of these schemas and clusters alone, by their production names.
    pub fn swap_only(&mut self, schemas: &[&str], clusters: &[&str]) {
        let catalog = &self.snapshot.catalog;
        let database = DatabaseId::user(1);
        let schema = |name: &Identifier| {
            let schema = catalog.schema_named(&database, name)?;
            Some(Subject::Schema(schema.id))
        };
        let cluster = |name: &Identifier| {
            let cluster = catalog.cluster_named(name)?;
            Some(Subject::Cluster(cluster.id))
        };
        let both = |text: &str, named: &dyn Fn(&Identifier) -> Option<Subject>| {
            let pair = pair(text);
            Some([named(&pair.production)?, named(&pair.deployment)?])
        };
        let of_schemas = schemas.iter().filter_map(|text| both(text, &schema));
        let of_clusters = clusters.iter().filter_map(|text| both(text, &cluster));
        let moving: Vec<[Subject; 2]> = of_schemas.chain(of_clusters).collect();
        for [one, other] in moving {
            let (name, twin) = (self.name_of(&one), self.name_of(&other));
            self.renamed(&one, &name, "mz_swap");
            self.renamed(&other, &twin, &name);
            self.renamed(&one, "mz_swap", &twin);
        }
    }

    pub fn name_of(&self, subject: &Subject) -> String {
        let catalog = &self.snapshot.catalog;
        match subject {
            Subject::Schema(id) => catalog.schemas[id].name.to_string(),
            Subject::Cluster(id) => catalog.clusters[id].name.to_string(),
        }
    }

    pub fn renamed(&mut self, subject: &Subject, from: &str, to: &str) {
        let catalog = self.catalog();
        match subject {
            Subject::Schema(id) => catalog.schemas.get_mut(id).unwrap().name = name(to),
            Subject::Cluster(id) => catalog.clusters.get_mut(id).unwrap().name = name(to),
        }
        let (from, to) = (from.to_owned(), to.to_owned());
        self.tell(subject.clone(), Happening::Renamed { from, to });
    }
}

fn as_strs(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

pub fn model(text: &str) -> Model {
    Model {
        unique_id: format!("model.shop.{text}"),
        relation: QualifiedName {
            database: name("db"),
            schema: name("prod"),
            name: name(text),
        },
        materialized: Materialization::MaterializedView,
        cluster: Some(name("compute")),
        change: Compared::Unmodified,
        change_from_deployment: Compared::Unmodified,
    }
}

pub fn online() -> ReplicaHealth {
    ReplicaHealth {
        online: 1,
        processes: 1,
        ..ReplicaHealth::default()
    }
}

pub fn replica_of(id: &ReplicaId, cluster: &ClusterId) -> Replica {
    Replica {
        id: *id,
        name: name("r1"),
        cluster: *cluster,
        size: Some("25cc".to_owned()),
        internal: false,
        availability_zone: None,
        pending: false,
    }
}

fn access() -> Access {
    Access {
        role: RoleId::user(1),
        role_name: name("owner"),
        superuser: false,
        rbac_enabled: true,
        member_of: BTreeSet::from([RoleId::user(1)]),
        members: BTreeMap::new(),
        database_grants: BTreeMap::from([(
            DatabaseId::user(1),
            super::access::Grant::parse_list("{u1=UC/u1}").unwrap(),
        )]),
        schema_grants: BTreeMap::new(),
        cluster_grants: BTreeMap::new(),
        object_grants: BTreeMap::new(),
        system_grants: super::access::Grant::parse_list("{u1=N/u1}").unwrap(),
        default_privileges: Vec::new(),
    }
}
