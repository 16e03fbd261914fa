//! Waiting for readiness. The pictures come anyway, so the cockpit only has to tell when it is there, or can't come.

use super::{flash, note};
use crate::domain::board::Board;
use crate::domain::phase::Phase;
use crate::domain::readiness::Readiness;
use crate::tui::state::{Overlay, State};
use crate::tui::theme::Role;
use crate::tui::wording::span;

/// Begins to wait, or stops.
pub fn wait(state: &mut State) {
    if state.awaiting.take().is_some() {
        flash(state, "no longer waiting");
        return;
    }
    state.awaiting = Some(state.now);
    note(state, Role::Info, "await started");
    if let Some(board) = state.latest.board.clone() {
        look(state, &board);
    }
}

/// Ends the waiting when the deployment side is ready, can't become so, or is gone.
pub fn look(state: &mut State, board: &Board) {
    let Some(since) = state.awaiting else { return };
    let time = span(state.now.since(since));
    let side = &board.deployment;
    if matches!(board.phase, Phase::None | Phase::Initialized) {
        state.awaiting = None;
        flash(state, "await ended: there is nothing left to wait for");
        return;
    }
    match side.readiness {
        Readiness::Ready => {
            state.awaiting = None;
            let text = format!("await done: the deployment side is ready after {time}");
            note(state, Role::Ready, text.clone());
            flash(state, text);
        }
        Readiness::Failing => {
            state.awaiting = None;
            let text = format!("await ended after {time}: {}", side.reason);
            note(state, Role::Failing, text);
            state.overlay = Some(Overlay::Result {
                title: "the deployment side can't become ready by waiting".to_owned(),
                lines: vec![side.reason.clone()],
                opened: state.now,
            });
        }
        _ => {}
    }
}
