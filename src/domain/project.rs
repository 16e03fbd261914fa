//! What the dbt project says, reduced to what guards and pictures need.

use super::environment::{Environment, Side};
use super::name::{Identifier, QualifiedName};
use super::word::words;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How a model differs from what a side runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    Modified,
    New,
    Removed,
    /// Not modified itself, but reads something that is.
    Downstream,
    /// The project leaves it as it is; somebody changed it on the server. Only in a [`super::changes::ChangesView`].
    Drifted,
}

impl Change {
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

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How the project compares with what a side holds. What is unknown is never the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparison {
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    pub unique_id: String,
    /// Where it builds without the deploy variable: the production name.
    pub relation: QualifiedName,
    pub materialized: Materialization,
    /// The cluster that it names, without suffix.
    pub cluster: Option<Identifier>,
    /// Against what production runs. `None`: not changed.
    pub change: Option<Change>,
    /// Against what the deployment side holds. `None`: not changed.
    pub change_from_deployment: Option<Change>,
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
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The project against what a side holds; `recorded` is the manifest's hash in the side's record, which may be of another machine.
    #[must_use]
    pub fn compared_with(&self, side: Side, recorded: Option<&str>) -> Comparison {
        let (held, change): (_, fn(&Model) -> Option<Change>) = match side {
            Side::Production => (&self.production, |model| model.change),
            Side::Deployment => (&self.deployment, |model| model.change_from_deployment),
        };
        match (held, recorded) {
            (_, Some(hash)) if hash == self.manifest => Comparison::Same,
            (Some(_), _) if self.models.iter().any(|model| change(model).is_some()) => {
                Comparison::Differs
            }
            (Some(_), _) => Comparison::Same,
            (None, Some(hash)) => Comparison::Unknown(format!(
                "the manifest {hash} that the {side} side holds is not in the state directory"
            )),
            (None, None) => Comparison::Unknown(format!(
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
            model.is_deployed() && model.is_in(environment) && model.change != Some(Change::Removed)
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
    fn project(production: Option<&str>, change: Option<Change>) -> Project {
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

    #[test]
    fn unknown_is_never_the_same() {
        let compared =
            |project: &Project, recorded| project.compared_with(Side::Production, recorded);
        let unknown = project(None, None);
        assert!(matches!(compared(&unknown, None), Comparison::Unknown(_)));
        let Comparison::Unknown(why) = compared(&unknown, Some("ba9876543210")) else {
            panic!("nothing proves it");
        };
        assert!(why.contains("ba9876543210"), "{why}");
        assert_eq!(
            compared(&unknown, Some("0123456789ab")),
            Comparison::Same,
            "the record names this very manifest"
        );
        let known = project(Some("ba9876543210"), None);
        assert_eq!(compared(&known, Some("ba9876543210")), Comparison::Same);
        let differing = project(Some("ba9876543210"), Some(Change::Modified));
        assert_eq!(compared(&differing, None), Comparison::Differs);
    }
}
