//! What can be wrong with a selection.

use crate::dbt::compare::Abort;
use crate::dbt::manifest::UniqueId;

/// Why nothing could be selected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError {
    #[error("`{method}` in `{criterion}` is no selection method of dbt; it has {}", .known.join(", "))]
    UnknownMethod {
        method: String,
        criterion: String,
        known: Vec<&'static str>,
    },
    #[error(
        "`{0}`: the prefix `@` and the suffix `+` can't be combined. Use `+name+`, or `@name` alone"
    )]
    AtWithPlus(String),
    #[error("`{0}`: the number before or after `+` is too large")]
    Depth(String),
    #[error("`{value}` can't stand behind `{method}:`; use {expected}")]
    Value {
        method: &'static str,
        value: String,
        expected: &'static str,
    },
    #[error(
        "`{method}:` needs {artifact} of a run, which is not part of a comparison of manifests. Select by `state:` or by name"
    )]
    NeedsRun {
        method: &'static str,
        artifact: &'static str,
    },
    #[error("`{0}` is no resource type; use one of dbt's, `all` or `default`")]
    ResourceType(String),
    #[error("`{0}` is no mode of indirect selection; use eager, cautious, buildable or empty")]
    Indirect(String),
    #[error(
        "`state:` compares with the manifest of a state, and there is none. Give a directory that holds a manifest.json"
    )]
    NoState,
    #[error(
        "`selector:` in a selection needs dbt 1.12 or newer, and {version} wrote the project's manifest. Use --selector with the selector's name"
    )]
    SelectorMethod { version: String },
    #[error("no selector of selectors.yml matches `{name}`; the project's manifest has {}", .known.join(", "))]
    NoSelector { name: String, known: Vec<String> },
    #[error("the selector `{0}` of selectors.yml refers to itself, directly or by others")]
    CircularSelector(String),
    #[error("the selector `{name}` of selectors.yml can't be read: {what}")]
    SelectorDefinition { name: String, what: String },
    #[error(
        "the `fqn` of {0} in the project's manifest lacks its package or its name, at which dbt stops. Write the manifest again with `dbt parse`"
    )]
    ShortFqn(UniqueId),
    #[error(transparent)]
    Abort(#[from] Abort),
}
