//! The traffic screen: who reads which side.

use super::lines::{TrafficLine, lines};
use crate::tui::keymap::ScreenCommand;
use crate::tui::state::State;
use crate::tui::theme::ThemeRole;
use crate::tui::view::Canvas;
use ratatui::layout::Rect;

/// Share of the width of each column, in percent.
const SHARES: [u16; 5] = [36, 16, 16, 22, 10];

pub const HINTS: &[(ScreenCommand, &str)] = &[
    (ScreenCommand::Help, "help"),
    (ScreenCommand::Down, "down"),
    (ScreenCommand::Up, "up"),
    (ScreenCommand::Copy, "copy"),
    (ScreenCommand::Back, "back"),
];

pub fn draw(canvas: &mut Canvas<'_>, body: Rect, state: &State) {
    canvas.rule(body, "Traffic", "", true);
    let rows = usize::from(body.height.saturating_sub(1));
    let all = lines(state);
    let cursor = state.traffic.cursor;
    let listed = all.iter().enumerate().skip(cursor.offset).take(rows);
    for (y, (at, line)) in (body.y + 1..).zip(listed) {
        let area = Rect {
            y,
            height: 1,
            ..body
        };
        match line {
            TrafficLine::Heading(text) => {
                canvas.cut(area.x + 1, y, area.right(), ThemeRole::Title, text);
            }
            TrafficLine::Words { role, text } => {
                canvas.cut(area.x + 2, y, area.right(), *role, text);
            }
            TrafficLine::Heads(heads) => {
                columns(canvas, area, ThemeRole::Heading, heads);
            }
            TrafficLine::Cells { role, cells } => {
                columns(canvas, area, *role, &cells.each_ref().map(String::as_str));
            }
        }
        if at == cursor.at {
            canvas.highlight(area, ThemeRole::Selection);
        }
    }
}

fn columns(canvas: &mut Canvas<'_>, area: Rect, role: ThemeRole, cells: &[&str; 5]) {
    let width = area.width.saturating_sub(2);
    let mut x = area.x + 2;
    for (cell, share) in cells.iter().zip(SHARES) {
        let right = x + width * share / 100;
        canvas.cut(x, area.y, right.saturating_sub(1), role, cell);
        x = right;
    }
}
