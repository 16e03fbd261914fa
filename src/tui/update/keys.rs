//! Who gets a key: what lies on top first, then the open text field, then the screen by the keymap.

use super::lists::{self, Move};
use super::{changes, cockpit, dialog, flash, operation, overlay, run};
use crate::domain::escape::is_obeyed;
use crate::domain::quantity::count;
use crate::tui::effect::Effect;
use crate::tui::keymap::{Action, Chord, Command};
use crate::tui::layout;
use crate::tui::state::{Loaded, Overlay, Screen, Stage, State};
use crossterm::event::{KeyEvent, KeyEventKind, MouseEvent};

/// Two ctrl-c within this time, in milliseconds, leave.
const TWICE_MS: u64 = 2_000;

pub fn press(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    if key.kind == KeyEventKind::Release {
        return Vec::new();
    }
    let chord = Chord::of(&key);
    let held = key.kind == KeyEventKind::Repeat || state.is_held(chord);
    state.last_key = Some((chord, state.now));
    let action = state.keymap.action(state.screen, &key);
    if action == Some(Action::Look(Command::Interrupt)) {
        return interrupt(state);
    }
    if state.overlay.is_some() {
        return overlay::press(state, key, held);
    }
    if super::is_reviewing(state) {
        return dialog::press(state, key, held);
    }
    if let Some(effects) = type_into_field(state, key) {
        return effects;
    }
    match action {
        Some(Action::Operation(operation)) => operation::ask(state, operation),
        Some(Action::Look(command)) => perform(state, command),
        None => Vec::new(),
    }
}

fn type_into_field(state: &mut State, key: KeyEvent) -> Option<Vec<Effect>> {
    match state.screen {
        Screen::Cockpit if state.cockpit.typing => Some(cockpit::type_filter(state, key)),
        Screen::Changes if state.changes.typing => Some(changes::type_filter(state, key)),
        Screen::Run if state.run.typing => Some(run::type_search(state, key)),
        _ => None,
    }
}

/// What a command does; the palette and the help come here too.
pub fn perform(state: &mut State, command: Command) -> Vec<Effect> {
    let page = isize::try_from(layout::page(state)).unwrap_or(isize::MAX / 4);
    match command {
        Command::Screen(screen) => return show(state, screen),
        Command::Help => state.overlay = Some(Overlay::Help { scroll: 0 }),
        Command::Palette => overlay::open_palette(state),
        Command::Back => back(state),
        Command::Quit => return quit(state),
        Command::Interrupt => return interrupt(state),
        Command::Suspend => return vec![Effect::Suspend],
        Command::CancelOperation => operation::ask_to_cancel(state),
        Command::Refresh => return refresh(state),
        Command::Mouse => {
            state.mouse = !state.mouse;
            flash(state, if state.mouse { "mouse on" } else { "mouse off" });
            return vec![Effect::Mouse(state.mouse)];
        }
        Command::Copy => return copy(state, false),
        Command::CopyAll => return copy(state, true),
        Command::Save => return save(state),
        Command::Up => lists::step(state, Move::By(-1)),
        Command::Down => lists::step(state, Move::By(1)),
        Command::HalfPageUp => lists::step(state, Move::By(-(page / 2).max(1))),
        Command::HalfPageDown => lists::step(state, Move::By((page / 2).max(1))),
        Command::PageUp => lists::step(state, Move::By(-page)),
        Command::PageDown => lists::step(state, Move::By(page)),
        Command::Top => lists::step(state, Move::Top),
        Command::Bottom => lists::step(state, Move::Bottom),
        _ => return on_screen(state, command),
    }
    Vec::new()
}

fn on_screen(state: &mut State, command: Command) -> Vec<Effect> {
    match state.screen {
        Screen::Cockpit => cockpit::perform(state, command),
        Screen::Changes => return changes::perform(state, command),
        Screen::Run => run::perform(state, command),
        Screen::History if command == Command::Open => {
            state.history.open = !state.history.open;
            state.history.scroll = 0;
        }
        Screen::Traffic | Screen::History => {}
    }
    Vec::new()
}

fn show(state: &mut State, screen: Screen) -> Vec<Effect> {
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

fn back(state: &mut State) {
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

fn quit(state: &mut State) -> Vec<Effect> {
    if state.screen == Screen::Cockpit {
        operation::ask_to_leave(state)
    } else {
        back(state);
        Vec::new()
    }
}

/// ctrl-c closes what is open; twice within two seconds it leaves.
fn interrupt(state: &mut State) -> Vec<Effect> {
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
    } else if super::is_reviewing(state) {
        return dialog::close(state);
    } else if !clear_field(state) {
        flash(state, "ctrl-c again within 2 s leaves");
    }
    Vec::new()
}

fn clear_field(state: &mut State) -> bool {
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

fn refresh(state: &mut State) -> Vec<Effect> {
    match state.screen {
        Screen::Changes => changes::parse(state),
        Screen::History => vec![Effect::LoadHistory],
        _ => {
            flash(state, "reading anew");
            vec![Effect::Refresh]
        }
    }
}

fn save(state: &mut State) -> Vec<Effect> {
    match crate::tui::export::save(state) {
        Some(effect) => vec![effect],
        None => {
            flash(state, "there is nothing to save on this screen");
            Vec::new()
        }
    }
}

fn copy(state: &mut State, all: bool) -> Vec<Effect> {
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

/// Pasted text goes into filters only: never into the field that confirms, and never to the keymap.
pub fn paste(state: &mut State, text: &str) -> Vec<Effect> {
    if super::is_reviewing(state) {
        dialog::refuse_paste(state);
        return Vec::new();
    }
    if state.overlay.is_some() {
        return Vec::new();
    }
    let line: String = text.chars().filter(|c| !is_obeyed(*c)).collect();
    match state.screen {
        Screen::Cockpit if state.cockpit.typing => {
            let filter = format!("{}{line}", state.cockpit.filter.value());
            cockpit::set_filter(state, filter);
        }
        Screen::Changes if state.changes.typing => {
            let filter = format!("{}{line}", state.changes.filter.value());
            state.changes.filter = filter.into();
            state.changes.list();
        }
        Screen::Run if state.run.typing => {
            let search = format!("{}{line}", state.run.search.value());
            state.run.search = search.into();
        }
        _ => {}
    }
    Vec::new()
}

/// The mouse selects and scrolls; it never opens or confirms a plan.
pub fn mouse(state: &mut State, mouse: MouseEvent) -> Vec<Effect> {
    use crossterm::event::{MouseButton, MouseEventKind};
    if !state.mouse {
        return Vec::new();
    }
    let by = match mouse.kind {
        MouseEventKind::ScrollDown => Some(3),
        MouseEventKind::ScrollUp => Some(-3),
        _ => None,
    };
    if super::is_reviewing(state) {
        if let Some(by) = by {
            dialog::scroll(state, by);
        }
    } else if let Some(by) = by {
        if state.overlay.is_none() {
            lists::step(state, Move::By(by));
        }
    } else if mouse.kind == MouseEventKind::Down(MouseButton::Left)
        && state.overlay.is_none()
        && state.screen == Screen::Cockpit
    {
        cockpit::click(state, mouse.column, mouse.row);
    }
    Vec::new()
}
