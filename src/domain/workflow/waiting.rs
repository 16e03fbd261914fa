//! Where waiting leads: one status per picture, and how long it has held.

use super::next::step;
use crate::domain::action::Operation;
use crate::domain::board::Board;
use crate::domain::environment::Side;
use crate::domain::object::ClusterSchedule;
use crate::domain::phase::{NamesPresent, Phase};
use crate::domain::quantity::count;
use crate::domain::readiness::Readiness;
use crate::domain::snapshot::LogicalTime;
use crate::domain::whole::NOTHING_THERE;

/// How many waiting objects are named.
const NAMED: usize = 5;

/// What one picture means for somebody who waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AwaitStatus {
    Ready,
    /// Waiting can't help, and why.
    CannotBecomeReady(String),
    /// What is missing, most important first.
    Wait {
        hydrated: usize,
        total: usize,
        missing: Vec<String>,
    },
}

/// Judges whether the deployment side is ready, will be, or can't become so by waiting.
#[must_use]
pub fn await_status(board: &Board) -> AwaitStatus {
    if let Some(reason) = hopeless(board) {
        return AwaitStatus::CannotBecomeReady(reason);
    }
    let side = &board.deployment;
    let (hydrated, total) = side.hydrated_of_total();
    let mut missing = Vec::new();
    if let (Phase::Deploying, Some(who)) = (board.phase, &board.at_work) {
        missing.push(format!("{who} has not finished"));
    }
    let waiting: Vec<_> = side
        .objects
        .values()
        .filter(|object| object.readiness != Readiness::Ready)
        .collect();
    let name = |id| board.snapshot.catalog.display_name(id);
    missing.extend(
        waiting
            .iter()
            .take(NAMED)
            .map(|object| format!("{}: {}", name(&object.id), object.reason)),
    );
    if waiting.len() > NAMED {
        missing.push(format!("and {} more", waiting.len() - NAMED));
    }
    if waiting.is_empty() && side.readiness != Readiness::Ready {
        missing.push(side.reason.clone());
    }
    if missing.is_empty() {
        AwaitStatus::Ready
    } else {
        AwaitStatus::Wait {
            hydrated,
            total,
            missing,
        }
    }
}

/// Why waiting can't help; looks at no object, so that it can be asked at every key.
pub(super) fn hopeless(board: &Board) -> Option<String> {
    match board.phase {
        Phase::None => Some("there is no deployment side: run `cutover init`".to_owned()),
        Phase::Unknown => {
            let told = match board.names {
                NamesPresent::Partly | NamesPresent::Absent => {
                    "parts of the deployment side are missing"
                }
                NamesPresent::Whole => {
                    "records contradict each other, the catalog or the audit events"
                }
            };
            Some(format!("{told}: see `cutover status`"))
        }
        Phase::Deploying if board.at_work.is_none() => {
            let builds = step(board).map_or("deploy", Operation::command);
            Some(format!(
                "the deployment into this side was cut off, was partial, or models failed, and nobody is at work on it: run `cutover {builds}`"
            ))
        }
        _ => never(board)
            .or_else(|| nothing_built(board))
            .or_else(|| holes(board)),
    }
}

/// An empty side is ready only where the project is known to have nothing for it. A deployment that has begun fills it.
fn nothing_built(board: &Board) -> Option<String> {
    let builds = match board.phase {
        Phase::Initialized | Phase::Hydrating | Phase::Ready => "deploy",
        Phase::Promoted | Phase::Synced => "sync",
        _ => return None,
    };
    if !board.is_empty {
        return None;
    }
    let Some(whole) = board.wholeness.of(Side::Deployment) else {
        return Some(format!("{NOTHING_THERE}: run `cutover {builds}`"));
    };
    (whole.total > 0).then(|| {
        format!(
            "nothing is built there, and its manifest has {} for it: run `cutover {builds}`",
            count(whole.total, "model")
        )
    })
}

