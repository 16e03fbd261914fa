//! What sources and sinks say of themselves.

use super::Readiness;
use crate::domain::object::Object;
use crate::domain::snapshot::Snapshot;

/// Judges a source, a sink or a table that a source feeds by its status word alone; `what` names it.
pub(super) fn judge_connector(
    snapshot: &Snapshot,
    object: &Object,
    what: &str,
) -> (Readiness, String) {
    match snapshot.readings.connectors.get(&object.id) {
        None => (Readiness::Unknown, format!("the {what} reports no status")),
        Some(status) => match status.status.as_str() {
            "running" => (Readiness::Ready, String::new()),
            "paused" => (Readiness::Paused, format!("the {what} is paused")),
            "created" | "starting" => (
                Readiness::Hydrating,
                format!("the {what} is {}", status.status),
            ),
            "stalled" => (
                Readiness::Lagging,
                with_error(format!("the {what} is stalled"), status.error.as_deref()),
            ),
            "failed" | "dropped" | "ceased" => (
                Readiness::Failing,
                with_error(
                    format!("the {what} has {}", status.status),
                    status.error.as_deref(),
                ),
            ),
            other => (
                Readiness::Unknown,
                format!("the {what} reports the unknown status {other:?}"),
            ),
        },
    }
}

pub(super) fn with_error(sentence: String, error: Option<&str>) -> String {
    match error {
        Some(error) => format!("{sentence}: {error}"),
        None => sentence,
    }
}
