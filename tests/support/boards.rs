//! Boards for screens, properties and the bench that draws: a small world in every phase, and large ones. What judgements are tested on is
//! the smaller and barer `src/domain/fixture.rs`.

use cutover::domain::board::Board;
use cutover::domain::environment::{Environment, NamePair, Strategy};
use cutover::domain::name::{
    ClusterId, DatabaseId, Identifier, ObjectId, QualifiedName, ReplicaId, RoleId, SchemaId,
};
use cutover::domain::object::{
    Burst, CatalogParts, Cluster, ClusterSchedule, Object, ObjectKind, Replica, Schema,
};
use cutover::domain::project::{Compared, Materialization, Model, ModelChange, Project};
use cutover::domain::readiness::Thresholds;
use cutover::domain::reading::MissingReadings;
use cutover::domain::record::{DeploymentRole, Record};
use cutover::domain::snapshot::{
    ClientSession, ConnectorState, ConnectorStatus, Frontier, HydrationStatus, LogicalTime,
    OfflineReason, Readings, ReplicaHealth, Server, Snapshot, SourceProgress, Subscription,
};
use cutover::domain::whole::ProjectKnowledge;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Where the world stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scene {
    None,
    Initialized,
    /// Percent of the deployment objects that are hydrated.
    Hydrating(usize),
    /// Hydrating with a larger replica beside the steady one, which has everything already.
    Bursting,
    Ready,
    /// Green runs out of memory again and again.
    Failing,
    /// The source is stalled, so everything above it falls behind.
    Stalled,
    Promoting,
    Promoted,
    Synced,
}

pub fn name(text: &str) -> Identifier {
    Identifier::new(text).unwrap()
}

const START: u64 = 1_763_632_800_000;

struct Builder {
    catalog: CatalogParts,
    readings: Readings,
    time: LogicalTime,
    next: u64,
}

/// One object of the world: name, kind, cluster or none, names of its inputs in the same schema.
type Part = (
    &'static str,
    ObjectKind,
    Option<&'static str>,
    &'static [&'static str],
);

const SLIM: &[Part] = &[
    (
        "palette",
        ObjectKind::MaterializedView,
        Some("compute"),
        &[],
    ),
    (
        "foo",
        ObjectKind::MaterializedView,
        Some("compute"),
        &["palette"],
    ),
    (
        "bar",
        ObjectKind::MaterializedView,
        Some("compute"),
        &["foo"],
    ),
    (
        "foobar",
        ObjectKind::MaterializedView,
        Some("compute"),
        &["bar"],
    ),
    (
        "bids_enriched",
        ObjectKind::MaterializedView,
        Some("compute"),
        &["foo"],
    ),
    (
        "auction_totals",
        ObjectKind::MaterializedView,
        Some("compute"),
        &["bids_enriched"],
    ),
    ("recent_bids", ObjectKind::View, None, &["bids_enriched"]),
];

const MARTS: &[Part] = &[
    ("people_by_mood", ObjectKind::View, None, &[]),
    (
        "people_by_mood_primary_idx",
        ObjectKind::Index,
        Some("serving"),
        &["people_by_mood"],
    ),
    (
        "auction_board",
        ObjectKind::MaterializedView,
        Some("serving"),
        &["people_by_mood"],
    ),
    (
        "house_summary",
        ObjectKind::MaterializedView,
        Some("serving"),
        &["auction_board"],
    ),
];

