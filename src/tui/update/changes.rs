//! Keys and answers of the changes screen.

use super::lists::{self};
use super::telling::{flash, note};
use crate::domain::changes::ChangesView;
use crate::domain::name::ObjectId;
use crate::tui::effect::Effect;
use crate::tui::keymap::ScreenCommand;
use crate::tui::layout;
use crate::tui::state::{DiffLayout, DiffText, Loaded, Pane, Screen, State};
use crate::tui::theme::ThemeRole;
use crossterm::event::{Event as TerminalEvent, KeyCode, KeyEvent};
use std::sync::Arc;
use tui_input::backend::crossterm::EventHandler;

pub fn loaded(state: &mut State, result: Result<Arc<ChangesView>, String>) -> Vec<Effect> {
    state.changes.view = match result {
        Ok(view) => Loaded::Here(view),
        Err(error) => Loaded::Failed(error),
    };
    state.changes.list();
    lists::settle(state);
    Vec::new()
}

pub fn perform(state: &mut State, command: ScreenCommand) -> Vec<Effect> {
    match command {
        ScreenCommand::NextPane | ScreenCommand::PreviousPane => {
            state.changes.reading = !state.changes.reading;
        }
        ScreenCommand::Left | ScreenCommand::Right => {
            let by = if command == ScreenCommand::Left {
                -1
            } else {
                1
            };
            state.changes.panel = state.changes.panel.step(by);
            state.changes.scroll = 0;
        }
        ScreenCommand::DiffLayout => {
            state.changes.layout = match state.changes.layout {
                DiffLayout::SideBySide => DiffLayout::Unified,
                DiffLayout::Unified => DiffLayout::SideBySide,
            };
            state.changes.scroll = 0;
        }
        ScreenCommand::DiffText => {
            state.changes.text = match state.changes.text {
                DiffText::Compiled => DiffText::Raw,
                DiffText::Raw => DiffText::Compiled,
            };
            state.changes.compare();
        }
        ScreenCommand::Filter => state.changes.typing = true,
        ScreenCommand::Open => open(state),
        _ => {}
    }
    Vec::new()
}

/// One level back; `false` when there is none on this screen.
pub fn back(state: &mut State) -> bool {
    if state.changes.reading {
        state.changes.reading = false;
        true
    } else if !state.changes.filter.value().is_empty() {
        state.changes.filter.reset();
        state.changes.list();
        true
    } else {
        false
    }
}

/// Goes to the object in the cockpit.
fn open(state: &mut State) {
    let Some(node) = state.changes.selected() else {
        return;
    };
    let name = node.name.clone();
    let found: Option<ObjectId> = node.relation.as_ref().and_then(|(schema, name)| {
        let board = state.shown().board.as_ref()?;
        board
            .rows
            .iter()
            .find(|row| &row.schema == schema && &row.name == name)
            .and_then(|row| row.id().cloned())
    });
    let (Some(id), Some(board)) = (found, state.shown().board.clone()) else {
        flash(state, format!("{name} is on neither side yet"));
        return;
    };
    state.screen = Screen::Cockpit;
    state.cockpit.focus = Pane::Objects;
    state.cockpit.zoomed = false;
    let height = layout::page(state);
    if !state.cockpit.select(&board, &id, height) {
        // The filter hides it; the jump is worth more than the filter.
        state.cockpit.arrangement.problems_only = false;
        super::cockpit::set_filter(state, String::new());
        state.cockpit.select(&board, &id, height);
    }
}

pub fn type_filter(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    match key.code {
        KeyCode::Enter | KeyCode::Down | KeyCode::Tab => state.changes.typing = false,
        KeyCode::Esc => {
            state.changes.typing = false;
            state.changes.filter.reset();
            state.changes.list();
        }
        _ => {
            state.changes.filter.handle_event(&TerminalEvent::Key(key));
            state.changes.list();
            lists::settle(state);
        }
    }
    Vec::new()
}

/// Runs `dbt parse`; the diff is loaded again when it has ended.
pub fn parse(state: &mut State) -> Vec<Effect> {
    if state.changes.parsing {
        flash(state, "dbt parse is running");
        return Vec::new();
    }
    state.changes.parsing = true;
    flash(state, "dbt parse started");
    vec![Effect::Parse]
}

pub fn parsed(state: &mut State, result: Result<String, String>) -> Vec<Effect> {
    state.changes.parsing = false;
    let (role, text) = match result {
        Ok(text) => (ThemeRole::Info, text),
        Err(text) => (ThemeRole::Failing, text),
    };
    note(state, role, text.clone());
    flash(state, text);
    vec![Effect::LoadChanges]
}
