//! What sources and sinks say of themselves.

use super::Readiness;
use crate::domain::object::{Object, ObjectKind};
use crate::domain::reading::CatalogReading;
use crate::domain::snapshot::{ConnectorState, Snapshot};

/// Judges a source, a sink or a table that a source feeds by its state alone; `what` names it.
pub(super) fn judge_connector(
    snapshot: &Snapshot,
    object: &Object,
    what: &str,
) -> (Readiness, String) {
    match snapshot.readings.connectors.get(&object.id) {
        None => (Readiness::Unknown, no_status(snapshot, object, what)),
        Some(status) => match &status.state {
            ConnectorState::Running => (Readiness::Ready, String::new()),
            ConnectorState::Paused => (Readiness::Paused, format!("the {what} is paused")),
            ConnectorState::Created | ConnectorState::Starting => (
                Readiness::Hydrating,
                format!("the {what} is {}", status.state),
            ),
            ConnectorState::Stalled => (
                Readiness::Lagging,
                with_error(format!("the {what} is stalled"), status.error.as_deref()),
            ),
            ConnectorState::Failed | ConnectorState::Dropped | ConnectorState::Ceased => (
                Readiness::Failing,
                with_error(
                    format!("the {what} has {}", status.state),
                    status.error.as_deref(),
                ),
            ),
            ConnectorState::Other(word) => (
                Readiness::Unknown,
                format!("the {what} reports the unknown status {word:?}"),
            ),
        },
    }
}

fn no_status(snapshot: &Snapshot, object: &Object, what: &str) -> String {
    let reading = match object.kind {
        ObjectKind::Sink => CatalogReading::SinkStatuses,
        _ => CatalogReading::SourceStatuses,
    };
    match snapshot.missing.get(&reading) {
        Some(missing) => format!("no {what} tells its status here: {missing} can't be read"),
        None => format!("the {what} reports no status"),
    }
}

pub(super) fn with_error(sentence: String, error: Option<&str>) -> String {
    match error {
        Some(error) => format!("{sentence}: {error}"),
        None => sentence,
    }
}
