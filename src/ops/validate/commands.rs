//! The operator's own commands: no shell, the deployment told in the environment, exit code 0 passes.

use crate::config::{COMMAND_VARIABLES, ValidateCommand};
use crate::domain::environment::{Environment, NamePair, Side};
use crate::domain::quantity::span;
use crate::ops::workspace::Workspace;
use serde::Serialize;
use std::process::{Output, Stdio};
use std::time::Instant;
use tokio::time::timeout;

/// Lines of a command's output that are kept when it fails.
const KEPT_LINES: usize = 20;

/// Names and values.
type Variables = [(&'static str, String); 6];

/// How one of the configured commands ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CommandReport {
    pub name: String,
    pub passed: bool,
    /// `None`: it could not be started, was ended by a signal, or took too long.
    pub exit_code: Option<i32>,
    pub seconds: f64,
    /// The last lines that it printed, when it did not pass.
    pub output: Vec<String>,
}

impl Workspace {
    /// Runs the configured commands one after the other, in the project's folder, without a shell.
    pub(super) async fn run_commands(
        &self,
        environment: &Environment,
        told: impl Fn(&CommandReport),
    ) -> Vec<CommandReport> {
        let mut reports = Vec::new();
        let variables = variables(environment);
        for command in &self.settings().validate {
            let report = self.run_command(command, &variables).await;
            told(&report);
            reports.push(report);
        }
        reports
    }

    async fn run_command(&self, command: &ValidateCommand, variables: &Variables) -> CommandReport {
        let started = Instant::now();
        let ended = match command.command.split_first() {
            None => Err("the command is empty".to_owned()),
            Some((program, arguments)) => self.output(program, arguments, variables).await,
        };
        let seconds = started.elapsed().as_secs_f64();
        let (exit_code, output) = match ended {
            Ok(output) => {
                let printed = [output.stdout, output.stderr].concat();
                let lines = last_lines(&String::from_utf8_lossy(&printed));
                (output.status.code(), lines)
            }
            Err(reason) => (None, vec![reason]),
        };
        let passed = exit_code == Some(0);
        CommandReport {
            name: command.name.clone(),
            passed,
            exit_code,
            seconds,
            output: if passed { Vec::new() } else { output },
        }
    }

    async fn output(
        &self,
        program: &str,
        arguments: &[String],
        variables: &Variables,
    ) -> Result<Output, String> {
        let output = tokio::process::Command::new(program)
            .args(arguments)
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .current_dir(&self.settings().project_dir)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let deadline = self.settings().command_deadline.duration();
        match timeout(deadline, output).await {
            Ok(ended) => ended.map_err(|error| format!("{program} can't be started: {error}")),
            Err(_) => Err(format!(
                "{program} did not end within {} (`command_deadline`), so it was killed",
                span(deadline)
            )),
        }
    }
}

/// What a command learns of the deployment that it validates, with the sides as they were found. Lists are separated by commas.
fn variables(environment: &Environment) -> Variables {
    let names = |pairs: &[NamePair], side| -> String {
        let names = pairs.iter().map(|pair| pair.name(side).as_str());
        names.collect::<Vec<_>>().join(",")
    };
    let [
        target,
        database,
        schemas,
        clusters,
        new_schemas,
        new_clusters,
    ] = COMMAND_VARIABLES;
    [
        (target, environment.target.clone()),
        (database, environment.database.to_string()),
        (schemas, names(&environment.schemas, Side::Production)),
        (clusters, names(&environment.clusters, Side::Production)),
        (new_schemas, names(&environment.schemas, Side::Deployment)),
        (new_clusters, names(&environment.clusters, Side::Deployment)),
    ]
}

fn last_lines(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let skipped = lines.len().saturating_sub(KEPT_LINES);
    lines[skipped..]
        .iter()
        .map(|line| (*line).to_owned())
        .collect()
}
