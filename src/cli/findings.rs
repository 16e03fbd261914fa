//! findings: every hazard that the guards know.

use super::context::PIPE_CLOSED;
use super::printer::{Closed, Printer};
use crate::domain::finding::FindingId;
use serde_json::json;

/// Prints every finding with its meaning.
#[must_use]
pub fn findings(printer: Printer) -> u8 {
    let print = |id: &FindingId| {
        let allow = if id.can_be_allowed() {
            "can be allowed"
        } else {
            "never allowed"
        };
        if printer.is_json() {
            printer.json_line(&json!({ "id": id.as_str(), "severity": id.usual_severity(), "can_be_allowed": id.can_be_allowed(), "about": id.about() }))
        } else {
            printer.data(&format!(
                "{:24} {:7} {allow:15} {}",
                id.as_str(),
                id.usual_severity(),
                id.about()
            ))
        }
    };
    match FindingId::ALL.iter().try_for_each(print) {
        Ok(()) => 0,
        Err(Closed) => PIPE_CLOSED,
    }
}
