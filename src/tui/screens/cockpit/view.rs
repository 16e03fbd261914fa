//! The cockpit's panes: clusters, objects, and the texts beside or below them.

use super::state::Pane;
use super::{clusters, detail, journal, objects, preflight};
use crate::tui::keymap::ScreenCommand;
use crate::tui::layout::{self, CockpitAreas};
use crate::tui::prose::{self, Paragraph};
use crate::tui::state::State;
use crate::tui::view::{Canvas, below_rule, text};
use ratatui::layout::Rect;

pub const HINTS: &[(ScreenCommand, &str)] = &[
    (ScreenCommand::Help, "help"),
    (ScreenCommand::Filter, "filter"),
    (ScreenCommand::ProblemsOnly, "problems"),
    (ScreenCommand::Sort, "sort"),
    (ScreenCommand::Group, "group"),
    (ScreenCommand::Open, "detail"),
    (ScreenCommand::NextPane, "pane"),
    (ScreenCommand::Freeze, "hold"),
    (ScreenCommand::Quit, "quit"),
    (ScreenCommand::Palette, "actions"),
    (ScreenCommand::Refresh, "refresh"),
    (ScreenCommand::Zoom, "zoom"),
    (ScreenCommand::Copy, "copy"),
];

/// Those beside one pane alone.
pub const ZOOMED_HINTS: &[(ScreenCommand, &str)] = &[
    (ScreenCommand::Back, "back"),
    (ScreenCommand::NextPane, "next pane"),
    (ScreenCommand::Down, "down"),
    (ScreenCommand::Up, "up"),
    (ScreenCommand::Help, "help"),
];

/// What a pane says.
#[must_use]
pub fn pane(state: &State, pane: Pane) -> Vec<Paragraph> {
    match pane {
        Pane::Objects | Pane::Detail => detail::paragraphs(state),
        Pane::Findings => preflight::paragraphs(state),
        Pane::Journal => journal::paragraphs(state),
    }
}

pub fn draw(canvas: &mut Canvas<'_>, body: Rect, state: &State) {
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
    let lines = prose::wrap(&self::pane(state, pane), layout::inner_width(area));
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
