//! Which models a deploy or a sync builds, and why these.

use super::builder::{Builder, SLIM, is_deployed};
use crate::dbt::compare::Comparison;
use crate::dbt::manifest::{Manifest, UniqueId};
use crate::dbt::selection::{Selection, select};
use crate::domain::action::Operation;
use crate::domain::board::logical_schema;
use crate::domain::deployment_age::is_defined_as_in_production;
use crate::domain::environment::{Resolved, Side};
use crate::domain::finding::{Finding, FindingId, Severity};
use crate::domain::name::Identifier;
use crate::domain::object::{Object, ObjectKind};
use crate::domain::plan::Request;
use crate::domain::project::ModelChange;
use crate::domain::quantity::part;
use crate::domain::record::Record;
use crate::domain::whole::Whole;
use crate::ops::error::OpsError;
use crate::ops::project::{Changes, relation};
use crate::ops::state::MANIFEST;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Which nodes of a manifest are built, and the sentence that says why.
pub(super) struct Choice {
    pub manifest: Arc<Manifest>,
    pub nodes: BTreeSet<UniqueId>,
    /// All deployed nodes of the environment are chosen: then dbt needs no list.
    pub everything: bool,
    pub why: String,
    pub findings: Vec<Finding>,
    pub removed: BTreeSet<(Identifier, Identifier)>,
    /// Models that should be built and are left out by the operator's own selectors.
    pub left_out: BTreeSet<UniqueId>,
}

