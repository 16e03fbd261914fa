//! One session with one environment: settings, connections, the state store, and what was planned in it.

use super::error::OpsError;
use super::project::{Manifests, project};
use super::proof::StandBy;
use super::request::Request;
use super::state::{MANIFEST, StateStore};
use crate::config::Settings;
use crate::dbt::compare::Options;
use crate::dbt::manifest::Manifest;
use crate::domain::access::Access;
use crate::domain::background::ClusterDefinition;
use crate::domain::board::Board;
use crate::domain::environment::{Environment, Pair, Resolved, Side, Strategy};
use crate::domain::guard::Facts;
use crate::domain::phase;
use crate::domain::plan::{Fingerprint, Stamp};
use crate::domain::project::Project;
use crate::domain::readiness::Thresholds;
use crate::domain::record::{Record, Role};
use crate::domain::snapshot::Snapshot;
use crate::materialize::connection::Connector;
use crate::materialize::observe::Observer;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Everything that verbs share. Cheap to hand around behind an `Arc`.
pub struct Session {
    settings: Settings,
    environment: Environment,
    connector: Connector,
    store: StateStore,
    /// Manifests by hash: they never change under their hash.
    manifests: Mutex<HashMap<String, Arc<Manifest>>>,
    /// What was asked for when a plan of this fingerprint was made, so that it can be planned again right before it runs.
    pub(super) planned: Mutex<HashMap<Fingerprint, Request>>,
    /// The dbt that stands by for a plan, from the look to the deed.
    pub(super) dbt: tokio::sync::Mutex<StandBy>,
}

/// One look at the server and at the project, with everything that plans need.
#[derive(Debug)]
pub struct Observation {
    pub board: Board,
    pub access: Access,
    pub clusters: Vec<ClusterDefinition>,
    pub manifests: Manifests,
}

impl Observation {
    /// Hands the facts to a planner.
    pub fn with_facts<T>(&self, plan: impl FnOnce(&Facts<'_>) -> T) -> T {
        let resolved = self.board.environment.resolve(&self.board.snapshot.catalog);
        plan(&Facts {
            board: &self.board,
            resolved: &resolved,
            access: &self.access,
            clusters: &self.clusters,
        })
    }
}

impl Session {
    /// # Errors
    /// When the settings name no environment or connection, or its certificates can't be read.
    pub fn new(settings: Settings) -> Result<Self, OpsError> {
        let environment = settings.environment()?.clone();
        let connector = Connector::new(settings.connection()?.clone())?;
        let store = StateStore::new(settings.folders.state.clone(), settings.target());
        Ok(Self {
            settings,
            environment,
            connector,
            store,
            manifests: Mutex::new(HashMap::new()),
            planned: Mutex::new(HashMap::new()),
            dbt: tokio::sync::Mutex::new(StandBy::default()),
        })
    }

    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    #[must_use]
    pub fn connector(&self) -> &Connector {
        &self.connector
    }

    #[must_use]
    pub fn store(&self) -> &StateStore {
        &self.store
    }

    /// The environment as configured; under strategy `targets` an observation may turn its sides round.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    #[must_use]
    pub fn thresholds(&self) -> Thresholds {
        let millis = |span: crate::config::Timespan| {
            u64::try_from(span.duration().as_millis()).unwrap_or(u64::MAX)
        };
        let waiting = &self.settings.waiting;
        Thresholds {
            lag_ms: millis(waiting.lag_threshold),
            settle_ms: millis(waiting.settle),
        }
    }

    /// Looks at the server and at the project, once.
    ///
    /// # Errors
    /// When the server can't be read or a manifest is broken.
    pub async fn observe(&self) -> Result<Observation, OpsError> {
        let mut observer = Observer::connect(&self.connector).await?;
        let snapshot = Arc::new(observer.observe().await?);
        let access = observer.access().await?;
        let environment = self.oriented(&snapshot);
        let clusters: Vec<_> = {
            let resolved = environment.resolve(&snapshot.catalog);
            resolved
                .clusters
                .iter()
                .filter_map(|pair| pair.production)
                .cloned()
                .collect()
        };
        let clusters = observer.cluster_definitions(&clusters).await?;
        let (manifests, project) = self.project(&environment, &snapshot)?;
        let board = Board::new(
            snapshot,
            Arc::new(environment),
            project.map(Arc::new),
            self.thresholds(),
        );
        Ok(Observation {
            board,
            access,
            clusters,
            manifests,
        })
    }

