//! The run screen: models and statements of the operation, and its log.

use super::state::{LogLine, RunState};
use crate::domain::quantity::{count, part};
use crate::ops::progress::ModelState;
use crate::tui::keymap::ScreenCommand;
use crate::tui::layout;
use crate::tui::state::State;
use crate::tui::theme::ThemeRole;
use crate::tui::view::{Canvas, mark_cursor};
use crate::tui::wording;
use ratatui::layout::Rect;

pub const HINTS: &[(ScreenCommand, &str)] = &[
    (ScreenCommand::Help, "help"),
    (ScreenCommand::Follow, "follow"),
    (ScreenCommand::Filter, "search"),
    (ScreenCommand::NextMatch, "next"),
    (ScreenCommand::Wrap, "wrap"),
    (ScreenCommand::CancelOperation, "stop"),
    (ScreenCommand::Save, "save"),
    (ScreenCommand::Back, "back"),
];

pub fn draw(canvas: &mut Canvas<'_>, body: Rect, state: &State) {
    let run = &state.run;
    if run.operation.is_none() {
        canvas.rule(body, "Run", "", true);
        canvas.cut(
            body.x + 2,
            body.y + 1,
            body.right(),
            ThemeRole::Muted,
            "No operation has run in this session; the history screen lists earlier ones.",
        );
        return;
    }
    let (list, log) = layout::list_and_panel(body);
    steps(canvas, list, state);
    if log.x > 0 {
        canvas.upright(log.x - 1, body.y, body.bottom());
    }
    draw_log(canvas, log, run);
}

fn steps(canvas: &mut Canvas<'_>, area: Rect, state: &State) {
    let run = &state.run;
    let end = run.ended.unwrap_or(state.now);
    let time = wording::span(end.since(run.started));
    let words = match (&run.outcome, run.models_done) {
        (Some(_), _) => format!("ended after {time}"),
        (None, (_, 0)) => format!("for {time}"),
        (None, (done, total)) => format!("{}, for {time}", part(done, total, "model")),
    };
    canvas.rule(area, &run.label, &words, false);
    let rows = usize::from(area.height.saturating_sub(1));
    let lines = lines(canvas, run);
    // The end is where it happens.
    let skip = lines.len().saturating_sub(rows);
    for (y, (role, text, time)) in (area.y + 1..).zip(lines.into_iter().skip(skip)) {
        let end = area.right().saturating_sub(1);
        let stop = canvas.right(area.x + area.width / 2, y, end, ThemeRole::Muted, &time);
        canvas.cut(area.x + 1, y, stop.saturating_sub(1), role, &text);
    }
}

/// Models where there are any, else statements; statements that failed in any case. What is shown, and how long it took.
fn lines(canvas: &Canvas<'_>, run: &RunState) -> Vec<(ThemeRole, String, String)> {
    let glyphs = canvas.glyphs();
    let told = run.statements.iter().filter(|statement| {
        run.models.is_empty() || matches!(statement.outcome, Some((false, _, _)))
    });
    let statements = told.map(|statement| {
        let (role, glyph, time) = match &statement.outcome {
            None => (ThemeRole::Hydrating, glyphs.hydrating, String::new()),
            Some((true, _, seconds)) => (ThemeRole::Ready, glyphs.done, format!("{seconds:.1} s")),
            Some((false, _, seconds)) => (
                ThemeRole::Failing,
                glyphs.failing,
                format!("{seconds:.1} s"),
            ),
        };
        (role, format!("{glyph} {}", statement.sql), time)
    });
    let models = run.models.iter().map(|model| {
        let (role, glyph) = match model.state {
            ModelState::Running => (ThemeRole::Hydrating, glyphs.hydrating),
            ModelState::Done => (ThemeRole::Ready, glyphs.done),
            ModelState::Failed => (ThemeRole::Failing, glyphs.failing),
            ModelState::Skipped => (ThemeRole::Muted, glyphs.absent),
        };
        let message = model
            .message
            .as_ref()
            .map(|message| format!("  {message}"))
            .unwrap_or_default();
        let time = model
            .seconds
            .map(|seconds| format!("{seconds:.1} s"))
            .unwrap_or_default();
        (role, format!("{glyph} {}{message}", model.name), time)
    });
    statements.chain(models).collect()
}

fn draw_log(canvas: &mut Canvas<'_>, area: Rect, run: &RunState) {
    let following = if run.following {
        "following"
    } else {
        "NOT following"
    };
    let dropped = match run.dropped {
        0 => String::new(),
        older => format!(", {} in the audit file", count(older, "older line")),
    };
    let title = if run.search.is_open() || !run.search.is_empty() {
        format!("Log /{}", run.search.value())
    } else {
        format!("Log, {}", count(run.log.len(), "line"))
    };
    canvas.rule(area, &title, &format!("{following}{dropped}"), true);
    mark_cursor(canvas, area, "Log /", &run.search, true);
    let body = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    };
    let rows = usize::from(body.height);
    let offset = if run.following {
        run.log.len().saturating_sub(rows)
    } else {
        run.cursor.offset
    };
    let wanted = run.search.value().to_lowercase();
    let mut y = body.y;
    for (at, line) in run.log.iter().enumerate().skip(offset).take(rows) {
        if y >= body.bottom() {
            return;
        }
        y = log_line(canvas, body, y, line, run.wrapped, &wanted);
        if at == run.cursor.at && !run.following {
            let above = Rect {
                y: y - 1,
                height: 1,
                ..body
            };
            canvas.highlight(above, ThemeRole::Selection);
        }
    }
}

/// Draws one line, over several rows where it wraps; returns the row below it.
fn log_line(
    canvas: &mut Canvas<'_>,
    area: Rect,
    y: u16,
    line: &LogLine,
    wrapped: bool,
    wanted: &str,
) -> u16 {
    let time = format!("{} ", line.at.strftime("%H:%M:%S"));
    let x = canvas.text(area.x + 1, y, area.right(), ThemeRole::Muted, &time);
    let found = !wanted.is_empty() && line.text.to_lowercase().contains(wanted);
    let role = if found { ThemeRole::Found } else { line.role };
    if !wrapped {
        canvas.cut(x, y, area.right(), role, &line.text);
        return y + 1;
    }
    let room = usize::from(area.right().saturating_sub(x));
    let mut y = y;
    for part in wording::wrap(&wording::shown_lines(&line.text), room) {
        if y < area.bottom() {
            canvas.text(x, y, area.right(), role, &part);
        }
        y += 1;
    }
    y
}
