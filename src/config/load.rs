//! From all sources to [`Settings`], gathering every problem on the way.

use super::{
    document::{self, Document},
    found,
    layers::{Chosen, Layers},
    pairs,
    problem::{Origin, Origins, Problem, Problems, SourceLocation},
    profile::{self, Profile, ProfileOutput},
    project::{self, DbtProject},
    setting::{CONFIG_VARIABLE, Optional, TABLE, rows},
    settings::{Settings, TargetNames},
    sources::{Need, Sources},
    url,
};
use crate::domain::connection::{ConnectionSettings, Secret};
use crate::domain::environment::{Environment, Strategy};
use crate::domain::failure::Remedy;
use std::fs;
use std::path::{Path, PathBuf};

impl Settings {
    /// Reads and checks everything.
    ///
    /// # Errors
    /// All that is wrong, at once.
    pub fn load(sources: &Sources<'_>) -> Result<Self, Problems> {
        let (settings, problems) = Self::look(sources);
        Problems::none_in(problems)?;
        Ok(settings)
    }

    /// Reads everything, and leaves out what is wrong: as far as it goes, with all that is wrong.
    #[must_use]
    pub fn look(sources: &Sources<'_>) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let config = config_file(sources);
        let text = match &config {
            Some((file, _)) => read_config(file, &mut problems),
            None => None,
        };
        let document = config.as_ref().zip(text.as_ref());
        let document = document.map(|((file, _), text)| Document::parse(file, text, &mut problems));
        let mut layers = Layers {
            problems,
            ..Layers::new(&sources.flags, &sources.variables, document)
        };
        layers.check_variables();
        let mut settings = Loading {
            sources,
            layers: &mut layers,
        }
        .settings(config);
        settings.described = std::mem::take(&mut layers.described);
        settings
            .described
            .sort_by_key(|described| rows().position(|row| row.setting().key == described.name));
        (settings, layers.problems)
    }
}

/// The file that was named, else the project's own when there is one.
fn config_file(sources: &Sources<'_>) -> Option<(PathBuf, Origin)> {
    let variable = sources.variables.filled(CONFIG_VARIABLE);
    let named = match (&sources.flags.config, variable) {
        (Some(file), _) => Some((file.clone(), Origin::Flag("--config"))),
        (None, Some(file)) => Some((file.into(), Origin::Variable(CONFIG_VARIABLE.to_owned()))),
        (None, None) => None,
    };
    if let Some((file, origin)) = named {
        return Some((sources.working_dir.join(file), origin));
    }
    let mut layers = Layers::new(&sources.flags, &sources.variables, None);
    let project_dir = Loading {
        sources,
        layers: &mut layers,
    }
    .project_dir();
    let file = project_dir.join(document::FILE_NAME);
    file.is_file()
        .then_some((file, Origin::Found("beside the project")))
}

fn read_config(file: &Path, problems: &mut Vec<Problem>) -> Option<String> {
    match fs::read_to_string(file) {
        Ok(text) => Some(text),
        Err(error) => {
            let remedy = "correct the path, or write one with `cutover config init`";
            problems.push(
                Problem::new(format!("the configuration can't be read: {error}"), remedy)
                    .at(SourceLocation::file(file)),
            );
            None
        }
    }
}

pub(super) struct Loading<'a, 't> {
    pub sources: &'a Sources<'a>,
    pub layers: &'a mut Layers<'t>,
}

