//! Keys and answers of the changes screen.

use super::node;
use super::state::{DiffLayout, DiffText, Panel};
use crate::domain::changes::ChangesView;
use crate::domain::name::ObjectId;
use crate::tui::effect::Effect;
use crate::tui::keymap::ScreenCommand;
use crate::tui::layout;
use crate::tui::prose;
use crate::tui::screens::{Screen, cockpit};
use crate::tui::state::{Loaded, State, scrolled};
use crate::tui::theme::ThemeRole;
use crate::tui::update::{flash, note};
use std::sync::Arc;

pub fn loaded(state: &mut State, result: Result<Arc<ChangesView>, String>) -> Vec<Effect> {
    state.changes.view = match result {
        Ok(view) => Loaded::Here(view),
        Err(error) => Loaded::Failed(error),
    };
    apply_filter(state);
    Vec::new()
}

/// Rows of the list of nodes.
#[must_use]
pub fn page(state: &State) -> usize {
    layout::page(state.size, |body| {
        let list = layout::list_and_panel(body).0;
        list.height.saturating_sub(1)
    })
}

pub fn settle(state: &mut State) {
    let (listed, height) = (state.changes.listed.len(), page(state));
    state.changes.cursor.settle(listed, height);
}

/// Moves in the list of nodes, or in the text of the selected one.
pub fn step(state: &mut State, lines: isize) {
    if state.changes.reading {
        let limit = scroll_limit(state);
        state.changes.scroll = scrolled(state.changes.scroll, lines, limit);
        return;
    }
    let (listed, height) = (state.changes.listed.len(), page(state));
    let before = state.changes.cursor.at;
    state.changes.cursor.step(lines, listed, height);
    if state.changes.cursor.at != before {
        state.changes.compare();
    }
}

/// How far the text of the selected node can be scrolled.
fn scroll_limit(state: &State) -> usize {
    let Some(frame) = layout::frame(state.size) else {
        return 0;
    };
    let panel = state.changes.panel;
    if panel == Panel::Sql {
        // Lines wrap as they are drawn, so the last one may stand at the top.
        return state.changes.diff_length().saturating_sub(1);
    }
    let area = layout::list_and_panel(frame.body).1;
    let lines = prose::wrap(&node::paragraphs(state, panel), layout::inner_width(area));
    lines
        .len()
        .saturating_sub(usize::from(area.height.saturating_sub(2)))
}

/// The diff is made when it is looked at for the first time.
pub fn enter(state: &mut State) -> Vec<Effect> {
    if state.changes.view != Loaded::NotAsked {
        return Vec::new();
    }
    state.changes.view = Loaded::Loading;
    vec![Effect::LoadChanges]
}

/// Lists the nodes that the filter keeps.
pub fn apply_filter(state: &mut State) {
    state.changes.list();
    settle(state);
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
        ScreenCommand::Filter => state.changes.filter.open(),
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
    } else if !state.changes.filter.is_empty() {
        state.changes.filter.clear();
        apply_filter(state);
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
    cockpit::select(state, &board, &id);
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
