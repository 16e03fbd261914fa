//! All settings of one run, typed.

pub use super::value::{Color, RunnerKind, TargetNames, ValidateCommand};
use super::{
    keys::KeyBinding,
    layers::Described,
    problem::{Problem, Problems},
    project::{self, DbtProject},
    timespan::Timespan,
};
use crate::domain::{connection::ConnectionSettings, environment::Environment};
use std::path::PathBuf;

/// When a deployment counts as caught up, and how long to wait for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AwaitSettings {
    pub lag_threshold: Timespan,
    /// How long readiness must hold at every picture before waiting ends.
    pub settle: Timespan,
    /// `false`: never SUBSCRIBE, read at `poll_interval` instead.
    pub subscribe: bool,
    pub poll_interval: Timespan,
    pub timeout: Timespan,
}

/// How a promote meets trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promotion {
    /// For how long a swap is tried again after SQLSTATE 40001; nothing else is ever tried again.
    pub retry_for: Timespan,
    /// Tries after the first, where they are to be fewer than that time gives.
    pub max_retries: Option<u32>,
    /// The longest pause between two tries.
    pub retry_backoff: Timespan,
}

/// How long dbt is waited for, by what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DbtDeadlines {
    /// Until it has been imported, or tells its version.
    pub start: Timespan,
    /// One compile, parse or list, whatever it says meanwhile.
    pub read: Timespan,
    /// While it builds: between two lines that it says.
    pub silence: Timespan,
}

/// How dbt is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dbt {
    pub runner: RunnerKind,
    /// A path, or a name to be found in PATH.
    pub executable: PathBuf,
    /// Arguments added to every `dbt run`.
    pub args: Vec<String>,
    pub deadlines: DbtDeadlines,
    /// Passed on as `--profiles-dir`.
    pub profiles_dir: PathBuf,
    /// Passed on as `--profile`, when another one than the project's was named.
    pub profile: Option<String>,
}

/// Where things are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    /// Manifests per side; `manifest.json` in it is production's.
    pub state: PathBuf,
    pub audit: PathBuf,
    pub log: PathBuf,
    /// What can be made again; `None` for somebody without a home.
    pub cache: Option<PathBuf>,
}

impl Folders {
    /// The log file.
    #[must_use]
    pub fn log_file(&self) -> PathBuf {
        self.log.join("cutover.log")
    }
}

/// How the cockpit looks and listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScreenSettings {
    pub color: Color,
    /// A built-in theme's name, or the path of a theme file.
    pub theme: String,
    /// A word in the header, such as `STAGING`; empty for none.
    pub badge: String,
    pub mouse: bool,
    pub keys: Vec<KeyBinding>,
}

/// Everything that configures one run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The folder that a bare command works in.
    pub project_dir: PathBuf,
    /// The `cutover.toml` that was read.
    pub config_file: Option<PathBuf>,
    pub waiting: AwaitSettings,
    pub promotion: Promotion,
    pub dbt: Dbt,
    pub folders: Folders,
    pub screen: ScreenSettings,
    pub read_only: bool,
    pub validate: Vec<ValidateCommand>,
    /// How long one of these commands may take.
    pub command_deadline: Timespan,
    /// The targets of strategy `targets`; absent with strategy `swap`.
    pub targets: Option<TargetNames>,
    /// dbt's default schema at the target (`target.schema`), where a profile says it.
    pub default_schema: Option<String>,
    pub(super) target: String,
    pub(super) project: Option<DbtProject>,
    pub(super) connection: Option<ConnectionSettings>,
    pub(super) by_url: bool,
    pub(super) environment: Option<Environment>,
    pub(super) described: Vec<Described>,
    pub(super) found: Vec<Described>,
}

impl Settings {
    /// The dbt target: whose connection, deployment and state are meant.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The dbt project.
    ///
    /// # Errors
    /// When the settings were loaded without one ([`super::Need::Tool`]).
    pub fn project(&self) -> Result<&DbtProject, Problems> {
        self.project.as_ref().ok_or_else(|| {
            let remedy = "go to a dbt project, or name one with --project-dir";
            Problem::new("this needs a dbt project", remedy).into()
        })
    }

    /// How to reach the server.
    ///
    /// # Errors
    /// When neither a profile nor a URL says it.
    pub fn connection(&self) -> Result<&ConnectionSettings, Problems> {
        self.connection.as_ref().ok_or_else(|| {
            let remedy = "add the target to profiles.yml, or give a connection with --url";
            Problem::new("this needs a connection to a server", remedy).into()
        })
    }

    /// Whether the connection comes from a URL and not from the profile: dbt must then be told.
    #[must_use]
    pub fn connects_by_url(&self) -> bool {
        self.by_url
    }

    /// The schemas and clusters of the target with their twins.
    ///
    /// # Errors
    /// When the project names none for this target.
    pub fn environment(&self) -> Result<&Environment, Problems> {
        self.environment.as_ref().ok_or_else(|| {
            let remedy =
                "add `vars.deployment.<target>` with `clusters` and `schemas` to dbt_project.yml";
            let message = format!("the target `{}` has no deployment", self.target);
            Problem::new(message, remedy).into()
        })
    }

    /// Every setting with its value and where it comes from, in the order of `config.example.toml`.
    #[must_use]
    pub fn describe(&self) -> &[Described] {
        &self.described
    }

    /// What was found by way of the settings: files, the project, the parts of the connection; each with where it stands.
    #[must_use]
    pub fn found(&self) -> &[Described] {
        &self.found
    }

    /// Whether there is a dbt project in the folder that is meant.
    #[must_use]
    pub fn has_project_file(&self) -> bool {
        self.project_dir.join(project::FILE_NAME).is_file()
    }
}
