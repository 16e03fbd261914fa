//! The changes screen: the list of nodes, and of the selected one its SQL, configuration, impact and state on the server.

use super::diff::{DiffLine, SqlDiff, SqlLine};
use super::node;
use super::state::{DiffLayout, DiffText, Panel};
use crate::domain::changes::{ChangedNode, ChangesView};
use crate::domain::project::ModelChange;
use crate::tui::keymap::ScreenCommand;
use crate::tui::layout;
use crate::tui::prose;
use crate::tui::state::{Loaded, State};
use crate::tui::theme::ThemeRole;
use crate::tui::view::{Canvas, mark_cursor, text};
use crate::tui::wording;
use ratatui::layout::Rect;

/// Columns of a line number.
const NUMBER: u16 = 4;

pub const HINTS: &[(ScreenCommand, &str)] = &[
    (ScreenCommand::Help, "help"),
    (ScreenCommand::NextPane, "list/text"),
    (ScreenCommand::Right, "next tab"),
    (ScreenCommand::DiffLayout, "side by side"),
    (ScreenCommand::DiffText, "raw/compiled"),
    (ScreenCommand::Open, "to object"),
    (ScreenCommand::Filter, "filter"),
    (ScreenCommand::Refresh, "dbt parse"),
    (ScreenCommand::Back, "back"),
];

pub fn draw(canvas: &mut Canvas<'_>, body: Rect, state: &State) {
    let (list_area, panel_area) = layout::list_and_panel(body);
    let words = match &state.changes.view {
        Loaded::Here(view) => {
            list(canvas, list_area, state, view);
            panel(canvas, panel_area, state);
            if panel_area.x > 0 {
                canvas.upright(panel_area.x - 1, body.y, body.bottom());
            }
            return;
        }
        Loaded::NotAsked | Loaded::Loading => "Comparing both manifests.".to_owned(),
        Loaded::Failed(error) => format!("The diff can't be made: {error}"),
    };
    canvas.rule(body, "Changes", "", true);
    let lines = prose::wrap(
        &[prose::Paragraph::new(ThemeRole::Text, words)],
        layout::inner_width(body),
    );
    let below = Rect {
        y: body.y + 1,
        height: body.height.saturating_sub(1),
        ..body
    };
    text(canvas, below, &lines, 0);
}

fn list(canvas: &mut Canvas<'_>, area: Rect, state: &State, view: &ChangesView) {
    let changes = &state.changes;
    let filtered = changes.filter.is_open() || !changes.filter.is_empty();
    let title = if filtered {
        format!("/{}", changes.filter.value())
    } else {
        counts(view)
    };
    let against = match &view.stale {
        Some(stale) => format!("STALE: {stale}"),
        None => format!("{} against {}", view.manifest, view.compared_with),
    };
    canvas.rule(area, &title, &against, !changes.reading);
    mark_cursor(canvas, area, "/", &changes.filter, !changes.reading);
    if changes.listed.is_empty() {
        let words = if view.nodes.is_empty() {
            "Nothing differs from what production runs."
        } else {
            "No node matches; esc clears the filter."
        };
        canvas.cut(
            area.x + 2,
            area.y + 1,
            area.right(),
            ThemeRole::Muted,
            words,
        );
        return;
    }
    let rows = usize::from(area.height.saturating_sub(1));
    let listed = changes.listed.iter().enumerate();
    for (y, (at, index)) in (area.y + 1..).zip(listed.skip(changes.cursor.offset).take(rows)) {
        let Some(node) = view.nodes.get(*index) else {
            continue;
        };
        let line = Rect {
            y,
            height: 1,
            ..area
        };
        node_line(canvas, line, node);
        if at == changes.cursor.at {
            canvas.text(
                line.x,
                y,
                line.right(),
                ThemeRole::Focus,
                canvas.glyphs().cursor,
            );
            if !changes.reading {
                canvas.highlight(line, ThemeRole::Selection);
            }
        }
    }
}

fn counts(view: &ChangesView) -> String {
    let counts = view.counts();
    let words: Vec<String> = [
        ModelChange::Modified,
        ModelChange::New,
        ModelChange::Removed,
        ModelChange::Downstream,
    ]
    .iter()
    .map(|change| format!("{} {change}", counts.get(change).copied().unwrap_or(0)))
    .chain(
        counts
            .get(&ModelChange::Drifted)
            .map(|count| format!("{count} {}", ModelChange::Drifted)),
    )
    .collect();
    words.join(", ")
}

fn node_line(canvas: &mut Canvas<'_>, line: Rect, node: &ChangedNode) {
    let role = ThemeRole::from(node.change);
    let glyph = canvas.glyphs().change(node.change);
    canvas.text(line.x + 2, line.y, line.right(), role, glyph);
    let name_end = line.x + 4 + (line.width / 2).clamp(16, 36);
    canvas.cut(line.x + 4, line.y, name_end - 1, role, &node.name);
    let kind_end = name_end + 9;
    canvas.cut(
        name_end,
        line.y,
        kind_end - 1,
        ThemeRole::Muted,
        &node.resource_type,
    );
    let mut why = node.reasons.join("; ");
    if let Some(drift) = &node.drift {
        why = format!("DRIFT {drift}; {why}");
    }
    canvas.cut(kind_end, line.y, line.right(), ThemeRole::Text, &why);
}

