//! Keys and clicks of the cockpit screen.

use super::lists;
use super::telling::flash;
use crate::tui::effect::Effect;
use crate::tui::keymap::ScreenCommand;
use crate::tui::layout;
use crate::tui::state::{Pane, State};
use crate::tui::table::{Column, Filter, Sort, TableEntry, column};
use crossterm::event::{Event as TerminalEvent, KeyCode, KeyEvent};
use tui_input::backend::crossterm::EventHandler;

pub fn perform(state: &mut State, command: ScreenCommand) {
    match command {
        ScreenCommand::NextPane => focus(state, state.cockpit.focus.next()),
        ScreenCommand::PreviousPane => focus(state, state.cockpit.focus.previous()),
        ScreenCommand::Open => open(state),
        ScreenCommand::Zoom => {
            state.cockpit.zoomed = !state.cockpit.zoomed;
            lists::settle(state);
        }
        ScreenCommand::Filter => {
            state.cockpit.typing = true;
            focus(state, Pane::Objects);
        }
        ScreenCommand::ProblemsOnly => {
            let on = !state.cockpit.arrangement.problems_only;
            state.cockpit.arrangement.problems_only = on;
            lists::rearrange(state);
        }
        ScreenCommand::Sort => sort_by_next(state),
        ScreenCommand::ReverseSort => {
            let sort = &mut state.cockpit.arrangement.sort;
            sort.descending = !sort.descending;
            lists::rearrange(state);
        }
        ScreenCommand::Group => {
            let next = state.cockpit.arrangement.grouping.next();
            state.cockpit.arrangement.grouping = next;
            lists::rearrange(state);
        }
        ScreenCommand::Freeze => freeze(state),
        _ => {}
    }
}

fn focus(state: &mut State, pane: Pane) {
    state.cockpit.focus = pane;
    state.cockpit.scroll = 0;
    lists::settle(state);
}

/// Enter looks closer: at the detail of the object, alone on the screen; once more goes back.
fn open(state: &mut State) {
    match state.cockpit.focus {
        Pane::Objects => {
            focus(state, Pane::Detail);
            state.cockpit.zoomed = true;
        }
        _ => state.cockpit.zoomed = !state.cockpit.zoomed,
    }
    lists::settle(state);
}

/// One level back: out of a zoom, to the table, then the filters go.
pub fn back(state: &mut State) {
    if state.cockpit.zoomed {
        state.cockpit.zoomed = false;
        focus(state, Pane::Objects);
    } else if state.cockpit.focus != Pane::Objects {
        focus(state, Pane::Objects);
    } else if !state.cockpit.filter.value().is_empty() {
        set_filter(state, String::new());
    } else if state.cockpit.arrangement.problems_only {
        state.cockpit.arrangement.problems_only = false;
        lists::rearrange(state);
    } else if state.awaiting.is_some() {
        super::readiness::wait(state);
    }
}

fn sort_by_next(state: &mut State) {
    let at = Column::ALL
        .iter()
        .position(|column| *column == state.cockpit.arrangement.sort.column)
        .unwrap_or(0);
    sort_by(state, Column::ALL[(at + 1) % Column::ALL.len()]);
}

fn sort_by(state: &mut State, column: Column) {
    // Numbers begin with the largest, which is what one looks for.
    state.cockpit.arrangement.sort = Sort {
        column,
        descending: column.is_number() || column == Column::State,
    };
    flash(state, format!("sorted by {}", column.word()));
    lists::rearrange(state);
}

fn freeze(state: &mut State) {
    match state.frozen.take() {
        Some(_) => {
            lists::rearrange(state);
            flash(state, "live again");
        }
        None if state.latest.board.is_some() => {
            state.frozen = Some(state.latest.clone());
            flash(state, "held still; the same key goes on");
        }
        None => flash(state, "there is no picture to hold yet"),
    }
}

/// A key in the filter line.
pub fn type_filter(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    match key.code {
        KeyCode::Enter | KeyCode::Down | KeyCode::Tab => state.cockpit.typing = false,
        KeyCode::Esc => {
            state.cockpit.typing = false;
            set_filter(state, String::new());
        }
        _ => {
            let mut input = state.cockpit.filter.clone();
            input.handle_event(&TerminalEvent::Key(key));
            state.cockpit.filter = input;
            apply_filter(state);
        }
    }
    Vec::new()
}

pub fn set_filter(state: &mut State, text: String) {
    state.cockpit.filter = text.into();
    apply_filter(state);
}

fn apply_filter(state: &mut State) {
    match Filter::parse(state.cockpit.filter.value()) {
        Ok(filter) => {
            state.cockpit.arrangement.filter = filter;
            state.cockpit.filter_error = None;
            lists::rearrange(state);
        }
        // The filter before stays in force while this one is being typed.
        Err(error) => state.cockpit.filter_error = Some(error.to_string()),
    }
}

/// A click selects a row, or sorts by the column under it.
pub fn click(state: &mut State, x: u16, y: u16) {
    let Some(frame) = layout::frame(state.size) else {
        return;
    };
    let Some(area) = layout::cockpit(frame.body, state).objects else {
        return;
    };
    if x < area.x || x >= area.right() || y <= area.y || y >= area.bottom() {
        return;
    }
    focus(state, Pane::Objects);
    if y == area.y + 1 {
        if let Some(column) = column_at(state, area.width, x - area.x) {
            sort_by(state, column);
        }
        return;
    }
    let line = state.cockpit.cursor.offset + usize::from(y - area.y - layout::LIST_HEAD);
    let Some(TableEntry::Row(_)) = state.cockpit.arranged.entries.get(line) else {
        return;
    };
    let row = state
        .cockpit
        .arranged
        .rows
        .iter()
        .position(|at| *at == line);
    if let (Some(row), Some(board)) = (row, state.shown().board.clone()) {
        state.cockpit.cursor.at = row;
        state.cockpit.step(0, &board, layout::page(state));
    }
}

fn column_at(state: &State, width: u16, x: u16) -> Option<Column> {
    let mut left = column::CURSOR_WIDTH;
    for (column, width) in column::fit(
        width.saturating_sub(column::CURSOR_WIDTH),
        state.cockpit.arranged.content,
    ) {
        if x >= left && x < left + width {
            return Some(column);
        }
        left += width + 1;
    }
    None
}
