//! Whether a side holds what it should: the models of its manifest, one by one.
//!
//! One judgement. Waiting, the next step, the way back, the guards of a promote or a rollback, and every sentence that says that nothing
//! is left to do, ask it; none of them counts models itself.

use super::environment::{Resolved, Side};
use super::name::QualifiedName;
use super::phase::{Phase, holds_retired};
use super::project::Project;
use super::provenance::Provenance;
use super::quantity::{agree, part, some_of};
use super::readiness::{Readiness, SideReadiness};
use super::record::DeploymentRole;
use std::sync::Arc;

/// What is known of the project and of what the sides should hold, beside a snapshot.
#[derive(Debug, Clone, Default)]
pub struct ProjectKnowledge {
    /// `None`: dbt has not read the project.
    pub project: Option<Arc<Project>>,
    /// What the manifest that production runs makes, by production names; `None`: that manifest is not at hand.
    pub production: Option<Arc<[QualifiedName]>>,
    /// What the manifest that the deployment side holds, or was said to hold, makes, by production names.
    pub deployment: Option<Arc<[QualifiedName]>>,
    /// Why nothing of it is known, where the project or a manifest is there and can't be read: half a sentence.
    pub unread: Option<String>,
}

/// Why an empty side is not ready where no manifest tells what it should hold.
pub const NOTHING_THERE: &str = "nothing is built there, and which models should be is not known";

/// Which models of its manifest stand on a side.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Whole {
    pub existing: usize,
    pub total: usize,
    /// What is missing, by production names.
    pub missing: Vec<QualifiedName>,
}

impl Whole {
    /// Looks for what a side should hold.
    pub fn of<'a>(
        resolved: &Resolved<'_>,
        side: Side,
        expected: impl Iterator<Item = &'a QualifiedName>,
    ) -> Self {
        let (mut existing, mut missing) = (0, Vec::new());
        for relation in expected {
            if stands(resolved, side, relation) {
                existing += 1;
            } else {
                missing.push(relation.clone());
            }
        }
        missing.sort();
        let total = existing + missing.len();
        Self {
            existing,
            total,
            missing,
        }
    }

    /// `1 of 9 models is missing (serving.top_bidders)`; `None` where nothing is.
    #[must_use]
    pub fn holes(&self) -> Option<String> {
        let missing = self.missing.len();
        (missing > 0).then(|| {
            format!(
                "{} {} missing ({})",
                part(missing, self.total, "model"),
                agree(missing, "is", "are"),
                some_of(self.missing.iter().map(short))
            )
        })
    }
}

/// Both sides. `None`: nothing tells what the side should hold, so nothing proves it whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wholeness {
    pub production: Option<Whole>,
    pub deployment: Option<Whole>,
    /// As [`ProjectKnowledge::unread`].
    pub unread: Option<String>,
}

impl Wholeness {
    /// Judges both sides. A candidate is measured by the project, which it is to bring to production; what was production once, and what
    /// was built to equal it, by the manifest that its record names.
    #[must_use]
    pub fn judge(
        resolved: &Resolved<'_>,
        phase: Phase,
        provenance: &Provenance,
        known: &ProjectKnowledge,
    ) -> Self {
        let by_manifest = |side: Side, manifest: &Option<Arc<[QualifiedName]>>| {
            let manifest = manifest.as_ref()?;
            Some(Whole::of(resolved, side, manifest.iter()))
        };
        let record = provenance.deployment.as_ref();
        let candidate = match record {
            _ if matches!(phase, Phase::Synced | Phase::Promoted) => false,
            Some(record) => record.role == DeploymentRole::Candidate,
            None if phase == Phase::Unknown => provenance.age.is_newer(),
            None => !holds_retired(phase, provenance),
        };
        let project = known.project.as_ref().filter(|_| candidate);
        let deployment = match project {
            Some(project) => {
                let models = project.deployed_in(resolved.environment);
                let relations = models.map(|model| &model.relation);
                Some(Whole::of(resolved, Side::Deployment, relations))
            }
            None => by_manifest(Side::Deployment, &known.deployment),
        };
        Self {
            production: by_manifest(Side::Production, &known.production),
            deployment,
            unread: known.unread.clone(),
        }
    }

