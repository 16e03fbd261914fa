//! A simulated server with the sample project beside it, and the operations as an operator performs them.

use crate::server;
use cutover::config::{Need, Overrides, Settings, Sources, Variables, Vocabulary};
use cutover::domain::action::Operation;
use cutover::domain::finding::{Allowance, FindingId};
use cutover::domain::phase::Phase;
use cutover::domain::plan::{Confirmation, Plan, Request};
use cutover::ops::listener::channel;
use cutover::ops::progress::{Outcome, OutcomeKind, Progress};
use cutover::ops::sample;
use cutover::ops::workspace::{Observation, Workspace};
use cutover::sim::world::{Disturbance, LoginRole};
use cutover::sim::{ServerVersion, Simulator, World};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// World seconds per second: fast enough to hydrate in a moment, slow enough to be met half way.
const SPEED: f64 = 40.0;

pub struct Stage {
    pub sim: Simulator,
    pub folder: TempDir,
    pub workspace: Arc<Workspace>,
}

/// The servers that what differs by version is done on.
pub const VERSIONS: [ServerVersion; 2] = [ServerVersion::V26_9, ServerVersion::V26_39];

/// What a stage changes in the settings, and of the server.
#[derive(Default)]
pub struct Changes {
    pub read_only: bool,
    /// World seconds per second, instead of [`SPEED`].
    pub speed: Option<f64>,
    pub config: Option<&'static str>,
    /// The version that the server is, instead of the newest recorded one.
    pub version: Option<ServerVersion>,
    /// What the deploying role's sessions have for an isolation unless they set one.
    pub isolation: Option<&'static str>,
    /// Further entries of `vars.deployment`.
    pub deployments: Option<&'static str>,
}

impl Stage {
    pub async fn new() -> Self {
        Self::with(Changes::default()).await
    }

    /// On a server of this version.
    pub async fn of(version: ServerVersion) -> Self {
        Self::with(Changes {
            version: Some(version),
            ..Changes::default()
        })
        .await
    }

    pub async fn with(changes: Changes) -> Self {
        let speed = changes.speed.unwrap_or(SPEED);
        let mut world = World::named("demo").unwrap();
        if let Some(version) = changes.version {
            world.release = version.into();
        }
        if let Some(level) = changes.isolation {
            let isolation = ("transaction_isolation".to_owned(), level.to_owned());
            world.roles.push(LoginRole {
                name: "materialize".to_owned(),
                password: None,
                superuser: false,
                settings: [isolation].into(),
            });
        }
        let sim = server::start(world, speed).await;
        let folder = tempfile::tempdir().unwrap();
        sample::unpack(folder.path()).unwrap();
        if let Some(config) = changes.config {
            let file = folder.path().join("cutover.toml");
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            std::fs::write(&file, format!("{config}\n{text}")).unwrap();
        }
        if let Some(deployments) = changes.deployments {
            let file = folder.path().join("dbt_project.yml");
            let text = std::fs::read_to_string(&file).unwrap();
            let named = "  deployment:\n";
            std::fs::write(&file, text.replace(named, &format!("{named}{deployments}"))).unwrap();
        }
        let workspace = session_of(folder.path().to_owned(), sim.address(), changes.read_only);
        Self {
            sim,
            folder,
            workspace,
        }
    }

    /// Another process on the same project: nothing is remembered but files and the catalog.
    pub fn another_session(&self) -> Arc<Workspace> {
        session_of(self.folder.path().to_owned(), self.sim.address(), false)
    }

    /// As [`Stage::another_session`], by way of another address.
    pub fn session_by(&self, address: SocketAddr) -> Arc<Workspace> {
        session_of(self.folder.path().to_owned(), address, false)
    }

    pub async fn observe(&self) -> Observation {
        self.workspace.observe().await.unwrap()
    }

    pub async fn phase(&self) -> Phase {
        self.observe().await.board.phase
    }

    pub async fn plan(&self, operation: Operation) -> Plan {
        self.plan_allowing(operation, &[]).await
    }

    pub async fn plan_allowing(&self, operation: Operation, allow: &[&str]) -> Plan {
        let mut request = Request::new(operation);
        request.allow = allow
            .iter()
            .map(|text| Allowance::parse(text).unwrap())
            .collect();
        self.workspace.plan(&request).await.unwrap().plan
    }

    /// Plans, agrees to the plan by its fingerprint, and executes it.
    pub async fn perform(&self, operation: Operation) -> Outcome {
        let plan = self.plan(operation).await;
        self.execute(plan).await
    }

    pub async fn execute(&self, plan: Plan) -> Outcome {
        self.execute_cancelled_by(plan, CancellationToken::new())
            .await
            .0
    }

