//! `view`: draws a state. Changes nothing, and costs the same however many objects there are.

mod canvas;
mod dialog;
mod footer;
mod header;
mod overlay;
mod paragraphs;
mod text_field;

pub use canvas::Canvas;
pub use paragraphs::{below_rule, text};
pub use text_field::{draw_field, mark_cursor};

use super::layout;
use super::screens::parts_of;
use super::state::State;
use super::theme::{Theme, ThemeRole};
use ratatui::Frame;
use ratatui::layout::Rect;

/// Draws the whole screen.
///
/// ```text
/// who, where, version                                   connection and age
/// DEMO / PRODUCTION / READ-ONLY                         screens
/// phase: init - deploy - await - promote - sync         BACK: the way back
/// what the current step waits for
/// clusters: a gauge each
/// objects: blue and green side by side      | detail
///                                           | preflight
///                                           | journal
/// operations, with the reason of blocked ones
/// keys, or what was just said
/// ```
pub fn view(state: &State, theme: &Theme, frame: &mut Frame<'_>) {
    let area = frame.area();
    let size = (area.width, area.height);
    let mut canvas = Canvas::new(frame.buffer_mut(), theme);
    let Some(parts) = layout::frame(size) else {
        too_small(&mut canvas, area);
        return;
    };
    header::draw(&mut canvas, parts.header, state);
    (parts_of(state.screen).draw)(&mut canvas, parts.body, state);
    footer::draw(&mut canvas, parts.footer, state);
    dialog::draw(&mut canvas, size, state);
    overlay::draw(&mut canvas, size, state);
}

fn too_small(canvas: &mut Canvas<'_>, area: Rect) {
    let (width, height) = layout::LEAST;
    let lines = [
        "The terminal is too small.".to_owned(),
        format!("cutover needs {width}x{height},"),
        format!("this is {}x{}.", area.width, area.height),
        "Operations go on.".to_owned(),
    ];
    for (row, line) in (area.y..area.bottom()).zip(&lines) {
        canvas.text(area.x, row, area.right(), ThemeRole::Warn, line);
    }
}
