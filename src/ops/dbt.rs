//! dbt at work for an operation: compiling the project before a plan, running it within one.

use super::error::OpsError;
use super::listener::Listener;
use super::progress::{ModelState, Progress};
use super::state::MANIFEST;
use super::workspace::Workspace;
use crate::config::Settings;
use crate::dbt::manifest::{Manifest, ManifestHash};
use crate::dbt::runner::arguments::Program;
use crate::dbt::runner::event::{DbtEvent, LogLevel, NodeStatus};
use crate::dbt::runner::limit::Limit;
use crate::dbt::runner::process::{self, DbtExit, FinishedRun, ProcessOptions};
use crate::dbt::runner::profile;
use crate::domain::environment::Side;
use crate::domain::plan::DbtCommand;
use std::fs;
use std::path::PathBuf;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// What failed when dbt is asked for a manifest.
pub(super) const UNREAD: &str = "dbt could not read the project";

/// Lines of dbt's that may wait for a slow reader.
const EVENT_BUFFER: usize = 256;

impl Workspace {
    /// The target path of our own runs: changing variables would make dbt parse everything again in the project's own.
    #[must_use]
    pub fn scratch(&self) -> PathBuf {
        let target_path = self
            .settings()
            .project()
            .map(|project| project.target_path.clone());
        target_path
            .unwrap_or_else(|_| self.settings().project_dir.join("target"))
            .join("cutover")
    }

    /// The dbt executable with what locates this project.
    ///
    /// # Errors
    /// When the profile for a connection by URL can't be written.
    pub fn program(&self) -> Result<Program, OpsError> {
        self.program_for(self.settings().target())
    }

    /// As [`Workspace::program`], for another dbt target.
    ///
    /// # Errors
    /// As [`Workspace::program`].
    pub fn program_for(&self, target: &str) -> Result<Program, OpsError> {
        let settings = self.settings();
        Ok(Program {
            executable: settings.dbt.executable.clone(),
            project_dir: settings.project_dir.clone(),
            profiles_dir: Some(self.profiles_dir()?),
            profile: settings.dbt.profile.clone(),
            target: Some(target.to_owned()),
            extra: settings.dbt.args.clone(),
        })
    }

    /// Where dbt finds the connection: a profile of our own when it was given by URL, so that dbt builds on the server that we watch.
    fn profiles_dir(&self) -> Result<PathBuf, OpsError> {
        let settings = self.settings();
        if !settings.connects_by_url() {
            return Ok(settings.dbt.profiles_dir.clone());
        }
        let project = settings.project()?;
        let name = settings
            .dbt
            .profile
            .as_ref()
            .or(project.profile.as_ref())
            .unwrap_or(&project.name);
        let dir = self.scratch().join("profiles");
        let text = profile::text(name, &self.profile_targets(), settings.connection()?);
        fs::create_dir_all(&dir)
            .and_then(|()| fs::write(dir.join("profiles.yml"), text))
            .map_err(OpsError::file(format!(
                "the profile for the URL can't be written in {}",
                dir.display()
            )))?;
        Ok(dir)
    }

    /// The dbt targets that are run, with their schemas: under strategy `targets` both sides', on the one server of the URL.
    fn profile_targets(&self) -> Vec<(&str, &str)> {
        let own = self.settings().target();
        let mut targets = vec![(own, self.default_schema())];
        if let Some(names) = &self.settings().targets {
            let first = self.environment().schemas.first();
            for (target, side) in [
                (&names.blue, Side::Production),
                (&names.green, Side::Deployment),
            ] {
                let schema = first.map_or(self.default_schema(), |pair| pair.name(side).as_str());
                if target != own {
                    targets.push((target, schema));
                }
            }
        }
        targets
    }

    /// What dbt's `target.schema` is: where no profile says it, the first schema of the environment is the best guess.
    fn default_schema(&self) -> &str {
        let first = self.environment().schemas.first();
        self.settings()
            .default_schema
            .as_deref()
            .or(first.map(|pair| pair.production.as_str()))
            .unwrap_or("public")
    }

    /// Runs `dbt compile` into the project's target path; where a model asks the server while compiling, `dbt parse` must do.
    ///
    /// # Errors
    /// When dbt can't be started or does not parse the project.
    pub(super) async fn compile(&self) -> Result<(), OpsError> {
        let (program, target_path) = (
            self.program()?,
            self.settings().project()?.target_path.clone(),
        );
        if self.quietly(&program.compile(&target_path)).await.is_ok() {
            return Ok(());
        }
        self.quietly(&program.parse(&target_path)).await
    }

    /// Where [`Workspace::parse_project`] writes: the project's own target path stays as dbt and other tools left it.
    #[must_use]
    pub fn parse_path(&self) -> PathBuf {
        self.scratch().join("parse")
    }

