//! One environment to work on: settings, connections, and the state store.

use super::error::OpsError;
use super::gate::Gate;
use super::offers::OfferFiles;
use super::project::{Manifests, Read, known};
use super::secrets;
use super::stand_by::StandBy;
use super::state::{MANIFEST, StateStore};
use crate::config::Settings;
use crate::dbt::compare::CompareOptions;
use crate::dbt::manifest::{Manifest, ManifestHash};
use crate::domain::access::Access;
use crate::domain::background::ClusterDefinition;
use crate::domain::board::Board;
use crate::domain::environment::{Environment, NamePair, Side, Strategy};
use crate::domain::guard::{Ancestry, PlanInputs};
use crate::domain::lineage::Lineage;
use crate::domain::name::{Identifier, SchemaId};
use crate::domain::plan::{Fingerprint, Stamp};
use crate::domain::provenance::provenance;
use crate::domain::quantity::span;
use crate::domain::readiness::Thresholds;
use crate::domain::record::{DeploymentRole, Record};
use crate::domain::snapshot::Snapshot;
use crate::domain::whole::ProjectKnowledge;
use crate::materialize::connection::Connector;
use crate::materialize::lease::Marker;
use crate::materialize::waiting::Ask;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;
use tokio_util::sync::CancellationToken;

/// Everything that verbs share. Cheap to hand around behind an `Arc`.
pub struct Workspace {
    settings: Settings,
    environment: Environment,
    connector: Connector,
    store: StateStore,
    gate: Gate,
    /// Manifests by hash: what they tell never changes under their hash.
    manifests: Mutex<HashMap<String, Arc<Manifest>>>,
    /// Manifests by file, as they lay there: reading a large one takes longer than everything else that a screen needs.
    files: Mutex<HashMap<PathBuf, (FileStamp, Arc<Manifest>)>>,
    /// What the newest plan was drawn from.
    pub(super) last_look: Mutex<Option<(Fingerprint, Arc<Observation>)>>,
    /// The dbt that stands by for a plan, from the look to the deed.
    pub(super) dbt: tokio::sync::Mutex<StandBy>,
    /// What we hold on the deployment side while an operation of ours goes by its names.
    pub(super) lease: Mutex<Option<Arc<Marker>>>,
}

/// One look at the server and at the project, with everything that plans need.
#[derive(Debug)]
pub struct Observation {
    pub board: Arc<Board>,
    pub access: Access,
    pub clusters: Vec<ClusterDefinition>,
    pub manifests: Manifests,
    /// What was worked out of the manifests.
    pub known: ProjectKnowledge,
    /// How the commit on the deployment side's record stands to the one that is checked out.
    pub ancestry: Ancestry,
    /// The marker of our own lease, while we hold one.
    pub ours: Option<Identifier>,
}

