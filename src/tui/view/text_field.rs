//! The text field, drawn: the text, and the cursor where the next letter goes.

use super::canvas::Canvas;
use crate::tui::state::TextField;
use crate::tui::theme::ThemeRole;
use crate::tui::wording;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

/// Draws a field from `x` up to but not including `right`, and returns where it ended. Text that is too long is cut at its beginning,
/// so that the cursor is seen.
pub fn draw_field(canvas: &mut Canvas<'_>, x: u16, y: u16, right: u16, field: &TextField) -> u16 {
    let text = wording::shown(field.value());
    if !field.is_open() {
        return canvas.cut(x, y, right, ThemeRole::Input, &text);
    }
    let before = wording::shown(field.before_cursor()).width();
    let room = usize::from(right.saturating_sub(x));
    let excess = (before + 1).saturating_sub(room);
    let (mut hidden, mut seen) = wording::split(&text, excess);
    if hidden.width() < excess {
        // Half of a wide character can't be cut off.
        (hidden, seen) = wording::split(&text, excess + 1);
    }
    let end = canvas.cut(x, y, right, ThemeRole::Input, seen);
    let columns = u16::try_from(before.saturating_sub(hidden.width())).unwrap_or(u16::MAX);
    let cursor = x.saturating_add(columns);
    if cursor >= end {
        return canvas.text(end, y, right, ThemeRole::Selection, " ");
    }
    mark(canvas, cursor, y, right);
    end
}

/// Marks the cursor of a field whose text stands behind `lead` in the title of a rule.
pub fn mark_cursor(
    canvas: &mut Canvas<'_>,
    rule: Rect,
    lead: &str,
    field: &TextField,
    focused: bool,
) {
    if !field.is_open() {
        return;
    }
    let glyph = if focused { canvas.glyphs().cursor } else { "" };
    let before = wording::shown(field.before_cursor());
    // A rule and a blank stand before each title.
    let columns = 2 + glyph.width() + lead.width() + before.width();
    let x = rule
        .x
        .saturating_add(u16::try_from(columns).unwrap_or(u16::MAX));
    mark(canvas, x, rule.y, rule.right());
}

fn mark(canvas: &mut Canvas<'_>, x: u16, y: u16, right: u16) {
    if x < right {
        canvas.highlight(Rect::new(x, y, 1, 1), ThemeRole::Selection);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::glyphs::Glyphs;
    use crate::tui::theme::Theme;
    use crossterm::event::{KeyCode, KeyEvent};
    use ratatui::buffer::Buffer;

    /// What ten columns show of a field with the cursor so many characters before its end, and the column of the cursor.
    fn drawn(text: &str, back: usize) -> (String, Option<u16>) {
        let mut field = TextField::default();
        field.open();
        field.paste(text);
        for _ in 0..back {
            field.press(KeyEvent::from(KeyCode::Left));
        }
        let theme = Theme::mono(Glyphs::UNICODE);
        let mut buffer = Buffer::empty(Rect::new(0, 0, 10, 1));
        draw_field(&mut Canvas::new(&mut buffer, &theme), 0, 0, 10, &field);
        let shown = (0..10).map(|x| buffer[(x, 0)].symbol()).collect::<String>();
        let marked = theme.style(ThemeRole::Selection).add_modifier;
        let cursor = (0..10).find(|x| buffer[(*x, 0)].modifier.contains(marked));
        (shown.trim_end().to_owned(), cursor)
    }

    /// It used to be drawn behind the text, wherever the next letter went, and beyond the edge where the text was long.
    #[test]
    fn the_cursor_is_seen_where_the_next_letter_goes() {
        assert_eq!(drawn("orders", 0), ("orders".to_owned(), Some(6)));
        assert_eq!(drawn("orders", 4), ("orders".to_owned(), Some(2)));
        assert_eq!(drawn("lag>5s orders", 0), ("5s orders".to_owned(), Some(9)));
        let (shown, cursor) = drawn("lag>5s orders", 13);
        assert!(shown.starts_with("lag>5s or"), "{shown}");
        assert_eq!(cursor, Some(0));
    }
}
