//! Waiting for readiness. The pictures come anyway, so the cockpit only has to tell when it is there to stay, or can't come.

use super::telling::{flash, note};
use crate::domain::board::Board;
use crate::domain::workflow::{AwaitStep, AwaitWatch, headline};
use crate::tui::state::{Awaiting, Overlay, State};
use crate::tui::theme::ThemeRole;
use crate::tui::wording::span;

/// Begins to wait, or stops.
pub fn wait(state: &mut State) {
    if state.awaiting.take().is_some() {
        flash(state, "no longer waiting");
        return;
    }
    state.awaiting = Some(Awaiting {
        since: state.now,
        watch: AwaitWatch::default(),
    });
    note(state, ThemeRole::Info, "await started");
    if let Some(board) = state.latest.board.clone() {
        look(state, &board);
    }
}

/// The connection is lost: what stood before counts no more.
pub fn interrupt(state: &mut State) {
    if let Some(awaiting) = &mut state.awaiting {
        awaiting.watch.interrupt();
    }
}

/// Ends the waiting when the deployment side is ready to stay, can't become so, or is gone.
pub fn look(state: &mut State, board: &Board) {
    let Some(mut awaiting) = state.awaiting.take() else {
        return;
    };
    let time = span(state.now.since(awaiting.since));
    match awaiting.watch.look(board) {
        AwaitStep::Ready => {
            let mut text = format!("await done: the deployment side is ready after {time}");
            let stopped = headline(board, state.latest.preflight.as_deref());
            let role = match stopped.is_stopped {
                true => ThemeRole::Failing,
                false => ThemeRole::Ready,
            };
            if stopped.is_stopped {
                text = format!("{text}, and still {}", stopped.stands);
            }
            note(state, role, text.clone());
            flash(state, text);
        }
        AwaitStep::Never(reason) => {
            let text = format!("await ended after {time}: {reason}");
            note(state, ThemeRole::Failing, text);
            state.overlay = Some(Overlay::Result {
                title: "the deployment side can't become ready by waiting".to_owned(),
                lines: vec![reason],
                opened: state.now,
            });
        }
        AwaitStep::Tell(_) | AwaitStep::Wait => state.awaiting = Some(awaiting),
    }
}
