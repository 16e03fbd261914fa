//! Every stand of a deployment against every operation: each cell is a decision, and no two places answer it differently.

mod holes;
mod stopped;
mod subject;
mod unproven;

use super::*;
use crate::domain::action::Operation;
use crate::domain::board::Board;
use crate::domain::environment::Side;
use crate::domain::finding::{FindingId, Severity};
use crate::domain::fixture::{World, asked, carry_out, carry_out_step, id};
use crate::domain::last_build::{LastBuild, LastBuilds};
use crate::domain::name::{ClusterId, SchemaId};
use crate::domain::phase::Phase;
use crate::domain::plan::{self, Build, Plan, Step};
use crate::domain::project::Project;
use crate::domain::record::DeploymentRole;
use crate::domain::way_back::WayBack;

const OPERATIONS: [Operation; 8] = [
    Operation::Init,
    Operation::Deploy,
    Operation::Await,
    Operation::Promote,
    Operation::Sync,
    Operation::Rollback,
    Operation::Cleanup,
    Operation::Repair,
];

/// A stand: its name, what it is, its phase, what comes next, whose guards are looked at, the way back, and for each of [`OPERATIONS`] `+`
/// where it may begin.
struct Stand {
    name: &'static str,
    world: World,
    phase: Phase,
    next: Option<Operation>,
    ahead: Operation,
    back: &'static str,
    may: &'static str,
}

fn planned(world: &World, operation: Operation) -> Plan {
    let (stamp, request) = (crate::domain::fixture::stamp(), asked(operation));
    let builds = LastBuilds {
        production: LastBuild::Untold(String::new()),
        deployment: LastBuild::Untold(String::new()),
    };
    world.with_inputs(|inputs| match operation {
        Operation::Init => plan::init(inputs, &stamp, &request),
        Operation::Deploy => plan::deploy(inputs, &stamp, Build::default(), &request),
        Operation::Sync => plan::sync(inputs, &stamp, Build::default(), &request),
        Operation::Promote => plan::promote(inputs, &stamp, &request, None),
        Operation::Rollback => plan::rollback(inputs, &stamp, &request, None),
        Operation::Cleanup => plan::cleanup(inputs, &stamp, &request),
        Operation::Repair => plan::repair(inputs, &stamp, &builds, &request),
        Operation::Await => panic!("await has no plan"),
    })
}

fn after(world: &World, operation: Operation) -> World {
    let mut after = world.clone();
    carry_out(&mut after, &planned(world, operation));
    after
}

/// Cut off right after the swap.
fn cut_off(world: &World, operation: Operation) -> World {
    let mut cut = world.clone();
    for step in &planned(world, operation).steps {
        carry_out_step(&mut cut, step);
        if matches!(step, Step::Transaction(_)) {
            return cut;
        }
    }
    panic!("there is no swap in it");
}

fn bent(world: &World, bend: impl FnOnce(&mut World)) -> World {
    let mut bent = world.clone();
    bend(&mut bent);
    bent
}

fn stand(
    name: &'static str,
    world: World,
    (phase, next, ahead): (Phase, Option<Operation>, Operation),
    (back, may): (&'static str, &'static str),
) -> Stand {
    Stand {
        name,
        world,
        phase,
        next,
        ahead,
        back,
        may,
    }
}

/// Before a promote. The columns of the last string: init deploy await promote sync rollback cleanup repair.
fn before_the_swap() -> Vec<Stand> {
    use Operation::{Await, Deploy, Init, Promote};
    let cluster = id::<ClusterId>("u2");
    let none = bent(&World::empty(), |world| {
        world.catalog().schemas.remove(&id::<SchemaId>("u2"));
        world.catalog().clusters.remove(&cluster);
    });
    let partly = bent(&World::empty(), |world| {
        world.catalog().clusters.remove(&cluster);
    });
    let with = |project: Option<Project>| bent(&World::empty(), |world| world.project = project);
    let ready = World::new();
    let deploying = bent(&ready, |world| {
        world.record(Side::Deployment, DeploymentRole::Candidate, false)
    });
    let hydrating = bent(&ready, |world| {
        let foo = world.id(Side::Deployment, "foo");
        world.status(&foo, Some("u12"), Some(false));
    });
    let paused = bent(&ready, |world| world.catalog().replicas.clear());
    let forged = bent(&ready, |world| {
        world.comment("u2", Some("cutover/1 role=broken".to_owned()))
    });
    let bereft = bent(&ready, |world| {
        world.catalog().clusters.remove(&cluster);
    });
    let clusters = bent(&ready, |world| world.environment.schemas.clear());
    let one = Some(ready.project_of(&["foo"]));
    let nothing = Some(Project::default());
    vec![
        stand(
            "none",
            none,
            (Phase::None, Some(Init), Init),
            ("not needed", "+......+"),
        ),
        stand(
            "partly made",
            partly,
            (Phase::None, Some(Init), Init),
            ("not needed", "+.....++"),
        ),
        stand(
            "empty",
            with(one),
            (Phase::Initialized, Some(Deploy), Deploy),
            ("not needed", "++....++"),
        ),
        stand(
            "project unknown",
            with(None),
            (Phase::Initialized, Some(Deploy), Deploy),
            ("not needed", "++....++"),
        ),
        stand(
            "nothing to build",
            with(nothing),
            (Phase::Initialized, Some(Deploy), Deploy),
            ("not needed", "+++...++"),
        ),
        stand(
            "deploying",
            deploying,
            (Phase::Deploying, Some(Deploy), Deploy),
            ("not needed", "++.+..++"),
        ),
        stand(
            "hydrating",
            hydrating,
            (Phase::Hydrating, Some(Await), Promote),
            ("not needed", "++++..++"),
        ),
        stand(
            "paused",
            paused,
            (Phase::Hydrating, Some(Await), Promote),
            ("not needed", "++.+..++"),
        ),
        stand(
            "ready",
            ready,
            (Phase::Ready, Some(Promote), Promote),
            ("not needed", "++++..++"),
        ),
        stand(
            "forged",
            forged,
            (Phase::Unknown, None, Promote),
            ("not needed", "+.....++"),
        ),
        stand(
            "parts dropped",
            bereft,
            (Phase::Unknown, Some(Init), Init),
            ("not needed", "+.....++"),
        ),
        stand(
            "clusters alone",
            clusters,
            (Phase::Ready, Some(Promote), Promote),
            ("not needed", "++++..++"),
        ),
    ]
}

