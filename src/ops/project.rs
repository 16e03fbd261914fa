//! The dbt project as guards see it: the candidate manifest beside what each side holds.

use super::error::OpsError;
use crate::dbt::compare::{CompareOptions, Comparison};
use crate::dbt::manifest::{Manifest, Node, ResourceType, UniqueId};
use crate::dbt::selection::{ResourceTypes, Selection, select};
use crate::domain::environment::Environment;
use crate::domain::name::{Identifier, QualifiedName};
use crate::domain::project::{Compared, Materialization, Model, ModelChange, Project};
use crate::domain::whole::ProjectKnowledge;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The manifests that an observation found.
#[derive(Debug, Clone, Default)]
pub struct Manifests {
    /// The project as last compiled.
    pub candidate: Option<Arc<Manifest>>,
    /// What production runs.
    pub production: Option<Arc<Manifest>>,
    /// What the deployment side holds.
    pub deployment: Option<Arc<Manifest>>,
    /// What a side that nothing proves was said to hold while it was production: enough to miss something there, and to know again what
    /// is no longer made; never to call anything unchanged.
    pub said: Option<Arc<Manifest>>,
}

impl Manifests {
    /// Whether they are the same manifests, as they were read.
    #[must_use]
    pub fn are(&self, others: &Self) -> bool {
        let same = |one: &Option<Arc<Manifest>>, other: &Option<Arc<Manifest>>| match (one, other) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        };
        same(&self.candidate, &others.candidate)
            && same(&self.production, &others.production)
            && same(&self.deployment, &others.deployment)
            && same(&self.said, &others.said)
    }
}

/// The manifests as they were read, and what follows from them.
#[derive(Debug, Clone, Default)]
pub struct Read {
    pub manifests: Manifests,
    pub known: ProjectKnowledge,
}

/// Reduces the manifests to what guards need.
///
/// # Errors
/// Where dbt itself would stop at the comparison.
pub fn known(
    manifests: &Manifests,
    environment: &Environment,
    options: CompareOptions,
    commit: Option<String>,
) -> Result<ProjectKnowledge, OpsError> {
    let makes = |manifest: &Option<Arc<Manifest>>| -> Option<Arc<[QualifiedName]>> {
        let nodes = manifest.as_ref()?.nodes().iter();
        Some(
            nodes
                .filter_map(|node| deployed(node, environment))
                .collect(),
        )
    };
    Ok(ProjectKnowledge {
        project: project(manifests, environment, options, commit)?.map(Arc::new),
        production: makes(&manifests.production),
        deployment: makes(&manifests.deployment).or_else(|| makes(&manifests.said)),
        unread: None,
    })
}

/// The relation that a node makes on a side of the environment, by its production name; `None` where it makes none there.
#[must_use]
pub fn deployed(node: &Node, environment: &Environment) -> Option<QualifiedName> {
    let model = model(node, environment, (Compared::Unknown, Compared::Unknown))?;
    (model.is_deployed() && model.is_in(environment)).then_some(model.relation)
}

/// `None` without a candidate.
fn project(
    manifests: &Manifests,
    environment: &Environment,
    options: CompareOptions,
    commit: Option<String>,
) -> Result<Option<Project>, OpsError> {
    let Some(candidate) = &manifests.candidate else {
        return Ok(None);
    };
    let from = |held: &Option<Arc<Manifest>>| {
        let changes = held.as_ref();
        changes
            .map(|held| Changes::new(held, candidate, options))
            .transpose()
    };
    let from_production = from(&manifests.production)?;
    let from_deployment = from(&manifests.deployment)?;
    let of = |changes: &Option<Changes>, id: &UniqueId| {
        let changes = changes.as_ref();
        changes.map_or(Compared::Unknown, |changes| changes.compared(id))
    };
    let changes = |id: &UniqueId| (of(&from_production, id), of(&from_deployment, id));
    let kept = candidate.nodes().iter();
    let mut models: Vec<Model> = kept
        .filter_map(|node| model(node, environment, changes(&node.unique_id)))
        .collect();
    if let (Some(production), Some(changed)) = (&manifests.production, &from_production) {
        let gone = production
            .nodes()
            .iter()
            .filter(|node| changed.of(&node.unique_id) == Some(ModelChange::Removed));
        models.extend(gone.filter_map(|node| model(node, environment, changes(&node.unique_id))));
    }
    Ok(Some(Project {
        models,
        manifest: candidate.hash().to_string(),
        commit,
        production: manifests
            .production
            .as_ref()
            .map(|manifest| manifest.hash().to_string()),
        deployment: manifests
            .deployment
            .as_ref()
            .map(|manifest| manifest.hash().to_string()),
    }))
}

