//! What settings are loaded from.

use super::{
    document,
    overrides::Overrides,
    problem::{Place, Problem},
    project,
    variables::Variables,
};
use std::{fs, path::PathBuf};

/// How much of a configuration a command can't do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// The tool's own settings: neither a dbt project nor a server.
    Tool,
    /// A dbt project; a connection is taken when there is one.
    Project,
    /// A dbt project with a deployment, and a connection.
    Server,
}

/// The names that settings may use, which other modules define.
#[derive(Debug, Clone, Copy)]
pub struct Vocabulary<'a> {
    /// Names of actions for `[keys]`.
    pub actions: &'a [&'a str],
    /// Names of built-in themes; the first is the default.
    pub themes: &'a [&'a str],
}

/// Where settings come from.
#[derive(Debug, Clone)]
pub struct Sources<'a> {
    pub flags: Overrides,
    pub variables: Variables,
    /// Absolute.
    pub working_dir: PathBuf,
    pub need: Need,
    pub vocabulary: Vocabulary<'a>,
}

impl Sources<'_> {
    /// The file that was named, else the project's own when there is one.
    pub(super) fn read_config(&self, problems: &mut Vec<Problem>) -> (Option<PathBuf>, String) {
        let variable = self.variables.filled("CUTOVER_CONFIG").map(PathBuf::from);
        let named = self.flags.config.clone().or(variable);
        let file = match named {
            Some(named) => self.working_dir.join(named),
            None => {
                let project_dir = ["CUTOVER_PROJECT_DIR", "DBT_PROJECT_DIR"]
                    .iter()
                    .find_map(|name| self.variables.filled(name).map(PathBuf::from));
                let project_dir = self.flags.project_dir.clone().or(project_dir);
                let found = project::nearest(&self.working_dir).unwrap_or(&self.working_dir);
                let folder = project_dir
                    .map_or_else(|| found.to_path_buf(), |dir| self.working_dir.join(dir));
                let file = folder.join(document::FILE_NAME);
                if !file.is_file() {
                    return (None, String::new());
                }
                file
            }
        };
        match fs::read_to_string(&file) {
            Ok(text) => (Some(file), text),
            Err(error) => {
                let remedy = "correct the path, or write one with `cutover config init`";
                problems.push(
                    Problem::new(format!("the configuration can't be read: {error}"), remedy)
                        .at(Place::file(file)),
                );
                (None, String::new())
            }
        }
    }
}
