//! Keys against what stands on the server.

use super::*;
use crate::domain::fixture::{World, asked, carry_out, carry_out_step, stamp};
use crate::domain::picture::Picture;
use crate::domain::plan::{self, Step};
use crate::domain::workflow::may;
use crate::tui::event::Event;
use crate::tui::state::TargetInfo;
use crate::tui::update::update;
use crossterm::event::{KeyCode, KeyEvent};
use std::sync::Arc;
use std::time::Instant;

fn watching(world: &World) -> State {
    let size = (120, 40);
    let mut state = State::new(TargetInfo::default(), Arc::default(), Instant::now(), size);
    let picture = Picture {
        board: Some(Arc::new(world.board())),
        ..Picture::default()
    };
    update(&mut state, Event::Picture(picture));
    state
}

/// A rollback whose swap is committed and whose rest is left to do.
fn rollback_cut_off() -> World {
    let mut world = World::new();
    let there =
        world.with_inputs(|facts| plan::promote(facts, &stamp(), &asked(Operation::Promote), None));
    carry_out(&mut world, &there);
    let back = world
        .with_inputs(|facts| plan::rollback(facts, &stamp(), &asked(Operation::Rollback), None));
    for step in &back.steps {
        carry_out_step(&mut world, step);
        if matches!(step, Step::Transaction(_)) {
            break;
        }
    }
    world
}

/// `finish` used to say that it asked for a promote and got a plan for a rollback.
#[test]
fn finish_finishes_a_rollback() {
    let world = rollback_cut_off();
    let mut state = watching(&world);
    assert_eq!(state.label(Operation::Promote), "finish");
    let effects = ask(&mut state, Operation::Promote);
    let [Effect::Plan { generation, .. }] = effects[..] else {
        panic!("{effects:?}");
    };
    let plan =
        world.with_inputs(|facts| plan::promote(facts, &stamp(), &asked(Operation::Promote), None));
    assert_eq!(plan.operation, Operation::Rollback);
    planned(&mut state, generation, Ok(Box::new(plan)));
    assert!(
        matches!(state.stage, Stage::Reviewing(_)),
        "{:?}",
        state.overlay
    );
}

#[test]
fn a_key_is_what_the_workflow_says() {
    for world in [World::new(), World::empty(), rollback_cut_off()] {
        let state = watching(&world);
        for operation in Operation::ALL {
            let said = may(&world.board(), operation).map_err(|why| why.clause().into_owned());
            assert_eq!(state.may(operation), said, "{operation}");
        }
    }
}

/// A swap that lost its race can be stopped again while it waits for its next try.
#[test]
fn a_commit_that_did_not_take_effect_holds_nobody_up() {
    let mut state = watching(&World::new());
    let generation = Generation(1);
    state.stage = Stage::Running(Running {
        generation,
        operation: Operation::Promote,
        label: "promote",
        since: state.now,
        committing: false,
        cancelling: false,
    });
    progress(&mut state, generation, Progress::Committing);
    ask_to_cancel(&mut state);
    assert_eq!(state.overlay, None, "its answer is waited for");
    progress(&mut state, generation, Progress::NotCommitted);
    ask_to_cancel(&mut state);
    assert!(matches!(state.overlay, Some(Overlay::Question { .. })));
}

#[test]
fn q_closes_a_pane_and_a_filter_before_it_leaves() {
    let mut state = watching(&World::new());
    state.cockpit.zoomed = true;
    state.cockpit.filter.paste("bar");
    let q = || Event::Key(KeyEvent::from(KeyCode::Char('q')));
    assert!(update(&mut state, q()).is_empty());
    assert!(!state.cockpit.zoomed);
    assert!(update(&mut state, q()).is_empty());
    assert!(state.cockpit.filter.is_empty());
    assert_eq!(update(&mut state, q()), [Effect::Quit]);
}