/// What is missing does not come by waiting.
fn holes(board: &Board) -> Option<String> {
    let builds = match board.phase {
        Phase::Hydrating | Phase::Ready => "deploy",
        Phase::Promoted | Phase::Synced => "sync",
        _ => return None,
    };
    let holes = board.wholeness.holes(Side::Deployment)?;
    Some(format!(
        "{holes}: `cutover {builds}` builds what is missing"
    ))
}

fn never(board: &Board) -> Option<String> {
    let clusters = &board.snapshot.catalog.clusters;
    board.deployment.clusters.iter().find_map(|cluster| {
        let scheduled = cluster
            .id
            .as_ref()
            .and_then(|id| clusters.get(id))
            .is_some_and(|cluster| cluster.schedule == ClusterSchedule::OnRefresh);
        match cluster.readiness {
            Readiness::Failing => Some(format!("cluster {}: {}", cluster.name, cluster.reason)),
            // A schedule brings its replicas back by itself; nobody else does.
            Readiness::Paused if !scheduled => {
                Some(format!("cluster {}: {}", cluster.name, cluster.reason))
            }
            _ => None,
        }
    })
}

/// Something that must stand for a while before it counts, by the server's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Settling {
    since: Option<LogicalTime>,
}

impl Settling {
    /// Takes in one batch; whether it has stood at every batch for `settle_ms` now. One failing batch starts the time anew.
    pub fn holds(&mut self, stands: bool, time: LogicalTime, settle_ms: u64) -> bool {
        if !stands {
            self.since = None;
            return false;
        }
        let since = *self.since.get_or_insert(time);
        time.millis_since(since) >= settle_ms
    }
}

/// Waiting, picture by picture: the status that lasts, and what is worth telling on the way.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AwaitWatch {
    ready: Settling,
    told: Option<AwaitStatus>,
    changed: Settling,
}

/// What somebody who waits does about a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AwaitStep {
    /// Ready at every picture for as long as was asked.
    Ready,
    /// Waiting can't help, and why.
    Never(String),
    /// Something lasting changed: tell it, and go on waiting.
    Tell(AwaitStatus),
    /// Nothing new.
    Wait,
}

impl AwaitWatch {
    /// A picture that can't be trusted, since the connection is lost: what stood before it counts no more.
    pub fn interrupt(&mut self) {
        self.ready = Settling::default();
    }

    /// Takes in the next picture.
    pub fn look(&mut self, board: &Board) -> AwaitStep {
        let (time, settle_ms) = (board.snapshot.time, board.thresholds.settle_ms);
        let now = await_status(board);
        if self.ready.holds(now == AwaitStatus::Ready, time, settle_ms) {
            return AwaitStep::Ready;
        }
        if let AwaitStatus::CannotBecomeReady(reason) = now {
            return AwaitStep::Never(reason);
        }
        let news = match &self.told {
            None => now != AwaitStatus::Ready,
            // More hydrated is progress and told at once; who else waits may change from tick to tick.
            Some(told) => {
                let other = !same_missing(told, &now);
                more_hydrated(told, &now) || self.changed.holds(other, time, settle_ms)
            }
        };
        if !news || now == AwaitStatus::Ready {
            return AwaitStep::Wait;
        }
        self.changed = Settling::default();
        self.told = Some(now.clone());
        AwaitStep::Tell(now)
    }
}

fn more_hydrated(told: &AwaitStatus, now: &AwaitStatus) -> bool {
    let hydrated = |status: &AwaitStatus| match status {
        AwaitStatus::Wait { hydrated, .. } => Some(*hydrated),
        _ => None,
    };
    hydrated(now).is_some_and(|now| hydrated(told) != Some(now))
}