impl Loading<'_, '_> {
    fn settings(&mut self, config: Option<(PathBuf, Origin)>) -> Settings {
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
        let named_target = self.layers.optional(&TABLE.target);
        self.layers.target = named_target.as_ref().map(|target| target.value.clone());
        let dbt_profile = self.profile(&project_dir, project.as_ref());
        let target = self.target(named_target, dbt_profile.profile.as_ref());
        let output = self.output(dbt_profile.profile.as_ref(), &target);
        let found = found::found(config.as_ref(), project.as_ref(), output.as_ref());
        let deadlines = self.deadlines();
        let default_schema = output.as_ref().and_then(|output| output.schema.clone());
        let connection = output.map(|output| ConnectionSettings {
            deadlines,
            ..output.connection
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
            read_only: self.layers.value(&TABLE.read_only).value,
            validate: self.layers.value(&TABLE.validate).value,
            command_deadline: self.positive(&TABLE.command_deadline),
            project_dir,
            config_file: config.map(|(file, _)| file),
            targets,
            target,
            project,
            connection,
            default_schema,
            by_url: self.has_url(),
            environment,
            described: Vec::new(),
            found,
        }
    }

    /// Relative paths start from the folder of the file that they stand in; those of flags and variables from the current one.
    pub(super) fn absolute(&self, chosen: &Chosen<PathBuf>) -> PathBuf {
        match (&chosen.origin, &self.layers.document) {
            (Origin::File(_), Some(document)) => document.folder().join(&chosen.value),
            _ => self.sources.working_dir.join(&chosen.value),
        }
    }

    /// A path that is named, else the usual one; told as it counts.
    pub(super) fn path(
        &mut self,
        key: &Optional<PathBuf>,
        usual: impl FnOnce() -> (PathBuf, Origin),
    ) -> PathBuf {
        let (path, origin) = match self.layers.optional(key) {
            Some(chosen) => (self.absolute(&chosen), chosen.origin),
            None => usual(),
        };
        self.layers.describe(key.setting.key, Some(&path), origin);
        path
    }

    fn project_dir(&mut self) -> PathBuf {
        let here = &self.sources.working_dir;
        self.path(&TABLE.project_dir, || match project::nearest(here) {
            Some(dir) => (dir.to_owned(), Origin::Found("nearest project upwards")),
            None => (here.clone(), Origin::Found("current folder")),
        })
    }

    fn profile(&mut self, project_dir: &Path, project: Option<&DbtProject>) -> FoundProfile {
        let sources = self.sources;
        let folder = self.path(&TABLE.profiles_dir, || {
            let folder = profile::folder(&sources.working_dir, project_dir, &sources.variables);
            (folder, Origin::Found("as dbt looks for it"))
        });
        let named = self.layers.optional(&TABLE.profile);
        let own = project.and_then(|project| {
            let value = project.profile.clone()?;
            let origin = project.origins.get("profile").cloned();
            let origin = origin.unwrap_or(Origin::Default);
            Some(Chosen { value, origin })
        });
        let chosen = named.clone().or(own);
        if let Some(Chosen { value, origin }) = &chosen {
            let key = TABLE.profile.setting.key;
            self.layers.describe(key, Some(value), origin.clone());
        }
        let profile = match (chosen, project) {
            (Some(chosen), Some(_)) => {
                let read = Profile::read(&folder, &chosen.value, &self.sources.variables);
                self.keep(read)
            }
            (None, Some(project)) if self.sources.need == Need::Server => {
                let remedy = "add `profile:` to it, or name one with --profile";
                self.layers.problems.push(
                    Problem::new("the project names no profile", remedy)
                        .at(SourceLocation::file(project.file())),
                );
                None
            }
            _ => None,
        };
        FoundProfile {
            profile,
            folder,
            named: named.map(|named| named.value),
        }
    }

    /// The target that is named, else the profile's own, else dbt's `default`.
    fn target(&mut self, named: Option<Chosen<String>>, profile: Option<&Profile>) -> String {
        let named = named.map(|named| (named.value, named.origin));
        let (target, origin) = named
            .or_else(|| self.keep(profile?.own_target()))
            .unwrap_or_else(|| (profile::DEFAULT_TARGET.to_owned(), Origin::Default));
        self.layers
            .describe(TABLE.target.setting.key, Some(&target), origin);
        self.layers.target = Some(target.clone());
        target
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
        self.layers.is_set(&TABLE.url.setting)
    }

    /// Where the target's connection comes from: the URL, else the profile.
    fn output(&mut self, profile: Option<&Profile>, target: &str) -> Option<ProfileOutput> {
        let mut problems = Vec::new();
        let from_profile = profile.and_then(|profile| profile.output(target, &mut problems));
        let Some(chosen) = self.layers.optional(&TABLE.url) else {
            if self.sources.need == Need::Server {
                self.layers.problems.append(&mut problems);
            }
            return from_profile;
        };
        match url::parse(&chosen.value) {
            Ok(connection) => Some(by_url(connection, &chosen, from_profile)),
            Err(error) => {
                let remedy = error.remedy().unwrap_or_default();
                self.layers
                    .problems
                    .push(Problem::value("url", &chosen.origin, error, &remedy));
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
        let strategy = self.layers.value(&TABLE.strategy);
        let targets = self.layers.optional(&TABLE.targets);
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

/// The URL says where; the profile still says in which schema and on which cluster dbt builds.
fn by_url(
    mut connection: ConnectionSettings,
    url: &Chosen<Secret>,
    profile: Option<ProfileOutput>,
) -> ProfileOutput {
    let named = url::named_parts(&url.value).into_iter();
    let mut origins: Origins = named.map(|part| (part, url.origin.clone())).collect();
    let mut schema = None;
    if let Some(mut profile) = profile {
        let mut take = |part: &'static str| {
            if let Some(origin) = profile.origins.remove(part) {
                origins.insert(part, origin);
            }
        };
        take("schema");
        schema = profile.schema;
        if connection.cluster.is_none() {
            take("cluster");
            connection.cluster = profile.connection.cluster;
        }
    }
    ProfileOutput {
        connection,
        schema,
        origins,
    }
}
