//! From all sources to [`Settings`], gathering every problem on the way.

use super::{
    document::Document,
    layers::{Chosen, Layers},
    pairs,
    problem::{Origin, Place, Problem, Problems},
    profile::{self, Output, Profile},
    project::{self, DbtProject},
    setting::SETTINGS,
    settings::{Settings, TargetNames, ValidateCommand},
    sources::{Need, Sources},
    url,
};
use crate::domain::connection::{ConnectionSettings, Secret};
use crate::domain::environment::{Environment, Strategy};
use std::path::{Path, PathBuf};

impl Settings {
    /// Reads and checks everything.
    ///
    /// # Errors
    /// All that is wrong, at once.
    pub fn load(sources: &Sources<'_>) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let (config_file, text) = sources.read_config(&mut problems);
        let document = config_file
            .as_deref()
            .map(|file| Document::parse(file, &text, &mut problems));
        let mut layers = Layers {
            flags: sources.flags.values(),
            variables: &sources.variables,
            document,
            target: None,
            problems,
            described: Vec::new(),
        };
        layers.check_variables();
        let mut settings = Loading {
            sources,
            layers: &mut layers,
        }
        .settings();
        settings.config_file = config_file;
        settings.described = std::mem::take(&mut layers.described);
        settings.described.sort_by_key(|described| {
            SETTINGS
                .iter()
                .position(|setting| setting.key == described.key)
        });
        Problems::none_in(layers.problems)?;
        Ok(settings)
    }
}

pub(super) struct Loading<'a, 't> {
    pub sources: &'a Sources<'a>,
    pub layers: &'a mut Layers<'t>,
}

impl Loading<'_, '_> {
    fn settings(&mut self) -> Settings {
        let project_dir = self.project_dir();
        let project = (self.sources.need >= Need::Project)
            .then(|| {
                DbtProject::read(
                    &project_dir,
                    &self.sources.variables,
                    &mut self.layers.problems,
                )
            })
            .flatten();
        let named_target = self
            .layers
            .optional::<String>("target")
            .map(|chosen| chosen.value);
        self.layers.target.clone_from(&named_target);
        let dbt_profile = self.profile(&project_dir, project.as_ref());
        let target = named_target
            .or_else(|| self.keep(dbt_profile.profile.as_ref()?.own_target()))
            .unwrap_or_else(|| profile::DEFAULT_TARGET.to_owned());
        self.layers.target = Some(target.clone());
        let output = self.output(dbt_profile.profile.as_ref(), &target);
        let (connection, default_schema) = output
            .map(|output| (output.connection, output.schema))
            .unzip();
        let deadlines = self.deadlines();
        let connection = connection.map(|connection| ConnectionSettings {
            deadlines,
            ..connection
        });
        let (targets, environment) = self.deployment(
            &target,
            project.as_ref(),
            dbt_profile.profile.as_ref(),
            connection.as_ref(),
        );
        Settings {
            waiting: self.waiting(),
            promotion: self.promotion(),
            dbt: self.dbt(dbt_profile.folder, dbt_profile.named),
            folders: self.folders(&project_dir),
            screen: self.screen(),
            read_only: self.layers.value("read_only", false).value,
            validate: self
                .layers
                .value("validate", Vec::<ValidateCommand>::new())
                .value,
            project_dir,
            config_file: None,
            targets,
            target,
            project,
            connection,
            default_schema: default_schema.flatten(),
            by_url: self.has_url(),
            environment,
            described: Vec::new(),
        }
    }

    /// Relative paths start from the folder of the file that they stand in; those of flags and variables from the current one.
    pub(super) fn absolute(&self, chosen: Chosen<PathBuf>) -> PathBuf {
        match (&chosen.origin, &self.layers.document) {
            (Origin::File(_), Some(document)) => document.folder().join(chosen.value),
            _ => self.sources.working_dir.join(chosen.value),
        }
    }

    pub(super) fn path(&mut self, key: &'static str) -> Option<PathBuf> {
        let chosen = self.layers.optional::<PathBuf>(key)?;
        Some(self.absolute(chosen))
    }

    fn project_dir(&mut self) -> PathBuf {
        self.path("project_dir").unwrap_or_else(|| {
            let here = &self.sources.working_dir;
            project::nearest(here).unwrap_or(here).to_path_buf()
        })
    }

