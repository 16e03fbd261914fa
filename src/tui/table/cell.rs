//! What each column shows of a row, and in which role.

use super::order::lag_difference;
use crate::domain::board::{Board, ObjectRow};
use crate::domain::environment::Side;
use crate::domain::phase::Phase;
use crate::domain::project::ModelChange;
use crate::domain::readiness::ObjectReadiness;
use crate::tui::glyphs::Glyphs;
use crate::tui::observed::Observed;
use crate::tui::theme::ThemeRole;
use crate::tui::wording;
use unicode_width::UnicodeWidthStr;

/// Columns that a reason needs beside its state to be worth showing.
const LEAST_REASON: usize = 10;

/// What a cell is made of.
pub struct CellContext<'a> {
    pub board: &'a Board,
    pub row: &'a ObjectRow,
    pub observed: &'a Observed,
    pub glyphs: Glyphs,
    /// How wide the column is, in columns of the terminal.
    pub width: u16,
}

/// A text with its role.
pub type TableCell = (ThemeRole, String);

/// The side whose hydration and state the table tells.
#[must_use]
pub fn shown_side(board: &Board) -> Side {
    board.phase.subject()
}

impl CellContext<'_> {
    fn shown(&self) -> Option<&ObjectReadiness> {
        self.row.of(shown_side(self.board))
    }
}

pub fn nothing(_: &CellContext<'_>) -> TableCell {
    (ThemeRole::Muted, String::new())
}

pub fn change(context: &CellContext<'_>) -> TableCell {
    match context.row.compared {
        None => nothing(context),
        Some(compared) => (
            ThemeRole::from(compared),
            context.glyphs.compared(compared).to_owned(),
        ),
    }
}

pub fn name(context: &CellContext<'_>) -> TableCell {
    let change = context.row.change();
    (
        change.map_or(ThemeRole::Text, ThemeRole::from),
        context.row.name.to_string(),
    )
}

pub fn schema(context: &CellContext<'_>) -> TableCell {
    (ThemeRole::Muted, context.row.schema.to_string())
}

pub fn kind(context: &CellContext<'_>) -> TableCell {
    (
        ThemeRole::Muted,
        wording::kind(&context.row.kind).to_owned(),
    )
}

pub fn cluster(context: &CellContext<'_>) -> TableCell {
    let cluster = context.row.cluster.as_ref();
    (
        ThemeRole::Muted,
        cluster.map(ToString::to_string).unwrap_or_default(),
    )
}

pub fn hydrated(context: &CellContext<'_>) -> TableCell {
    let object = context.shown();
    match object.filter(|object| object.counts && object.replicas > 0) {
        Some(object) => (
            ThemeRole::from(object.readiness),
            format!("{}/{}", object.hydrated_on.len(), object.replicas),
        ),
        None => nothing(context),
    }
}

pub fn deployment_lag(context: &CellContext<'_>) -> TableCell {
    lag(context.row.deployment.as_ref(), ThemeRole::Green)
}

pub fn production_lag(context: &CellContext<'_>) -> TableCell {
    lag(context.row.production.as_ref(), ThemeRole::Blue)
}

fn lag(object: Option<&ObjectReadiness>, role: ThemeRole) -> TableCell {
    match object {
        Some(object) if object.counts => (role, wording::lag(object.lag)),
        Some(_) => (role, String::new()),
        None => (ThemeRole::Muted, "-".to_owned()),
    }
}

pub fn difference(context: &CellContext<'_>) -> TableCell {
    let deployment = context.row.deployment.as_ref();
    let counts = deployment.is_some_and(|object| object.counts);
    match lag_difference(context.row).filter(|_| counts) {
        Some(millis) if millis >= 1000 => (ThemeRole::Lagging, wording::difference(millis)),
        Some(millis) => (ThemeRole::Muted, wording::difference(millis)),
        None => nothing(context),
    }
}

/// The last lags as a sparkline, scaled to the largest of them; blanks where the lag was unknown.
pub fn trend(context: &CellContext<'_>) -> TableCell {
    let glyphs = context.glyphs;
    let Some(object) = context.shown().filter(|object| object.counts) else {
        return nothing(context);
    };
    let room = usize::from(context.width).saturating_sub(2);
    let lags: Vec<Option<u32>> = context.observed.lags(&object.id, room).collect();
    let most = lags.iter().flatten().copied().max().unwrap_or(0).max(1000);
    let bars: String = lags
        .iter()
        .map(|lag| match lag {
            Some(lag) => {
                let at = u64::from(*lag) * 7 / u64::from(most);
                glyphs.spark[usize::try_from(at).unwrap_or(0).min(7)]
            }
            None => " ",
        })
        .collect();
    let arrow = match context.observed.slope(&object.id) {
        Some(slope) if slope > 500 => glyphs.rising,
        Some(slope) if slope < -500 => glyphs.falling,
        Some(_) => glyphs.steady,
        None => " ",
    };
    (ThemeRole::Muted, format!("{arrow} {bars}"))
}

pub fn since(context: &CellContext<'_>) -> TableCell {
    let now = context.board.snapshot.time;
    let time = context
        .shown()
        .and_then(|object| context.observed.in_state(&object.id, now));
    let Some(time) = time else {
        return nothing(context);
    };
    let least = if time.exact { "" } else { ">" };
    (
        ThemeRole::Muted,
        format!("{least}{}", wording::span(time.millis)),
    )
}

pub fn state(context: &CellContext<'_>) -> TableCell {
    let glyphs = context.glyphs;
    let Some(object) = context.shown() else {
        let (role, word) = match (context.board.phase, context.row.change()) {
            (Phase::None, _) => (ThemeRole::Added, "only in green"),
            (Phase::Promoting | Phase::Promoted | Phase::Synced, _) => (ThemeRole::Muted, "absent"),
            (_, Some(ModelChange::Removed)) => (ThemeRole::Muted, "leaves with the swap"),
            (Phase::Initialized, _) => (ThemeRole::Muted, "not built"),
            _ => (ThemeRole::Lagging, "missing"),
        };
        return (role, format!("{} {word}", glyphs.absent));
    };
    let word = format!(
        "{} {}",
        glyphs.readiness(object.readiness),
        object.readiness
    );
    // Two letters of a reason tell nothing and cost the word its end.
    let room = usize::from(context.width).saturating_sub(word.width());
    let text = if object.reason.is_empty() || room < LEAST_REASON {
        word
    } else {
        format!("{word} {} {}", glyphs.separator, object.reason)
    };
    (ThemeRole::from(object.readiness), text)
}
