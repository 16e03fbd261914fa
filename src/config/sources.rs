//! What settings are loaded from.

use super::{overrides::Overrides, variables::Variables};
use std::path::PathBuf;

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
