//! What a node of the project is on each side of the server, as sentences.

use super::relation::relation_of;
use crate::dbt::compare::CompareOptions;
use crate::dbt::manifest::{Manifest, Node};
use crate::domain::environment::{Environment, Resolved, ResolvedPair, Side, Strategy};
use crate::domain::name::{Identifier, QualifiedName, SchemaId};
use crate::domain::object::{Object, ObjectKind, Schema};
use crate::domain::project::ModelChange;
use crate::domain::record::Record;
use crate::ops::error::OpsError;
use crate::ops::project::Changes;
use crate::ops::workspace::Observation;
use std::collections::HashMap;

const NO_RELATION: &str = "makes nothing in the database";

/// What is known of one side: its record, the manifest that it holds, and what stands there.
pub(super) struct SideRecord<'a> {
    pub record: Option<&'a Record>,
    pub manifest: Option<&'a Manifest>,
}

impl SideRecord<'_> {
    /// `manifest 0123456789ab`.
    fn phrase(&self) -> Option<String> {
        let hash = self.manifest?.hash();
        Some(format!("manifest {hash}"))
    }

    pub fn is_unfinished(&self) -> bool {
        self.record.is_some_and(|record| !record.complete)
    }
}

/// Both sides of one observation.
pub(super) struct BothSides<'a> {
    pub resolved: &'a Resolved<'a>,
    pub production: SideRecord<'a>,
    pub deployment: SideRecord<'a>,
    /// How the project differs from what the deployment side holds; `None` where that is unknown.
    from_deployment: Option<Changes>,
    relations: HashMap<(&'a SchemaId, &'a Identifier), &'a Object>,
    /// Words for the sides.
    words: (&'static str, &'static str),
}

impl<'a> BothSides<'a> {
    pub fn new(
        observation: &'a Observation,
        resolved: &'a Resolved<'a>,
        options: CompareOptions,
    ) -> Result<Self, OpsError> {
        let manifests = &observation.manifests;
        let provenance = &observation.board.provenance;
        let from_deployment = match (&manifests.deployment, &manifests.candidate) {
            (Some(held), Some(candidate)) => Some(Changes::new(held, candidate, options)?),
            _ => None,
        };
        let is_relation = |object: &&Object| {
            matches!(
                object.kind,
                ObjectKind::Table
                    | ObjectKind::Source
                    | ObjectKind::View
                    | ObjectKind::MaterializedView
                    | ObjectKind::Sink
            )
        };
        let relations = resolved.catalog.objects.values().filter(is_relation);
        let words = match resolved.environment.strategy {
            Strategy::Swap => ("blue", "green"),
            // There blue and green are names of targets, and either can be production.
            Strategy::Targets => ("production", "the deployment side"),
        };
        Ok(Self {
            resolved,
            production: SideRecord {
                record: provenance.production.as_ref(),
                manifest: manifests.production.as_deref(),
            },
            deployment: SideRecord {
                record: provenance.deployment.as_ref(),
                manifest: manifests.deployment.as_deref(),
            },
            from_deployment,
            relations: relations
                .map(|object| ((&object.schema, &object.name), object))
                .collect(),
            words,
        })
    }