/// From the swap on.
fn after_the_swap() -> Vec<Stand> {
    use Operation::{Deploy, Promote, Rollback, Sync};
    let ready = World::new();
    let promoted = after(&ready, Promote);
    let cut_promote = cut_off(&ready, Promote);
    let cut_rollback = cut_off(&promoted, Rollback);
    let emptied = bent(&promoted, |world| {
        world
            .catalog()
            .objects
            .retain(|_, object| object.schema != id::<SchemaId>("u1"));
    });
    let cut_sync = bent(&promoted, |world| {
        world.record_on("u1", DeploymentRole::Synced, false)
    });
    let synced = bent(&promoted, |world| {
        world.record_on("u1", DeploymentRole::Synced, true)
    });
    let forged = bent(&promoted, |world| {
        world.record(Side::Production, DeploymentRole::Production, true);
        world.record(Side::Deployment, DeploymentRole::Production, true);
    });
    let clusters = bent(&ready, |world| {
        world.environment.schemas.clear();
        world.swap();
    });
    vec![
        stand(
            "promote cut off",
            cut_promote,
            (Phase::Promoting, Some(Promote), Promote),
            ("ready 3/3", "..++.+.."),
        ),
        stand(
            "rollback cut off",
            cut_rollback,
            (Phase::Promoting, Some(Rollback), Rollback),
            ("not needed", "..++.+.."),
        ),
        stand(
            "promoted",
            promoted,
            (Phase::Promoted, Some(Sync), Rollback),
            ("ready 3/3", "+.+.++++"),
        ),
        stand(
            "retired side emptied",
            emptied,
            (Phase::Promoted, Some(Sync), Sync),
            ("gone", "+...+.++"),
        ),
        stand(
            "sync cut off",
            cut_sync,
            (Phase::Deploying, Some(Sync), Sync),
            ("gone", "++.++.++"),
        ),
        stand(
            "synced",
            synced,
            (Phase::Synced, Some(Deploy), Deploy),
            ("gone", "+++.+.++"),
        ),
        stand(
            "forged after a promote",
            forged,
            (Phase::Unknown, None, Promote),
            ("unknown", "+....+++"),
        ),
        stand(
            "clusters alone, promoted",
            clusters,
            (Phase::Promoted, Some(Sync), Rollback),
            ("ready", "+.+.++++"),
        ),
    ]
}

fn stands() -> Vec<Stand> {
    let mut stands = before_the_swap();
    stands.extend(after_the_swap());
    stands
}

