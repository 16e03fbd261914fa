//! The screen buffer with a theme: text goes where it is put and never beyond its bound.

use crate::tui::glyphs::Glyphs;
use crate::tui::theme::{Theme, ThemeRole};
use crate::tui::wording;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

pub struct Canvas<'a> {
    buffer: &'a mut Buffer,
    theme: &'a Theme,
}

impl<'a> Canvas<'a> {
    pub fn new(buffer: &'a mut Buffer, theme: &'a Theme) -> Self {
        Self { buffer, theme }
    }

    #[must_use]
    pub fn glyphs(&self) -> Glyphs {
        self.theme.glyphs
    }

    /// Writes one line of text from `x` up to but not including `right`, and returns where it ended.
    pub fn text(&mut self, x: u16, y: u16, right: u16, role: ThemeRole, text: &str) -> u16 {
        let area = self.buffer.area;
        let right = right.min(area.right());
        if x >= right || y >= area.bottom() {
            return x;
        }
        // On a clean ground: buffers add styles up, and what was drawn below would shine through.
        let style = Style::reset().patch(self.theme.style(role));
        // Whatever the text is and whoever wrote it: nothing that a terminal obeys gets into a cell.
        let (end, _) =
            self.buffer
                .set_stringn(x, y, wording::shown(text), usize::from(right - x), style);
        end
    }

    /// Text that is cut with an ellipsis where it does not fit.
    pub fn cut(&mut self, x: u16, y: u16, right: u16, role: ThemeRole, text: &str) -> u16 {
        let room = usize::from(right.saturating_sub(x));
        let cut = wording::cut(&wording::shown(text), room, self.theme.glyphs.ellipsis);
        self.text(x, y, right, role, &cut)
    }

    /// Text that ends at `right`; returns where it begins.
    pub fn right(&mut self, left: u16, y: u16, right: u16, role: ThemeRole, text: &str) -> u16 {
        let room = usize::from(right.saturating_sub(left));
        let cut = wording::cut(&wording::shown(text), room, self.theme.glyphs.ellipsis);
        let width = u16::try_from(cut.width()).unwrap_or(u16::MAX);
        let x = right.saturating_sub(width).max(left);
        self.text(x, y, right, role, &cut);
        x
    }

    /// Fills a line with blanks in a style.
    pub fn fill(&mut self, area: Rect, role: ThemeRole) {
        let area = area.intersection(self.buffer.area);
        self.buffer.set_style(area, self.theme.style(role));
    }

    /// Lays a style over what is drawn.
    pub fn highlight(&mut self, area: Rect, role: ThemeRole) {
        self.fill(area, role);
    }

    /// Blanks an area, so that what lies under an overlay does not show through.
    pub fn clear(&mut self, area: Rect) {
        let area = area.intersection(self.buffer.area);
        for y in area.y..area.bottom() {
            for x in area.x..area.right() {
                self.buffer[(x, y)].reset();
            }
        }
    }

    /// A line with a title at its left and words at its right, along the top of an area.
    pub fn rule(&mut self, area: Rect, title: &str, words: &str, focused: bool) {
        let role = if focused {
            ThemeRole::Focus
        } else {
            ThemeRole::Rule
        };
        let line = self.theme.glyphs.horizontal.repeat(usize::from(area.width));
        self.text(area.x, area.y, area.right(), role, &line);
        let (title_role, mark) = if focused {
            (ThemeRole::Focus, self.theme.glyphs.cursor)
        } else {
            (ThemeRole::Title, "")
        };
        let x = self.cut(
            area.x + 1,
            area.y,
            area.right(),
            title_role,
            &format!(" {mark}{title} "),
        );
        if !words.is_empty() && x < area.right() {
            self.right(
                x + 1,
                area.y,
                area.right().saturating_sub(1),
                ThemeRole::Muted,
                &format!(" {words} "),
            );
        }
    }

    /// An upright line.
    pub fn upright(&mut self, x: u16, top: u16, bottom: u16) {
        for y in top..bottom {
            self.text(x, y, x + 1, ThemeRole::Rule, self.theme.glyphs.vertical);
        }
    }

    /// A box with a title; its inside is blank.
    pub fn frame(&mut self, area: Rect, role: ThemeRole, title: &str) {
        self.clear(area);
        if area.width < 2 || area.height < 2 {
            return;
        }
        let glyphs = self.theme.glyphs;
        let across = glyphs.horizontal.repeat(usize::from(area.width - 2));
        let [top_left, top_right, bottom_left, bottom_right] = glyphs.corners;
        let (right, bottom) = (area.right(), area.bottom() - 1);
        self.text(
            area.x,
            area.y,
            right,
            role,
            &format!("{top_left}{across}{top_right}"),
        );
        self.text(
            area.x,
            bottom,
            right,
            role,
            &format!("{bottom_left}{across}{bottom_right}"),
        );
        for y in area.y + 1..bottom {
            self.text(area.x, y, right, role, glyphs.vertical);
            self.text(right - 1, y, right, role, glyphs.vertical);
        }
        self.cut(area.x + 2, area.y, right - 2, role, &format!(" {title} "));
    }
}
