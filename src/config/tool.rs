//! The tool's own settings: waiting, promoting, starting dbt, keeping files, looking.

use super::{
    keys,
    layers::Chosen,
    load::Loading,
    problem::{Problem, suggestion},
    settings::{Color, Dbt, Folders, Promotion, RunnerKind, Screen, Waiting},
    timespan::Timespan,
};
use crate::domain::connection::Deadlines;
use std::path::{Path, PathBuf};
use std::time::Duration;

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
    pub(super) fn waiting(&mut self) -> Waiting {
        Waiting {
            lag_threshold: self
                .layers
                .value("lag_threshold", Timespan::from_secs(1))
                .value,
            settle: self.layers.value("settle", Timespan::from_secs(3)).value,
            subscribe: self.layers.value("subscribe", true).value,
            poll_interval: self.positive("poll_interval", Timespan::from_secs(15)),
            timeout: self.positive("timeout", Timespan::from_secs(30 * 60)),
        }
    }

    pub(super) fn promotion(&mut self) -> Promotion {
        Promotion {
            max_retries: self.layers.value("max_retries", 3).value,
            retry_backoff: self
                .layers
                .value("retry_backoff", Timespan::from_secs(1))
                .value,
        }
    }

    /// How long the server is waited for; they go with the connection, which every command has.
    pub(super) fn deadlines(&mut self) -> Deadlines {
        let usual = Deadlines::default();
        let mut of = |key, usual: Duration| self.positive(key, usual.into()).duration();
        Deadlines {
            reading: of("read_deadline", usual.reading),
            change: of("statement_deadline", usual.change),
            swap: of("swap_deadline", usual.swap),
            sink: of("sink_deadline", usual.sink),
            validation: of("validate_deadline", usual.validation),
            stream: of("stream_deadline", usual.stream),
            cancel: of("cancel_deadline", usual.cancel),
        }
    }

    fn positive(&mut self, key: &'static str, default: Timespan) -> Timespan {
        let chosen = self.layers.value(key, default);
        if chosen.value.duration().is_zero() {
            let problem = Problem::value(
                key,
                &chosen.origin,
                "it can't be zero",
                "give a length of time",
            );
            self.layers.problems.push(problem);
        }
        chosen.value
    }

    pub(super) fn dbt(&mut self, profiles_dir: PathBuf, profile: Option<String>) -> Dbt {
        let runner = self.layers.value("runner", RunnerKind::default()).value;
        let executable = self.layers.value("dbt", PathBuf::from("dbt"));
        let bare = executable.value.components().count() == 1;
        let executable = if bare {
            executable.value
        } else {
            self.absolute(executable)
        };
        Dbt {
            runner,
            executable,
            args: self.dbt_args(),
            profiles_dir,
            profile,
        }
    }

    fn dbt_args(&mut self) -> Vec<String> {
        let args = self.layers.value("dbt_args", Vec::<String>::new());
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
        let state = self
            .path("state_dir")
            .unwrap_or_else(|| project_dir.join("state"));
        let audit = self
            .path("audit_dir")
            .unwrap_or_else(|| state.join("audit"));
        let log = self.path("log_dir").unwrap_or_else(|| {
            let home = self.sources.variables.state_home();
            home.unwrap_or_else(|| project_dir.join("logs"))
                .join("cutover")
        });
        Folders { state, audit, log }
    }

    pub(super) fn screen(&mut self) -> Screen {
        let vocabulary = self.sources.vocabulary;
        let default_theme = vocabulary.themes.first().copied().unwrap_or_default();
        let theme = self.layers.value("theme", default_theme.to_owned());
        let known = vocabulary.themes.contains(&theme.value.as_str());
        let is_file = Path::new(&theme.value)
            .extension()
            .is_some_and(|end| end == "toml");
        if !known && !is_file {
            let remedy = suggestion(&theme.value, vocabulary.themes.iter().copied())
                .unwrap_or_else(|| format!("themes are {}", vocabulary.themes.join(", ")));
            let why = format!("there is no theme `{}`", theme.value);
            let problem = Problem::value("theme", &theme.origin, why, &remedy);
            self.layers.problems.push(problem);
        }
        let keys = match &self.layers.document {
            Some(document) => keys::read(document, vocabulary.actions, &mut self.layers.problems),
            None => Vec::new(),
        };
        let theme = if is_file {
            let value = PathBuf::from(theme.value);
            let origin = theme.origin;
            self.absolute(Chosen { value, origin })
                .display()
                .to_string()
        } else {
            theme.value
        };
        Screen {
            color: self.layers.value("color", Color::default()).value,
            theme,
            badge: self.layers.value("badge", String::new()).value,
            mouse: self.layers.value("mouse", false).value,
            keys,
        }
    }
}
