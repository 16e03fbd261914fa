//! dbt's command lines, as vectors of arguments.

use crate::domain::plan::DbtCommand;
use std::path::{Path, PathBuf};

/// Kinds that a deployment leaves out: a second source would ingest twice, a second sink would publish twice.
pub const LEFT_OUT: [&str; 3] = [
    "config.materialized:sink",
    "config.materialized:source",
    "config.materialized:source_table",
];

/// The variable that makes dbt-materialize build into `<name>_dbt_deploy`.
const DEPLOY_VARIABLE: &str = "{deploy: true}";

/// A dbt that works on one project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// A path, or a name to be found in PATH.
    pub executable: PathBuf,
    pub project_dir: PathBuf,
    pub profiles_dir: Option<PathBuf>,
    pub profile: Option<String>,
    pub target: Option<String>,
    /// Further arguments for `dbt run`.
    pub extra: Vec<String>,
}

/// What a `dbt run` builds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SelectionArguments {
    /// dbt's selectors; everything where there are none.
    pub select: Vec<String>,
    pub exclude: Vec<String>,
    /// The folder that `state:` selectors compare with.
    pub state: Option<PathBuf>,
}

/// Where `dbt run` builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suffix {
    /// Into the twins that carry the deployment suffix (strategy `swap`).
    Deployment,
    /// Where the target says (strategy `targets`).
    None,
}

/// Which command builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuildCommand {
    Run,
    Seed,
}

impl Program {
    /// Prints the version; reads no project.
    #[must_use]
    pub fn version(&self) -> DbtCommand {
        self.command(vec!["--version".to_owned()])
    }

    /// Writes `manifest.json`, without compiled SQL, into `target_path`. Needs no server.
    #[must_use]
    pub fn parse(&self, target_path: &Path) -> DbtCommand {
        let mut arguments = log_arguments("info");
        arguments.push("parse".to_owned());
        self.locate(&mut arguments, target_path);
        self.command(arguments)
    }

    /// As [`Program::parse`], with the variables that a build has: where everything would be built.
    #[must_use]
    pub fn render(&self, suffix: Suffix, target_path: &Path) -> DbtCommand {
        let mut arguments = log_arguments("info");
        arguments.extend(words(&["parse", "--write-json"]));
        self.locate(&mut arguments, target_path);
        arguments.extend(self.variables(suffix));
        self.command(arguments)
    }

    /// Tells the unique ids that a build of this selection takes: `verb` is that of the build.
    #[must_use]
    pub fn list(
        &self,
        verb: BuildCommand,
        selection: &SelectionArguments,
        suffix: Suffix,
        target_path: &Path,
    ) -> DbtCommand {
        let mut arguments = log_arguments("none");
        arguments.extend(words(&[
            "list",
            "--output",
            "json",
            "--output-keys",
            "unique_id",
        ]));
        let kind = match verb {
            BuildCommand::Run => "model",
            BuildCommand::Seed => "seed",
        };
        arguments.extend(words(&["--resource-type", kind]));
        arguments.extend(selecting(&self.extra));
        self.locate(&mut arguments, target_path);
        arguments.extend(self.variables(suffix));
        arguments.extend(selectors(selection));
        self.command(arguments)
    }

    /// The variables of a build; ours stand in the place of the operator's own.
    fn variables(&self, suffix: Suffix) -> Vec<String> {
        match suffix {
            Suffix::Deployment => words(&["--vars", DEPLOY_VARIABLE]),
            Suffix::None => options(&self.extra, &["--vars"], "--vars"),
        }
    }

    /// Writes `manifest.json` with compiled SQL, without the deploy variable, into `target_path`. Needs no server, as long
    /// as no model asks it something while compiling.
    #[must_use]
    pub fn compile(&self, target_path: &Path) -> DbtCommand {
        let mut arguments = log_arguments("info");
        arguments.extend(words(&[
            "compile",
            "--no-populate-cache",
            "--no-introspect",
        ]));
        self.locate(&mut arguments, target_path);
        self.command(arguments)
    }

    /// Builds models. `target_path` should not be that of [`Program::parse`]: dbt parses everything anew whenever the
    /// variables differ from the last run's there.
    #[must_use]
    pub fn run(
        &self,
        selection: &SelectionArguments,
        suffix: Suffix,
        target_path: &Path,
    ) -> DbtCommand {
        self.command(self.building(BuildCommand::Run, selection, suffix, target_path))
    }

    /// Loads seeds, which `dbt run` leaves out.
    #[must_use]
    pub fn seed(
        &self,
        selection: &SelectionArguments,
        suffix: Suffix,
        target_path: &Path,
    ) -> DbtCommand {
        self.command(self.building(BuildCommand::Seed, selection, suffix, target_path))
    }

    fn building(
        &self,
        verb: BuildCommand,
        selection: &SelectionArguments,
        suffix: Suffix,
        target_path: &Path,
    ) -> Vec<String> {
        // Only at this level does dbt tell how each node ended.
        let mut arguments = log_arguments("debug");
        arguments.push(match verb {
            BuildCommand::Run => "run".to_owned(),
            BuildCommand::Seed => "seed".to_owned(),
        });
        // Ours come later, and the last one counts: the operator's own arguments can't undo the deploy variable.
        arguments.extend(self.extra.iter().cloned());
        self.locate(&mut arguments, target_path);
        if suffix == Suffix::Deployment {
            arguments.extend(words(&["--vars", DEPLOY_VARIABLE]));
        }
        arguments.extend(selectors(selection));
        arguments
    }

    fn command(&self, arguments: Vec<String>) -> DbtCommand {
        DbtCommand {
            program: self.executable.display().to_string(),
            arguments,
            models: Vec::new(),
        }
    }

