//! The blue/green object table. Only the visible lines are built.

use super::state::Pane;
use crate::domain::board::{Board, ObjectRow};
use crate::domain::failure::told_with_remedy;
use crate::domain::picture::ConnectionState;
use crate::tui::layout::LIST_HEAD;
use crate::tui::state::State;
use crate::tui::table::column::{CURSOR_WIDTH, fit};
use crate::tui::table::{Arrangement, CellContext, Column, Grouping, TableEntry};
use crate::tui::theme::ThemeRole;
use crate::tui::view::{Canvas, draw_field};
use ratatui::layout::Rect;

pub fn draw(canvas: &mut Canvas<'_>, area: Rect, state: &State) {
    title(canvas, area, state);
    let Some(board) = &state.shown().board else {
        no_board(canvas, area, state);
        return;
    };
    let columns = fit(
        area.width.saturating_sub(CURSOR_WIDTH),
        state.cockpit.arranged.content,
    );
    heads(canvas, area, &columns, board, state);
    if state.cockpit.arranged.entries.is_empty() {
        let words = if state.cockpit.arranged.of == 0 {
            "Both sides are empty: the environment's schemas and clusters hold no objects."
        } else {
            "No object matches; esc clears the filter."
        };
        say(canvas, area, ThemeRole::Muted, words);
        return;
    }
    let selected = state.cockpit.arranged.rows.get(state.cockpit.cursor.at);
    let visible = usize::from(area.height.saturating_sub(LIST_HEAD));
    let entries = state.cockpit.arranged.entries.iter().enumerate();
    for (y, (at, entry)) in
        (area.y + LIST_HEAD..).zip(entries.skip(state.cockpit.cursor.offset).take(visible))
    {
        let line = Rect {
            y,
            height: 1,
            ..area
        };
        match entry {
            TableEntry::Group {
                title,
                ready,
                total,
            } => {
                let words = format!("{title}  {ready}/{total} ready");
                canvas.cut(line.x + 1, y, line.right(), ThemeRole::Title, &words);
            }
            TableEntry::Row(index) => {
                if let Some(row) = board.rows.get(*index) {
                    draw_row(canvas, line, &columns, board, row, state);
                }
                if selected == Some(&at) {
                    let cursor = canvas.glyphs().cursor;
                    canvas.text(line.x, y, line.right(), ThemeRole::Focus, cursor);
                    if state.cockpit.focus == Pane::Objects {
                        canvas.highlight(line, ThemeRole::Selection);
                    }
                }
            }
        }
    }
}

fn title(canvas: &mut Canvas<'_>, area: Rect, state: &State) {
    let cockpit = &state.cockpit;
    let focused = cockpit.focus == Pane::Objects;
    let arranged = &cockpit.arranged;
    let position = match arranged.rows.len() {
        0 => "Objects".to_owned(),
        rows => format!("Objects {} of {rows}", cockpit.cursor.at + 1),
    };
    let filtered = if arranged.rows.len() < arranged.of {
        format!(" (filtered from {})", arranged.of)
    } else {
        String::new()
    };
    if cockpit.filter.is_open() || !cockpit.filter.is_empty() {
        canvas.rule(area, &format!("{position}{filtered}"), "", focused);
        filter_line(canvas, area, state, position.len() + filtered.len());
        return;
    }
    canvas.rule(
        area,
        &format!("{position}{filtered}"),
        &order_words(&cockpit.arrangement),
        focused,
    );
}

fn order_words(arrangement: &Arrangement) -> String {
    let mut words = Vec::new();
    if arrangement.problems_only {
        words.push("problems only".to_owned());
    }
    match arrangement.grouping {
        Grouping::None => {}
        Grouping::Cluster => words.push("by cluster".to_owned()),
        Grouping::Schema => words.push("by schema".to_owned()),
    }
    let round = if arrangement.sort.descending {
        ", largest first"
    } else {
        ""
    };
    words.push(format!(
        "sorted by {}{round}",
        arrangement.sort.column.word()
    ));
    words.join(", ")
}

fn filter_line(canvas: &mut Canvas<'_>, area: Rect, state: &State, title: usize) {
    let title = u16::try_from(title).unwrap_or(u16::MAX);
    let right = area.right().saturating_sub(1);
    let x = area.x.saturating_add(title).saturating_add(6).min(right);
    let x = canvas.text(x, area.y, right, ThemeRole::Key, " /");
    let x = draw_field(canvas, x, area.y, right, &state.cockpit.filter);
    if let Some(error) = &state.cockpit.filter_error {
        canvas.cut(x, area.y, right, ThemeRole::Warn, &format!(" {error} "));
    } else {
        canvas.text(x, area.y, right, ThemeRole::Text, " ");
    }
}

fn no_board(canvas: &mut Canvas<'_>, area: Rect, state: &State) {
    match &state.latest.connection.state {
        ConnectionState::Lost { error, .. } => say(
            canvas,
            area,
            ThemeRole::Stale,
            &format!(
                "The server can't be read: {}. Trying again.",
                told_with_remedy(error)
            ),
        ),
        _ => say(
            canvas,
            area,
            ThemeRole::Muted,
            "Reading the catalog for the first time.",
        ),
    }
}

fn say(canvas: &mut Canvas<'_>, area: Rect, role: ThemeRole, words: &str) {
    if area.height > LIST_HEAD {
        canvas.cut(
            area.x + CURSOR_WIDTH,
            area.y + LIST_HEAD,
            area.right(),
            role,
            words,
        );
    }
}

fn heads(
    canvas: &mut Canvas<'_>,
    area: Rect,
    columns: &[(Column, u16)],
    board: &Board,
    state: &State,
) {
    let glyphs = canvas.glyphs();
    let sort = state.cockpit.arrangement.sort;
    let y = area.y + 1;
    let mut x = area.x + CURSOR_WIDTH;
    for (column, width) in columns {
        let title = column.title(board);
        let title = if *column == sort.column {
            let arrow = if sort.descending {
                glyphs.descending
            } else {
                glyphs.ascending
            };
            format!("{title}{arrow}")
        } else {
            title
        };
        if column.is_number() {
            canvas.right(x, y, x + width, ThemeRole::Heading, &title);
        } else {
            canvas.cut(x, y, x + width, ThemeRole::Heading, &title);
        }
        x += width + 1;
    }
}

fn draw_row(
    canvas: &mut Canvas<'_>,
    line: Rect,
    columns: &[(Column, u16)],
    board: &Board,
    row: &ObjectRow,
    state: &State,
) {
    let mut x = line.x + CURSOR_WIDTH;
    for (column, width) in columns {
        let right = x + width;
        let (role, text) = column.cell(&CellContext {
            board,
            row,
            observed: &state.cockpit.observed,
            glyphs: canvas.glyphs(),
            width: *width,
        });
        if column.is_number() {
            canvas.right(x, line.y, right, role, &text);
        } else {
            canvas.cut(x, line.y, right, role, &text);
        }
        x = right + 1;
    }
}
