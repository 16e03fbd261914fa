//! Where the deployment stands, as data: the contract of `cutover status --output json`.

use super::error::OpsError;
use super::workspace::{Observation, Workspace};
use crate::domain::action::Operation;
use crate::domain::board::Board;
use crate::domain::environment::{Side, Strategy};
use crate::domain::failure::told_with_remedy;
use crate::domain::finding::Finding;
use crate::domain::guard;
use crate::domain::phase::Phase;
use crate::domain::picture::{ConnectionState, ConnectionStatus, Preflight};
use crate::domain::plan::{self, Build, Request};
use crate::domain::project::Compared;
use crate::domain::readiness::{ClusterReadiness, ObjectReadiness, Readiness};
use crate::domain::reading::Missing;
use crate::domain::snapshot::{Lag, OfflineReason};
use crate::domain::way_back::WayBack;
use crate::domain::whole::short;
use crate::domain::workflow::{ahead, headline, reason, step};
use serde::Serialize;
use std::collections::BTreeSet;
use std::time::Instant;

/// Unknown facts are `null`.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    pub server: ServerStatus,
    pub link: ConnectionReport,
    pub environment: String,
    pub strategy: Strategy,
    pub phase: Phase,
    /// Of the deployment side; `null` where there is none or nothing is built there.
    pub readiness: Option<Readiness>,
    pub reason: String,
    /// Where it stands, in a sentence that names the command of the next step.
    pub headline: String,
    /// The next step by what stands on the server; `null` where only a person can tell.
    pub next: Option<Operation>,
    pub way_back: WayBack,
    pub models: ModelsStatus,
    pub clusters: Vec<ClusterStatus>,
    pub objects: Vec<ObjectStatus>,
    pub findings: Vec<Finding>,
}

#[derive(Debug, Clone, Serialize)]
pub struct ServerStatus {
    pub version: String,
    pub host: String,
    pub port: u16,
    pub database: String,
    pub role: String,
    /// Milliseconds since the epoch, by the server.
    pub logical_time: u64,
    pub missing: BTreeSet<String>,
    /// What ails `mz_catalog_server`, which answers readings of the catalog; `null` where nothing is known to.
    pub catalog_server: Option<String>,
}

/// What is known of the connection that this came by.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConnectionReport {
    /// `once`: read once, and not kept up to date.
    pub state: &'static str,
    /// Whether the server's certificate was checked.
    pub server_verified: bool,
    /// How often the streams had to be read anew, and how they contradicted themselves when that was last the reason.
    pub restarts: u32,
    pub last_gap: Option<String>,
    /// While `polling`: the interval; why, where the server refused SUBSCRIBE.
    pub every_s: Option<f64>,
    pub polling_reason: Option<String>,
    /// While `lost`: why, how many attempts failed since, and when the next one starts.
    pub error: Option<String>,
    pub attempts: Option<u32>,
    pub next_try_s: Option<f64>,
    /// All of it for people.
    #[serde(skip)]
    pub sentences: Vec<String>,
}

impl ConnectionReport {
    fn new(link: &ConnectionStatus, now: Instant) -> Self {
        let mut status = Self {
            state: link.state.as_str(),
            server_verified: link.server_verified,
            restarts: link.restarts,
            last_gap: link.last_gap.clone(),
            every_s: None,
            polling_reason: link.polling_reason.clone(),
            error: None,
            attempts: None,
            next_try_s: None,
            sentences: link.sentences(now),
        };
        match &link.state {
            ConnectionState::Polling { every } => status.every_s = Some(every.as_secs_f64()),
            ConnectionState::Lost {
                error,
                attempts,
                retry_at,
                ..
            } => {
                status.error = Some(told_with_remedy(error));
                status.attempts = Some(*attempts);
                let wait = retry_at.saturating_duration_since(now);
                status.next_try_s = Some(wait.as_secs_f64());
            }
            ConnectionState::Connecting | ConnectionState::Live | ConnectionState::Once => {}
        }
        status
    }
}

/// Which models of its manifest stand on each side; `null` where nothing tells what should.
#[derive(Debug, Clone, Serialize)]
pub struct ModelsStatus {
    pub production: Option<SideModels>,
    pub deployment: Option<SideModels>,
}

