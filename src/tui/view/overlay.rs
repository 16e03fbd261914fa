//! Help, palette, questions and results.

use super::Canvas;
use super::paragraphs::text;
use super::text_field::draw_field;
use crate::tui::keymap::{Action, BINDINGS};
use crate::tui::layout;
use crate::tui::prose::{self, Paragraph};
use crate::tui::state::{Overlay, PaletteState, Question, State};
use crate::tui::theme::ThemeRole;
use ratatui::layout::Rect;

pub fn draw(canvas: &mut Canvas<'_>, size: (u16, u16), state: &State) {
    let deaf = state.wakes_at().is_some();
    match &state.overlay {
        None => {}
        Some(Overlay::Help { scroll }) => help(canvas, size, state, *scroll),
        Some(Overlay::Palette(palette)) => draw_palette(canvas, size, state, palette),
        Some(Overlay::Question { question, .. }) => {
            let (title, words) = match question {
                Question::Cancel => (
                    "Stop the operation?",
                    "It stops after the statement that runs now; what is done stays done.",
                ),
                Question::Leave => (
                    "Leave while an operation runs?",
                    "It is asked to stop first; what is done stays done.",
                ),
            };
            let lines = [Paragraph::new(ThemeRole::Text, words)];
            let keys = if deaf { "one moment" } else { "y yes   n no" };
            boxed(canvas, size, title, &lines, keys);
        }
        Some(Overlay::Result { title, lines, .. }) => {
            let lines: Vec<Paragraph> = lines
                .iter()
                .map(|line| Paragraph::new(ThemeRole::Text, line))
                .collect();
            let keys = if deaf { "one moment" } else { "any key closes" };
            boxed(canvas, size, title, &lines, keys);
        }
    }
}

fn help(canvas: &mut Canvas<'_>, size: (u16, u16), state: &State, scroll: usize) {
    let area = layout::overlay(size);
    canvas.frame(area, ThemeRole::Focus, "Keys; esc closes");
    let inner = inside(area);
    let lines = prose::wrap(&prose::help(state), area.width.saturating_sub(4));
    let hidden = lines.len().saturating_sub(usize::from(inner.height));
    text(canvas, inner, &lines, scroll.min(hidden));
    if scroll < hidden {
        let words = format!(" {} more ", hidden - scroll);
        canvas.right(
            area.x + 2,
            area.bottom() - 1,
            area.right() - 2,
            ThemeRole::Muted,
            &words,
        );
    }
}

fn draw_palette(canvas: &mut Canvas<'_>, size: (u16, u16), state: &State, palette: &PaletteState) {
    let area = layout::overlay(size);
    canvas.frame(area, ThemeRole::Focus, "Actions; enter runs, esc closes");
    let inner = inside(area);
    let x = canvas.text(inner.x + 1, inner.y, inner.right(), ThemeRole::Key, ":");
    draw_field(canvas, x, inner.y, inner.right(), &palette.input);
    let rows = usize::from(inner.height.saturating_sub(1));
    let offset = (palette.cursor + 1).saturating_sub(rows);
    if palette.matches.is_empty() {
        canvas.cut(
            inner.x + 1,
            inner.y + 1,
            inner.right(),
            ThemeRole::Muted,
            "No action matches.",
        );
    }
    let listed = palette.matches.iter().enumerate().skip(offset).take(rows);
    for (y, (at, action)) in (inner.y + 1..).zip(listed) {
        let line = Rect {
            y,
            height: 1,
            ..inner
        };
        palette_line(canvas, line, state, *action);
        if at == palette.cursor {
            canvas.highlight(line, ThemeRole::Selection);
        }
    }
}

fn palette_line(canvas: &mut Canvas<'_>, line: Rect, state: &State, action: Action) {
    let Some(binding) = BINDINGS.iter().find(|binding| binding.action == action) else {
        return;
    };
    let blocked = match action {
        Action::Operation(operation) => state.may(operation).err(),
        Action::Look(_) => None,
    };
    let keys = state.keymap.keys(action);
    canvas.cut(line.x + 1, line.y, line.x + 13, ThemeRole::Key, &keys);
    canvas.cut(
        line.x + 14,
        line.y,
        line.x + 32,
        ThemeRole::Title,
        binding.name,
    );
    let (role, words) = match &blocked {
        Some(reason) => (ThemeRole::KeyBlocked, format!("blocked: {reason}")),
        None => (ThemeRole::Text, binding.about.to_owned()),
    };
    canvas.cut(line.x + 33, line.y, line.right(), role, &words);
}

/// A small box in the middle with its text and one line about keys.
fn boxed(canvas: &mut Canvas<'_>, size: (u16, u16), title: &str, lines: &[Paragraph], keys: &str) {
    let width = layout::overlay(size).width.min(76);
    let lines = prose::wrap(lines, width.saturating_sub(4));
    let height = u16::try_from(lines.len())
        .unwrap_or(u16::MAX)
        .saturating_add(4)
        .min(size.1.saturating_sub(2));
    let area = layout::centred(size, width, height);
    canvas.frame(area, ThemeRole::Focus, title);
    let inner = inside(area);
    let body = Rect {
        height: inner.height.saturating_sub(2),
        ..inner
    };
    text(canvas, body, &lines, 0);
    canvas.cut(
        inner.x + 1,
        inner.bottom().saturating_sub(1),
        inner.right(),
        ThemeRole::Key,
        keys,
    );
}

fn inside(area: Rect) -> Rect {
    Rect {
        x: area.x + 1,
        y: area.y + 1,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(2),
    }
}
