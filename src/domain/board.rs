//! The picture that an operator decides from: both sides paired, judged, with the phase and the way back.
//!
//! Everything here follows from one snapshot; the cockpit, `status` and `await` show the same board.

use super::environment::{Environment, Resolved, Side};
use super::lease::{Lease, at_work};
use super::lineage::Lineage;
use super::name::{Identifier, ObjectId};
use super::object::{Object, ObjectKind};
use super::phase::{self, NamesPresent, Phase};
use super::project::{Compared, ModelChange, Project};
use super::provenance::{Provenance, provenance};
use super::readiness::{
    ClusterReadiness, ObjectReadiness, Readiness, SideReadiness, Thresholds, judge,
};
use super::snapshot::Snapshot;
use super::way_back::{self, WayBack};
use super::whole::{ProjectKnowledge, Wholeness};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// One line of the table: an object of production beside its twin.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectRow {
    /// The schema's production name.
    pub schema: Identifier,
    pub name: Identifier,
    pub kind: ObjectKind,
    /// The cluster's production name, where there is one.
    pub cluster: Option<Identifier>,
    pub production: Option<ObjectReadiness>,
    pub deployment: Option<ObjectReadiness>,
    /// How its model stands to what production runs. `None`: no model is known to make it.
    pub compared: Option<Compared>,
}

impl ObjectRow {
    /// How its model differs from what production runs, where it does.
    #[must_use]
    pub fn change(&self) -> Option<ModelChange> {
        self.compared?.change()
    }

    /// The id by which a selection holds: the deployment object's, else the production object's.
    #[must_use]
    pub fn id(&self) -> Option<&ObjectId> {
        self.deployment
            .as_ref()
            .or(self.production.as_ref())
            .map(|object| &object.id)
    }

    /// The object of one side.
    #[must_use]
    pub fn of(&self, side: Side) -> Option<&ObjectReadiness> {
        match side {
            Side::Production => self.production.as_ref(),
            Side::Deployment => self.deployment.as_ref(),
        }
    }

    /// The verdict on the object of one side; `None` where that side lacks it.
    #[must_use]
    pub fn readiness(&self, side: Side) -> Option<Readiness> {
        self.of(side).map(|object| object.readiness)
    }
}

#[derive(Debug, Clone)]
pub struct Board {
    pub snapshot: Arc<Snapshot>,
    pub environment: Arc<Environment>,
    pub project: Option<Arc<Project>>,
    /// What readiness was judged by.
    pub thresholds: Thresholds,
    pub production: SideReadiness,
    pub deployment: SideReadiness,
    pub phase: Phase,
    pub provenance: Provenance,
    pub way_back: WayBack,
    /// How much of the deployment side exists, by its names.
    pub names: NamesPresent,
    /// Whether the deployment side holds no object.
    pub is_empty: bool,
    pub wholeness: Wholeness,
    /// Who is at work on the deployment side, or may be: `cutover deploy by ci on runner-7 (...)`.
    pub at_work: Option<String>,
    /// By schema, name and kind.
    pub rows: Vec<ObjectRow>,
}

impl Board {
    /// `lineage` of `None`: the server does not show its audit events to this role.
    #[must_use]
    pub fn new(
        snapshot: Arc<Snapshot>,
        environment: Arc<Environment>,
        known: ProjectKnowledge,
        lineage: Option<&Lineage>,
        thresholds: Thresholds,
    ) -> Self {
        let provenance = provenance(&environment.resolve(&snapshot.catalog), lineage);
        Self::judged(snapshot, environment, known, provenance, thresholds)
    }

    /// As [`Board::new`], where it is judged already which side is what: by this catalog, and so by no other snapshot's than one that
    /// shares it.
    #[must_use]
    pub fn judged(
        snapshot: Arc<Snapshot>,
        environment: Arc<Environment>,
        known: ProjectKnowledge,
        provenance: Provenance,
        thresholds: Thresholds,
    ) -> Self {
        let resolved = environment.resolve(&snapshot.catalog);
        let production = judge(&snapshot, &resolved, Side::Production, thresholds);
        let deployment = judge(&snapshot, &resolved, Side::Deployment, thresholds);
        let phase = phase::phase(&resolved, &provenance, &deployment);
        let wholeness = Wholeness::judge(&resolved, phase, &provenance, &known);
        let deployment = wholeness.weigh(phase, deployment);
        let phase = phase::phase(&resolved, &provenance, &deployment);
        let way_back = way_back::way_back(&resolved, phase, &provenance, &deployment, &wholeness);
        let project = known.project;
        let rows = rows(&resolved, &production, &deployment, project.as_deref());
        let names = phase::names(&resolved);
        let at_work = at_work(&resolved, &snapshot).map(Lease::who);
        let is_empty = resolved.contents(Side::Deployment).next().is_none();
        Self {
            production,
            deployment,
            phase,
            provenance,
            way_back,
            names,
            is_empty,
            wholeness,
            at_work,
            rows,
            environment,
            project,
            snapshot,
            thresholds,
        }
    }

