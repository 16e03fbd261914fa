//! Where everything is on the screen. `update` asks for the height of a page here and `view` for the areas, so they agree.

use super::screens::cockpit::Pane;
use super::state::State;
use ratatui::layout::Rect;

/// Below this size only a notice is shown.
pub const LEAST: (u16, u16) = (60, 16);
/// From this width on, two panes stand side by side under the table.
const MEDIUM: u16 = 100;
/// From this width and height on, the panes stand beside the table.
const WIDE: (u16, u16) = (150, 30);
/// Lines that a list pane spends on its title and column heads.
pub const LIST_HEAD: u16 = 2;

/// The parts that every screen has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// Who, where, connection; badges and screens; the phase; its message.
    pub header: Rect,
    pub body: Rect,
    /// Operations; keys or a flash.
    pub footer: Rect,
}

/// `None`: the terminal is too small.
#[must_use]
pub fn frame(size: (u16, u16)) -> Option<Frame> {
    let (width, height) = size;
    if width < LEAST.0 || height < LEAST.1 {
        return None;
    }
    let (header, footer) = (4, 2);
    Some(Frame {
        header: Rect::new(0, 0, width, header),
        body: Rect::new(0, header, width, height - header - footer),
        footer: Rect::new(0, height - footer, width, footer),
    })
}

/// The panes of the cockpit; what does not fit is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CockpitAreas {
    pub clusters: Option<Rect>,
    pub objects: Option<Rect>,
    pub detail: Option<Rect>,
    pub findings: Option<Rect>,
    pub journal: Option<Rect>,
}

#[must_use]
pub fn cockpit(body: Rect, state: &State) -> CockpitAreas {
    let pane = state.cockpit.focus;
    if state.cockpit.zoomed {
        return CockpitAreas::default().with(pane, body);
    }
    let clusters = cluster_lines(body, state);
    let (top, rest) = split_top(body, clusters);
    let areas = CockpitAreas {
        clusters: (clusters > 0).then_some(top),
        ..CockpitAreas::default()
    };
    if body.width >= WIDE.0 && body.height >= WIDE.1 - 6 {
        wide(rest, areas)
    } else {
        stacked(rest, pane, areas)
    }
}

fn wide(rest: Rect, areas: CockpitAreas) -> CockpitAreas {
    let side = (rest.width * 30 / 100).clamp(50, 76);
    let left = Rect {
        width: rest.width - side - 1,
        ..rest
    };
    let right = Rect {
        x: rest.x + rest.width - side,
        width: side,
        ..rest
    };
    let detail = right.height * 45 / 100;
    let findings = right.height * 30 / 100;
    let (top, below) = split_top(right, detail);
    let (middle, bottom) = split_top(below, findings);
    areas
        .with(Pane::Objects, left)
        .with(Pane::Detail, top)
        .with(Pane::Findings, middle)
        .with(Pane::Journal, bottom)
}

fn stacked(rest: Rect, pane: Pane, areas: CockpitAreas) -> CockpitAreas {
    let below = (rest.height / 3).clamp(4, 16).min(rest.height / 2);
    let (top, bottom) = split_top(rest, rest.height - below);
    let areas = areas.with(Pane::Objects, top);
    if rest.width < MEDIUM {
        let shown = match pane {
            Pane::Objects => Pane::Detail,
            other => other,
        };
        return areas.with(shown, bottom);
    }
    let half = bottom.width / 2;
    let left = Rect {
        width: half,
        ..bottom
    };
    let right = Rect {
        x: bottom.x + half + 1,
        width: bottom.width - half - 1,
        ..bottom
    };
    let shown = match pane {
        Pane::Journal => Pane::Journal,
        _ => Pane::Findings,
    };
    areas.with(Pane::Detail, left).with(shown, right)
}

impl CockpitAreas {
    #[must_use]
    pub fn of(&self, pane: Pane) -> Option<Rect> {
        match pane {
            Pane::Objects => self.objects,
            Pane::Detail => self.detail,
            Pane::Findings => self.findings,
            Pane::Journal => self.journal,
        }
    }

    fn with(mut self, pane: Pane, area: Rect) -> Self {
        match pane {
            Pane::Objects => self.objects = Some(area),
            Pane::Detail => self.detail = Some(area),
            Pane::Findings => self.findings = Some(area),
            Pane::Journal => self.journal = Some(area),
        }
        self
    }
}

/// One line per cluster pair, and in tall terminals one per deployment cluster for its replicas.
fn cluster_lines(body: Rect, state: &State) -> u16 {
    let Some(board) = &state.shown().board else {
        return 0;
    };
    let clusters = u16::try_from(board.environment.clusters.len()).unwrap_or(u16::MAX);
    let per_cluster = if shows_replicas(body) { 2 } else { 1 };
    clusters
        .saturating_mul(per_cluster)
        .min((body.height / 5).max(1))
}