    /// Runs `dbt parse` into a target path of its own; the manifest is the candidate until dbt writes a newer one into the
    /// project's. It has no compiled SQL: `deploy` compiles first, and the compiled runner asks for `dbt compile`.
    ///
    /// # Errors
    /// When dbt can't be started or does not parse the project.
    pub async fn parse_project(&self) -> Result<ManifestHash, OpsError> {
        let target_path = self.parse_path();
        self.quietly(&self.program()?.parse(&target_path)).await?;
        Ok(Manifest::read(&target_path.join(MANIFEST))?.hash().clone())
    }

    pub(super) async fn quietly(&self, command: &DbtCommand) -> Result<(), OpsError> {
        let options = options(self.settings());
        let cancel = CancellationToken::new();
        let limit = Limit::Reading(self.settings().dbt.deadlines.read.duration());
        let ended =
            quiet(async |events| process::run(command, &options, events, &cancel, limit).await)
                .await;
        ended
            .map_err(OpsError::from)
            .and_then(as_result)
            .map_err(|error| error.during(UNREAD))
    }
}

/// Does what dbt is needed for; what it says meanwhile goes to the log.
pub(super) async fn quiet<T>(work: impl AsyncFnOnce(&mpsc::Sender<DbtEvent>) -> T) -> T {
    let (events, mut heard) = mpsc::channel(EVENT_BUFFER);
    let listen = async {
        while let Some(event) = heard.recv().await {
            if let DbtEvent::Log { text, .. } = event {
                tracing::info!(target: "dbt", "{text}");
            }
        }
    };
    let work = async move {
        // Moved in, so that the channel closes with the work.
        let events = events;
        work(&events).await
    };
    tokio::join!(work, listen).0
}

pub(super) fn options(settings: &Settings) -> ProcessOptions {
    let mut options = ProcessOptions::folder(&settings.project_dir);
    if settings.connects_by_url()
        && let Ok(connection) = settings.connection()
        && let Some(password) = &connection.password
    {
        options
            .variables
            .push((profile::PASSWORD_VARIABLE.to_owned(), password.clone()));
    }
    options
}

/// Lets dbt build with its events as progress.
///
/// # Errors
/// When dbt could not be started, or models failed.
pub(super) async fn told(
    command: &DbtCommand,
    progress: &Listener,
    work: impl AsyncFnOnce(&mpsc::Sender<DbtEvent>) -> Result<FinishedRun, OpsError>,
) -> Result<(), OpsError> {
    let (events, mut heard) = mpsc::channel(EVENT_BUFFER);
    let listen = async {
        let mut tally = Tally {
            done: 0,
            total: command.models.len(),
        };
        while let Some(event) = heard.recv().await {
            tally.hear(event, progress);
        }
    };
    let work = async move {
        let events = events;
        work(&events).await
    };
    let (ended, ()) = tokio::join!(work, listen);
    as_result(ended?)
}

struct Tally {
    done: usize,
    total: usize,
}

impl Tally {
    fn hear(&mut self, event: DbtEvent, progress: &Listener) {
        match event {
            DbtEvent::Planned { nodes } => self.total = nodes,
            DbtEvent::Started { node, .. } => {
                self.tell(progress, node.name, ModelState::Running, None, None)
            }
            DbtEvent::Finished {
                node,
                status,
                took,
                message,
            } => {
                self.done += 1;
                let state = match status {
                    NodeStatus::Success => ModelState::Done,
                    NodeStatus::Skipped => ModelState::Skipped,
                    NodeStatus::Error | NodeStatus::Other(_) => ModelState::Failed,
                };
                let message = message.filter(|_| state != ModelState::Done);
                self.tell(
                    progress,
                    node.name,
                    state,
                    took.map(|took| took.as_secs_f64()),
                    message,
                );
            }
            DbtEvent::Log { level, text } => {
                let line = match level {
                    LogLevel::Info => text,
                    LogLevel::Warn => format!("warning: {text}"),
                    LogLevel::Error => format!("error: {text}"),
                };
                progress.tell(Progress::Log { line });
            }
            DbtEvent::Completed { .. } => {}
        }
    }

    fn tell(
        &self,
        progress: &Listener,
        name: String,
        state: ModelState,
        seconds: Option<f64>,
        message: Option<String>,
    ) {
        progress.tell(Progress::Model {
            name,
            state,
            seconds,
            message,
            done: self.done,
            total: self.total,
        });
    }
}

/// How dbt ended, as a result; its own last error is the cause.
pub(super) fn as_result(ended: FinishedRun) -> Result<(), OpsError> {
    let words = match ended.exit {
        DbtExit::Succeeded => return Ok(()),
        DbtExit::NodesFailed => "models failed".to_owned(),
        DbtExit::Failed => "dbt failed".to_owned(),
        DbtExit::Overdue(limit) => format!("{limit}, so it was ended"),
        DbtExit::Cancelled => return Err(OpsError::tool("dbt was stopped")),
        DbtExit::Killed => return Err(OpsError::tool("dbt was killed by a signal")),
    };
    Err(match ended.error {
        Some(error) => OpsError::tool(error).during(words),
        None => OpsError::tool(words),
    })
}