    /// The verdict on the deployment side; `None` where there is nothing to judge: what was never made is not failing, and what is empty
    /// is not ready.
    #[must_use]
    pub fn readiness(&self) -> Option<Readiness> {
        (!self.phase.holds_nothing()).then_some(self.deployment.readiness)
    }

    /// The verdict on one of its clusters; `None` where there is nothing to judge. That a cluster of an empty side has no replica shows
    /// all the same.
    #[must_use]
    pub fn cluster_readiness(&self, cluster: &ClusterReadiness) -> Option<Readiness> {
        let unmade = cluster.id.is_none() && self.phase == Phase::None;
        let empty = cluster.side == Side::Deployment
            && self.phase == Phase::Initialized
            && cluster.readiness == Readiness::Ready;
        (!unmade && !empty).then_some(cluster.readiness)
    }

    #[must_use]
    pub fn side(&self, side: Side) -> &SideReadiness {
        match side {
            Side::Production => &self.production,
            Side::Deployment => &self.deployment,
        }
    }

    /// Whether the deployment side is what production was before the last swap.
    #[must_use]
    pub fn holds_retired(&self) -> bool {
        phase::holds_retired(self.phase, &self.provenance)
    }
}

type RowKey<'a> = (&'a Identifier, &'a Identifier, &'a ObjectKind);

fn rows(
    resolved: &Resolved<'_>,
    production: &SideReadiness,
    deployment: &SideReadiness,
    project: Option<&Project>,
) -> Vec<ObjectRow> {
    let compared = compared(project);
    let mut rows: BTreeMap<RowKey<'_>, ObjectRow> = BTreeMap::new();
    for (side, judged) in [
        (Side::Production, production),
        (Side::Deployment, deployment),
    ] {
        for object in resolved.members(side) {
            let Some(schema) = logical_schema(resolved, object) else {
                continue;
            };
            let row = rows
                .entry((schema, &object.name, &object.kind))
                .or_insert_with(|| ObjectRow {
                    schema: schema.clone(),
                    name: object.name.clone(),
                    kind: object.kind.clone(),
                    cluster: None,
                    production: None,
                    deployment: None,
                    compared: compared.get(&(schema, &object.name)).copied(),
                });
            row.cluster = row
                .cluster
                .take()
                .or_else(|| logical_cluster(resolved, object));
            let verdict = judged.objects.get(&object.id).cloned();
            match side {
                Side::Production => row.production = verdict,
                Side::Deployment => row.deployment = verdict,
            }
        }
    }
    rows.into_values().collect()
}

fn compared(project: Option<&Project>) -> HashMap<(&Identifier, &Identifier), Compared> {
    let models = project.into_iter().flat_map(|project| &project.models);
    models
        .map(|model| {
            let relation = (&model.relation.schema, &model.relation.name);
            (relation, model.change)
        })
        .collect()
}

/// The production name of the schema that holds an object; its own name where the schema is outside the environment.
#[must_use]
pub fn logical_schema<'a>(resolved: &Resolved<'a>, object: &Object) -> Option<&'a Identifier> {
    let pair = resolved.schemas.iter().find(|pair| {
        [pair.production, pair.deployment]
            .into_iter()
            .flatten()
            .any(|schema| schema.id == object.schema)
    });
    match pair {
        Some(pair) => Some(&pair.names.production),
        None => resolved
            .catalog
            .schemas
            .get(&object.schema)
            .map(|schema| &schema.name),
    }
}

fn logical_cluster(resolved: &Resolved<'_>, object: &Object) -> Option<Identifier> {
    let id = object.cluster.as_ref()?;
    let pair = resolved.clusters.iter().find(|pair| {
        [pair.production, pair.deployment]
            .into_iter()
            .flatten()
            .any(|cluster| &cluster.id == id)
    });
    match pair {
        Some(pair) => Some(pair.names.production.clone()),
        None => resolved
            .catalog
            .clusters
            .get(id)
            .map(|cluster| cluster.name.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture::World;

    fn of_deployment(board: &Board) -> Vec<Option<Readiness>> {
        let clusters = board.deployment.clusters.iter();
        clusters
            .map(|cluster| board.cluster_readiness(cluster))
            .collect()
    }

    #[test]
    fn an_empty_side_is_never_ready_and_neither_is_its_cluster() {
        let mut world = World::empty();
        let board = world.board();
        assert_eq!(board.phase, Phase::Initialized);
        assert_eq!(board.readiness(), None);
        assert_eq!(of_deployment(&board), [None]);
        let production = &board.production.clusters[0];
        assert_eq!(board.cluster_readiness(production), Some(Readiness::Ready));
        // What keeps it from ever getting ready shows all the same.
        world.snapshot.readings.replicas.clear();
        let board = world.board();
        assert_eq!(board.readiness(), None);
        assert_eq!(of_deployment(&board), [Some(Readiness::Unknown)]);
        let board = World::new().board();
        assert_eq!(board.readiness(), Some(Readiness::Ready));
        assert_eq!(of_deployment(&board), [Some(Readiness::Ready)]);
    }
}
