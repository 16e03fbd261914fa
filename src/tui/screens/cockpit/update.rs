//! Keys and clicks of the cockpit screen.

use super::state::Pane;
use super::view::pane;
use crate::domain::board::Board;
use crate::domain::name::ObjectId;
use crate::tui::effect::Effect;
use crate::tui::keymap::ScreenCommand;
use crate::tui::layout;
use crate::tui::prose;
use crate::tui::state::{State, scrolled};
use crate::tui::table::{Column, Filter, Sort, TableEntry, column};
use crate::tui::update::{flash, wait};

/// Rows of the table.
#[must_use]
pub fn page(state: &State) -> usize {
    layout::page(state.size, |body| {
        let table = layout::cockpit(body, state).objects;
        table.map_or(0, |area| area.height.saturating_sub(layout::LIST_HEAD))
    })
}

/// Lists the board anew by the filter and the order in force.
pub fn rearrange(state: &mut State) {
    let height = page(state);
    if let Some(board) = state.shown().board.clone() {
        state.cockpit.rearrange(&board, height);
    }
}

pub fn settle(state: &mut State) {
    let height = page(state);
    state.cockpit.settle(height);
}

/// Moves in the table, or in the text of the focused pane.
pub fn step(state: &mut State, lines: isize) {
    if state.cockpit.focus != Pane::Objects {
        let limit = scroll_limit(state);
        state.cockpit.scroll = scrolled(state.cockpit.scroll, lines, limit);
        return;
    }
    let height = page(state);
    if let Some(board) = state.shown().board.clone() {
        let before = state.cockpit.selected;
        state.cockpit.step(lines, &board, height);
        if state.cockpit.selected != before {
            state.cockpit.scroll = 0;
        }
    }
}

/// How far the focused pane can be scrolled.
fn scroll_limit(state: &State) -> usize {
    let focused = state.cockpit.focus;
    let area =
        layout::frame(state.size).and_then(|frame| layout::cockpit(frame.body, state).of(focused));
    let Some(area) = area else { return 0 };
    let lines = prose::wrap(&pane(state, focused), layout::inner_width(area));
    lines
        .len()
        .saturating_sub(usize::from(area.height.saturating_sub(1)))
}

/// Shows an object, whatever the filter keeps.
pub fn select(state: &mut State, board: &Board, id: &ObjectId) {
    state.cockpit.focus = Pane::Objects;
    state.cockpit.zoomed = false;
    let height = page(state);
    if !state.cockpit.select(board, id, height) {
        // The filter hides it; the jump is worth more than the filter.
        state.cockpit.arrangement.problems_only = false;
        state.cockpit.filter.clear();
        apply_filter(state);
        state.cockpit.select(board, id, height);
    }
}

pub fn perform(state: &mut State, command: ScreenCommand) -> Vec<Effect> {
    match command {
        ScreenCommand::NextPane => focus(state, state.cockpit.focus.next()),
        ScreenCommand::PreviousPane => focus(state, state.cockpit.focus.previous()),
        ScreenCommand::Open => open(state),
        ScreenCommand::Zoom => {
            state.cockpit.zoomed = !state.cockpit.zoomed;
            settle(state);
        }
        ScreenCommand::Filter => {
            state.cockpit.filter.open();
            focus(state, Pane::Objects);
        }
        ScreenCommand::ProblemsOnly => {
            let on = !state.cockpit.arrangement.problems_only;
            state.cockpit.arrangement.problems_only = on;
            rearrange(state);
        }
        ScreenCommand::Sort => sort_by_next(state),
        ScreenCommand::ReverseSort => {
            let sort = &mut state.cockpit.arrangement.sort;
            sort.descending = !sort.descending;
            rearrange(state);
        }
        ScreenCommand::Group => {
            let next = state.cockpit.arrangement.grouping.next();
            state.cockpit.arrangement.grouping = next;
            rearrange(state);
        }
        ScreenCommand::Freeze => freeze(state),
        _ => {}
    }
    Vec::new()
}

fn focus(state: &mut State, pane: Pane) {
    state.cockpit.focus = pane;
    state.cockpit.scroll = 0;
    settle(state);
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
    settle(state);
}

/// One level back: out of a zoom, to the table, then the filters go.
pub fn back(state: &mut State) -> bool {
    if state.cockpit.zoomed {
        state.cockpit.zoomed = false;
        focus(state, Pane::Objects);
    } else if state.cockpit.focus != Pane::Objects {
        focus(state, Pane::Objects);
    } else if !state.cockpit.filter.is_empty() {
        state.cockpit.filter.clear();
        apply_filter(state);
    } else if state.cockpit.arrangement.problems_only {
        state.cockpit.arrangement.problems_only = false;
        rearrange(state);
    } else if state.awaiting.is_some() {
        wait(state);
    }
    // The way out of the cockpit is to leave.
    true
}

fn sort_by_next(state: &mut State) {
    sort_by(state, state.cockpit.arrangement.sort.column.next());
}

fn sort_by(state: &mut State, column: Column) {
    state.cockpit.arrangement.sort = Sort {
        column,
        descending: column.is_largest_first(),
    };
    flash(state, format!("sorted by {}", column.word()));
    rearrange(state);
}

fn freeze(state: &mut State) {
    match state.frozen.take() {
        Some(_) => {
            rearrange(state);
            flash(state, "live again");
        }
        None if state.latest.board.is_some() => {
            state.frozen = Some(state.latest.clone());
            flash(state, "held still; the same key goes on");
        }
        None => flash(state, "there is no picture to hold yet"),
    }
}

/// Lists what the filter keeps.
pub fn apply_filter(state: &mut State) {
    match Filter::parse(state.cockpit.filter.value()) {
        Ok(filter) => {
            state.cockpit.arrangement.filter = filter;
            state.cockpit.filter_error = None;
            rearrange(state);
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
        state.cockpit.step(0, &board, page(state));
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
