//! The selected object: both sides, what holds it up, and its chain of inputs.

use super::chain;
use super::estimate::hydration_seconds;
use crate::domain::board::{Board, ObjectRow};
use crate::domain::environment::Side;
use crate::domain::object::ObjectKind;
use crate::domain::project::{Compared, ModelChange};
use crate::domain::quantity::count;
use crate::domain::readiness::ObjectReadiness;
use crate::domain::snapshot::{Lag, SourceProgress};
use crate::tui::prose::Paragraph;
use crate::tui::state::State;
use crate::tui::theme::ThemeRole;
use crate::tui::wording;

pub fn paragraphs(state: &State) -> Vec<Paragraph> {
    let Some(board) = &state.shown().board else {
        return vec![Paragraph::new(
            ThemeRole::Muted,
            "Waiting for the first picture.",
        )];
    };
    let Some(row) = state.cockpit.selected_row(board) else {
        return vec![Paragraph::new(ThemeRole::Muted, "No object is selected.")];
    };
    let mut text = vec![Paragraph::fact(
        "object",
        ThemeRole::Title,
        format!("{}.{} ({})", row.schema, row.name, row.kind),
    )];
    if let Some(compared) = row.compared {
        let words = match compared {
            Compared::Changed(ModelChange::Downstream) => "downstream of what is modified",
            Compared::Unknown => "unknown: the manifest of what production runs is not at hand",
            other => other.as_str(),
        };
        text.push(Paragraph::fact("change", ThemeRole::from(compared), words));
    }
    let subject = board.phase.subject();
    for side in [subject, subject.other()] {
        side_facts(state, board, side, row.of(side), &mut text);
    }
    inputs(board, row, &mut text);
    text
}

fn side_facts(
    state: &State,
    board: &Board,
    side: Side,
    object: Option<&ObjectReadiness>,
    text: &mut Vec<Paragraph>,
) {
    let label = wording::side(side, board);
    let Some(object) = object else {
        text.push(Paragraph::fact(label, ThemeRole::Muted, "not there"));
        return;
    };
    text.push(Paragraph::fact(
        label,
        ThemeRole::from(object.readiness),
        verdict(state, board, object),
    ));
    if object.counts {
        text.push(Paragraph::fact("", ThemeRole::Text, numbers(board, object)));
    }
    if let Some(cause) = chain::held_up_by(board, object) {
        text.push(Paragraph::fact("", ThemeRole::Warn, cause));
    }
    if let Some(source) = board.snapshot.readings.sources.get(&object.id) {
        text.push(Paragraph::fact(
            "",
            ThemeRole::Text,
            snapshot_progress(source),
        ));
    }
    text.push(Paragraph::fact(
        "",
        ThemeRole::Muted,
        whereabouts(board, object),
    ));
}

fn verdict(state: &State, board: &Board, object: &ObjectReadiness) -> String {
    let reason = match object.reason.as_str() {
        "" => String::new(),
        reason => format!(": {reason}"),
    };
    let time = state
        .cockpit
        .observed
        .in_state(&object.id, board.snapshot.time)
        .map(|time| {
            let least = if time.exact { "" } else { "at least " };
            format!(", for {least}{}", wording::span(time.millis))
        })
        .unwrap_or_default();
    format!("{}{reason}{time}", object.readiness)
}

fn numbers(board: &Board, object: &ObjectReadiness) -> String {
    let mut parts = Vec::new();
    if object.replicas > 0 {
        parts.push(format!(
            "hydrated on {} of {}",
            object.hydrated_on.len(),
            count(object.replicas, "replica")
        ));
    }
    if let Some(seconds) = hydration_seconds(&board.snapshot, &object.id) {
        parts.push(format!("in {seconds:.1} s"));
    }
    parts.push(format!("lag {}", wording::lag(object.lag)));
    if let Lag::Millis(behind) = object.materialization_lag
        && behind > 0
    {
        parts.push(format!("{} behind its inputs", wording::span(behind)));
    }
    parts.join(", ")
}

fn snapshot_progress(source: &SourceProgress) -> String {
    let mut parts = Vec::new();
    if source.snapshot_committed {
        parts.push("snapshot complete".to_owned());
    } else if let (Some(staged), Some(known)) = (source.snapshot_staged, source.snapshot_known) {
        parts.push(format!("snapshot {staged} of {known} staged"));
    } else {
        parts.push("snapshot under way".to_owned());
    }
    parts.push(format!(
        "{} received",
        count(source.messages_received, "message")
    ));
    if let (Some(known), Some(committed)) = (source.offset_known, source.offset_committed) {
        parts.push(format!("{} to catch up", known.saturating_sub(committed)));
    }
    parts.join(", ")
}

fn whereabouts(board: &Board, object: &ObjectReadiness) -> String {
    let catalog = &board.snapshot.catalog;
    let mut parts = vec![object.id.to_string()];
    if let Some(item) = catalog.objects.get(&object.id) {
        if let Some(schema) = catalog.schemas.get(&item.schema) {
            parts.push(format!("in {}", schema.name));
        }
        parts.push(format!("owner {}", catalog.role_name(&item.owner)));
    }
    if let Some(cluster) = object
        .cluster
        .as_ref()
        .and_then(|id| catalog.clusters.get(id))
    {
        parts.push(format!("on {}", cluster.name));
    }
    parts.join(", ")
}

fn inputs(board: &Board, row: &ObjectRow, text: &mut Vec<Paragraph>) {
    let Some(id) = row.id() else { return };
    let links = chain::inputs(board, id);
    if links.is_empty() {
        let words = match row.kind {
            ObjectKind::Source | ObjectKind::Table => "reads from outside Materialize",
            _ => "none that report progress",
        };
        text.push(Paragraph::fact("inputs", ThemeRole::Muted, words));
        return;
    }
    for (at, upstream) in links.iter().enumerate() {
        let role = upstream.readiness.map_or(ThemeRole::Text, ThemeRole::from);
        let status = match (&upstream.state, upstream.readiness) {
            (Some(status), _) => format!(", {status}"),
            (None, Some(readiness)) => format!(", {readiness}"),
            (None, None) => String::new(),
        };
        text.push(Paragraph::fact(
            if at == 0 { "inputs" } else { "" },
            role,
            format!(
                "{}{} ({}) lag {}{status}",
                "  ".repeat(upstream.depth),
                upstream.name,
                upstream.kind,
                wording::lag(upstream.lag)
            ),
        ));
    }
}