impl Builder {
    fn id(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn schema(&mut self, schema: &str, comment: Option<String>) -> SchemaId {
        let id = SchemaId::user(self.id());
        self.catalog.schemas.insert(
            id,
            Schema {
                id,
                name: name(schema),
                database: DatabaseId::user(1),
                owner: RoleId::user(1),
                comment,
            },
        );
        id
    }

    fn cluster(&mut self, cluster: &str, health: ReplicaHealth) -> ClusterId {
        let id = ClusterId::user(self.id());
        let replica = ReplicaId::user(self.id());
        self.catalog.clusters.insert(
            id,
            Cluster {
                id,
                name: name(cluster),
                owner: RoleId::user(1),
                managed: true,
                size: Some("100cc".to_owned()),
                replication_factor: Some(1),
                schedule: ClusterSchedule::Manual,
                comment: None,
            },
        );
        self.catalog.replicas.insert(
            replica,
            Replica {
                id: replica,
                name: name("r1"),
                cluster: id,
                size: Some("100cc".to_owned()),
                internal: false,
                availability_zone: None,
                pending: false,
            },
        );
        self.readings.replicas.insert(replica, health);
        id
    }

    fn object(
        &mut self,
        schema: &SchemaId,
        object: &str,
        kind: ObjectKind,
        cluster: Option<ClusterId>,
        inputs: BTreeSet<ObjectId>,
    ) -> ObjectId {
        let id = ObjectId::user(self.id());
        self.catalog.objects.insert(
            id,
            Object {
                id,
                name: name(object),
                schema: *schema,
                kind,
                cluster,
                owner: RoleId::user(1),
                create_sql: Some(format!("CREATE ... {object}").into()),
                parent: None,
                connector: None,
            },
        );
        self.catalog.inputs.insert(id, inputs);
        id
    }

    /// Hydrated with this lag, or hydrating.
    fn report(&mut self, id: &ObjectId, lag: Option<u64>) {
        let Some(object) = self.catalog.objects.get(id) else {
            return;
        };
        let Some(cluster) = &object.cluster else {
            return;
        };
        let replica = self
            .catalog
            .replicas
            .values()
            .find(|replica| &replica.cluster == cluster)
            .map(|replica| replica.id);
        self.readings.hydration.insert(
            *id,
            Arc::from([HydrationStatus {
                replica,
                hydrated: Some(lag.is_some()),
                hydration_seconds: lag.map(|lag| 20.0 + lag as f64 / 100.0),
                operators: if lag.is_some() { None } else { Some((3, 7)) },
            }]),
        );
        let frontier = lag.map_or(0, |lag| self.time.0 - lag);
        self.readings
            .frontiers
            .insert(*id, Frontier::At(LogicalTime(frontier)));
    }
}

fn healthy() -> ReplicaHealth {
    ReplicaHealth {
        online: 1,
        processes: 1,
        cpu_percent: Some(34.0),
        memory_percent: Some(71.0),
        ..ReplicaHealth::default()
    }
}

fn record(role: DeploymentRole, complete: bool) -> String {
    Record {
        role,
        environment: "prod".to_owned(),
        twin: None,
        manifest: Some("0123456789ab".to_owned()),
        commit: Some("abc1234".to_owned()),
        complete,
        project: None,
        base: None,
        claimed: None,
        tag: None,
        by: "materialize".to_owned(),
        at: "2026-11-20T10:00:00Z".to_owned(),
    }
    .to_string()
}

pub fn environment() -> Environment {
    let pair = |text: &str| NamePair {
        production: name(text),
        deployment: name(&format!("{text}_dbt_deploy")),
    };
    Environment {
        target: "prod".to_owned(),
        strategy: Strategy::Swap,
        database: name("materialize"),
        schemas: vec![pair("blue_green_slim"), pair("marts")],
        clusters: vec![pair("compute"), pair("serving")],
    }
}

fn comments(scene: Scene) -> (Option<String>, Option<String>) {
    match scene {
        Scene::None | Scene::Initialized => (None, None),
        Scene::Hydrating(_) | Scene::Bursting | Scene::Ready | Scene::Failing | Scene::Stalled => {
            (None, Some(record(DeploymentRole::Candidate, true)))
        }
        Scene::Promoting => (
            Some(record(DeploymentRole::Candidate, true)),
            Some(record(DeploymentRole::Retired, true)),
        ),
        Scene::Promoted => (
            Some(record(DeploymentRole::Production, true)),
            Some(record(DeploymentRole::Retired, true)),
        ),
        Scene::Synced => (
            Some(record(DeploymentRole::Production, true)),
            Some(record(DeploymentRole::Synced, true)),
        ),
    }
}

/// The small world in a phase, `seconds` after its start.
pub fn board(scene: Scene, seconds: u64) -> Arc<Board> {
    let mut builder = Builder {
        catalog: CatalogParts::default(),
        readings: Readings::default(),
        time: LogicalTime(START + seconds * 1000),
        next: 100,
    };
    builder
        .catalog
        .databases
        .insert(DatabaseId::user(1), name("materialize"));
    builder
        .catalog
        .roles
        .insert(RoleId::user(1), name("deployer"));
    let source = source(&mut builder);
    let (blue_comment, green_comment) = comments(scene);
    side(&mut builder, "", blue_comment, &source, |at| {
        Some(300 + (at as u64 * 37 + seconds * 90) % 500)
    });
    if scene != Scene::None {
        let built = !matches!(scene, Scene::Initialized);
        let percent = match scene {
            Scene::Hydrating(percent) => percent,
            Scene::Bursting => 40,
            Scene::Failing => 0,
            _ => 100,
        };
        if built {
            side(&mut builder, "_dbt_deploy", green_comment, &source, |at| {
                (at * 100 < percent * 10).then_some(200 + (at as u64 * 53 + seconds * 70) % 700)
            });
        } else {
            for schema in ["blue_green_slim", "marts"] {
                builder.schema(&format!("{schema}_dbt_deploy"), None);
            }
            for cluster in ["compute", "serving"] {
                builder.cluster(&format!("{cluster}_dbt_deploy"), healthy());
            }
        }
    }
    match scene {
        Scene::Failing => fail(&mut builder),
        Scene::Bursting => burst(&mut builder),
        Scene::Stalled => stall(&mut builder, &source),
        _ => {}
    }
    traffic(&mut builder, scene);
    finish(builder)
}

fn source(builder: &mut Builder) -> ObjectId {
    let schema = builder.schema("sources", None);
    let cluster = builder.cluster("ingest", healthy());
    let source = builder.object(
        &schema,
        "auction_house",
        ObjectKind::Source,
        Some(cluster),
        BTreeSet::new(),
    );
    builder.report(&source, Some(150));
    builder.readings.connectors.insert(
        source,
        ConnectorStatus {
            state: ConnectorState::Running,
            error: None,
            since: Some(LogicalTime(START - 3_600_000)),
        },
    );
    builder.readings.sources.insert(
        source,
        SourceProgress {
            snapshot_committed: true,
            messages_received: 120_000,
            ..SourceProgress::default()
        },
    );
    source
}

fn side(
    builder: &mut Builder,
    suffix: &str,
    comment: Option<String>,
    source: &ObjectId,
    lag: impl Fn(usize) -> Option<u64>,
) {
    let clusters: Vec<(&str, ClusterId)> = ["compute", "serving"]
        .into_iter()
        .map(|cluster| {
            (
                cluster,
                builder.cluster(&format!("{cluster}{suffix}"), healthy()),
            )
        })
        .collect();
    let mut at = 0;
    for (schema, parts) in [("blue_green_slim", SLIM), ("marts", MARTS)] {
        let id = builder.schema(&format!("{schema}{suffix}"), comment.clone());
        let mut made: Vec<(&str, ObjectId)> = Vec::new();
        let extra: Part = if suffix.is_empty() {
            ("warm_people", ObjectKind::View, None, &["foo"])
        } else {
            (
                "mood_share",
                ObjectKind::MaterializedView,
                Some("compute"),
                &["foobar"],
            )
        };
        let extra = (schema == "blue_green_slim").then_some(extra);
        for (object, kind, cluster, inputs) in parts.iter().cloned().chain(extra) {
            let cluster = cluster.and_then(|wanted| {
                let found = clusters.iter().find(|(known, _)| *known == wanted);
                found.map(|(_, id)| *id)
            });
            let mut reads: BTreeSet<ObjectId> = made
                .iter()
                .filter(|(known, _)| inputs.contains(known))
                .map(|(_, id)| *id)
                .collect();
            if reads.is_empty() {
                reads.insert(*source);
            }
            let runs = cluster.is_some();
            let made_id = builder.object(&id, object, kind, cluster, reads);
            if runs {
                let lag = lag(at);
                builder.report(&made_id, lag);
                at += 1;
            }
            made.push((object, made_id));
        }
    }
}

fn burst(builder: &mut Builder) {
    let mut clusters = builder.catalog.clusters.values();
    let green = clusters.find(|it| it.name.as_str() == "compute_dbt_deploy");
    let green = green.unwrap().id;
    let replica = ReplicaId::user(builder.id());
    let size = "1600cc".to_owned();
    builder.catalog.replicas.insert(
        replica,
        Replica {
            id: replica,
            name: name("r2"),
            cluster: green,
            size: Some(size.clone()),
            internal: false,
            availability_zone: None,
            pending: false,
        },
    );
    let lingers = false;
    builder
        .catalog
        .bursts
        .insert(green, Burst { size, lingers });
    let mut health = healthy();
    health.since = Some(LogicalTime(builder.time.0 - 180_000));
    builder.readings.replicas.insert(replica, health);
}

fn fail(builder: &mut Builder) {
    let green: BTreeSet<ClusterId> = builder
        .catalog
        .clusters
        .values()
        .filter(|cluster| cluster.name.as_str() == "compute_dbt_deploy")
        .map(|cluster| cluster.id)
        .collect();
    let now = builder.time.0;
    for replica in builder.catalog.replicas.values() {
        if green.contains(&replica.cluster) {
            builder.readings.replicas.insert(
                replica.id,
                ReplicaHealth {
                    online: 0,
                    processes: 1,
                    reason: Some(OfflineReason::OutOfMemory),
                    since: Some(LogicalTime(now - 12_000)),
                    oom_kills: (1..=4u64)
                        .rev()
                        .map(|back| LogicalTime(now - back * 60_000))
                        .collect(),
                    cpu_percent: None,
                    memory_percent: Some(99.0),
                    ..ReplicaHealth::default()
                },
            );
        }
    }
}

fn stall(builder: &mut Builder, source: &ObjectId) {
    let behind = LogicalTime(builder.time.0 - 200_000);
    builder.readings.connectors.insert(
        *source,
        ConnectorStatus {
            state: ConnectorState::Stalled,
            error: Some("broker unreachable".to_owned()),
            since: Some(behind),
        },
    );
    for frontier in builder.readings.frontiers.values_mut() {
        *frontier = Frontier::At(behind);
    }
}

fn traffic(builder: &mut Builder, scene: Scene) {
    let read: Vec<ObjectId> = builder
        .catalog
        .objects
        .values()
        .filter(|object| object.name.as_str() == "foobar")
        .map(|object| object.id)
        .collect();
    let Some(cluster) = builder.catalog.clusters.keys().next().cloned() else {
        return;
    };
    let wanted = if scene == Scene::Promoted { 2 } else { 1 };
    let (mut subscriptions, mut sessions) = (Vec::new(), Vec::new());
    for (at, object) in read.into_iter().take(wanted).enumerate() {
        subscriptions.push(Subscription {
            id: format!("{at}"),
            session: format!("5f0c{at}b1e-0000"),
            cluster,
            objects: BTreeSet::from([object]),
            since: Some(LogicalTime(builder.time.0 - 754_000)),
        });
        sessions.push(ClientSession {
            id: format!("5f0c{at}b1e-0000"),
            role: RoleId::user(1),
            client_ip: Some("10.0.0.7".to_owned()),
            application: (at == 0).then(|| "dashboard".to_owned()),
            since: Some(LogicalTime(builder.time.0 - 800_000)),
        });
    }
    builder.readings.subscriptions = subscriptions.into();
    builder.readings.sessions = sessions.into();
    let schema = builder.schema("sinks", None);
    let input = builder
        .catalog
        .objects
        .values()
        .find(|object| object.name.as_str() == "foobar")
        .map(|object| object.id);
    let sink = builder.object(
        &schema,
        "mood_feed",
        ObjectKind::Sink,
        Some(cluster),
        input.into_iter().collect(),
    );
    builder.report(&sink, Some(900));
    builder.readings.connectors.insert(
        sink,
        ConnectorStatus {
            state: ConnectorState::Running,
            error: None,
            since: None,
        },
    );
}

/// Each record names the schema of the other side.
fn twins(catalog: &mut CatalogParts) {
    let schemas = catalog.schemas.clone();
    let named = |text: &str| schemas.values().find(|schema| schema.name.as_str() == text);
    for schema in catalog.schemas.values_mut() {
        let text = schema.name.as_str();
        let twin = match text.strip_suffix("_dbt_deploy") {
            Some(production) => named(production),
            None => named(&format!("{text}_dbt_deploy")),
        };
        let record = schema.comment.as_deref().and_then(Record::find);
        if let (Some(record), Some(twin)) = (record, twin) {
            let record = Record {
                twin: Some(twin.id),
                ..record
            };
            schema.comment = Some(record.to_string());
        }
    }
}

fn finish(builder: Builder) -> Arc<Board> {
    finish_with(builder, project())
}

fn finish_with(mut builder: Builder, project: Project) -> Arc<Board> {
    twins(&mut builder.catalog);
    let snapshot = Snapshot {
        time: builder.time,
        catalog_time: builder.time,
        server: Server {
            version: "v26.9.0 (9e9123290)".to_owned(),
            host: "127.0.0.1".to_owned(),
            port: 6875,
            database: name("materialize"),
            database_id: Some(DatabaseId::user(1)),
            role: name("deployer"),
            superuser: false,
            simulated: false,
        },
        catalog: Arc::new(builder.catalog.into()),
        readings: builder.readings,
        missing: MissingReadings::new(),
    };
    Arc::new(Board::new(
        Arc::new(snapshot),
        Arc::new(environment()),
        ProjectKnowledge {
            project: Some(Arc::new(project)),
            ..ProjectKnowledge::default()
        },
        None,
        Thresholds::default(),
    ))
}

pub fn project() -> Project {
    let model = |schema: &str, model: &str, change| Model {
        unique_id: format!("model.shop.{model}"),
        relation: QualifiedName {
            database: name("materialize"),
            schema: name(schema),
            name: name(model),
        },
        materialized: Materialization::MaterializedView,
        cluster: Some(name("compute")),
        change,
        change_from_deployment: Compared::Unmodified,
    };
    Project {
        models: vec![
            model(
                "blue_green_slim",
                "bar",
                Compared::Changed(ModelChange::Modified),
            ),
            model(
                "blue_green_slim",
                "foobar",
                Compared::Changed(ModelChange::Downstream),
            ),
            model(
                "blue_green_slim",
                "mood_share",
                Compared::Changed(ModelChange::New),
            ),
            model(
                "blue_green_slim",
                "warm_people",
                Compared::Changed(ModelChange::Removed),
            ),
            model("blue_green_slim", "foo", Compared::Unmodified),
        ],
        manifest: "0123456789ab".to_owned(),
        commit: Some("abc1234".to_owned()),
        production: Some("4c332d6febe0".to_owned()),
        deployment: Some("a5ee2f7003d8".to_owned()),
    }
}

/// A world of `objects` materialized views on each side, all ready but every tenth of green.
#[allow(dead_code, reason = "the benches and the screens use different worlds")]
pub fn large(objects: usize, seconds: u64) -> Arc<Board> {
    let mut builder = Builder {
        catalog: CatalogParts::default(),
        readings: Readings::default(),
        time: LogicalTime(START + seconds * 1000),
        next: 100,
    };
    builder
        .catalog
        .databases
        .insert(DatabaseId::user(1), name("materialize"));
    builder
        .catalog
        .roles
        .insert(RoleId::user(1), name("deployer"));
    for (suffix, comment) in [
        ("", None),
        ("_dbt_deploy", Some(record(DeploymentRole::Candidate, true))),
    ] {
        let cluster = builder.cluster(&format!("compute{suffix}"), healthy());
        builder.cluster(&format!("serving{suffix}"), healthy());
        let schema = builder.schema(&format!("blue_green_slim{suffix}"), comment.clone());
        builder.schema(&format!("marts{suffix}"), comment);
        let mut last: Option<ObjectId> = None;
        for at in 0..objects {
            let id = builder.object(
                &schema,
                &format!("model_{at:05}"),
                ObjectKind::MaterializedView,
                Some(cluster),
                last.iter().filter(|_| at % 10 != 0).cloned().collect(),
            );
            let hydrating = !suffix.is_empty() && at % 10 == 3;
            let lag = (at as u64 * 31 + seconds * 70) % 900;
            builder.report(&id, (!hydrating).then_some(lag));
            last = Some(id);
        }
    }
    let project = Project {
        models: Vec::new(),
        ..project()
    };
    finish_with(builder, project)
}