/// How the nodes of one manifest differ from another's: exactly as dbt's `state:modified+` sees it.
#[derive(Debug)]
pub struct Changes(BTreeMap<UniqueId, ModelChange>);

impl Changes {
    /// # Errors
    /// Where dbt itself would stop.
    pub fn new(
        before: &Arc<Manifest>,
        after: &Arc<Manifest>,
        options: CompareOptions,
    ) -> Result<Self, OpsError> {
        if before.hash() == after.hash() {
            return Ok(Self(BTreeMap::new()));
        }
        let comparison = Comparison::new(Some(Arc::clone(before)), Arc::clone(after), options);
        let selected = |selector: &str| {
            let selection =
                Selection::parse(&[selector.to_owned()], &[])?.resource_types(ResourceTypes::all());
            select(&comparison, &selection)
        };
        let mut changes: BTreeMap<UniqueId, ModelChange> = BTreeMap::new();
        changes.extend(
            selected("state:modified+")?
                .into_iter()
                .map(|id| (id, ModelChange::Downstream)),
        );
        changes.extend(
            selected("state:modified")?
                .into_iter()
                .map(|id| (id, ModelChange::Modified)),
        );
        changes.extend(
            selected("state:new")?
                .into_iter()
                .map(|id| (id, ModelChange::New)),
        );
        changes.extend(
            comparison
                .removed()
                .iter()
                .map(|gone| (gone.id.clone(), ModelChange::Removed)),
        );
        Ok(Self(changes))
    }

    #[must_use]
    pub fn of(&self, id: &UniqueId) -> Option<ModelChange> {
        self.0.get(id).copied()
    }

    /// The same, where no change is one, too.
    #[must_use]
    pub fn compared(&self, id: &UniqueId) -> Compared {
        self.of(id).map_or(Compared::Unmodified, Compared::Changed)
    }

    /// Everything that differs, removed nodes too.
    pub fn ids(&self) -> impl Iterator<Item = &UniqueId> {
        self.0.keys()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn model(
    node: &Node,
    environment: &Environment,
    (change, change_from_deployment): (Compared, Compared),
) -> Option<Model> {
    if !matches!(
        node.resource_type,
        ResourceType::Model | ResourceType::Seed | ResourceType::Snapshot
    ) {
        return None;
    }
    let runs = node.resource_type == ResourceType::Seed || node.has_code();
    if !runs || !node.is_enabled() {
        return None;
    }
    let relation = relation(node, environment)?;
    let materialized = match node.resource_type {
        ResourceType::Seed => Materialization::Seed,
        _ => node.materialized().unwrap_or(Materialization::View),
    };
    Some(Model {
        unique_id: node.unique_id.to_string(),
        relation,
        materialized,
        cluster: node
            .cluster()
            .and_then(|name| Identifier::new(name.into_owned()).ok()),
        change,
        change_from_deployment,
    })
}

/// The relation that a node makes, by its production name. An ephemeral node makes none.
#[must_use]
pub fn relation(node: &Node, environment: &Environment) -> Option<QualifiedName> {
    if node.materialized() == Some(Materialization::Ephemeral) {
        return None;
    }
    let name = |text: Option<std::borrow::Cow<'_, str>>| Identifier::new(text?.into_owned()).ok();
    let schema = name(node.schema())?;
    // A manifest of the other side names that side's schema.
    let schema = environment
        .schemas
        .iter()
        .find(|pair| pair.side_of(&schema).is_some())
        .map_or(schema, |pair| pair.production.clone());
    Some(QualifiedName {
        database: name(node.database()).unwrap_or_else(|| environment.database.clone()),
        schema,
        name: name(node.alias()).or_else(|| Identifier::new(node.name().into_owned()).ok())?,
    })
}