    /// The environment with its sides as the records tell: under strategy `targets` a promote turns them round, under `swap` names move.
    #[must_use]
    pub fn oriented(&self, snapshot: &Snapshot) -> Environment {
        if self.environment.strategy == Strategy::Swap {
            return self.environment.clone();
        }
        let turned = Environment {
            schemas: self.environment.schemas.iter().map(turn).collect(),
            clusters: self.environment.clusters.iter().map(turn).collect(),
            ..self.environment.clone()
        };
        let runs_production = |environment: &Environment| {
            let provenance = phase::provenance(&environment.resolve(&snapshot.catalog));
            let role = |record: Option<&Record>| record.map(|record| record.role);
            role(provenance.production.as_ref()) == Some(Role::Production)
                || role(provenance.deployment.as_ref()) == Some(Role::Retired)
        };
        if runs_production(&turned) && !runs_production(&self.environment) {
            turned
        } else {
            self.environment.clone()
        }
    }

    /// The manifests that the records name, and the project as guards see it.
    ///
    /// # Errors
    /// When a manifest is broken.
    pub fn project(
        &self,
        environment: &Environment,
        snapshot: &Snapshot,
    ) -> Result<(Manifests, Option<Project>), OpsError> {
        let resolved = environment.resolve(&snapshot.catalog);
        let manifests = Manifests {
            candidate: self.candidate()?,
            production: self.held(&resolved, Side::Production)?,
            deployment: self.held(&resolved, Side::Deployment)?,
        };
        let project = project(
            &manifests,
            environment,
            self.compare_options(),
            self.commit(),
        )?;
        Ok((manifests, project))
    }

    /// The manifest of what a side holds, by its record. Production without a record is what `state/manifest.json` says.
    fn held(&self, resolved: &Resolved<'_>, side: Side) -> Result<Option<Arc<Manifest>>, OpsError> {
        let provenance = phase::provenance(resolved);
        let record = match side {
            Side::Production => provenance.production,
            Side::Deployment => provenance.deployment,
        };
        match record.as_ref().and_then(Record::held) {
            Some(hash) => self.manifest(hash),
            None if side == Side::Production => Ok(self.store.find_production()?.map(Arc::new)),
            None => Ok(None),
        }
    }

    /// A kept manifest by its hash.
    ///
    /// # Errors
    /// When it is there and broken.
    pub fn manifest(&self, hash: &str) -> Result<Option<Arc<Manifest>>, OpsError> {
        let known = |known: &HashMap<String, Arc<Manifest>>| known.get(hash).cloned();
        if let Some(manifest) = known(
            &self
                .manifests
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        ) {
            return Ok(Some(manifest));
        }
        let found = self.store.find(hash)?.map(Arc::new);
        if let Some(manifest) = &found {
            let mut known = self
                .manifests
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            known.insert(hash.to_owned(), Arc::clone(manifest));
        }
        Ok(found)
    }

    /// Where dbt last wrote the project's manifest: its own target path, or that of [`Session::parse_project`] when that is newer.
    ///
    /// # Errors
    /// Without a dbt project.
    pub fn candidate_file(&self) -> Result<PathBuf, OpsError> {
        let of_dbt = self.settings.project()?.target_path.join(MANIFEST);
        let of_ours = self.parse_path().join(MANIFEST);
        let written = |file: &Path| file.metadata().and_then(|file| file.modified()).ok();
        Ok(if written(&of_ours) > written(&of_dbt) {
            of_ours
        } else {
            of_dbt
        })
    }

    fn candidate(&self) -> Result<Option<Arc<Manifest>>, OpsError> {
        let file = self.candidate_file()?;
        if !file.is_file() {
            return Ok(None);
        }
        Ok(Some(Arc::new(Manifest::read(&file)?)))
    }

    /// How manifests are compared.
    #[must_use]
    pub fn compare_options(&self) -> Options {
        Options {
            compare_unrendered: self
                .settings
                .project()
                .is_ok_and(|project| project.compare_more_unrendered_values),
            now: jiff::Timestamp::now(),
        }
    }

    /// The commit that is checked out in the project's folder, if it is a git repository and git is there.
    #[must_use]
    pub fn commit(&self) -> Option<String> {
        let output = std::process::Command::new("git")
            .args(["rev-parse", "HEAD"])
            .current_dir(&self.settings.project_dir)
            .stdin(std::process::Stdio::null())
            .output()
            .ok()?;
        let sha = String::from_utf8(output.stdout).ok()?.trim().to_owned();
        (output.status.success() && !sha.is_empty()).then_some(sha)
    }

    /// Who acts now, for records.
    #[must_use]
    pub fn stamp(&self) -> Stamp {
        Stamp {
            at: jiff::Timestamp::now()
                .strftime("%Y-%m-%dT%H:%M:%SZ")
                .to_string(),
            commit: self.commit(),
            ci_tag: std::env::var("CI_TAG").ok().filter(|tag| !tag.is_empty()),
        }
    }
}

fn turn(pair: &Pair) -> Pair {
    Pair {
        production: pair.deployment.clone(),
        deployment: pair.production.clone(),
    }
}
