//! The tool's own settings: waiting, promoting, starting dbt, keeping files, looking.

use super::{
    keys,
    layers::Chosen,
    load::Loading,
    problem::{Origin, Problem, suggestion},
    setting::{Key, Optional, TABLE},
    settings::{AwaitSettings, Dbt, DbtDeadlines, Folders, Promotion, ScreenSettings},
    timespan::Timespan,
    value::KeyTable,
};
use crate::domain::connection::Deadlines;
use std::path::{Path, PathBuf};

/// Arguments of `dbt run` that decide what is built where: a second one could undo the deploy variable.
const OWN_FLAGS: &[&str] = &[
    "--vars",
    "--target",
    "-t",
    "--target-path",
    "--profile",
    "--profiles-dir",
    "--project-dir",
    "--select",
    "-s",
    "--models",
    "--model",
    "-m",
    "--exclude",
    "--selector",
    "--state",
    "--defer",
    "--log-format",
    "--log-level",
];

impl Loading<'_, '_> {
    pub(super) fn waiting(&mut self) -> AwaitSettings {
        AwaitSettings {
            lag_threshold: self.layers.value(&TABLE.lag_threshold).value,
            settle: self.layers.value(&TABLE.settle).value,
            subscribe: self.layers.value(&TABLE.subscribe).value,
            poll_interval: self.positive(&TABLE.poll_interval),
            timeout: self.positive(&TABLE.timeout),
        }
    }

    pub(super) fn promotion(&mut self) -> Promotion {
        Promotion {
            retry_for: self.layers.value(&TABLE.retry_for).value,
            max_retries: self
                .layers
                .optional(&TABLE.max_retries)
                .map(|chosen| chosen.value),
            retry_backoff: self.layers.value(&TABLE.retry_backoff).value,
        }
    }

    /// How long the server is waited for; they go with the connection, which every command has.
    pub(super) fn deadlines(&mut self) -> Deadlines {
        let mut of = |key| self.positive(key).duration();
        Deadlines {
            reading: of(&TABLE.read_deadline),
            change: of(&TABLE.statement_deadline),
            swap: of(&TABLE.swap_deadline),
            sink: of(&TABLE.sink_deadline),
            validation: of(&TABLE.validate_deadline),
            stream: of(&TABLE.stream_deadline),
            cancel: of(&TABLE.cancel_deadline),
        }
    }

    pub(super) fn positive(&mut self, key: &Key<Timespan>) -> Timespan {
        let chosen = self.layers.value(key);
        if chosen.value.duration().is_zero() {
            let problem = Problem::value(
                key.setting.key,
                &chosen.origin,
                "it can't be zero",
                "give a length of time",
            );
            self.layers.problems.push(problem);
        }
        chosen.value
    }

    pub(super) fn dbt(&mut self, profiles_dir: PathBuf, profile: Option<String>) -> Dbt {
        let runner = self.layers.value(&TABLE.runner).value;
        let executable = self.layers.value(&TABLE.dbt);
        let bare = executable.value.components().count() == 1;
        let executable = if bare {
            executable.value
        } else {
            self.absolute(&executable)
        };
        Dbt {
            runner,
            executable,
            args: self.dbt_args(),
            deadlines: self.dbt_deadlines(),
            profiles_dir,
            profile,
        }
    }

    fn dbt_deadlines(&mut self) -> DbtDeadlines {
        DbtDeadlines {
            start: self.positive(&TABLE.dbt_start_deadline),
            read: self.positive(&TABLE.dbt_read_deadline),
            silence: self.positive(&TABLE.dbt_silence_deadline),
        }
    }

    fn dbt_args(&mut self) -> Vec<String> {
        let args = self.layers.value(&TABLE.dbt_args);
        for argument in &args.value {
            let flag = argument.split('=').next().unwrap_or_default();
            if OWN_FLAGS.contains(&flag) {
                let why = format!("`{flag}` is passed by cutover itself");
                let remedy = "use cutover's own flags for selecting and locating, and dbt_project.yml for variables";
                let problem = Problem::value("dbt_args", &args.origin, why, remedy);
                self.layers.problems.push(problem);
            }
        }
        args.value
    }

    pub(super) fn folders(&mut self, project_dir: &Path) -> Folders {
        let state = self.folder(&TABLE.state_dir, || project_dir.join("state"));
        let audit = self.folder(&TABLE.audit_dir, || state.join("audit"));
        let home = self.sources.variables.state_home();
        let log = self.folder(&TABLE.log_dir, || {
            home.unwrap_or_else(|| project_dir.join("logs"))
                .join("cutover")
        });
        let cache = self.sources.variables.cache_home();
        Folders {
            state,
            audit,
            log,
            cache: cache.map(|home| home.join("cutover")),
        }
    }

    fn folder(&mut self, key: &Optional<PathBuf>, usual: impl FnOnce() -> PathBuf) -> PathBuf {
        self.path(key, || (usual(), Origin::Default))
    }

    pub(super) fn screen(&mut self) -> ScreenSettings {
        let keys = match &self.layers.document {
            Some(document) => keys::read(
                document,
                self.sources.vocabulary.actions,
                &mut self.layers.problems,
            ),
            None => Vec::new(),
        };
        let table: KeyTable = keys
            .iter()
            .map(|binding| (binding.action.clone(), binding.keys.clone()))
            .collect();
        let origin = keys.first().map(|binding| binding.origin.clone());
        let key = TABLE.keys.setting.key;
        self.layers
            .describe(key, Some(table), origin.unwrap_or(Origin::Default));
        ScreenSettings {
            color: self.layers.value(&TABLE.color).value,
            theme: self.theme(),
            badge: self.layers.value(&TABLE.badge).value,
            mouse: self.layers.value(&TABLE.mouse).value,
            keys,
        }
    }

    /// The name of a built-in theme, or the absolute path of a file.
    fn theme(&mut self) -> String {
        let theme = self.layers.value(&TABLE.theme);
        let themes = self.sources.vocabulary.themes;
        if themes.contains(&theme.value.as_str()) {
            return theme.value;
        }
        let file = PathBuf::from(&theme.value);
        if file.extension().is_some_and(|end| end == "toml") {
            let origin = theme.origin;
            let file = self.absolute(&Chosen {
                value: file,
                origin,
            });
            return file.display().to_string();
        }
        let remedy = suggestion(&theme.value, themes.iter().copied())
            .unwrap_or_else(|| format!("themes are {}", themes.join(", ")));
        let why = format!("there is no theme `{}`", theme.value);
        let problem = Problem::value(TABLE.theme.setting.key, &theme.origin, why, &remedy);
        self.layers.problems.push(problem);
        theme.value
    }
}
