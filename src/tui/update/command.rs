//! What a command does, on every screen and on each.

use super::lists::{self, Move};
use super::telling::flash;
use super::{changes, cockpit, dialog, operation, palette, run};
use crate::domain::quantity::count;
use crate::tui::effect::Effect;
use crate::tui::keymap::ScreenCommand;
use crate::tui::layout;
use crate::tui::state::{Loaded, Overlay, Screen, Stage, State};

/// Two ctrl-c within this time, in milliseconds, leave.
pub(super) const TWICE_MS: u64 = 2_000;

/// What a command does; the palette and the help come here too.
pub fn perform(state: &mut State, command: ScreenCommand) -> Vec<Effect> {
    let page = isize::try_from(layout::page(state)).unwrap_or(isize::MAX / 4);
    match command {
        ScreenCommand::Screen(screen) => return show(state, screen),
        ScreenCommand::Help => state.overlay = Some(Overlay::Help { scroll: 0 }),
        ScreenCommand::Palette => palette::open_palette(state),
        ScreenCommand::Back => back(state),
        ScreenCommand::Quit => return quit(state),
        ScreenCommand::Interrupt => return interrupt(state),
        ScreenCommand::Suspend => return operation::suspend(state),
        ScreenCommand::CancelOperation => operation::ask_to_cancel(state),
        ScreenCommand::Refresh => return refresh(state),
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
        _ => return on_screen(state, command),
    }
    Vec::new()
}

pub(super) fn on_screen(state: &mut State, command: ScreenCommand) -> Vec<Effect> {
    match state.screen {
        Screen::Cockpit => cockpit::perform(state, command),
        Screen::Changes => return changes::perform(state, command),
        Screen::Run => run::perform(state, command),
        Screen::History if command == ScreenCommand::Open => {
            state.history.open = !state.history.open;
            state.history.scroll = 0;
        }
        Screen::Traffic | Screen::History => {}
    }
    Vec::new()
}

pub(super) fn show(state: &mut State, screen: Screen) -> Vec<Effect> {
    state.screen = screen;
    let effects = match screen {
        Screen::Changes if state.changes.view == Loaded::NotAsked => {
            state.changes.view = Loaded::Loading;
            vec![Effect::LoadChanges]
        }
        Screen::History => {
            if state.history.entries.here().is_none() {
                state.history.entries = Loaded::Loading;
            }
            vec![Effect::LoadHistory]
        }
        _ => Vec::new(),
    };
    lists::settle(state);
    effects
}

pub(super) fn back(state: &mut State) {
    state.wanted = None;
    if matches!(state.stage, Stage::Planning { .. }) {
        operation::give_up_planning(state);
        return;
    }
    let went_back = match state.screen {
        Screen::Cockpit => {
            cockpit::back(state);
            true
        }
        Screen::Changes => changes::back(state),
        Screen::Run => run::back(state),
        Screen::History => std::mem::take(&mut state.history.open),
        Screen::Traffic => false,
    };
    if !went_back {
        state.screen = Screen::Cockpit;
        lists::settle(state);
    }
}

pub(super) fn quit(state: &mut State) -> Vec<Effect> {
    if state.screen == Screen::Cockpit {
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
    } else if !clear_field(state) {
        flash(state, "ctrl-c again within 2 s leaves");
    }
    Vec::new()
}

pub(super) fn clear_field(state: &mut State) -> bool {
    match state.screen {
        Screen::Cockpit if state.cockpit.typing => {
            state.cockpit.typing = false;
            cockpit::set_filter(state, String::new());
            true
        }
        Screen::Changes if state.changes.typing => {
            state.changes.typing = false;
            state.changes.filter.reset();
            state.changes.list();
            true
        }
        Screen::Run if state.run.typing => {
            state.run.typing = false;
            state.run.search.reset();
            true
        }
        _ => false,
    }
}

pub(super) fn refresh(state: &mut State) -> Vec<Effect> {
    match state.screen {
        Screen::Changes => changes::parse(state),
        Screen::History => vec![Effect::LoadHistory],
        _ => {
            flash(state, "reading anew");
            vec![Effect::Refresh]
        }
    }
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