impl Builder<'_> {
    /// The manifest to compare with. `None`: build everything.
    pub(super) fn base(&self, request: &Request) -> Result<Option<Arc<Manifest>>, OpsError> {
        if request.full {
            return Ok(None);
        }
        match &request.state {
            Some(dir) => Ok(Some(Arc::new(Manifest::read(&dir.join(MANIFEST))?))),
            None => Ok(self.observation.manifests.deployment.clone()),
        }
    }

    /// What changed against the base, and what the deployment side lacks; everything where nothing is known of it.
    pub(super) fn choose(
        &self,
        manifest: &Arc<Manifest>,
        base: Option<&Arc<Manifest>>,
        request: &Request,
    ) -> Result<Choice, OpsError> {
        let all = self.deployed(manifest);
        let empty = self.existing().is_empty();
        let mut findings = Vec::new();
        let excluded = self.excluded(manifest, request)?;
        let (nodes, why) = match (base, self.may_hold(base, request)?) {
            (Some(base), Some(held)) if !empty => {
                let options = self.workspace.compare_options();
                let changes = held
                    .iter()
                    .map(|held| Changes::new(held, manifest, options))
                    .collect::<Result<Vec<_>, _>>()?;
                let wanted = |id: &UniqueId| {
                    changes.iter().any(|changes| {
                        matches!(
                            changes.of(id),
                            Some(
                                ModelChange::Modified | ModelChange::New | ModelChange::Downstream
                            )
                        )
                    })
                };
                let mut apart = self.missing(manifest, &all);
                if request.operation == Operation::Sync {
                    apart.extend(self.unlike(manifest, &all, Known::Manifest));
                }
                let nodes: BTreeSet<UniqueId> = all
                    .iter()
                    .filter(|id| wanted(id) || apart.contains(*id))
                    .cloned()
                    .collect();
                let why = format!("{} against manifest {}", compared(&nodes), base.hash());
                (nodes, why)
            }
            _ if request.operation == Operation::Sync && !empty => {
                let mut nodes = self.missing(manifest, &all);
                nodes.extend(self.unlike(manifest, &all, Known::Definitions));
                let why = "What is not proven by its definition to be as in production";
                (nodes, why.to_owned())
            }
            _ => {
                if !empty && !request.full {
                    findings.push(self.unknown_contents());
                }
                let why = match (empty, request.full) {
                    (true, _) => "The deployment side is empty, so everything is built".to_owned(),
                    (false, true) => "Everything is built, as asked".to_owned(),
                    (false, false) => {
                        "What the deployment side holds is unknown, so everything is built"
                            .to_owned()
                    }
                };
                (all.clone(), why)
            }
        };
        let left_out = nodes.intersection(&excluded).cloned().collect();
        let nodes: BTreeSet<UniqueId> = nodes.difference(&excluded).cloned().collect();
        Ok(Choice {
            left_out,
            everything: nodes == all,
            why: format!("{why}: {}.", part(nodes.len(), all.len(), "model")),
            removed: self.removed(manifest),
            manifest: Arc::clone(manifest),
            nodes,
            findings,
        })
    }

    /// The manifests whose objects may stand on the side: the base, and that of a build that was cut off there. `None`: unknown.
    fn may_hold(
        &self,
        base: Option<&Arc<Manifest>>,
        request: &Request,
    ) -> Result<Option<Vec<Arc<Manifest>>>, OpsError> {
        let Some(base) = base else {
            return Ok(None);
        };
        let record = self.observation.board.provenance.deployment.as_ref();
        let begun = record
            .filter(|record| !record.complete && request.state.is_none())
            .and_then(|record| record.manifest.as_deref());
        let Some(hash) = begun else {
            return Ok(Some(vec![Arc::clone(base)]));
        };
        let begun = self.workspace.manifest(hash)?;
        Ok(begun.map(|begun| vec![Arc::clone(base), begun]))
    }

    /// What is defined otherwise than its twin in production, with all that reads it. Where only definitions tell what the side holds,
    /// its indexes must be alike too, and a table never is: its rows are no definition.
    fn unlike(
        &self,
        manifest: &Manifest,
        all: &BTreeSet<UniqueId>,
        known: Known,
    ) -> BTreeSet<UniqueId> {
        let environment = &self.observation.board.environment;
        let differing = self
            .observation
            .with_inputs(|inputs| differing(inputs.resolved, known));
        let differs = |id: &&UniqueId| {
            let node = manifest.get(id);
            let name = node.and_then(|node| relation(node, environment));
            name.is_some_and(|name| differing.contains(&(name.schema, name.name)))
        };
        let mut unlike: BTreeSet<UniqueId> = all.iter().filter(differs).cloned().collect();
        loop {
            let reads = |id: &&UniqueId| {
                let read = manifest.get(id).map(|node| node.depends_on_nodes());
                read.is_some_and(|read| read.iter().any(|input| unlike.contains(input)))
            };
            let open = all.iter().filter(|id| !unlike.contains(*id));
            let more: Vec<UniqueId> = open.filter(reads).cloned().collect();
            if more.is_empty() {
                return unlike;
            }
            unlike.extend(more);
        }
    }

    /// What the operator's own selectors select.
    pub(super) fn choose_by(
        &self,
        manifest: &Arc<Manifest>,
        request: &Request,
    ) -> Result<Choice, OpsError> {
        let base = self.base(request)?;
        let unselected = Request {
            exclude: Vec::new(),
            ..request.clone()
        };
        let wanted = self.choose(manifest, base.as_ref(), &unselected)?.nodes;
        let comparison =
            Comparison::new(base, Arc::clone(manifest), self.workspace.compare_options());
        let selection =
            Selection::parse(&request.select, &request.exclude).map_err(OpsError::refused)?;
        let selected = select(&comparison, &selection.to_run()).map_err(OpsError::refused)?;
        let all = self.deployed(manifest);
        let nodes: BTreeSet<UniqueId> = all.intersection(&selected).cloned().collect();
        Ok(Choice {
            left_out: wanted.difference(&nodes).cloned().collect(),
            everything: false,
            why: format!(
                "Selected by `{}`: {}.",
                request.select.join(" "),
                part(nodes.len(), all.len(), "model")
            ),
            removed: BTreeSet::new(),
            manifest: Arc::clone(manifest),
            nodes,
            findings: Vec::new(),
        })
    }

    pub(super) fn excluded(
        &self,
        manifest: &Arc<Manifest>,
        request: &Request,
    ) -> Result<BTreeSet<UniqueId>, OpsError> {
        if request.exclude.is_empty() {
            return Ok(BTreeSet::new());
        }
        let comparison =
            Comparison::new(None, Arc::clone(manifest), self.workspace.compare_options());
        let selection = Selection::parse(&request.exclude, &[]).map_err(OpsError::refused)?;
        select(&comparison, &selection.to_run()).map_err(OpsError::refused)
    }

    /// The nodes that belong on the deployment side: relations in the environment's schemas, neither sinks nor sources.
    pub(super) fn deployed(&self, manifest: &Manifest) -> BTreeSet<UniqueId> {
        let environment = &self.observation.board.environment;
        manifest
            .nodes()
            .iter()
            .filter(|node| is_deployed(node, environment))
            .map(|node| node.unique_id.clone())
            .collect()
    }

    /// Names that stand on the deployment side, by production schema.
    pub(super) fn existing(&self) -> BTreeSet<(Identifier, Identifier)> {
        self.observation.with_inputs(|inputs| {
            let pairs = inputs.resolved.schemas.iter();
            pairs
                .filter_map(|pair| Some((&pair.names.production, pair.deployment?)))
                .flat_map(|(name, schema)| {
                    inputs
                        .snapshot()
                        .catalog
                        .objects_in(&schema.id)
                        .map(|object| (name.clone(), object.name.clone()))
                })
                .collect()
        })
    }

    pub(super) fn missing(
        &self,
        manifest: &Manifest,
        nodes: &BTreeSet<UniqueId>,
    ) -> BTreeSet<UniqueId> {
        let environment = &self.observation.board.environment;
        let made = |id: &UniqueId| relation(manifest.get(id)?, environment);
        let relations: Vec<_> = nodes.iter().filter_map(made).collect();
        let side = Side::Deployment;
        let absent: BTreeSet<_> = self.observation.with_inputs(|inputs| {
            let whole = Whole::of(inputs.resolved, side, relations.iter());
            whole.missing.into_iter().collect()
        });
        nodes
            .iter()
            .filter(|id| made(id).is_some_and(|relation| absent.contains(&relation)))
            .cloned()
            .collect()
    }

    /// What stands on the deployment side and no node of the manifest makes, but a manifest that one of the sides held, or was said to hold, did.
    pub(super) fn removed(&self, manifest: &Manifest) -> BTreeSet<(Identifier, Identifier)> {
        let environment = &self.observation.board.environment;
        let made_by = |manifest: &Manifest| -> BTreeSet<(Identifier, Identifier)> {
            let made = manifest
                .nodes()
                .iter()
                .filter(|node| is_deployed(node, environment));
            made.filter_map(|node| relation(node, environment))
                .map(|name| (name.schema, name.name))
                .collect()
        };
        let manifests = &self.observation.manifests;
        let of_sides = [
            &manifests.deployment,
            &manifests.production,
            &manifests.said,
        ];
        let earlier: BTreeSet<_> = of_sides
            .into_iter()
            .flatten()
            .flat_map(|manifest| made_by(manifest))
            .collect();
        let kept = made_by(manifest);
        self.existing()
            .into_iter()
            .filter(|name| earlier.contains(name) && !kept.contains(name))
            .collect()
    }

    pub(super) fn unknown_contents(&self) -> Finding {
        let record = self.observation.board.provenance.deployment.as_ref();
        let provenance = &self.observation.board.provenance;
        let manifest = record.and_then(|record| record.manifest.as_deref());
        let named = |record: &Record| record.complete && record.project.is_some();
        let why = match (manifest, record.is_some_and(named)) {
            (Some(hash), _) if provenance.is_built_on(Side::Deployment) => {
                format!("somebody built there after the record of its manifest {hash} was written")
            }
            (Some(hash), true) => format!(
                "its manifest {hash} is not in the state directory and is of another state of the project"
            ),
            (Some(hash), false) => format!("its manifest {hash} is not in the state directory"),
            (None, _) => "no record tells".to_owned(),
        };
        Finding {
            id: FindingId::ProvenanceUnknown,
            severity: Severity::Warn,
            message: format!(
                "What the deployment side holds is unknown, since {why}; so every model is built anew."
            ),
            remedy: "Give the manifest that it holds with --state DIR to build only what changed."
                .to_owned(),
            objects: vec![self.workspace.settings().target().to_owned()],
        }
    }
}

