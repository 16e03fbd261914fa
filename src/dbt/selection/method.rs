//! Selection methods, each with its value read.

use super::SelectionError;
use super::path::PathPattern;
use super::wildcard::Wildcard;
use crate::dbt::compare::Facet;
use crate::dbt::manifest::ResourceType;
use std::str::FromStr;

/// What `state:` can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateSelector {
    New,
    Old,
    Modified,
    Unmodified,
    ModifiedIn(Facet),
}

/// A name, with a package before a dot where one is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PackagedName {
    pub package: Wildcard,
    pub name: Wildcard,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TestType {
    Generic,
    Singular,
    /// Generic and singular ones.
    Data,
    Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum VersionKind {
    Latest,
    Prerelease,
    Old,
    None,
}

/// A selection method with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Method {
    Fqn(String),
    Tag(Wildcard),
    Group(Wildcard),
    Access(String),
    Source {
        package: Wildcard,
        source: Wildcard,
        table: Wildcard,
    },
    Path(PathPattern),
    File(Wildcard),
    /// `this` stands for the project itself.
    Package(String),
    /// The keys from the configuration down, and the value.
    Config(Vec<String>, String),
    TestName(Wildcard),
    TestType(TestType),
    ResourceType(ResourceType),
    State(StateSelector),
    Exposure(PackagedName),
    Metric(PackagedName),
    SemanticModel(PackagedName),
    SavedQuery(PackagedName),
    UnitTest(PackagedName),
    Version(VersionKind),
    /// Selectors of `selectors.yml`, by name, with what was typed.
    Selector {
        names: Wildcard,
        text: String,
    },
}

const METHODS: [&str; 20] = [
    "fqn",
    "tag",
    "group",
    "access",
    "source",
    "path",
    "file",
    "package",
    "config",
    "test_name",
    "test_type",
    "resource_type",
    "state",
    "exposure",
    "metric",
    "version",
    "semantic_model",
    "saved_query",
    "unit_test",
    "selector",
];

impl Method {
    /// Reads `method:value` of the criterion `text`; without a method, the value tells which one is meant.
    pub(super) fn new(
        method: Option<&str>,
        value: &str,
        text: &str,
    ) -> Result<Self, SelectionError> {
        let mut parts = method.unwrap_or_else(|| default_method(value)).split('.');
        let name = parts.next().unwrap_or_default();
        let wildcard = || Wildcard::new(value);
        Ok(match name {
            "fqn" => Self::Fqn(value.to_owned()),
            "tag" => Self::Tag(wildcard()),
            "group" => Self::Group(wildcard()),
            "access" => Self::Access(value.to_owned()),
            "source" => source(value)?,
            "path" => Self::Path(PathPattern::new(value)?),
            "file" => Self::File(wildcard()),
            "package" => Self::Package(value.to_owned()),
            "config" => Self::Config(parts.map(str::to_owned).collect(), value.to_owned()),
            "test_name" => Self::TestName(wildcard()),
            "test_type" => Self::TestType(test_type(value)?),
            "resource_type" => Self::ResourceType(
                ResourceType::from_str(value)
                    .map_err(|_| SelectionError::ResourceType(value.to_owned()))?,
            ),
            "state" => Self::State(state(value)?),
            "exposure" => Self::Exposure(packaged("exposure", value)?),
            "metric" => Self::Metric(packaged("metric", value)?),
            "semantic_model" => Self::SemanticModel(packaged("semantic_model", value)?),
            "saved_query" => Self::SavedQuery(packaged("saved_query", value)?),
            "unit_test" => Self::UnitTest(packaged("unit_test", value)?),
            "version" => Self::Version(version(value)?),
            "selector" => Self::Selector {
                names: wildcard(),
                text: value.to_owned(),
            },
            "result" => {
                return Err(SelectionError::NeedsRun {
                    method: "result",
                    artifact: "the run_results.json",
                });
            }
            "source_status" => {
                return Err(SelectionError::NeedsRun {
                    method: "source_status",
                    artifact: "the sources.json",
                });
            }
            unknown => {
                return Err(SelectionError::UnknownMethod {
                    method: unknown.to_owned(),
                    criterion: text.to_owned(),
                    known: METHODS.to_vec(),
                });
            }
        })
    }
}

/// A path has a slash, a file an ending, and everything else is a name.
fn default_method(value: &str) -> &'static str {
    let lower = value.to_lowercase();
    if value.contains('/') {
        "path"
    } else if [".sql", ".py", ".csv"]
        .iter()
        .any(|end| lower.ends_with(end))
    {
        "file"
    } else {
        "fqn"
    }
}

fn source(value: &str) -> Result<Method, SelectionError> {
    let parts: Vec<&str> = value.split('.').collect();
    let (package, source, table) = match parts[..] {
        [source] => ("*", source, "*"),
        [source, table] => ("*", source, table),
        [package, source, table] => (package, source, table),
        _ => {
            return Err(SelectionError::Value {
                method: "source",
                value: value.to_owned(),
                expected: "a source, source.table or package.source.table",
            });
        }
    };
    Ok(Method::Source {
        package: Wildcard::new(package),
        source: Wildcard::new(source),
        table: Wildcard::new(table),
    })
}

fn packaged(method: &'static str, value: &str) -> Result<PackagedName, SelectionError> {
    let parts: Vec<&str> = value.split('.').collect();
    let (package, name) = match parts[..] {
        [name] => ("*", name),
        [package, name] => (package, name),
        _ => {
            return Err(SelectionError::Value {
                method,
                value: value.to_owned(),
                expected: "a name or package.name",
            });
        }
    };
    Ok(PackagedName {
        package: Wildcard::new(package),
        name: Wildcard::new(name),
    })
}

/// dbt takes every part of the words `data`, `singular` and `unit` for the word (`test_type:sing`, even an empty value).
fn test_type(value: &str) -> Result<TestType, SelectionError> {
    match value {
        "generic" | "schema" => Ok(TestType::Generic),
        value if "data".contains(value) => Ok(TestType::Data),
        value if "singular".contains(value) => Ok(TestType::Singular),
        value if "unit".contains(value) => Ok(TestType::Unit),
        value => Err(SelectionError::Value {
            method: "test_type",
            value: value.to_owned(),
            expected: "generic, singular, data or unit",
        }),
    }
}

fn version(value: &str) -> Result<VersionKind, SelectionError> {
    match value {
        "latest" => Ok(VersionKind::Latest),
        "prerelease" => Ok(VersionKind::Prerelease),
        "old" => Ok(VersionKind::Old),
        "none" => Ok(VersionKind::None),
        value => Err(SelectionError::Value {
            method: "version",
            value: value.to_owned(),
            expected: "latest, prerelease, old or none",
        }),
    }
}

fn state(value: &str) -> Result<StateSelector, SelectionError> {
    let known = match value {
        "new" => Some(StateSelector::New),
        "old" => Some(StateSelector::Old),
        "modified" => Some(StateSelector::Modified),
        "unmodified" => Some(StateSelector::Unmodified),
        value => {
            let facet = value.strip_prefix("modified.");
            let facets = Facet::ALL.into_iter();
            facet.and_then(|facet| {
                facets
                    .map(|known| (known.as_str(), StateSelector::ModifiedIn(known)))
                    .find_map(|(name, selector)| (name == facet).then_some(selector))
            })
        }
    };
    known.ok_or_else(|| SelectionError::Value {
        method: "state",
        value: value.to_owned(),
        expected: "new, old, modified, unmodified, or modified. with body, configs, relation, persisted_descriptions, macros or contract",
    })
}
