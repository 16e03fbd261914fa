//! One consistent observation of a server: what exists and what every dataflow reports, at one logical time.

use super::id_map::IdMap;
use super::name::{ClusterId, DatabaseId, Identifier, ObjectId, ReplicaId, RoleId};
use super::object::Catalog;
use super::quantity::age;
use super::reading::{CatalogReading, MissingReadings};
pub use super::time::LogicalTime;
use super::word::words;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Who answers, and as whom we ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// `mz_version()`, e.g. `v26.9.0 (9e9123290)`.
    pub version: String,
    pub host: String,
    pub port: u16,
    pub database: Identifier,
    /// `None` when the database does not exist.
    pub database_id: Option<DatabaseId>,
    pub role: Identifier,
    pub superuser: bool,
    /// Labelled as simulated by the server itself, so that a demo can't be taken for production.
    pub simulated: bool,
}

impl Server {
    /// Whether it is of this version, `(26, 33)`, or a later one. One whose version can't be read, and one before its release, is not.
    #[must_use]
    pub fn is_since(&self, wanted: (u64, u64)) -> bool {
        let mut words = self.version.split_whitespace();
        let version = words.next().unwrap_or_default().trim_start_matches('v');
        let (numbers, stage) = match version.split_once('-') {
            Some((numbers, stage)) => (numbers, Some(stage)),
            None => (version, None),
        };
        let mut numbers = numbers.split('.').map_while(|number| number.parse().ok());
        let (Some(major), Some(minor)) = (numbers.next(), numbers.next()) else {
            return false;
        };
        (major, minor) > wanted || ((major, minor) == wanted && stage.is_none())
    }
}

/// How far a collection has been written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frontier {
    At(LogicalTime),
    /// The empty frontier: nothing will ever change again, so there is no lag (recorded: 07, constant view).
    Complete,
}

/// One row of `mz_internal.mz_hydration_statuses`.
#[derive(Debug, Clone, PartialEq)]
pub struct HydrationStatus {
    /// `None`: no replica has reported the object yet.
    pub replica: Option<ReplicaId>,
    /// `None`: the server does not know.
    pub hydrated: Option<bool>,
    /// How long it took, in seconds, where the server tells.
    pub hydration_seconds: Option<f64>,
    /// Operators hydrated of those known, where the server tells.
    pub operators: Option<(u64, u64)>,
}

words! {
    /// The state of a source or sink: `mz_internal.mz_source_statuses.status` and `mz_internal.mz_sink_statuses.status`.
    ConnectorState {
        Created = "created",
        Starting = "starting",
        Running = "running",
        Paused = "paused",
        Stalled = "stalled",
        Failed = "failed",
        Dropped = "dropped",
        Ceased = "ceased",
    }
}

/// What a source or sink reports of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectorStatus {
    pub state: ConnectorState,
    pub error: Option<String>,
    /// When it took this state, milliseconds since the epoch on the server's clock.
    pub since: Option<LogicalTime>,
}

impl ConnectorStatus {
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.state == ConnectorState::Running
    }
}

/// Progress of a source's snapshot and its traffic (`mz_internal.mz_source_statistics`, summed over replicas).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SourceProgress {
    pub snapshot_known: Option<u64>,
    pub snapshot_staged: Option<u64>,
    pub snapshot_committed: bool,
    pub messages_received: u64,
    pub offset_known: Option<u64>,
    pub offset_committed: Option<u64>,
}

/// How a materialized view refreshes when not on every commit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RefreshSchedule {
    pub last_completed: Option<LogicalTime>,
    pub next: Option<LogicalTime>,
}

words! {
    /// The state of a replica's process: `mz_internal.mz_cluster_replica_statuses.status`.
    ProcessState {
        Online = "online",
        Offline = "offline",
    }
}

words! {
    /// Why a process is offline: `mz_internal.mz_cluster_replica_statuses.reason`.
    OfflineReason {
        OutOfMemory = "oom-killed",
    }
}

