//! What the dbt project says, reduced to what guards and pictures need.

use super::environment::{Environment, Side};
use super::name::{Identifier, QualifiedName};
use super::record::Record;
use super::word::words;
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;

/// How a model differs from what a side runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelChange {
    Modified,
    New,
    Removed,
    /// Not modified itself, but reads something that is.
    Downstream,
    /// The project leaves it as it is; somebody changed it on the server. Only in a [`super::changes::ChangesView`].
    Drifted,
}

impl ModelChange {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Modified => "modified",
            Self::New => "new",
            Self::Removed => "removed",
            Self::Downstream => "downstream",
            Self::Drifted => "drifted",
        }
    }
}

impl fmt::Display for ModelChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How a model, or its relation, stands to what a side holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Compared {
    Changed(ModelChange),
    Unmodified,
    /// The manifest of what the side holds is not at hand.
    Unknown,
}

impl Compared {
    /// How it differs; `None` where it does not, and where nobody can tell.
    #[must_use]
    pub fn change(self) -> Option<ModelChange> {
        match self {
            Self::Changed(change) => Some(change),
            Self::Unmodified | Self::Unknown => None,
        }
    }

    #[must_use]
    pub fn is(self, change: ModelChange) -> bool {
        self == Self::Changed(change)
    }

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Changed(change) => change.as_str(),
            Self::Unmodified => "unmodified",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What is unknown is `null`.
impl Serialize for Compared {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unknown => serializer.serialize_none(),
            known => serializer.serialize_some(known.as_str()),
        }
    }
}

/// How the project compares with what a side holds. What is unknown is never the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeldComparison {
    Same,
    Differs,
    /// There is nothing to compare with, and why: a clause.
    Unknown(String),
}

words! {
    /// What a node becomes in the database: dbt's `materialized`.
    Materialization {
        View = "view",
        MaterializedView = "materialized_view",
        /// dbt-materialize's earlier word.
        OldMaterializedView = "materializedview",
        /// dbt-materialize makes a materialized view of it.
        Table = "table",
        Incremental = "incremental",
        Seed = "seed",
        Test = "test",
        Snapshot = "snapshot",
        /// A part of the nodes that read it.
        Ephemeral = "ephemeral",
        Source = "source",
        SourceTable = "source_table",
        Sink = "sink",
    }
}

impl Materialization {
    /// Left out of deployments: a second source would ingest twice, a second sink would publish twice.
    pub const CONNECTORS: [Self; 3] = [Self::Sink, Self::Source, Self::SourceTable];

    #[must_use]
    pub fn is_connector(&self) -> bool {
        Self::CONNECTORS.contains(self)
    }

    /// Whether a deployment builds a relation of it.
    #[must_use]
    pub fn is_built(&self) -> bool {
        !self.is_connector() && *self != Self::Ephemeral
    }
}

/// A node of the project that makes a relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    pub unique_id: String,
    /// Where it builds without the deploy variable: the production name.
    pub relation: QualifiedName,
    pub materialized: Materialization,
    /// The cluster that it names, without suffix.
    pub cluster: Option<Identifier>,
    /// Against what production runs.
    pub change: Compared,
    /// Against what the deployment side holds.
    pub change_from_deployment: Compared,
}

impl Model {
    /// Sinks and sources are left out of deployments: a second one would publish or ingest twice.
    #[must_use]
    pub fn is_deployed(&self) -> bool {
        self.materialized.is_built()
            && !matches!(
                self.materialized,
                Materialization::Test | Materialization::Snapshot
            )
    }

    /// Whether the environment lists the schema that it builds into.
    #[must_use]
    pub fn is_in(&self, environment: &Environment) -> bool {
        self.relation.database == environment.database
            && environment
                .schemas
                .iter()
                .any(|pair| pair.production == self.relation.schema)
    }
}

/// The project as last compiled, compared with what both sides hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Project {
    /// Nodes of the current manifest, and those that only production's manifest has (`Removed`).
    pub models: Vec<Model>,
    /// First 12 hex digits of the current manifest's hash.
    pub manifest: String,
    /// The commit that is checked out.
    pub commit: Option<String>,
    /// The hash of the manifest of what production runs; without it changes against production are unknown.
    pub production: Option<String>,
    /// The hash of the manifest of what the deployment side holds.
    pub deployment: Option<String>,
}

