//! Paragraphs, drawn.

use super::canvas::Canvas;
use crate::tui::prose::Paragraph;
use ratatui::layout::Rect;

/// Everything but the first line of an area, which its rule takes.
pub fn below_rule(area: Rect) -> Rect {
    Rect {
        y: area.y + 1.min(area.height),
        height: area.height.saturating_sub(1),
        ..area
    }
}

/// Wrapped paragraphs from an offset on, with one blank on each side.
pub fn text(canvas: &mut Canvas<'_>, area: Rect, lines: &[Paragraph], offset: usize) {
    let offset = offset.min(lines.len().saturating_sub(1));
    for (row, line) in (area.y..area.bottom()).zip(lines.iter().skip(offset)) {
        let x = canvas.text(area.x + 1, row, area.right(), line.lead_role, &line.lead);
        canvas.text(x, row, area.right(), line.role, &line.text);
    }
}