/// The state of one replica's processes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReplicaHealth {
    /// Processes that report `online`, of all that report.
    pub online: usize,
    pub processes: usize,
    /// The state of a process that is not online, and why, where the server tells.
    pub unwell: Option<ProcessState>,
    pub reason: Option<OfflineReason>,
    pub since: Option<LogicalTime>,
    /// `oom-killed` events of the last 24 hours, newest last.
    pub oom_kills: Vec<LogicalTime>,
    /// Every time of the last 24 hours that a process went offline, whatever the reason, newest last.
    pub interruptions: Vec<LogicalTime>,
    pub cpu_percent: Option<f64>,
    pub memory_percent: Option<f64>,
}

impl ReplicaHealth {
    #[must_use]
    pub fn is_online(&self) -> bool {
        self.processes > 0 && self.online == self.processes
    }
}

/// One running SUBSCRIBE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    pub id: String,
    pub session: String,
    pub cluster: ClusterId,
    pub objects: BTreeSet<ObjectId>,
    pub since: Option<LogicalTime>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientSession {
    pub id: String,
    pub role: RoleId,
    pub client_ip: Option<String>,
    /// From `mz_session_history`, which is sampled: often unknown.
    pub application: Option<String>,
    pub since: Option<LogicalTime>,
}

/// What the dataflows report. Copies share what neither has changed since.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Readings {
    /// By replica, in the order of their ids.
    pub hydration: IdMap<ObjectId, Arc<[HydrationStatus]>>,
    /// No entry: the frontier is unreadable or its row missing, so lag is unknown.
    pub frontiers: IdMap<ObjectId, Frontier>,
    pub connectors: IdMap<ObjectId, ConnectorStatus>,
    pub sources: IdMap<ObjectId, SourceProgress>,
    /// Only views that refresh otherwise than on commit.
    pub refreshes: IdMap<ObjectId, RefreshSchedule>,
    pub replicas: IdMap<ReplicaId, ReplicaHealth>,
    pub subscriptions: Arc<[Subscription]>,
    pub sessions: Arc<[ClientSession]>,
}

impl Readings {
    /// What the server tells of an object's hydration: nothing, or a status for each replica.
    #[must_use]
    pub fn hydration_of(&self, object: &ObjectId) -> &[HydrationStatus] {
        let statuses = self.hydration.get(object);
        statuses.map_or(&[], AsRef::as_ref)
    }
}

/// For so long after an interruption, in milliseconds, the built-in cluster may still rehydrate.
const CATALOG_SERVER_REHYDRATES_MS: u64 = 5 * 60 * 1000;

/// One observation.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Of frontiers and hydration: lag is reckoned from it.
    pub time: LogicalTime,
    /// Of the catalog. A look reads it later than the last tick, a feed at the same time.
    pub catalog_time: LogicalTime,
    pub server: Server,
    /// Shared between snapshots while nothing in it changed.
    pub catalog: Arc<Catalog>,
    pub readings: Readings,
    /// What this server does not give to this role: each costs a column of the screen, never the screen.
    pub missing: MissingReadings,
}

/// What is known of an object's lag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lag {
    /// Milliseconds that the write frontier trails the logical time of the reading; 0 when complete.
    Millis(u64),
    Unknown,
}

impl Lag {
    /// `None` is unknown.
    #[must_use]
    pub fn seconds(self) -> Option<f64> {
        match self {
            #[expect(
                clippy::cast_precision_loss,
                reason = "lag in milliseconds stays far below 2^52"
            )]
            Self::Millis(millis) => Some(millis as f64 / 1000.0),
            Self::Unknown => None,
        }
    }
}

impl Snapshot {
    /// Whether the server did not give this reading.
    #[must_use]
    pub fn lacks(&self, reading: CatalogReading) -> bool {
        self.missing.contains_key(&reading)
    }

