//! What single settings may be.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What builds models on the deployment side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunnerKind {
    /// A `dbt run` child process.
    #[default]
    Dbt,
    /// The manifest's compiled SQL, sent by cutover itself: experimental.
    Compiled,
}

/// When output is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    Always,
    Never,
}

impl Color {
    /// Whether there are colours, where `NO_COLOR` is set or not, and where a terminal shows them or not.
    #[must_use]
    pub fn paints(self, no_color: bool, terminal: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => terminal && !no_color,
        }
    }
}

/// The two dbt targets of strategy `targets`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetNames {
    pub blue: String,
    pub green: String,
}

/// A command that `cutover validate` runs: it passes when it exits with 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidateCommand {
    pub name: String,
    /// The executable and its arguments; no shell is involved.
    pub command: Vec<String>,
}

/// Keys by action, as the file holds them.
pub(super) type KeyTable = BTreeMap<String, Vec<String>>;
