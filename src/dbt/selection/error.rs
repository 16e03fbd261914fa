//! What can be wrong with a selection.

use crate::dbt::compare::Abort;
use crate::dbt::manifest::UniqueId;
use crate::domain::failure::Remedy;

/// Why nothing could be selected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError {
    #[error("`{method}` in `{criterion}` is no selection method of dbt")]
    UnknownMethod {
        method: String,
        criterion: String,
        known: Vec<&'static str>,
    },
    #[error("`{0}`: the prefix `@` and the suffix `+` can't be combined")]
    AtWithPlus(String),
    #[error("`{0}`: the number before or after `+` is too large")]
    Depth(String),
    #[error("`{value}` can't stand behind `{method}:`")]
    Value {
        method: &'static str,
        value: String,
        expected: &'static str,
    },
    #[error(
        "`{method}:` needs {artifact} of a run, which is not part of a comparison of manifests"
    )]
    NeedsRun {
        method: &'static str,
        artifact: &'static str,
    },
    #[error("`{0}` is no resource type")]
    ResourceType(String),
    #[error("`{0}` is no mode of indirect selection")]
    Indirect(String),
    #[error("`state:` compares with the manifest of a state, and there is none")]
    NoState,
    #[error(
        "`selector:` in a selection needs dbt 1.12 or newer, and {version} wrote the project's manifest"
    )]
    SelectorMethod { version: String },
    #[error("no selector of selectors.yml matches `{name}`")]
    NoSelector { name: String, known: Vec<String> },
    #[error("the selector `{0}` of selectors.yml refers to itself, directly or by others")]
    CircularSelector(String),
    #[error("the selector `{name}` of selectors.yml can't be read: {what}")]
    SelectorDefinition { name: String, what: String },
    #[error(
        "the `fqn` of {0} in the project's manifest lacks its package or its name, at which dbt stops"
    )]
    ShortFqn(UniqueId),
    #[error(transparent)]
    Abort(#[from] Abort),
}

impl Remedy for SelectionError {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::UnknownMethod { known, .. } => format!("dbt's methods are {}", known.join(", ")),
            Self::AtWithPlus(_) => "use `+name+`, or `@name` alone".to_owned(),
            Self::Depth(_) => "use a smaller number, or none for all".to_owned(),
            Self::Value { expected, .. } => format!("use {expected}"),
            Self::NeedsRun { .. } => "select by `state:` or by name".to_owned(),
            Self::ResourceType(_) => "use one of dbt's, `all` or `default`".to_owned(),
            Self::Indirect(_) => "use eager, cautious, buildable or empty".to_owned(),
            Self::NoState => "give a directory that holds a manifest.json".to_owned(),
            Self::SelectorMethod { .. } => "use --selector with the selector's name".to_owned(),
            Self::NoSelector { known, .. } => {
                format!("the project's manifest has {}", known.join(", "))
            }
            Self::CircularSelector(_) | Self::SelectorDefinition { .. } => {
                "correct it in selectors.yml, then run `dbt parse`".to_owned()
            }
            Self::ShortFqn(_) => "write the manifest again with `dbt parse`".to_owned(),
            Self::Abort(abort) => return abort.remedy(),
        })
    }
}