    pub fn environment(&self) -> &'a Environment {
        self.resolved.environment
    }

    /// The word for a side.
    pub fn word(&self, side: Side) -> &'static str {
        match side {
            Side::Production => self.words.0,
            Side::Deployment => self.words.1,
        }
    }

    /// What the project is compared with.
    pub fn compared_with(&self) -> String {
        let recorded = self.production.record.and_then(Record::held);
        match (&self.production.manifest, recorded) {
            (Some(manifest), Some(_)) => format!("production's manifest {}", manifest.hash()),
            (Some(manifest), None) => format!("state/manifest.json ({})", manifest.hash()),
            (None, Some(hash)) => format!(
                "nothing: production's manifest {hash} is not in the state directory; fetch it from the machine that deployed it"
            ),
            (None, None) => "nothing: what production runs is unknown; copy its manifest to manifest.json in the state directory".to_owned(),
        }
    }

    /// The object that stands for a relation on a side.
    pub fn object(&self, side: Side, relation: &QualifiedName) -> Option<&'a Object> {
        let pair = self.pair(relation);
        let schema = match (pair, side) {
            (Some(pair), side) => pair.side(side),
            (None, Side::Production) => {
                let catalog = self.resolved.catalog;
                let database = catalog.database_named(&relation.database)?;
                catalog.schema_named(database, &relation.schema)
            }
            (None, Side::Deployment) => None,
        }?;
        self.relations.get(&(&schema.id, &relation.name)).copied()
    }

    fn pair(&self, relation: &QualifiedName) -> Option<&ResolvedPair<'a, Schema>> {
        self.resolved
            .schemas
            .iter()
            .find(|pair| pair.names.production == relation.schema)
            .filter(|_| relation.database == self.environment().database)
    }

    pub fn in_production(&self, node: &Node, change: ModelChange) -> String {
        let Some(relation) = relation_of(node, self.environment()) else {
            return NO_RELATION.to_owned();
        };
        let blue = self.word(Side::Production);
        let origin = self.production.phrase();
        let object = self.object(Side::Production, &relation);
        match (object, change, origin) {
            (Some(object), ModelChange::New, Some(origin)) => format!(
                "{} in {blue}, though {origin} does not have it",
                object.kind
            ),
            (Some(object), _, Some(origin)) => format!("{} in {blue} from {origin}", object.kind),
            (Some(object), _, None) => format!("{} in {blue}, of unknown origin", object.kind),
            (None, ModelChange::New, _) => format!("not in {blue}"),
            (None, ModelChange::Removed, _) => format!("gone from {blue}"),
            (None, _, Some(origin)) => format!("missing in {blue}, though {origin} has it"),
            (None, _, None) => format!("not in {blue}"),
        }
    }

    pub fn in_deployment(&self, node: &Node, change: ModelChange) -> String {
        let Some(relation) = relation_of(node, self.environment()) else {
            return NO_RELATION.to_owned();
        };
        if node
            .materialized()
            .is_some_and(|materialized| materialized.is_connector())
        {
            return "left out of deployments: a second one would publish or ingest twice"
                .to_owned();
        }
        let (blue, green) = (self.word(Side::Production), self.word(Side::Deployment));
        let Some(pair) = self.pair(&relation) else {
            return "outside the deployment: the environment does not list its schema".to_owned();
        };
        let in_blue = self.object(Side::Production, &relation).is_some();
        let in_green = self.object(Side::Deployment, &relation).is_some();
        match (change, in_green) {
            (_, false) if pair.deployment.is_none() && in_blue => {
                format!("only in {blue}: there is no deployment side")
            }
            (ModelChange::Removed, true) => format!("removed from the project, still in {green}"),
            (ModelChange::Removed, false) if in_blue => format!("only in {blue}"),
            (ModelChange::Removed, false) => "on neither side".to_owned(),
            (ModelChange::Modified | ModelChange::New, false) => {
                format!("{change}, not yet in {green}")
            }
            (_, false) if in_blue => format!("only in {blue}"),
            (_, false) => format!("not yet in {green}"),
            (_, true) => self.built(node, green),
        }
    }

    /// Something stands on the deployment side: is it what the project says now?
    fn built(&self, node: &Node, green: &str) -> String {
        let (Some(held), Some(changes)) = (self.deployment.phrase(), &self.from_deployment) else {
            return format!("in {green}, of unknown origin");
        };
        if self.deployment.is_unfinished() {
            return format!("in {green}, while a deployment is unfinished (it held {held})");
        }
        match changes.of(&node.unique_id) {
            None => format!("in {green} from {held}"),
            Some(ModelChange::Downstream) => {
                format!("in {green} from {held}, to be built anew: it reads what changed since")
            }
            Some(_) => format!("modified, not yet in {green} (there from {held})"),
        }
    }
}