/// Whether the same objects wait: reasons that only count up are no news.
fn same_missing(told: &AwaitStatus, now: &AwaitStatus) -> bool {
    let names = |status: &AwaitStatus| match status {
        AwaitStatus::Wait { missing, .. } => missing
            .iter()
            .map(|text| text.split(": ").next().unwrap_or_default().to_owned())
            .collect(),
        _ => Vec::new(),
    };
    names(told) == names(now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::environment::Side;
    use crate::domain::fixture::{World, model};
    use crate::domain::project::Project;

    /// The picture `millis` later: everything has kept up, and `foo` of the deployment side lags by `lag`.
    fn at(world: &mut World, millis: u64, lag: u64) -> Board {
        world.move_to(millis, lag);
        world.board()
    }

    #[test]
    fn readiness_must_hold_at_every_picture_of_the_time() {
        let mut world = World::new();
        let mut watch = AwaitWatch::default();
        for (millis, lag, expected) in [
            (0, 0, AwaitStep::Wait),
            (1_000, 0, AwaitStep::Wait),
            (2_999, 0, AwaitStep::Wait),
            (3_000, 0, AwaitStep::Ready),
        ] {
            assert_eq!(
                watch.look(&at(&mut world, millis, lag)),
                expected,
                "{millis}"
            );
        }
    }

    #[test]
    fn one_failing_picture_starts_the_time_anew_and_is_no_news() {
        let mut world = World::new();
        let mut watch = AwaitWatch::default();
        assert!(
            matches!(watch.look(&at(&mut world, 0, 9_000)), AwaitStep::Tell(_)),
            "what it waits for first"
        );
        assert_eq!(watch.look(&at(&mut world, 1_000, 0)), AwaitStep::Wait);
        assert_eq!(watch.look(&at(&mut world, 3_000, 9_000)), AwaitStep::Wait);
        for millis in [3_500, 4_000, 6_499] {
            assert_eq!(
                watch.look(&at(&mut world, millis, 0)),
                AwaitStep::Wait,
                "{millis}"
            );
        }
        assert_eq!(watch.look(&at(&mut world, 6_500, 0)), AwaitStep::Ready);
    }

    #[test]
    fn a_lost_link_starts_the_time_anew() {
        let mut world = World::new();
        let mut watch = AwaitWatch::default();
        assert_eq!(watch.look(&at(&mut world, 0, 0)), AwaitStep::Wait);
        watch.interrupt();
        assert_eq!(watch.look(&at(&mut world, 4_000, 0)), AwaitStep::Wait);
        assert_eq!(watch.look(&at(&mut world, 7_000, 0)), AwaitStep::Ready);
    }

    #[test]
    fn another_object_that_waits_is_told_when_it_lasts_and_hydration_at_once() {
        let mut world = World::new();
        let mut watch = AwaitWatch::default();
        let foobar = world.id(Side::Deployment, "foobar");
        world.status(&foobar, Some("u12"), Some(false));
        assert!(matches!(
            watch.look(&at(&mut world, 0, 0)),
            AwaitStep::Tell(_)
        ));
        for millis in [1_000, 2_000, 3_999] {
            assert_eq!(
                watch.look(&at(&mut world, millis, 9_000)),
                AwaitStep::Wait,
                "{millis}"
            );
        }
        assert!(matches!(
            watch.look(&at(&mut world, 4_000, 9_000)),
            AwaitStep::Tell(_)
        ));
        world.hydrate(&foobar, "u12");
        assert!(matches!(
            watch.look(&at(&mut world, 4_100, 9_000)),
            AwaitStep::Tell(_)
        ));
    }

    #[test]
    fn an_empty_side_is_ready_only_where_nothing_belongs_there() {
        let mut world = World::empty();
        let look = |world: &World| AwaitWatch::default().look(&world.board());
        world.project = None;
        let AwaitStep::Never(why) = look(&world) else {
            panic!("nothing proves that nothing is to be built");
        };
        assert!(why.contains("not known"), "{why}");
        world.project = Some(Project {
            models: vec![model("foo")],
            ..Project::default()
        });
        let AwaitStep::Never(why) = look(&world) else {
            panic!("a model is missing");
        };
        assert!(why.contains("1 model for it"), "{why}");
        world.project = Some(Project::default());
        assert!(!matches!(look(&world), AwaitStep::Never(_)));
    }

    #[test]
    fn what_can_not_come_is_said_at_once() {
        let mut world = World::new();
        world.catalog().replicas.clear();
        let mut watch = AwaitWatch::default();
        assert!(matches!(
            watch.look(&at(&mut world, 0, 0)),
            AwaitStep::Never(_)
        ));
    }
}
