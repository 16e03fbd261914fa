//! The blue/green object table. Only the visible lines are built.

use super::state::Pane;
use crate::domain::board::{Board, ObjectRow};
use crate::domain::environment::Side;
use crate::domain::failure::told_with_remedy;
use crate::domain::phase::Phase;
use crate::domain::picture::ConnectionState;
use crate::domain::project::ModelChange;
use crate::domain::readiness::ObjectReadiness;
use crate::tui::layout::LIST_HEAD;
use crate::tui::state::State;
use crate::tui::table::column::{CURSOR_WIDTH, fit};
use crate::tui::table::{Arrangement, Column, Grouping, TableEntry, arrange};
use crate::tui::theme::ThemeRole;
use crate::tui::view::{Canvas, draw_field};
use crate::tui::wording;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

/// Columns that a reason needs beside its state to be worth showing.
const LEAST_REASON: usize = 10;

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
    let label = wording::side(Side::Deployment, board);
    let y = area.y + 1;
    let mut x = area.x + CURSOR_WIDTH;
    for (column, width) in columns {
        let title = match (column, shown_side(board.phase)) {
            (Column::State, Side::Production) => "blue state".to_owned(),
            (column, _) => column.title(label),
        };
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

/// The side whose hydration and state the table tells: blue's while there is no other.
fn shown_side(phase: Phase) -> Side {
    match phase {
        Phase::None => Side::Production,
        _ => Side::Deployment,
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
        let (role, text) = cell(canvas, *column, *width, board, row, state);
        if column.is_number() {
            canvas.right(x, line.y, right, role, &text);
        } else {
            canvas.cut(x, line.y, right, role, &text);
        }
        x = right + 1;
    }
}

fn cell(
    canvas: &Canvas<'_>,
    column: Column,
    width: u16,
    board: &Board,
    row: &ObjectRow,
    state: &State,
) -> (ThemeRole, String) {
    let glyphs = canvas.glyphs();
    let shown = match shown_side(board.phase) {
        Side::Production => row.production.as_ref(),
        Side::Deployment => row.deployment.as_ref(),
    };
    let text = |text: &str| (ThemeRole::Text, text.to_owned());
    match column {
        Column::Change => row.compared.map_or_else(
            || text(""),
            |compared| {
                (
                    ThemeRole::from(compared),
                    glyphs.compared(compared).to_owned(),
                )
            },
        ),
        Column::Name => (
            row.change().map_or(ThemeRole::Text, ThemeRole::from),
            row.name.to_string(),
        ),
        Column::Schema => (ThemeRole::Muted, row.schema.to_string()),
        Column::Kind => (ThemeRole::Muted, wording::kind(&row.kind).to_owned()),
        Column::Cluster => (
            ThemeRole::Muted,
            row.cluster
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
        ),
        Column::Hydrated => match shown.filter(|object| object.counts && object.replicas > 0) {
            Some(object) => (
                ThemeRole::from(object.readiness),
                format!("{}/{}", object.hydrated_on.len(), object.replicas),
            ),
            None => text(""),
        },
        Column::DeploymentLag => lag(row.deployment.as_ref(), ThemeRole::Green),
        Column::ProductionLag => lag(row.production.as_ref(), ThemeRole::Blue),
        Column::Difference => difference(row),
        Column::Trend => trend(canvas, width, shown, state),
        Column::Since => (
            ThemeRole::Muted,
            shown
                .and_then(|object| {
                    let observed = &state.cockpit.observed;
                    observed.in_state(&object.id, board.snapshot.time)
                })
                .map(|time| {
                    let least = if time.exact { "" } else { ">" };
                    format!("{least}{}", wording::span(time.millis))
                })
                .unwrap_or_default(),
        ),
        Column::State => verdict(canvas, width, board, row, shown),
    }
}

fn lag(object: Option<&ObjectReadiness>, role: ThemeRole) -> (ThemeRole, String) {
    match object {
        Some(object) if object.counts => (role, wording::lag(object.lag)),
        Some(_) => (role, String::new()),
        None => (ThemeRole::Muted, "-".to_owned()),
    }
}

fn difference(row: &ObjectRow) -> (ThemeRole, String) {
    let counts = row.deployment.as_ref().is_some_and(|object| object.counts);
    match arrange::lag_difference(row).filter(|_| counts) {
        Some(millis) if millis >= 1000 => (ThemeRole::Lagging, wording::difference(millis)),
        Some(millis) => (ThemeRole::Muted, wording::difference(millis)),
        None => (ThemeRole::Muted, String::new()),
    }
}

/// The last lags as a sparkline, scaled to the largest of them; blanks where the lag was unknown.
fn trend(
    canvas: &Canvas<'_>,
    width: u16,
    object: Option<&ObjectReadiness>,
    state: &State,
) -> (ThemeRole, String) {
    let glyphs = canvas.glyphs();
    let Some(object) = object.filter(|object| object.counts) else {
        return (ThemeRole::Muted, String::new());
    };
    let observed = &state.cockpit.observed;
    let room = usize::from(width).saturating_sub(2);
    let lags: Vec<Option<u32>> = observed.lags(&object.id, room).collect();
    let most = lags.iter().flatten().copied().max().unwrap_or(0).max(1000);
    let bars: String = lags
        .iter()
        .map(|lag| match lag {
            Some(lag) => {
                let at = u64::from(*lag) * 7 / u64::from(most);
                glyphs.spark[usize::try_from(at).unwrap_or(0).min(7)]
            }
            None => " ",
        })
        .collect();
    let arrow = match observed.slope(&object.id) {
        Some(slope) if slope > 500 => glyphs.rising,
        Some(slope) if slope < -500 => glyphs.falling,
        Some(_) => glyphs.steady,
        None => " ",
    };
    (ThemeRole::Muted, format!("{arrow} {bars}"))
}

fn verdict(
    canvas: &Canvas<'_>,
    width: u16,
    board: &Board,
    row: &ObjectRow,
    shown: Option<&ObjectReadiness>,
) -> (ThemeRole, String) {
    let glyphs = canvas.glyphs();
    let Some(object) = shown else {
        let (role, word) = match (board.phase, row.change()) {
            (Phase::None, _) => (ThemeRole::Added, "only in green"),
            (_, Some(ModelChange::Removed)) => (ThemeRole::Muted, "leaves with the swap"),
            (Phase::Initialized, _) => (ThemeRole::Muted, "not built"),
            _ => (ThemeRole::Lagging, "missing"),
        };
        return (role, format!("{} {word}", glyphs.absent));
    };
    let word = format!(
        "{} {}",
        glyphs.readiness(object.readiness),
        object.readiness
    );
    // Two letters of a reason tell nothing and cost the word its end.
    let room = usize::from(width).saturating_sub(word.width());
    let text = if object.reason.is_empty() || room < LEAST_REASON {
        word
    } else {
        format!("{word} {} {}", glyphs.separator, object.reason)
    };
    (ThemeRole::from(object.readiness), text)
}
