//! `view`: draws a state. Changes nothing, and costs the same however many objects there are.

mod canvas;
mod changes;
mod clusters;
mod dialog;
mod footer;
mod header;
mod history;
mod objects;
mod overlay;
mod paragraphs;
mod run;
mod traffic;

pub use canvas::Canvas;
use paragraphs::{below_rule, text};

use super::layout::{self, CockpitAreas};
use super::prose::{self};
use super::state::{Pane, Screen, State};
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
    match state.screen {
        Screen::Cockpit => cockpit(&mut canvas, parts.body, state),
        Screen::Changes => changes::draw(&mut canvas, parts.body, state),
        Screen::Run => run::draw(&mut canvas, parts.body, state),
        Screen::Traffic => traffic::draw(&mut canvas, parts.body, state),
        Screen::History => history::draw(&mut canvas, parts.body, state),
    }
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

fn cockpit(canvas: &mut Canvas<'_>, body: Rect, state: &State) {
    let areas = layout::cockpit(body, state);
    if let Some(area) = areas.clusters {
        clusters::draw(canvas, area, layout::shows_replicas(body), state);
    }
    if let Some(area) = areas.objects {
        objects::draw(canvas, area, state);
    }
    separators(canvas, &areas);
    for pane in [Pane::Detail, Pane::Findings, Pane::Journal] {
        if let Some(area) = areas.of(pane) {
            text_pane(canvas, area, pane, state);
        }
    }
}

/// The upright line between panes that stand side by side.
fn separators(canvas: &mut Canvas<'_>, areas: &CockpitAreas) {
    let panes = [areas.detail, areas.findings, areas.journal];
    for area in panes.into_iter().flatten().filter(|area| area.x > 0) {
        canvas.upright(area.x - 1, area.y, area.bottom());
    }
}

fn text_pane(canvas: &mut Canvas<'_>, area: Rect, pane: Pane, state: &State) {
    let focused = state.cockpit.focus == pane;
    let lines = prose::wrap(&prose::pane(state, pane), layout::inner_width(area));
    let offset = if focused { state.cockpit.scroll } else { 0 };
    let rows = usize::from(area.height.saturating_sub(1));
    let more = lines.len().saturating_sub(offset + rows);
    let title = match more {
        0 => pane.title().to_owned(),
        more => format!("{} (+{more})", pane.title()),
    };
    canvas.rule(area, &title, "", focused);
    text(canvas, below_rule(area), &lines, offset);
}