impl Observation {
    /// Hands its inputs to a planner.
    pub fn with_inputs<T>(&self, plan: impl FnOnce(&PlanInputs<'_>) -> T) -> T {
        let resolved = self.board.environment.resolve(&self.board.snapshot.catalog);
        plan(&PlanInputs {
            board: &self.board,
            resolved: &resolved,
            access: &self.access,
            clusters: &self.clusters,
            ancestry: self.ancestry,
            ours: self.ours.as_ref(),
        })
    }

    /// The ids of the schemas of a side.
    #[must_use]
    pub fn schemas(&self, side: Side) -> Vec<SchemaId> {
        self.with_inputs(|inputs| {
            let pairs = inputs.resolved.schemas.iter();
            pairs.filter_map(|pair| Some(pair.side(side)?.id)).collect()
        })
    }
}

impl Workspace {
    /// # Errors
    /// When the settings name no environment or connection, or its certificates can't be read.
    pub fn new(settings: Settings) -> Result<Self, OpsError> {
        let environment = settings.environment()?.clone();
        let connection = settings.connection()?;
        if let Some(password) = &connection.password {
            let public = [&connection.user, &connection.host, &connection.database];
            secrets::keep(password.reveal(), &public.map(String::as_str));
        }
        let offers = OfferFiles::new(settings.folders.cache.clone());
        let connector = Connector::keeping(connection.clone(), Some(Arc::new(offers)))?;
        let store = StateStore::new(settings.folders.state.clone(), settings.target());
        Ok(Self {
            settings,
            environment,
            connector,
            store,
            gate: Gate::default(),
            manifests: Mutex::new(HashMap::new()),
            files: Mutex::new(HashMap::new()),
            last_look: Mutex::new(None),
            dbt: tokio::sync::Mutex::new(StandBy::default()),
            lease: Mutex::new(None),
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

    /// Closed while a swap of ours is under way.
    #[must_use]
    pub fn gate(&self) -> &Gate {
        &self.gate
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

    /// Does what only reads until it ends, or until the operator asks to stop.
    ///
    /// # Errors
    /// Half a sentence for the operator who asked: that it was interrupted, while waiting how long for what.
    pub async fn unless<T>(
        &self,
        cancel: &CancellationToken,
        work: impl Future<Output = T>,
    ) -> Result<T, String> {
        // Pinned out here: the sentence is made while the work still waits.
        tokio::pin!(work);
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(self.interrupted()),
            done = &mut work => Ok(done),
        }
    }

    /// `Interrupted after waiting 3.2 s for the answer to a reading of the catalog`.
    #[must_use]
    pub fn interrupted(&self) -> String {
        match self.connector.waiting() {
            Some(waited) if waited.ask == Ask::Connection => format!(
                "Interrupted after waiting {} for {} to let us in",
                span(waited.after),
                self.connector.settings().address()
            ),
            Some(waited) => format!(
                "Interrupted after waiting {} for the answer to {}",
                span(waited.after),
                waited.ask
            ),
            None => "Interrupted".to_owned(),
        }
    }

    /// Under strategy `targets`: the dbt targets of production and of the other side, as they stand in an observed environment.
    pub(super) fn targets(&self, observed: &Environment) -> (&str, &str) {
        let Some(targets) = &self.settings().targets else {
            return (self.settings().target(), self.settings().target());
        };
        let first = |of: &Environment| of.schemas.first().map(|pair| pair.production.clone());
        if first(&self.environment) == first(observed) {
            (&targets.blue, &targets.green)
        } else {
            (&targets.green, &targets.blue)
        }
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
            let provenance = provenance(&environment.resolve(&snapshot.catalog), None);
            let role = |record: Option<&Record>| record.map(|record| record.role);
            role(provenance.production.as_ref()) == Some(DeploymentRole::Production)
                || role(provenance.deployment.as_ref()) == Some(DeploymentRole::Retired)
        };
        if runs_production(&turned) && !runs_production(&self.environment) {
            turned
        } else {
            self.environment.clone()
        }
    }

    /// The manifests that the records name, and what guards need of them.
    ///
    /// # Errors
    /// When a manifest is broken.
    pub fn known(
        &self,
        environment: &Environment,
        snapshot: &Snapshot,
        lineage: Option<&Lineage>,
    ) -> Result<Read, OpsError> {
        let manifests = self.manifests(environment, snapshot, lineage)?;
        let known = self.known_of(&manifests, environment)?;
        Ok(Read { manifests, known })
    }

    pub(super) fn manifests(
        &self,
        environment: &Environment,
        snapshot: &Snapshot,
        lineage: Option<&Lineage>,
    ) -> Result<Manifests, OpsError> {
        let provenance = provenance(&environment.resolve(&snapshot.catalog), lineage);
        let candidate = self.candidate()?;
        let production = provenance.production.as_ref();
        let of_production = production.and_then(|record| Some((record, said(record)?)));
        let deployment = provenance.deployment.as_ref();
        let of_deployment = deployment.zip(provenance.held(Side::Deployment));
        Ok(Manifests {
            production: match of_production {
                Some(held) => self.held(held, candidate.as_ref())?,
                None => self.at(&self.store.production())?,
            },
            deployment: match of_deployment {
                Some(held) => self.held(held, candidate.as_ref())?,
                None => None,
            },
            said: match deployment.and_then(|record| record.claimed.as_deref()) {
                Some(claimed) => self.manifest(claimed)?,
                None => None,
            },
            candidate,
        })
    }

    pub(super) fn known_of(
        &self,
        manifests: &Manifests,
        environment: &Environment,
    ) -> Result<ProjectKnowledge, OpsError> {
        known(
            manifests,
            environment,
            self.compare_options(),
            self.commit(),
        )
    }

    /// The manifest that a side holds, by its record and this hash.
    fn held(
        &self,
        (record, hash): (&Record, &str),
        candidate: Option<&Arc<Manifest>>,
    ) -> Result<Option<Arc<Manifest>>, OpsError> {
        let found = self.manifest(hash)?;
        // Another machine may have deployed the very manifest that lies here.
        let is_held = |candidate: &&Arc<Manifest>| candidate.hash().as_str() == hash;
        let found = found.or_else(|| candidate.filter(is_held).cloned());
        Ok(found.or_else(|| {
            let known = record.project.as_deref().filter(|_| record.complete)?;
            let same = candidate.filter(|manifest| manifest.project().as_str() == known)?;
            Some(self.in_place_of(hash, same))
        }))
    }

    /// In a fresh clone the file that a record names is not at hand, and yet another parse of the same project tells what it told.
    fn in_place_of(&self, hash: &str, same: &Manifest) -> Arc<Manifest> {
        let manifest = Arc::new(same.in_place_of(ManifestHash::recorded(hash)));
        let known = || {
            self.manifests
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        known().insert(hash.to_owned(), Arc::clone(&manifest));
        manifest
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
        let found = self.store.find(hash, self.read_before().as_deref())?;
        let found = found.map(Arc::new);
        if let Some(manifest) = &found {
            let mut known = self
                .manifests
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            known.insert(hash.to_owned(), Arc::clone(manifest));
        }
        Ok(found)
    }

    /// Any manifest that is held: another one of the project has most of it in common.
    fn read_before(&self) -> Option<Arc<Manifest>> {
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let of_file = files.values().next().map(|(_, manifest)| manifest);
        of_file.cloned()
    }

    /// Where dbt last wrote the project's manifest: its own target path, or that of [`Workspace::parse_project`] when that is newer.
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

    pub(super) fn candidate(&self) -> Result<Option<Arc<Manifest>>, OpsError> {
        self.at(&self.candidate_file()?)
    }

    /// The manifest in a file; `None` when there is no such file. It is read once for each writing of the file.
    fn at(&self, file: &Path) -> Result<Option<Arc<Manifest>>, OpsError> {
        let Some(stamp) = FileStamp::of(file) else {
            return Ok(None);
        };
        let files = || self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let known = files().get(file).cloned();
        if let Some((_, manifest)) = known.filter(|(read, _)| *read == stamp) {
            return Ok(Some(manifest));
        }
        let manifest = Arc::new(Manifest::read_beside(file, self.read_before().as_deref())?);
        // A file that is being written has another stamp when it is whole.
        files().insert(file.to_owned(), (stamp, Arc::clone(&manifest)));
        Ok(Some(manifest))
    }

    /// How manifests are compared.
    #[must_use]
    pub fn compare_options(&self) -> CompareOptions {
        CompareOptions {
            compare_unrendered: self
                .settings
                .project()
                .ok()
                .and_then(|project| project.compare_more_unrendered_values),
            now: jiff::Timestamp::now(),
        }
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

/// Tells one writing of a file from another, without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileStamp {
    modified: SystemTime,
    bytes: u64,
}

impl FileStamp {
    /// `None`: there is no such file.
    #[must_use]
    pub fn of(file: &Path) -> Option<Self> {
        let metadata = file.metadata().ok().filter(std::fs::Metadata::is_file)?;
        Some(Self {
            modified: metadata.modified().ok()?,
            bytes: metadata.len(),
        })
    }
}

/// The manifest that production runs, by its record; else what was said of it.
fn said(record: &Record) -> Option<&str> {
    record.held().or(record.claimed.as_deref())
}

fn turn(pair: &NamePair) -> NamePair {
    NamePair {
        production: pair.deployment.clone(),
        deployment: pair.production.clone(),
    }
}