#[derive(Debug, Clone, Serialize)]
pub struct SideModels {
    pub standing: usize,
    pub total: usize,
    /// `schema.name`, by production's schema.
    pub missing: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct ClusterStatus {
    pub name: String,
    pub id: Option<String>,
    pub side: Side,
    /// `null` where the cluster does not exist and the environment was never initialised.
    pub readiness: Option<Readiness>,
    pub reason: String,
    pub hydrated: usize,
    pub total: usize,
    pub max_lag_s: Option<f64>,
    /// What the server does with its replicas meanwhile: a burst, a change of shape.
    pub activity: Option<String>,
    pub replicas: Vec<ReplicaStatus>,
}

#[derive(Debug, Clone, Serialize)]
pub struct ReplicaStatus {
    pub name: String,
    pub id: String,
    pub size: Option<String>,
    /// Whether it stays: readiness counts no other.
    pub steady: bool,
    /// `null`: the server does not tell.
    pub online: Option<bool>,
    pub reason: Option<OfflineReason>,
    pub oom_kills_24h: Option<usize>,
    pub cpu_percent: Option<f64>,
    pub memory_percent: Option<f64>,
}

#[derive(Debug, Clone, Serialize)]
pub struct ObjectStatus {
    pub name: String,
    pub schema: String,
    pub kind: String,
    pub side: Side,
    pub id: String,
    pub cluster: Option<String>,
    pub readiness: Readiness,
    pub reason: String,
    pub hydrated_replicas: usize,
    pub replicas: usize,
    pub lag_s: Option<f64>,
    pub materialization_lag_s: Option<f64>,
    pub twin_id: Option<String>,
    /// `null`: nobody can tell, or no model is known to make it.
    pub change: Option<Compared>,
}

impl Workspace {
    /// Observes once and tells where the deployment stands.
    ///
    /// # Errors
    /// As [`Workspace::observe`].
    pub async fn status(&self) -> Result<Status, OpsError> {
        let observation = self.observe().await?;
        let link = ConnectionStatus {
            state: ConnectionState::Once,
            server_verified: self.connector().verifies_server(),
            ..ConnectionStatus::default()
        };
        let ahead = self.preflight(&observation);
        let mut status = Status::new(&observation.board, &link, Some(&ahead));
        let misnamed = observation.with_inputs(guard::misnamed);
        status.findings.extend(misnamed);
        status.findings.extend(self.stale());
        Ok(status)
    }