    fn profile(&mut self, project_dir: &Path, project: Option<&DbtProject>) -> FoundProfile {
        let folder = profile::folder(
            self.path("profiles_dir").as_deref(),
            &self.sources.working_dir,
            project_dir,
            &self.sources.variables,
        );
        let named = self
            .layers
            .optional::<String>("profile")
            .map(|chosen| chosen.value);
        let name = named
            .clone()
            .or_else(|| project.and_then(|project| project.profile.clone()));
        let profile = match (name, project) {
            (Some(name), Some(_)) => {
                let read = Profile::read(&folder, &name, &self.sources.variables);
                self.keep(read)
            }
            (None, Some(project)) if self.sources.need == Need::Server => {
                let remedy = "add `profile:` to it, or name one with --profile";
                self.layers.problems.push(
                    Problem::new("the project names no profile", remedy)
                        .at(Place::file(project.file())),
                );
                None
            }
            _ => None,
        };
        FoundProfile {
            profile,
            folder,
            named,
        }
    }

    /// A mistake in the connection is told only where the connection is needed.
    fn keep<T>(&mut self, read: Result<T, Problem>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(problem) => {
                if self.sources.need == Need::Server && !self.has_url() {
                    self.layers.problems.push(problem);
                }
                None
            }
        }
    }

    fn has_url(&self) -> bool {
        let set = |name| self.sources.variables.filled(name).is_some();
        let in_file = |document: &Document<'_>| {
            document
                .value("url", self.layers.target.as_deref())
                .is_some()
        };
        self.sources.flags.url.is_some()
            || set("CUTOVER_URL")
            || self.layers.document.as_ref().is_some_and(in_file)
    }

    /// Where the target's connection comes from: the URL, else the profile.
    fn output(&mut self, profile: Option<&Profile>, target: &str) -> Option<Output> {
        let mut problems = Vec::new();
        let from_profile = profile.and_then(|profile| profile.output(target, &mut problems));
        let Some(chosen) = self.layers.optional::<Secret>("url") else {
            if self.sources.need == Need::Server {
                self.layers.problems.append(&mut problems);
            }
            return from_profile;
        };
        match url::parse(&chosen.value) {
            Ok(mut connection) => {
                // The URL says where; the profile still says in which schema and on which cluster dbt builds.
                let (schema, cluster) = from_profile
                    .map(|output| (output.schema, output.connection.cluster))
                    .unwrap_or_default();
                connection.cluster = connection.cluster.or(cluster);
                Some(Output { connection, schema })
            }
            Err(error) => {
                let remedy = "write postgres://user:password@host:port/database";
                self.layers
                    .problems
                    .push(Problem::value("url", &chosen.origin, error, remedy));
                None
            }
        }
    }

    fn deployment(
        &mut self,
        target: &str,
        project: Option<&DbtProject>,
        profile: Option<&Profile>,
        connection: Option<&ConnectionSettings>,
    ) -> (Option<TargetNames>, Option<Environment>) {
        let strategy = self.layers.value("strategy", Strategy::default());
        let targets = self.layers.optional::<TargetNames>("targets");
        let (Some(project), Some(connection)) = (project, connection) else {
            return (targets.map(|targets| targets.value), None);
        };
        let pairs = match (strategy.value, targets) {
            (Strategy::Swap, _) => (None, pairs::of_swap(project, target)),
            (Strategy::Targets, Some(names)) => {
                let pairs = pairs::of_targets(project, profile, &names.value);
                (Some(names.value), pairs)
            }
            (Strategy::Targets, None) => {
                let remedy =
                    "add `targets = { blue = \"<dbt target>\", green = \"<dbt target>\" }`";
                let why = "strategy \"targets\" needs the names of both";
                let problem = Problem::value("strategy", &strategy.origin, why, remedy);
                (None, Err(vec![problem]))
            }
        };
        let environment = pairs
            .1
            .and_then(|pairs| pairs.environment(target, strategy.value, &connection.database));
        match environment {
            Ok(environment) => (pairs.0, Some(environment)),
            Err(problems) => {
                if self.sources.need == Need::Server {
                    self.layers.problems.extend(problems);
                }
                (pairs.0, None)
            }
        }
    }
}

struct FoundProfile {
    profile: Option<Profile>,
    folder: PathBuf,
    /// The name that was given instead of the project's.
    named: Option<String>,
}