    #[must_use]
    pub fn of(&self, side: Side) -> Option<&Whole> {
        match side {
            Side::Production => self.production.as_ref(),
            Side::Deployment => self.deployment.as_ref(),
        }
    }

    /// What is missing on a side, as a clause; `None` where nothing is known to be.
    #[must_use]
    pub fn holes(&self, side: Side) -> Option<String> {
        self.of(side)?.holes()
    }

    /// Whether models are known to be missing on a side.
    #[must_use]
    pub fn lacks(&self, side: Side) -> bool {
        self.of(side).is_some_and(|whole| !whole.missing.is_empty())
    }

    /// The verdict on the deployment side where it has holes. Waiting fills none, so it fails, whatever stands there is ready for.
    /// What is empty is ready only where it is known that nothing belongs there. What a build has not finished is not ready either, though
    /// all that stands there is.
    #[must_use]
    pub fn weigh(&self, phase: Phase, deployment: SideReadiness) -> SideReadiness {
        if phase == Phase::Deploying && deployment.readiness == Readiness::Ready {
            return SideReadiness {
                reason: "the deployment into this side has not finished".to_owned(),
                readiness: Readiness::Unknown,
                ..deployment
            };
        }
        let built = !matches!(
            phase,
            Phase::None | Phase::Initialized | Phase::Deploying | Phase::Unknown
        );
        match self.holes(Side::Deployment).filter(|_| built) {
            None if built && self.deployment.is_none() && deployment.objects.is_empty() => {
                SideReadiness {
                    reason: NOTHING_THERE.to_owned(),
                    readiness: Readiness::Unknown,
                    ..deployment
                }
            }
            None => match &self.unread {
                Some(why) if built && deployment.readiness == Readiness::Ready => SideReadiness {
                    reason: format!("what it should hold can't be read: {why}"),
                    readiness: Readiness::Unknown,
                    ..deployment
                },
                _ => deployment,
            },
            Some(holes) => SideReadiness {
                reason: match deployment.readiness {
                    Readiness::Ready => holes,
                    _ => format!("{holes}; {}", deployment.reason),
                },
                readiness: Readiness::Failing,
                ..deployment
            },
        }
    }
}

/// Whether a relation stands on a side, by its production name.
fn stands(resolved: &Resolved<'_>, side: Side, relation: &QualifiedName) -> bool {
    let pairs = resolved.schemas.iter();
    pairs
        .filter(|pair| pair.names.production == relation.schema)
        .filter_map(|pair| pair.side(side))
        .any(|schema| resolved.relation(&schema.id, &relation.name).is_some())
}