#[test]
fn every_cell_is_as_decided() {
    let mut wrong = Vec::new();
    for stand in stands() {
        let board = stand.world.board();
        let mut hold = |what: &str, found: String, decided: String| {
            if !found.starts_with(&decided) {
                wrong.push(format!("{}: {what} is {found}, not {decided}", stand.name));
            }
        };
        hold(
            "the phase",
            board.phase.to_string(),
            stand.phase.to_string(),
        );
        hold(
            "the next step",
            format!("{:?}", step(&board)),
            format!("{:?}", stand.next),
        );
        hold(
            "the preflight",
            ahead(&board).to_string(),
            stand.ahead.to_string(),
        );
        hold(
            "the way back",
            board.way_back.to_string(),
            stand.back.to_owned(),
        );
        let may: String = OPERATIONS
            .map(|operation| {
                if may(&board, operation).is_ok() {
                    '+'
                } else {
                    '.'
                }
            })
            .iter()
            .collect();
        hold("what may begin", may, stand.may.to_owned());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_phase_has_its_stand() {
    let mut met: Vec<_> = stands().iter().map(|stand| stand.phase.as_str()).collect();
    met.sort_unstable();
    met.dedup();
    assert_eq!(met.len(), 9, "{met:?}");
}

/// Findings of the workflow itself; all others are about contents, which a plan shows.
fn of_the_workflow(id: FindingId) -> bool {
    matches!(
        id,
        FindingId::NamesMissing
            | FindingId::NothingToDo
            | FindingId::NoWayBack
            | FindingId::AlreadyPromoted
            | FindingId::WayBackEnds
            | FindingId::UnfinishedPromote
    )
}

/// Key and command line: what may not begin has a plan that is blocked (or nothing to do), and the other way round.
#[test]
fn a_plan_is_blocked_where_its_key_is() {
    for Stand { name, world, .. } in stands() {
        let board = world.board();
        for operation in OPERATIONS.into_iter().filter(|it| *it != Operation::Await) {
            let plan = planned(&world, operation);
            let blocks: Vec<FindingId> = plan.blocks().map(|finding| finding.id).collect();
            let told = format!("{name}, {operation}: {blocks:?}");
            match may(&board, operation) {
                Ok(()) => assert!(!blocks.iter().any(|id| of_the_workflow(*id)), "{told}"),
                Err(why) => {
                    let nothing = plan.steps.is_empty() && operation == Operation::Cleanup;
                    assert!(nothing || plan.is_blocked(), "{told}, though {why:?}");
                    if let Some(finding) = why.finding(operation, "production") {
                        assert_eq!(finding.severity, Severity::Block);
                        assert!(plan.findings.contains(&finding), "{told}, though {why:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn waiting_may_begin_where_it_may_help() {
    for Stand { name, world, .. } in stands() {
        let board = world.board();
        let never = matches!(await_status(&board), AwaitStatus::CannotBecomeReady(_));
        assert_eq!(may(&board, Operation::Await).is_err(), never, "{name}");
    }
}

#[test]
fn what_is_named_next_may_begin() {
    for Stand { name, world, .. } in stands() {
        let board = world.board();
        let holds = |operation: Operation| {
            // Whoever waits in vain is told so by waiting.
            let may = may(&board, operation);
            assert!(
                may.is_ok() || operation == Operation::Await,
                "{name}: {operation}: {may:?}"
            );
        };
        step(&board).into_iter().for_each(holds);
        headline(&board, None)
            .then
            .into_iter()
            .for_each(|(operation, _)| holds(operation));
        if step(&board).is_some() {
            holds(ahead(&board));
        }
        for goal in [Goal::Ready, Goal::Promoted, Goal::Synced] {
            for settled in [false, true] {
                if let Next::Operate(operation) = next(&board, goal, settled) {
                    holds(operation);
                }
            }
        }
    }
}

#[test]
fn no_way_back_is_offered_that_is_refused() {
    for Stand { name, world, .. } in stands() {
        let board = world.board();
        let finishes = finishing(&board) == Operation::Rollback;
        let may = may(&board, Operation::Rollback).is_ok();
        assert_eq!(board.way_back.is_open() || finishes, may, "{name}");
        let gone = matches!(board.way_back, WayBack::Gone { .. } | WayBack::NotNeeded);
        assert_eq!(gone, !board.way_back.is_open(), "{name}");
    }
}

fn towards(board: &Board, goal: Goal) -> Next {
    next(board, goal, true)
}

#[test]
fn the_way_of_a_project_to_its_goal() {
    let reached = "Production runs this project.";
    let same = |world: &World| {
        bent(world, |world| {
            world.project = Some(world.project_of(&["foo", "bar", "foobar"]))
        })
    };
    let ready = World::new();
    let candidate = same(&ready).board();
    assert_eq!(next(&candidate, Goal::Promoted, false), Next::Wait);
    assert_eq!(
        towards(&candidate, Goal::Ready),
        Next::Reached("Ready for the promote.")
    );
    assert_eq!(
        towards(&candidate, Goal::Promoted),
        Next::Operate(Operation::Promote)
    );
    let unread = bent(&ready, |world| world.project = None);
    assert_eq!(
        towards(&unread.board(), Goal::Promoted),
        Next::Operate(Operation::Deploy),
        "unknown is built"
    );
    let promoted = after(&ready, Operation::Promote);
    assert_eq!(
        towards(&promoted.board(), Goal::Promoted),
        Next::Reached(reached)
    );
    assert_eq!(
        towards(&promoted.board(), Goal::Synced),
        Next::Operate(Operation::Sync)
    );
    let cut_off = bent(&promoted, |world| {
        world.record_on("u1", DeploymentRole::Synced, false)
    });
    assert_eq!(
        towards(&cut_off.board(), Goal::Promoted),
        Next::Reached(reached)
    );
    assert_eq!(
        towards(&cut_off.board(), Goal::Synced),
        Next::Operate(Operation::Sync)
    );
    let changed = bent(&cut_off, |world| world.project = None);
    assert_eq!(
        towards(&changed.board(), Goal::Synced),
        Next::Operate(Operation::Deploy)
    );
}
