//! The history screen: past operations, and the statements of one.

use super::entry::{outcome_role, paragraphs};
use crate::domain::history::AuditEntry;
use crate::tui::keymap::ScreenCommand;
use crate::tui::layout;
use crate::tui::prose;
use crate::tui::state::{Loaded, State};
use crate::tui::theme::ThemeRole;
use crate::tui::view::{Canvas, text};
use ratatui::layout::Rect;

pub const HINTS: &[(ScreenCommand, &str)] = &[
    (ScreenCommand::Help, "help"),
    (ScreenCommand::Open, "statements"),
    (ScreenCommand::Refresh, "read anew"),
    (ScreenCommand::Copy, "copy file name"),
    (ScreenCommand::Back, "back"),
];

pub fn draw(canvas: &mut Canvas<'_>, body: Rect, state: &State) {
    let below = Rect {
        y: body.y + 1,
        height: body.height.saturating_sub(1),
        ..body
    };
    let entries = match &state.history.entries {
        Loaded::Here(entries) => entries,
        Loaded::NotAsked | Loaded::Loading => {
            return say(canvas, body, "Reading the audit trail.");
        }
        Loaded::Failed(error) => {
            return say(
                canvas,
                body,
                &format!("The audit trail can't be read: {error}"),
            );
        }
    };
    if entries.is_empty() {
        return say(canvas, body, "No operation is recorded here yet.");
    }
    if state.history.open {
        canvas.rule(body, "History: one operation", "esc goes back", true);
        let lines = prose::wrap(&paragraphs(state), layout::inner_width(body));
        text(canvas, below, &lines, state.history.scroll);
        return;
    }
    let cursor = state.history.cursor;
    let title = format!("History {} of {}", cursor.at + 1, entries.len());
    canvas.rule(body, &title, "newest first", true);
    let heads = [
        "started",
        "operation",
        "environment",
        "by",
        "outcome",
        "seconds",
        "message",
    ];
    columns(
        canvas,
        below,
        below.y,
        heads.map(|head| (ThemeRole::Heading, head.to_owned())),
    );
    let rows = usize::from(below.height.saturating_sub(1));
    let listed = entries.iter().enumerate().skip(cursor.offset).take(rows);
    for (y, (at, entry)) in (below.y + 1..).zip(listed) {
        columns(canvas, below, y, cells(entry));
        if at == cursor.at {
            let line = Rect {
                y,
                height: 1,
                ..below
            };
            canvas.highlight(line, ThemeRole::Selection);
        }
    }
}

fn say(canvas: &mut Canvas<'_>, body: Rect, words: &str) {
    canvas.rule(body, "History", "", true);
    canvas.cut(
        body.x + 2,
        body.y + 1,
        body.right(),
        ThemeRole::Muted,
        words,
    );
}

fn cells(entry: &AuditEntry) -> [(ThemeRole, String); 7] {
    let outcome = entry.outcome.as_deref();
    // Seconds and zone are for the opened entry; a list needs the minute.
    let started: String = entry.started.chars().take(16).collect();
    [
        (ThemeRole::Muted, started.replace('T', " ")),
        (ThemeRole::Title, entry.operation.to_string()),
        (ThemeRole::Text, entry.environment.clone()),
        (ThemeRole::Text, entry.by.clone()),
        (
            outcome_role(outcome),
            outcome.unwrap_or("no end").to_owned(),
        ),
        (
            ThemeRole::Muted,
            entry
                .seconds
                .map(|seconds| format!("{seconds:.1}"))
                .unwrap_or_default(),
        ),
        (ThemeRole::Text, entry.message.clone()),
    ]
}

fn columns(canvas: &mut Canvas<'_>, area: Rect, y: u16, cells: [(ThemeRole, String); 7]) {
    let widths = [16, 9, 24, 12, 11, 7, area.width];
    let mut x = area.x + 1;
    for ((role, text), width) in cells.iter().zip(widths) {
        let right = x.saturating_add(width).min(area.right());
        canvas.cut(x, y, right, *role, text);
        x = right.saturating_add(1);
    }
}