/// The relation without its database, which both sides share.
#[must_use]
pub fn short(relation: &QualifiedName) -> String {
    format!("{}.{}", relation.schema, relation.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture::World;
    use crate::domain::object::ObjectKind;
    use crate::domain::project::{Compared, Materialization, ModelChange};
    use crate::domain::way_back::WayBack;
    use crate::domain::workflow::{AwaitStatus, await_status};

    /// `World::new` without `foobar` on a side.
    fn without_foobar(side: Side) -> World {
        let mut world = World::new();
        let foobar = world.id(side, "foobar");
        world.remove(&foobar);
        world
    }

    #[test]
    fn a_candidate_with_a_hole_is_never_ready_though_all_that_stands_is() {
        let world = without_foobar(Side::Deployment);
        let board = world.board();
        assert_eq!(board.phase, Phase::Hydrating);
        assert_eq!(board.deployment.readiness, Readiness::Failing);
        let told = "1 of 3 models is missing (prod.foobar)";
        assert_eq!(board.deployment.reason, told);
        let AwaitStatus::CannotBecomeReady(why) = await_status(&board) else {
            panic!("waiting fills no hole");
        };
        assert!(
            why.contains(told) && why.contains("`cutover deploy`"),
            "{why}"
        );
    }

    #[test]
    fn what_a_build_has_not_finished_is_not_ready() {
        let mut world = World::new();
        world.record(Side::Deployment, DeploymentRole::Candidate, false);
        let board = world.board();
        assert_eq!(board.phase, Phase::Deploying);
        assert_eq!(board.deployment.readiness, Readiness::Unknown);
    }

    #[test]
    fn what_a_broken_manifest_should_tell_is_unknown_and_never_ready() {
        let known = ProjectKnowledge {
            unread: Some("its manifest is cut off".to_owned()),
            ..ProjectKnowledge::default()
        };
        let mut world = World::new();
        assert_eq!(world.board().phase, Phase::Ready);
        world.project = None;
        let board = world.board_knowing(known);
        assert_eq!(board.phase, Phase::Hydrating);
        let AwaitStatus::Wait { missing, .. } = await_status(&board) else {
            panic!("the next writing of the file may be whole");
        };
        assert!(
            missing[0].contains("its manifest is cut off"),
            "{missing:?}"
        );
    }

    #[test]
    fn what_the_project_removed_or_keeps_elsewhere_is_no_hole() {
        let mut world = without_foobar(Side::Deployment);
        let project = world.project.as_mut().unwrap();
        let foobar = project.models.last_mut().unwrap();
        foobar.change = Compared::Changed(ModelChange::Removed);
        assert_eq!(world.board().phase, Phase::Ready);
        for kind in [
            Materialization::Sink,
            Materialization::Source,
            Materialization::Ephemeral,
            Materialization::Snapshot,
        ] {
            let project = world.project.as_mut().unwrap();
            let foobar = project.models.last_mut().unwrap();
            foobar.change = Compared::Unmodified;
            foobar.materialized = kind;
            assert_eq!(world.board().phase, Phase::Ready);
        }
    }

    #[test]
    fn without_a_project_the_manifest_of_the_record_tells_what_belongs_there() {
        let mut world = without_foobar(Side::Deployment);
        world.project = None;
        assert_eq!(world.board().phase, Phase::Ready, "nothing tells");
        assert_eq!(world.board().wholeness.deployment, None);
        world
            .manifests
            .insert(Side::Deployment, vec!["foo", "bar", "foobar"]);
        assert_eq!(world.board().phase, Phase::Hydrating);
    }

    #[test]
    fn a_retired_side_is_measured_by_its_own_manifest_and_the_way_back_says_n_of_m() {
        let mut world = without_foobar(Side::Deployment);
        world.record(Side::Production, DeploymentRole::Production, true);
        world.record(Side::Deployment, DeploymentRole::Retired, true);
        world.lineage = None;
        world.project = Some(world.project_of(&["foo", "bar", "foobar", "new"]));
        let board = world.board();
        assert_eq!(board.phase, Phase::Promoted);
        assert!(
            matches!(board.way_back, WayBack::Ready { whole: 2, total: 2 }),
            "its manifest is not known"
        );
        world
            .manifests
            .insert(Side::Deployment, vec!["foo", "bar", "foobar"]);
        let board = world.board();
        let WayBack::Degraded {
            whole: 2,
            total: 3,
            reason,
        } = board.way_back
        else {
            panic!("{}", board.way_back);
        };
        assert_eq!(reason, "1 of 3 models is missing (prod.foobar)");
    }

    #[test]
    fn production_is_measured_by_what_it_runs() {
        let mut world = without_foobar(Side::Production);
        assert_eq!(world.board().wholeness.holes(Side::Production), None);
        world
            .manifests
            .insert(Side::Production, vec!["foo", "bar", "foobar"]);
        let holes = world.board().wholeness.holes(Side::Production);
        assert_eq!(
            holes.as_deref(),
            Some("1 of 3 models is missing (prod.foobar)")
        );
    }

    #[test]
    fn an_index_of_the_name_is_no_model() {
        let mut world = without_foobar(Side::Deployment);
        let foo = world.id(Side::Deployment, "foo");
        world.add(Side::Deployment, "foobar", ObjectKind::Index, &[&foo]);
        assert_eq!(world.board().phase, Phase::Hydrating);
    }
}