/// What tells which contents a side holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Manifest,
    Definitions,
}

/// The relations of the deployment side, by production schema and name, that are not shown to be as their twins in production.
fn differing(resolved: &Resolved<'_>, known: Known) -> BTreeSet<(Identifier, Identifier)> {
    let by_definitions = known == Known::Definitions;
    let differs = |object: &&Object| match object.kind {
        ObjectKind::Table if by_definitions => true,
        ObjectKind::Index if !by_definitions => false,
        _ => !is_defined_as_in_production(resolved, object),
    };
    let deployment = resolved.objects(Side::Deployment).filter(differs);
    // An index that only production has.
    let production = resolved.objects(Side::Production).filter(|object| {
        by_definitions && object.kind == ObjectKind::Index && resolved.twin(object).is_none()
    });
    let catalog = resolved.catalog;
    deployment
        .chain(production)
        .filter_map(|object| {
            let relation = match &object.parent {
                Some(parent) if object.kind == ObjectKind::Index => catalog.objects.get(parent)?,
                _ => object,
            };
            let schema = logical_schema(resolved, relation)?;
            Some((schema.clone(), relation.name.clone()))
        })
        .collect()
}

fn compared(nodes: &BTreeSet<UniqueId>) -> String {
    if nodes.is_empty() {
        "Nothing changed".to_owned()
    } else {
        format!("`{SLIM}`")
    }
}