    pub async fn execute_cancelled_by(
        &self,
        plan: Plan,
        cancel: CancellationToken,
    ) -> (Outcome, Vec<Progress>) {
        let expect = Some(plan.fingerprint.to_string());
        let findings = format!("{:#?}", plan.findings);
        let confirmed = plan
            .confirm(&Confirmation::Flags { expect })
            .unwrap_or_else(|refused| panic!("{refused}: {findings}"));
        let (sender, mut events) = channel();
        let outcome = self.workspace.execute(confirmed, sender, cancel).await;
        let mut told = Vec::new();
        while let Some(event) = events.recv().await {
            told.push(event);
        }
        (outcome, told)
    }

    /// Executes a plan of which something is left to do: exit code 7, with the command that finishes it.
    pub async fn leaves_unfinished(&self, plan: Plan) -> Outcome {
        let again = format!("cutover {}", plan.operation.command());
        let outcome = self.execute(plan).await;
        unfinished(&outcome);
        assert_eq!(outcome.next, Some(again), "{}", outcome.message);
        outcome
    }

    pub async fn must(&self, operation: Operation) {
        let outcome = self.perform(operation).await;
        assert_eq!(
            outcome.outcome,
            OutcomeKind::Done,
            "{operation}: {}",
            outcome.message
        );
    }

    pub async fn wait(&self) -> Outcome {
        let (sender, _events) = channel();
        self.workspace
            .wait_until_ready(&sender, &CancellationToken::new())
            .await
    }

    /// Init, deploy, and hydrated.
    pub async fn ready(&self) {
        self.must(Operation::Init).await;
        self.must(Operation::Deploy).await;
        let outcome = self.wait().await;
        assert_eq!(outcome.outcome, OutcomeKind::Done, "{}", outcome.message);
    }

    /// Lets something go wrong, or right again, and time pass until the server tells it: how far objects have come is told once a second,
    /// and no look knows more than the last tick.
    pub fn disturb(&self, disturbance: &Disturbance) {
        let control = self.sim.control();
        control.disturb(disturbance).unwrap();
        control.advance(Duration::from_secs(2));
    }

    /// Runs SQL as the deploying role, without a connection.
    pub fn sql(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        self.sim
            .control()
            .execute("materialize", sql)
            .unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// The id of a schema by its name.
    pub fn schema(&self, name: &str) -> Option<String> {
        self.sql(&format!("SELECT id FROM mz_schemas WHERE name = '{name}'"))
            .first()
            .and_then(|row| row[0].clone())
    }

    pub fn cluster(&self, name: &str) -> Option<String> {
        self.sql(&format!("SELECT id FROM mz_clusters WHERE name = '{name}'"))
            .first()
            .and_then(|row| row[0].clone())
    }

    /// What a sink reads, as `schema.name`.
    pub fn sink_reads(&self, sink: &str) -> Vec<String> {
        let rows = self.sql(&format!(
            "SELECT s.name || '.' || o.name FROM mz_sinks k \
             JOIN mz_internal.mz_object_dependencies d ON d.object_id = k.id \
             JOIN mz_objects o ON o.id = d.referenced_object_id \
             JOIN mz_schemas s ON s.id = o.schema_id \
             WHERE k.name = '{sink}' AND o.type <> 'connection'"
        ));
        rows.into_iter().filter_map(|row| row[0].clone()).collect()
    }
}

fn session_of(project: PathBuf, address: SocketAddr, read_only: bool) -> Arc<Workspace> {
    let dir = project.display().to_string();
    let flags = Overrides::default()
        .with("--project-dir", &dir)
        .with("--profiles-dir", dir)
        .with("--url", server::url(address))
        .with("--runner", "compiled");
    let settings = Settings::load(&Sources {
        flags: if read_only {
            flags.with("--read-only", "")
        } else {
            flags
        },
        variables: Variables::from_iter([("HOME".to_owned(), project.display().to_string())]),
        working_dir: project,
        need: Need::Server,
        vocabulary: Vocabulary {
            actions: &[],
            themes: &["ansi"],
        },
    });
    Arc::new(Workspace::new(settings.unwrap_or_else(|problems| panic!("{problems}"))).unwrap())
}

/// Done, and not to the end: exit code 7.
#[track_caller]
pub fn unfinished(outcome: &Outcome) {
    let kind = outcome.outcome;
    assert_eq!(kind, OutcomeKind::Unfinished, "{}", outcome.message);
    assert_eq!(kind.exit_code(), 7);
}

/// The ids of the findings that block a plan.
pub fn blocks(plan: &Plan) -> BTreeSet<FindingId> {
    plan.blocks().map(|finding| finding.id).collect()
}

/// The ids of everything that was found.
pub fn found(plan: &Plan) -> BTreeSet<FindingId> {
    plan.findings.iter().map(|finding| finding.id).collect()
}
