//! What a command does, on every screen and on each.

use super::lists::{self, Move};
use super::telling::flash;
use super::{dialog, field, operation, palette};
use crate::domain::quantity::count;
use crate::tui::effect::Effect;
use crate::tui::keymap::ScreenCommand;
use crate::tui::screens::{Screen, parts_of};
use crate::tui::state::{Overlay, Stage, State};

/// Two ctrl-c within this time, in milliseconds, leave.
pub(super) const TWICE_MS: u64 = 2_000;

/// What a command does; the palette and the help come here too.
pub fn perform(state: &mut State, command: ScreenCommand) -> Vec<Effect> {
    let page = (parts_of(state.screen).page)(state);
    let page = isize::try_from(page).unwrap_or(isize::MAX / 4);
    match command {
        ScreenCommand::Screen(screen) => return show(state, screen),
        ScreenCommand::Help => state.overlay = Some(Overlay::Help { scroll: 0 }),
        ScreenCommand::Palette => palette::open_palette(state),
        ScreenCommand::Back => back(state),
        ScreenCommand::Quit => return quit(state),
        ScreenCommand::Interrupt => return interrupt(state),
        ScreenCommand::Suspend => return operation::suspend(state),
        ScreenCommand::CancelOperation => operation::ask_to_cancel(state),
        ScreenCommand::Refresh => return (parts_of(state.screen).refresh)(state),
        ScreenCommand::Mouse => {
            state.mouse = !state.mouse;
            flash(state, if state.mouse { "mouse on" } else { "mouse off" });
            return vec![Effect::Mouse(state.mouse)];
        }
        ScreenCommand::Copy => return copy(state, false),
        ScreenCommand::CopyAll => return copy(state, true),
        ScreenCommand::Save => return save(state),
        ScreenCommand::Up => lists::step(state, Move::By(-1)),
        ScreenCommand::Down => lists::step(state, Move::By(1)),
        ScreenCommand::HalfPageUp => lists::step(state, Move::By(-(page / 2).max(1))),
        ScreenCommand::HalfPageDown => lists::step(state, Move::By((page / 2).max(1))),
        ScreenCommand::PageUp => lists::step(state, Move::By(-page)),
        ScreenCommand::PageDown => lists::step(state, Move::By(page)),
        ScreenCommand::Top => lists::step(state, Move::Top),
        ScreenCommand::Bottom => lists::step(state, Move::Bottom),
        _ => return (parts_of(state.screen).perform)(state, command),
    }
    Vec::new()
}

pub(super) fn show(state: &mut State, screen: Screen) -> Vec<Effect> {
    state.screen = screen;
    let effects = (parts_of(screen).enter)(state);
    lists::settle(state);
    effects
}

pub(super) fn back(state: &mut State) {
    state.wanted = None;
    if matches!(state.stage, Stage::Planning { .. }) {
        operation::give_up_planning(state);
        return;
    }
    if !(parts_of(state.screen).back)(state) {
        state.screen = Screen::Cockpit;
        lists::settle(state);
    }
}

/// One step back; where there is none, out. Nobody who closes a pane or a filter means to leave.
pub(super) fn quit(state: &mut State) -> Vec<Effect> {
    let narrowed = state.cockpit.zoomed || !state.cockpit.filter.is_empty();
    if state.screen == Screen::Cockpit && !narrowed {
        operation::ask_to_leave(state)
    } else {
        back(state);
        Vec::new()
    }
}

/// ctrl-c closes what is open; twice within two seconds it leaves.
pub(super) fn interrupt(state: &mut State) -> Vec<Effect> {
    let now = state.now;
    let twice = state
        .interrupted
        .replace(now)
        .is_some_and(|before| now.since(before) <= TWICE_MS);
    if twice {
        state.interrupted = None;
        return operation::leave(state);
    }
    if state.overlay.take().is_some() {
    } else if state.is_reviewing() {
        return dialog::close(state);
    } else if !field::give_up(state) {
        flash(state, "ctrl-c again within 2 s leaves");
    }
    Vec::new()
}

pub(super) fn save(state: &mut State) -> Vec<Effect> {
    match crate::tui::export::save(state) {
        Some(effect) => vec![effect],
        None => {
            flash(state, "there is nothing to save on this screen");
            Vec::new()
        }
    }
}

pub(super) fn copy(state: &mut State, all: bool) -> Vec<Effect> {
    match crate::tui::export::copied(state, all) {
        Some(text) => {
            let what = text.lines().next().unwrap_or_default().to_owned();
            flash(
                state,
                match text.lines().count() {
                    0 | 1 => format!("copied {what}"),
                    lines => format!("copied {}", count(lines, "line")),
                },
            );
            vec![Effect::Copy(text)]
        }
        None => {
            flash(state, "nothing is selected");
            Vec::new()
        }
    }
}
