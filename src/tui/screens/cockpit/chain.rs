//! The chain of inputs of an object, and which of them holds it up.

use crate::domain::board::Board;
use crate::domain::name::ObjectId;
use crate::domain::readiness::{ObjectReadiness, Readiness, counts};
use crate::domain::snapshot::{ConnectorState, Lag, LogicalTime};
use crate::tui::wording;
use std::collections::BTreeSet;

/// How many inputs are listed at most; a chain is for reading.
const MOST_LINKS: usize = 40;

/// One input, by its distance from the object.
#[derive(Debug, Clone, PartialEq)]
pub struct UpstreamObject {
    pub depth: usize,
    pub id: ObjectId,
    /// `schema.name`.
    pub name: String,
    pub kind: String,
    pub lag: Lag,
    /// The connector's own state, for sources and sinks.
    pub state: Option<ConnectorState>,
    /// `None`: outside the environment, so it is not judged.
    pub readiness: Option<Readiness>,
}

/// Inputs depth first, nearest first, each once.
#[must_use]
pub fn inputs(board: &Board, object: &ObjectId) -> Vec<UpstreamObject> {
    let mut links = Vec::new();
    let mut seen = BTreeSet::from([*object]);
    walk(board, object, 0, &mut seen, &mut links);
    links
}

fn walk(
    board: &Board,
    object: &ObjectId,
    depth: usize,
    seen: &mut BTreeSet<ObjectId>,
    links: &mut Vec<UpstreamObject>,
) {
    for input in board.snapshot.dataflow_inputs(object) {
        if links.len() >= MOST_LINKS {
            return;
        }
        if seen.insert(input) {
            links.push(upstream_object(board, &input, depth));
            walk(board, &input, depth + 1, seen, links);
        }
    }
}

fn upstream_object(board: &Board, id: &ObjectId, depth: usize) -> UpstreamObject {
    let catalog = &board.snapshot.catalog;
    let connector = board.snapshot.readings.connectors.get(id);
    UpstreamObject {
        depth,
        id: *id,
        name: wording::object(board, id),
        kind: catalog
            .objects
            .get(id)
            .map(|object| object.kind.to_string())
            .unwrap_or_default(),
        lag: board.snapshot.lag(id),
        state: connector.map(|status| status.state.clone()),
        readiness: judged(board, id).map(|object| object.readiness),
    }
}

fn judged<'a>(board: &'a Board, id: &ObjectId) -> Option<&'a ObjectReadiness> {
    board
        .deployment
        .objects
        .get(id)
        .or_else(|| board.production.objects.get(id))
}

/// What an object that is not ready waits for, as a sentence; `None` when it is ready or the cause is its own.
#[must_use]
pub fn held_up_by(board: &Board, object: &ObjectReadiness) -> Option<String> {
    if object.readiness == Readiness::Ready {
        return None;
    }
    // The deepest input that is not well holds up everything above it.
    let culprit = inputs(board, &object.id)
        .into_iter()
        .filter(|upstream| is_unwell(board, upstream))
        .max_by_key(|upstream| upstream.depth)?;
    let connector = board.snapshot.readings.connectors.get(&culprit.id);
    Some(match connector.filter(|status| !status.is_running()) {
        Some(status) => {
            let since = status
                .since
                .map(|since| format!(" for {}", age(board.snapshot.time, since)))
                .unwrap_or_default();
            let error = status
                .error
                .as_ref()
                .map(|error| format!(": {error}"))
                .unwrap_or_default();
            format!(
                "waiting for {}, {}{since}{error}",
                culprit.name, status.state
            )
        }
        None => format!(
            "waiting for {}, {}",
            culprit.name,
            culprit.readiness.map_or_else(
                || format!("{} behind", wording::lag(culprit.lag)),
                |readiness| readiness.to_string()
            )
        ),
    })
}

fn is_unwell(board: &Board, upstream: &UpstreamObject) -> bool {
    let stalled = upstream
        .state
        .as_ref()
        .is_some_and(|state| *state != ConnectorState::Running);
    let has_dataflow = board
        .snapshot
        .catalog
        .objects
        .get(&upstream.id)
        .is_some_and(counts);
    stalled
        || (has_dataflow
            && upstream
                .readiness
                .is_some_and(|readiness| readiness != Readiness::Ready))
}

fn age(now: LogicalTime, since: LogicalTime) -> String {
    wording::span(now.millis_since(since))
}