fn panel(canvas: &mut Canvas<'_>, area: Rect, state: &State) {
    let changes = &state.changes;
    let Some(node) = changes.selected() else {
        canvas.rule(area, "No node is selected", "", changes.reading);
        return;
    };
    let words = match changes.panel {
        Panel::Sql => sql_words(state),
        _ => String::new(),
    };
    canvas.rule(area, &node.unique_id, &words, changes.reading);
    let mut x = area.x + 1;
    for panel in Panel::ALL {
        let role = if panel == changes.panel {
            ThemeRole::Focus
        } else {
            ThemeRole::Muted
        };
        x = canvas.text(x, area.y + 1, area.right(), role, panel.title()) + 3;
    }
    let body = Rect {
        y: area.y + 2,
        height: area.height.saturating_sub(2),
        ..area
    };
    match changes.panel {
        Panel::Sql => sql(canvas, body, state),
        panel => {
            let lines = prose::wrap(&node::paragraphs(state, panel), layout::inner_width(body));
            text(canvas, body, &lines, changes.scroll);
        }
    }
}

fn sql_words(state: &State) -> String {
    let text = match state.changes.text {
        DiffText::Compiled => "compiled",
        DiffText::Raw => "as written",
    };
    let layout = match state.changes.layout {
        DiffLayout::SideBySide => "side by side",
        DiffLayout::Unified => "unified",
    };
    format!("{text}, {layout}")
}

fn sql(canvas: &mut Canvas<'_>, area: Rect, state: &State) {
    let Some(diff) = &state.changes.diff else {
        return;
    };
    if diff.without_before && diff.without_after {
        canvas.cut(
            area.x + 1,
            area.y,
            area.right(),
            ThemeRole::Muted,
            "There is no SQL of it on either side.",
        );
        return;
    }
    // A text with one side only needs no second column.
    let one_sided = diff.without_before || diff.without_after || diff.is_equal();
    if one_sided || state.changes.layout == DiffLayout::Unified {
        unified(canvas, area, diff, state.changes.scroll);
    } else {
        side_by_side(canvas, area, diff, state.changes.scroll);
    }
}

fn unified(canvas: &mut Canvas<'_>, area: Rect, diff: &SqlDiff, scroll: usize) {
    let mut y = area.y;
    for (sign, line) in diff.unified().into_iter().skip(scroll) {
        let role = match sign {
            '+' => ThemeRole::Added,
            '-' => ThemeRole::Removed,
            _ => ThemeRole::Muted,
        };
        y += sql_line(canvas, from(area, y), role, sign, line);
        if y >= area.bottom() {
            return;
        }
    }
}

fn side_by_side(canvas: &mut Canvas<'_>, area: Rect, diff: &SqlDiff, scroll: usize) {
    let half = area.width / 2;
    canvas.upright(area.x + half, area.y, area.bottom());
    let left = Rect {
        width: half,
        ..area
    };
    let right = Rect {
        x: area.x + half + 1,
        width: area.width - half - 1,
        ..area
    };
    let mut y = area.y;
    for line in diff.lines.iter().skip(scroll) {
        let (left, right) = (from(left, y), from(right, y));
        // The longer of both sides says where the next line begins, so that they stay beside each other.
        y += match line {
            DiffLine::Same(old, new) => sql_line(canvas, left, ThemeRole::Muted, ' ', old)
                .max(sql_line(canvas, right, ThemeRole::Muted, ' ', new)),
            DiffLine::Removed(old) => sql_line(canvas, left, ThemeRole::Removed, '-', old),
            DiffLine::Added(new) => sql_line(canvas, right, ThemeRole::Added, '+', new),
            DiffLine::Changed(old, new) => sql_line(canvas, left, ThemeRole::Removed, '-', old)
                .max(sql_line(canvas, right, ThemeRole::Added, '+', new)),
        };
        if y >= area.bottom() {
            return;
        }
    }
}

/// An area from a row on.
fn from(area: Rect, y: u16) -> Rect {
    Rect {
        y,
        height: area.bottom().saturating_sub(y),
        ..area
    }
}

/// One line of SQL, wrapped beside its number; returns how many rows it took.
fn sql_line(
    canvas: &mut Canvas<'_>,
    area: Rect,
    role: ThemeRole,
    sign: char,
    line: &SqlLine,
) -> u16 {
    let number = line.number.to_string();
    canvas.right(area.x, area.y, area.x + NUMBER, ThemeRole::Muted, &number);
    let start = area.x + NUMBER + 1;
    let mut x = canvas.text(start, area.y, area.right(), role, &format!("{sign} "));
    let start = start + 2;
    let mut y = area.y;
    for piece in &line.pieces {
        let text = wording::shown(&piece.text);
        let mut rest = &*text;
        while !rest.is_empty() {
            let room = usize::from(area.right().saturating_sub(x));
            let (fits, left) = wording::split(rest, room);
            if fits.is_empty() {
                // Not even one character at the beginning of a row: there is no room for any.
                if x <= start || y + 1 >= area.bottom() {
                    return y + 1 - area.y;
                }
                y += 1;
                x = start;
                continue;
            }
            x = canvas.text(x, y, area.right(), piece.role, fits);
            rest = left;
        }
    }
    y + 1 - area.y
}