    /// The step ahead and what its guards see; nothing is rehearsed.
    #[must_use]
    pub fn preflight(&self, observation: &Observation) -> Preflight {
        let stamp = self.stamp();
        let operation = ahead(&observation.board);
        let asked = Request::new(operation);
        // A deploy or sync without its build: the guards of the side, before anybody asked dbt what it would build.
        let plan = observation.with_inputs(|inputs| match operation {
            Operation::Init => plan::init(inputs, &stamp, &asked),
            Operation::Deploy => plan::deploy(inputs, &stamp, Build::default(), &asked),
            Operation::Sync => plan::sync(inputs, &stamp, Build::default(), &asked),
            Operation::Rollback => plan::rollback(inputs, &stamp, &asked, None),
            _ => plan::promote(inputs, &stamp, &asked, None),
        });
        Preflight {
            operation,
            findings: plan.findings,
        }
    }
}

impl Status {
    /// `ahead`: what the guards saw for the step ahead, where they have looked.
    #[must_use]
    pub fn new(board: &Board, link: &ConnectionStatus, ahead: Option<&Preflight>) -> Self {
        let server = &board.snapshot.server;
        let sides = [&board.production, &board.deployment];
        Self {
            server: ServerStatus {
                version: server.version.clone(),
                host: server.host.clone(),
                port: server.port,
                database: server.database.to_string(),
                role: server.role.to_string(),
                logical_time: board.snapshot.time.0,
                missing: board
                    .snapshot
                    .missing
                    .values()
                    .map(Missing::to_string)
                    .collect(),
                catalog_server: board.snapshot.catalog_server_trouble(),
            },
            link: ConnectionReport::new(link, Instant::now()),
            environment: board.environment.target.clone(),
            strategy: board.environment.strategy,
            phase: board.phase,
            readiness: board.readiness(),
            reason: reason(board).into_owned(),
            headline: headline(board, ahead)
                .sentence(|operation| format!("`cutover {}`", operation.command())),
            next: step(board),
            way_back: board.way_back.clone(),
            models: ModelsStatus {
                production: side_models(board, Side::Production),
                deployment: side_models(board, Side::Deployment),
            },
            clusters: sides
                .iter()
                .flat_map(|side| &side.clusters)
                .map(|cluster| cluster_status(board, cluster))
                .collect(),
            objects: object_statuses(board),
            findings: ahead.map_or_else(Vec::new, |ahead| ahead.findings.clone()),
        }
    }
}

fn side_models(board: &Board, side: Side) -> Option<SideModels> {
    let whole = board.wholeness.of(side)?;
    Some(SideModels {
        standing: whole.existing,
        total: whole.total,
        missing: whole.missing.iter().map(short).collect(),
    })
}

fn cluster_status(board: &Board, cluster: &ClusterReadiness) -> ClusterStatus {
    let catalog = &board.snapshot.catalog;
    let steady = cluster
        .id
        .iter()
        .flat_map(|id| catalog.steady_replicas_of(id));
    let steady: BTreeSet<_> = steady.map(|replica| replica.id).collect();
    let replicas = cluster
        .id
        .iter()
        .flat_map(|id| catalog.replicas_of(id))
        .map(|replica| {
            let health = board.snapshot.readings.replicas.get(&replica.id);
            ReplicaStatus {
                name: replica.name.to_string(),
                id: replica.id.to_string(),
                size: replica.size.clone(),
                steady: steady.contains(&replica.id),
                online: health
                    .filter(|health| health.processes > 0)
                    .map(|health| health.is_online()),
                reason: health.and_then(|health| health.reason.clone()),
                oom_kills_24h: health.map(|health| health.oom_kills.len()),
                cpu_percent: health.and_then(|health| health.cpu_percent),
                memory_percent: health.and_then(|health| health.memory_percent),
            }
        });
    ClusterStatus {
        name: cluster.name.clone(),
        id: cluster.id.as_ref().map(ToString::to_string),
        side: cluster.side,
        readiness: board.cluster_readiness(cluster),
        reason: cluster.reason.clone(),
        hydrated: cluster.hydrated,
        total: cluster.total,
        max_lag_s: cluster.lag.seconds(),
        activity: cluster.activity.clone(),
        replicas: replicas.collect(),
    }
}

fn object_statuses(board: &Board) -> Vec<ObjectStatus> {
    let mut objects = Vec::new();
    for row in &board.rows {
        for (verdict, twin) in [
            (&row.production, &row.deployment),
            (&row.deployment, &row.production),
        ] {
            if let Some(verdict) = verdict {
                objects.extend(object_status(board, verdict, twin.as_ref(), row.compared));
            }
        }
    }
    objects
}

fn object_status(
    board: &Board,
    verdict: &ObjectReadiness,
    twin: Option<&ObjectReadiness>,
    change: Option<Compared>,
) -> Option<ObjectStatus> {
    let catalog = &board.snapshot.catalog;
    let object = catalog.objects.get(&verdict.id)?;
    let seconds = |lag: Lag| if verdict.counts { lag.seconds() } else { None };
    Some(ObjectStatus {
        name: object.name.to_string(),
        schema: catalog
            .schemas
            .get(&object.schema)
            .map_or_else(String::new, |schema| schema.name.to_string()),
        kind: object.kind.to_string(),
        side: verdict.side,
        id: object.id.to_string(),
        cluster: object
            .cluster
            .as_ref()
            .and_then(|id| catalog.clusters.get(id))
            .map(|cluster| cluster.name.to_string()),
        readiness: verdict.readiness,
        reason: verdict.reason.clone(),
        hydrated_replicas: verdict.hydrated_on.len(),
        replicas: verdict.replicas,
        lag_s: seconds(verdict.lag),
        materialization_lag_s: seconds(verdict.materialization_lag),
        twin_id: twin.map(|twin| twin.id.to_string()),
        change,
    })
}