    fn locate(&self, arguments: &mut Vec<String>, target_path: &Path) {
        let path = |path: &Path| path.display().to_string();
        let places = [
            ("--project-dir", Some(path(&self.project_dir))),
            ("--profiles-dir", self.profiles_dir.as_deref().map(path)),
            ("--profile", self.profile.clone()),
            ("--target", self.target.clone()),
            ("--target-path", Some(path(target_path))),
            ("--log-path", Some(path(target_path))),
        ];
        for (flag, value) in places {
            if let Some(value) = value {
                arguments.extend([flag.to_owned(), value]);
            }
        }
    }
}

fn selectors(selection: &SelectionArguments) -> Vec<String> {
    let mut arguments = Vec::new();
    if let Some(state) = &selection.state {
        arguments.extend(["--state".to_owned(), state.display().to_string()]);
    }
    if !selection.select.is_empty() {
        arguments.push("--select".to_owned());
        arguments.extend(selection.select.iter().cloned());
    }
    arguments.push("--exclude".to_owned());
    arguments.extend(words(&LEFT_OUT));
    arguments.extend(selection.exclude.iter().cloned());
    arguments
}

/// What of the operator's own arguments adds to a selection.
fn selecting(extra: &[String]) -> Vec<String> {
    let by_name = ["--select", "-s", "--models", "--model", "-m"];
    [
        options(extra, &by_name, "--select"),
        options(extra, &["--exclude"], "--exclude"),
        options(extra, &["--selector"], "--selector"),
    ]
    .concat()
}

/// The options of these names with their values, under one name.
fn options(extra: &[String], names: &[&str], name: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut is_ours = false;
    for word in extra {
        match word.split_once('=') {
            Some((option, value)) if names.contains(&option) => {
                found.extend([name.to_owned(), value.to_owned()]);
                is_ours = false;
            }
            _ if names.contains(&word.as_str()) => {
                found.push(name.to_owned());
                is_ours = true;
            }
            _ if word.starts_with('-') => is_ours = false,
            _ if is_ours => found.push(word.clone()),
            _ => {}
        }
    }
    found
}

fn log_arguments(level: &str) -> Vec<String> {
    words(&[
        "--no-use-colors",
        "--log-format",
        "json",
        "--log-level",
        level,
    ])
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::project::Materialization;

    fn program() -> Program {
        Program {
            executable: "dbt".into(),
            project_dir: "/p".into(),
            profiles_dir: None,
            profile: None,
            target: Some("prod".into()),
            extra: words(&["--threads", "4", "--vars", "{deploy: false}"]),
        }
    }

    fn after<'a>(command: &'a DbtCommand, flag: &str) -> &'a str {
        let last = command
            .arguments
            .iter()
            .rposition(|argument| argument == flag);
        &command.arguments[last.unwrap() + 1]
    }

    #[test]
    fn a_deploy_run_always_ends_with_the_deploy_variable_and_without_sinks_and_sources() {
        let selection = SelectionArguments {
            select: words(&["state:modified+"]),
            exclude: words(&["tag:slow"]),
            state: Some("/s".into()),
        };
        let command = program().run(&selection, Suffix::Deployment, Path::new("/t"));
        assert_eq!(after(&command, "--vars"), "{deploy: true}");
        assert_eq!(after(&command, "--state"), "/s");
        assert_eq!(after(&command, "--select"), "state:modified+");
        let exclude = command
            .arguments
            .iter()
            .position(|word| word == "--exclude");
        let excluded = &command.arguments[exclude.unwrap() + 1..];
        assert!(
            excluded.starts_with(&words(&LEFT_OUT)) && excluded.ends_with(&words(&["tag:slow"]))
        );
    }

    #[test]
    fn the_state_is_compiled_without_the_deploy_variable() {
        for command in [
            program().compile(Path::new("/t")),
            program().parse(Path::new("/t")),
        ] {
            assert!(
                !command.arguments.iter().any(|word| word == "--vars"),
                "{command:?}"
            );
            assert_eq!(after(&command, "--target-path"), "/t");
            assert_eq!(after(&command, "--target"), "prod");
        }
    }

    #[test]
    fn a_listing_takes_what_the_build_takes() {
        let mut program = program();
        program.extra = words(&[
            "--threads",
            "4",
            "-s",
            "a",
            "b",
            "--exclude=c",
            "--fail-fast",
        ]);
        let selection = SelectionArguments {
            select: words(&["fqn:x"]),
            ..SelectionArguments::default()
        };
        let command = program.list(
            BuildCommand::Run,
            &selection,
            Suffix::Deployment,
            Path::new("/t"),
        );
        let text = command.arguments.join(" ");
        assert!(text.contains("--select a b --exclude c"), "{text}");
        assert!(text.contains("--select fqn:x"), "{text}");
        assert!(
            !text.contains("--threads") && !text.contains("--fail-fast"),
            "{text}"
        );
        assert_eq!(after(&command, "--vars"), "{deploy: true}");
        program.extra = words(&["--vars", "{a: 1}"]);
        assert_eq!(
            after(&program.render(Suffix::None, Path::new("/t")), "--vars"),
            "{a: 1}"
        );
    }

    #[test]
    fn connectors_are_left_out() {
        let selectors =
            Materialization::CONNECTORS.map(|kind| format!("config.materialized:{kind}"));
        assert_eq!(selectors, LEFT_OUT);
    }

    #[test]
    fn strategy_targets_builds_where_its_target_says() {
        let mut program = program();
        program.extra.clear();
        let command = program.run(
            &SelectionArguments::default(),
            Suffix::None,
            Path::new("/t"),
        );
        assert!(
            !command
                .arguments
                .iter()
                .any(|word| word == "--vars" || word == "--select")
        );
    }
}
