//! What is told of each relation: by the driver, or read out of a manifest where dbt is no Python program.

use super::deciders::MacroNames;
use crate::dbt::json::Value;
use crate::dbt::manifest::{Manifest, Node, ResourceType};
use crate::domain::name::DEPLOY_SUFFIX;
use crate::domain::project::Materialization;
use crate::domain::rendered::ClusterName;
use serde::Deserialize;

/// One relation, or one test, as dbt rendered it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Reported {
    /// dbt's unique id.
    pub id: String,
    pub database: Option<String>,
    pub schema: Option<String>,
    pub name: Option<String>,
    pub materialized: Option<Materialization>,
    /// What it runs on; absent for what runs on no cluster.
    pub cluster: Option<ReportedCluster>,
    /// What its session is set to, for a test or a seed.
    pub session: Option<ReportedCluster>,
    #[serde(default)]
    pub indexes: Vec<ReportedCluster>,
}

/// A cluster as the adapter rendered it, or why it could not.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ReportedCluster {
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub error: Option<String>,
}

impl ReportedCluster {
    pub(super) fn name(&self) -> ClusterName {
        match (&self.error, &self.name) {
            (Some(error), _) => ClusterName::Unknown(error.clone()),
            (None, Some(name)) if !name.is_empty() => ClusterName::Named(name.clone()),
            (None, _) => ClusterName::None,
        }
    }
}

impl Reported {
    /// `database.schema.name` of what makes a relation, the id of what makes none.
    pub(super) fn display(&self) -> String {
        let parts = [&self.database, &self.schema, &self.name];
        let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        if self.id.starts_with("test.") || parts.len() < 3 {
            return self.id.clone();
        }
        parts.join(".")
    }

    /// What a manifest alone can tell: schemas as dbt rendered them, and clusters as long as the adapter's own macros name them.
    ///
    /// `default_cluster` is the profile's; `is_suffixed` tells whether the parse had the deploy variable.
    #[must_use]
    pub fn from_manifest(
        manifest: &Manifest,
        default_cluster: Option<&str>,
        is_suffixed: bool,
    ) -> Vec<Self> {
        let names = MacroNames::of(manifest);
        let clusters = Clusters {
            default: default_cluster,
            is_suffixed,
            unproven: names.cluster_macro_of_project(),
        };
        let nodes = manifest.nodes().iter();
        nodes
            .filter(|node| {
                matches!(
                    node.resource_type,
                    ResourceType::Model | ResourceType::Seed | ResourceType::Test
                )
            })
            .map(|node| clusters.report(node))
            .collect()
    }
}

/// The adapter's rule, as long as nothing of the project's stands in its place.
struct Clusters<'a> {
    default: Option<&'a str>,
    is_suffixed: bool,
    unproven: Option<String>,
}

impl Clusters<'_> {
    fn report(&self, node: &Node) -> Reported {
        let materialized = node.materialized();
        let own = node.cluster();
        let own = own.as_deref().or(self.default);
        let of_session = matches!(node.resource_type, ResourceType::Seed | ResourceType::Test);
        let runs_on_none = of_session
            || matches!(
                materialized,
                Some(Materialization::View | Materialization::Ephemeral)
            );
        let index = |index: &Value| {
            let named = index.get("cluster").and_then(Value::as_text);
            self.rendered(named.or(own))
        };
        let text = |text: Option<std::borrow::Cow<'_, str>>| text.map(|text| text.into_owned());
        Reported {
            id: node.unique_id.to_string(),
            database: text(node.database()),
            schema: text(node.schema()),
            name: text(node.alias()).or_else(|| Some(node.name().into_owned())),
            cluster: (!runs_on_none).then(|| self.rendered(own)),
            session: own
                .filter(|_| of_session)
                .map(|own| self.rendered(Some(own))),
            indexes: node.indexes().iter().map(index).collect(),
            materialized,
        }
    }

    fn rendered(&self, name: Option<&str>) -> ReportedCluster {
        let suffix = if self.is_suffixed { DEPLOY_SUFFIX } else { "" };
        match &self.unproven {
            Some(by) => ReportedCluster {
                name: None,
                error: Some(format!(
                    "{by} can't be run here: this dbt is no Python program"
                )),
            },
            None => ReportedCluster {
                name: name.map(|name| format!("{name}{suffix}")),
                error: None,
            },
        }
    }
}
