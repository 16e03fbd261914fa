//! What the dbt project says, reduced to what guards and pictures need.

use super::environment::Environment;
use super::name::{Identifier, QualifiedName};
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

/// A node of the project that makes a relation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    pub unique_id: String,
    /// Where it builds without the deploy variable: the production name.
    pub relation: QualifiedName,
    /// `view`, `materialized_view`, `sink`, `source`, `seed`, ...
    pub materialized: String,
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
        !matches!(
            self.materialized.as_str(),
            "sink" | "source" | "source_table" | "ephemeral" | "test"
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