    /// Whether anything tells how the cluster that answers readings of the catalog is.
    #[must_use]
    pub fn knows_catalog_server(&self) -> bool {
        let health = |id| self.readings.replicas.get(id);
        let mut replicas = self.catalog.catalog_server.iter();
        replicas.any(|id| health(id).is_some_and(|health| health.processes > 0))
    }

    /// What ails the cluster that answers readings of the catalog, in a sentence; `None` where nothing is known to. A replica that came back a
    /// moment ago may still rehydrate, and readings wait for it.
    #[must_use]
    pub fn catalog_server_trouble(&self) -> Option<String> {
        const SERVER: &str = "mz_catalog_server, which answers readings of the catalog,";
        let replicas = self.catalog.catalog_server.iter();
        let known = replicas.filter_map(|id| self.readings.replicas.get(id));
        known
            .filter(|health| health.processes > 0)
            .find_map(|health| {
                let since = health.since.map(|since| self.time.millis_since(since));
                if !health.is_online() {
                    let reason = health.reason.as_ref();
                    let reason = reason.map_or_else(String::new, |reason| format!(" ({reason})"));
                    let since = since.map_or_else(String::new, |it| format!(" for {}", age(it)));
                    return Some(format!("{SERVER} is not online{reason}{since}"));
                }
                let last = health.interruptions.last();
                let back = last.map(|last| self.time.millis_since(*last));
                let back = back.filter(|back| *back < CATALOG_SERVER_REHYDRATES_MS)?;
                let kills = health.oom_kills.last() == last;
                let reason = if kills { " out of memory" } else { "" };
                Some(format!(
                    "{SERVER} went offline{reason} {} ago and may still rehydrate",
                    age(back)
                ))
            })
    }

    /// An object's lag by logical time: `max(0, time - write frontier)`.
    ///
    /// A frontier of 0 is a collection that was never written (recorded: 07, an unhydrated materialized view): unknown, not 57 years.
    #[must_use]
    pub fn lag(&self, object: &ObjectId) -> Lag {
        match self.readings.frontiers.get(object) {
            Some(Frontier::Complete) => Lag::Millis(0),
            Some(Frontier::At(LogicalTime(0))) | None => Lag::Unknown,
            Some(Frontier::At(frontier)) => Lag::Millis(self.time.millis_since(*frontier)),
        }
    }

    /// How far an object trails its inputs: the largest distance from an input's frontier to its own, in milliseconds.
    ///
    /// Unknown when its own frontier is, 0 when it is complete or has no readable input.
    #[must_use]
    pub fn materialization_lag(&self, object: &ObjectId) -> Lag {
        let own = match self.readings.frontiers.get(object) {
            Some(Frontier::Complete) => return Lag::Millis(0),
            Some(Frontier::At(LogicalTime(0))) | None => return Lag::Unknown,
            Some(Frontier::At(frontier)) => *frontier,
        };
        let farthest = self
            .dataflow_inputs(object)
            .into_iter()
            .filter_map(|input| match self.readings.frontiers.get(&input) {
                Some(Frontier::At(frontier)) => Some(*frontier),
                _ => None,
            })
            .max();
        Lag::Millis(farthest.map_or(0, |input| input.millis_since(own)))
    }

    /// The nearest inputs that have a frontier of their own: views are looked through.
    #[must_use]
    pub fn dataflow_inputs(&self, object: &ObjectId) -> BTreeSet<ObjectId> {
        let mut found = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut open: Vec<&ObjectId> = self
            .catalog
            .inputs
            .get(object)
            .into_iter()
            .flatten()
            .collect();
        while let Some(input) = open.pop() {
            if !seen.insert(input) {
                continue;
            }
            if self.readings.frontiers.contains_key(input) {
                found.insert(*input);
            } else {
                open.extend(self.catalog.inputs.get(input).into_iter().flatten());
            }
        }
        found
    }
}