/// Whether there is room for a line about the replicas of each cluster.
#[must_use]
pub fn shows_replicas(body: Rect) -> bool {
    body.height >= 28
}

fn split_top(area: Rect, height: u16) -> (Rect, Rect) {
    let height = height.min(area.height);
    (
        Rect { height, ..area },
        Rect {
            y: area.y + height,
            height: area.height - height,
            ..area
        },
    )
}

/// The list and the reading panel of the changes and run screens: beside each other where it is wide, else one above the other.
#[must_use]
pub fn list_and_panel(body: Rect) -> (Rect, Rect) {
    if body.width >= 140 {
        let list = body.width * 30 / 100;
        let left = Rect {
            width: list,
            ..body
        };
        let right = Rect {
            x: body.x + list + 1,
            width: body.width - list - 1,
            ..body
        };
        (left, right)
    } else {
        split_top(body, (body.height * 2 / 5).max(5))
    }
}

/// What a page is on a screen whose list has this height in the body; one row where the terminal is too small for any.
#[must_use]
pub fn page(size: (u16, u16), height: impl FnOnce(Rect) -> u16) -> usize {
    let height = frame(size).map_or(1, |frame| height(frame.body));
    usize::from(height.max(1))
}

/// Columns for the text of a pane: one blank on each side.
#[must_use]
pub fn inner_width(area: Rect) -> u16 {
    area.width.saturating_sub(2)
}

/// Columns of what lies over a screen: all of a narrow one, where a rim of what lies below would only disturb.
fn width_over(columns: u16) -> u16 {
    if columns < MEDIUM {
        columns
    } else {
        columns - 4
    }
}

/// The area of the help, the palette and other overlays.
#[must_use]
pub fn overlay(size: (u16, u16)) -> Rect {
    let width = width_over(size.0).min(90);
    let height = size.1.saturating_sub(4).min(44);
    centred(size, width, height)
}

/// Lines of a dialog that are not its scrolled text: border, facts, rule, question, keys.
pub const DIALOG_FRAME: u16 = 8;

/// An area of this size in the middle of the screen.
#[must_use]
pub fn centred(size: (u16, u16), width: u16, height: u16) -> Rect {
    Rect {
        x: size.0.saturating_sub(width) / 2,
        y: size.1.saturating_sub(height) / 2,
        width,
        height,
    }
}

/// The area of a dialog: as much as its text needs, below the lines that say where one is.
#[must_use]
pub fn dialog(size: (u16, u16), lines: usize) -> Rect {
    let width = width_over(size.0).min(110);
    let wanted = u16::try_from(lines)
        .unwrap_or(u16::MAX)
        .saturating_add(DIALOG_FRAME);
    let top = 2;
    let room = (size.0, size.1.saturating_sub(top + 1));
    let area = centred(room, width, wanted.min(room.1));
    Rect {
        y: area.y + top,
        ..area
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::state::TargetInfo;
    use proptest::prelude::*;
    use std::sync::Arc;
    use std::time::Instant;

    fn panes() -> impl Strategy<Value = Pane> {
        prop_oneof![
            Just(Pane::Objects),
            Just(Pane::Detail),
            Just(Pane::Findings),
            Just(Pane::Journal)
        ]
    }

    proptest! {
        #[test]
        fn panes_lie_within_the_screen_and_never_on_each_other(
            size in (0u16..300, 0u16..100), focus in panes(), zoomed: bool
        ) {
            let mut state = State::new(TargetInfo::default(), Arc::default(), Instant::now(), size);
            state.cockpit.focus = focus;
            state.cockpit.zoomed = zoomed;
            let Some(parts) = frame(size) else { return Ok(()) };
            let areas = cockpit(parts.body, &state);
            prop_assert!(areas.of(focus).is_some(), "the focused pane is always shown");
            let shown: Vec<Rect> = [areas.clusters, areas.objects, areas.detail, areas.findings, areas.journal]
                .into_iter()
                .flatten()
                .collect();
            for (at, area) in shown.iter().enumerate() {
                prop_assert_eq!(area.intersection(parts.body), *area);
                for other in &shown[at + 1..] {
                    prop_assert!(area.intersection(*other).is_empty(), "{:?} on {:?}", area, other);
                }
            }
            let over = [dialog(size, 1000), dialog(size, 0), overlay(size)];
            for area in over {
                prop_assert!(area.right() <= size.0 && area.bottom() <= size.1, "{:?} in {:?}", area, size);
            }
        }
    }
}