impl Project {
    /// The project against what a side holds by its record, which may be of another machine. Two parses of one project compare as the same
    /// where the manifest's file is at hand, or where the record names the project.
    #[must_use]
    pub fn compared_with(&self, side: Side, record: Option<&Record>) -> HeldComparison {
        let (held, compared): (_, fn(&Model) -> Compared) = match side {
            Side::Production => (&self.production, |model| model.change),
            Side::Deployment => (&self.deployment, |model| model.change_from_deployment),
        };
        match (held, record.and_then(Record::held)) {
            (_, Some(hash)) if hash == self.manifest => HeldComparison::Same,
            (Some(_), _) => {
                let changed = |model| compared(model).change().is_some();
                match self.models.iter().any(changed) {
                    true => HeldComparison::Differs,
                    false => HeldComparison::Same,
                }
            }
            (None, Some(hash)) => HeldComparison::Unknown(format!(
                "the manifest {hash} that the {side} side holds is not in the state directory, and {}",
                match record.and_then(|record| record.project.as_ref().filter(|_| record.complete))
                {
                    Some(_) => "it is of another state of the project",
                    None =>
                        "its record does not name the project, by which another parse of it could be known",
                }
            )),
            (None, None) => HeldComparison::Unknown(format!(
                "no record tells which manifest the {side} side holds"
            )),
        }
    }

    /// Models that a side of the environment should hold once they are deployed.
    pub fn deployed_in<'a>(
        &'a self,
        environment: &'a Environment,
    ) -> impl Iterator<Item = &'a Model> {
        self.models.iter().filter(|model| {
            model.is_deployed()
                && model.is_in(environment)
                && !model.change.is(ModelChange::Removed)
        })
    }

    /// The model that makes this relation.
    #[must_use]
    pub fn model_of(
        &self,
        database: &Identifier,
        schema: &Identifier,
        name: &Identifier,
    ) -> Option<&Model> {
        self.models.iter().find(|model| {
            &model.relation.name == name
                && &model.relation.schema == schema
                && &model.relation.database == database
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture::model;

    /// A project of one model, with what is known of production.
    fn project(production: Option<&str>, change: Compared) -> Project {
        Project {
            models: vec![Model {
                change,
                ..model("foo")
            }],
            manifest: "0123456789ab".to_owned(),
            production: production.map(str::to_owned),
            ..Project::default()
        }
    }

    fn record(manifest: &str, project: Option<&str>) -> Record {
        let text = "cutover/1 role=production env=prod twin=u1 complete=yes";
        let project = project.map_or_else(String::new, |hash| format!(" project={hash}"));
        Record::find(&format!("{text} manifest={manifest}{project}")).unwrap()
    }

    #[test]
    fn unknown_is_never_the_same() {
        let compared = |project: &Project, recorded: Option<&Record>| {
            project.compared_with(Side::Production, recorded)
        };
        let unknown = project(None, Compared::Unknown);
        assert!(matches!(
            compared(&unknown, None),
            HeldComparison::Unknown(_)
        ));
        for (named, why) in [
            (None, "does not name the project"),
            (Some("cccccccccccc"), "another state of the project"),
        ] {
            let other = record("ba9876543210", named);
            let HeldComparison::Unknown(told) = compared(&unknown, Some(&other)) else {
                panic!("nothing proves it");
            };
            assert!(
                told.contains("ba9876543210") && told.contains(why),
                "{told}"
            );
        }
        assert_eq!(
            compared(&unknown, Some(&record("0123456789ab", None))),
            HeldComparison::Same,
            "the record names this very manifest"
        );
        let other = record("ba9876543210", None);
        let known = project(Some("ba9876543210"), Compared::Unmodified);
        assert_eq!(compared(&known, Some(&other)), HeldComparison::Same);
        let differing = project(
            Some("ba9876543210"),
            Compared::Changed(ModelChange::Modified),
        );
        assert_eq!(compared(&differing, None), HeldComparison::Differs);
    }
}
