//! Models that belong to the environment by their schema and are put into another database: left out of a build, they would be
//! missing in silence.

use super::builder::{Builder, is_made};
use crate::dbt::manifest::Manifest;
use crate::dbt::rendering::deciders;
use crate::domain::finding::{Finding, FindingId, Severity};
use crate::domain::name::QualifiedName;
use crate::domain::rendered::{RenderedName, RenderedRelation};
use crate::ops::project::relation;

impl Builder<'_> {
    /// Where each of them would be built, beside the twin that it should be. A model whose own configuration names its database
    /// is somebody's wish and left alone.
    pub(super) fn elsewhere(&self, manifest: &Manifest) -> Vec<RenderedRelation> {
        let environment = &self.observation.board.environment;
        let nodes = manifest.nodes().iter();
        nodes
            .filter(|node| is_made(node) && !node.names_its_database())
            .filter_map(|node| {
                let name = relation(node, environment)?;
                let pairs = &environment.schemas;
                let pair = pairs.iter().find(|pair| pair.production == name.schema)?;
                if name.database == environment.database {
                    return None;
                }
                let package = node.unique_id.as_str().split('.').nth(1);
                Some(RenderedRelation {
                    id: node.unique_id.to_string(),
                    place: Some(RenderedName {
                        database: name.database.to_string(),
                        schema: pair.deployment.to_string(),
                        name: name.name.to_string(),
                    }),
                    planned: Some(QualifiedName {
                        database: environment.database.clone(),
                        schema: pair.deployment.clone(),
                        name: name.name,
                    }),
                    clusters: Vec::new(),
                    by: deciders(manifest, package.unwrap_or_default()),
                })
            })
            .collect()
    }

    /// A project of which nothing belongs to the environment: building nothing would make a whole deployment of it.
    pub(super) fn nothing_to_build(&self, manifest: &Manifest) -> Option<Finding> {
        let target = self.workspace.settings().target();
        self.deployed(manifest).is_empty().then(|| Finding {
            id: FindingId::NothingToDo,
            severity: Severity::Block,
            message: format!(
                "No model of the project builds into the schemas of `{target}`, so there is nothing to deploy."
            ),
            remedy: format!(
                "Let `vars.deployment.{target}` name the schemas that the project builds into in `{}`.",
                self.observation.board.environment.database
            ),
            objects: vec![target.to_owned()],
        })
    }
}
