//! The plan under review: what it would do, and what to press, by the danger of it.

use super::Canvas;
use super::paragraphs::text;
use super::text_field::draw_field;
use crate::domain::action::Danger;
use crate::domain::board::Board;
use crate::domain::environment::Side;
use crate::domain::quantity::count;
use crate::domain::snapshot::Lag;
use crate::tui::prose;
use crate::tui::state::{Dialog, DialogStep, Stage, State};
use crate::tui::theme::ThemeRole;
use crate::tui::wording;
use ratatui::layout::Rect;

pub fn draw(canvas: &mut Canvas<'_>, size: (u16, u16), state: &State) {
    let Stage::Reviewing(dialog) = &state.stage else {
        return;
    };
    let (area, lines) = prose::dialog_text(size, dialog);
    let danger = dialog.plan.operation.danger();
    let border = if danger >= Danger::ChangesProduction {
        ThemeRole::Danger
    } else {
        ThemeRole::Focus
    };
    canvas.frame(area, border, &title(dialog));
    let inner = Rect {
        x: area.x + 1,
        y: area.y + 1,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(2),
    };
    let row = |at: u16| Rect {
        y: inner.y + at,
        height: 1,
        ..inner
    };
    for (y, words) in (inner.y..).zip(facts(state, dialog)) {
        canvas.cut(inner.x + 1, y, inner.right(), ThemeRole::Muted, &words);
    }
    let body = Rect {
        y: inner.y + 3,
        height: inner.height.saturating_sub(6),
        ..inner
    };
    let hidden = lines.len().saturating_sub(usize::from(body.height));
    let offset = dialog.scroll.min(hidden);
    canvas.rule(row(2), "Plan", &scroll_words(offset, hidden), false);
    text(canvas, body, &lines, offset);
    let foot = inner.height.saturating_sub(3);
    canvas.rule(row(foot), "Confirm", "", false);
    let lost = state.latest.connection.is_lost();
    question(canvas, row(foot + 1), dialog, lost);
    if dialog.is_deaf(state.now) {
        // Keys are ignored for now, so none is offered.
        canvas.cut(
            inner.x + 1,
            inner.y + foot + 2,
            inner.right(),
            ThemeRole::KeyBlocked,
            "one moment",
        );
    } else {
        answer(canvas, row(foot + 2), dialog, lost);
    }
}

fn title(dialog: &Dialog) -> String {
    let about = match dialog.plan.operation.danger() {
        Danger::Look => "looks only",
        Danger::Reversible => "changes the deployment side only",
        Danger::ChangesProduction => "CHANGES PRODUCTION",
        Danger::Destroys => "DESTROYS",
    };
    let full = if dialog.plan.request.full {
        ", everything anew"
    } else {
        ""
    };
    format!("{}{full}: {about}", dialog.label.to_uppercase())
}

fn facts(state: &State, dialog: &Dialog) -> [String; 2] {
    let lags = state.latest.board.as_ref().map_or_else(String::new, |b| {
        format!(
            "; lag now: {} {}, blue {}",
            wording::side(Side::Deployment, b),
            side_lag(b, Side::Deployment),
            side_lag(b, Side::Production)
        )
    });
    let age = state.age_ms(&state.latest);
    [
        format!(
            "{}, fingerprint {}",
            dialog.plan.environment, dialog.plan.fingerprint
        ),
        format!("data {} old{lags}", wording::span(age)),
    ]
}

/// The largest lag of a side's clusters; unknown while any is, none where nothing is built.
fn side_lag(board: &Board, side: Side) -> String {
    if side == Side::Deployment && board.readiness().is_none() {
        return "-".to_owned();
    }
    let mut worst = 0;
    for cluster in &board.side(side).clusters {
        match cluster.lag {
            Lag::Millis(lag) => worst = worst.max(lag),
            Lag::Unknown => return "unknown".to_owned(),
        }
    }
    wording::span(worst)
}

fn scroll_words(offset: usize, hidden: usize) -> String {
    match hidden - offset {
        0 if hidden == 0 => String::new(),
        0 => "end".to_owned(),
        more => format!("{} below", count(more, "more line")),
    }
}

fn question(canvas: &mut Canvas<'_>, row: Rect, dialog: &Dialog, lost: bool) {
    let label = dialog.label;
    let word = dialog.plan.word_to_type();
    let (role, words) = match dialog.step() {
        _ if lost => (
            ThemeRole::Stale,
            format!("The link is lost: until it is back, {label} can't be confirmed."),
        ),
        DialogStep::Blocked => (
            ThemeRole::Block,
            format!("{label} is blocked by a finding; there is nothing to confirm."),
        ),
        DialogStep::Overrule => (
            ThemeRole::Danger,
            "To overrule one block, type its finding or its object, and then ctrl-y.".to_owned(),
        ),
        DialogStep::Yes => (ThemeRole::Title, format!("{label}: run this plan?")),
        DialogStep::Word => (
            ThemeRole::Danger,
            format!("{label}: type {word} and then ctrl-y."),
        ),
        DialogStep::Confirm => (
            ThemeRole::Danger,
            format!("The word stands. ctrl-y runs the {label} now."),
        ),
    };
    canvas.cut(row.x + 1, row.y, row.right(), role, &words);
}

fn answer(canvas: &mut Canvas<'_>, row: Rect, dialog: &Dialog, lost: bool) {
    let end = row.right().saturating_sub(1);
    let keys: &[(&str, &str)] = match dialog.step() {
        _ if lost => &[("esc", "close")],
        DialogStep::Blocked if dialog.can_be_overruled() => &[
            ("esc", "close"),
            ("ctrl-r", "look again"),
            ("o", "overrule a block by its name"),
        ],
        DialogStep::Overrule => &[("ctrl-y", "overrule"), ("esc", "back")],
        DialogStep::Blocked => &[("esc", "close"), ("ctrl-r", "look again")],
        DialogStep::Yes if dialog.offers_full() => &[
            ("y", "yes"),
            ("n", "no"),
            ("a", "all or changed"),
            ("ctrl-r", "look again"),
        ],
        DialogStep::Yes => &[("y", "yes"), ("n", "no"), ("ctrl-r", "look again")],
        DialogStep::Word => &[("esc", "cancel")],
        DialogStep::Confirm => &[("ctrl-y", "confirm"), ("esc", "cancel")],
    };
    let mut x = row.x + 1;
    let writes = matches!(
        dialog.step(),
        DialogStep::Overrule | DialogStep::Word | DialogStep::Confirm
    );
    if writes {
        x = canvas.text(x, row.y, end, ThemeRole::Text, "> ");
        x = draw_field(canvas, x, row.y, end, &dialog.typed) + 3;
    }
    for (key, word) in keys {
        x = canvas.text(x, row.y, end, ThemeRole::Key, key);
        x = canvas.text(x + 1, row.y, end, ThemeRole::Muted, word) + 2;
    }
    if let Some(notice) = &dialog.notice {
        canvas.right(x, row.y, end, ThemeRole::Warn, notice);
    }
}
