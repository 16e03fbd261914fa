//! What the guards see for the next step.

use crate::domain::finding::Finding;
use crate::tui::prose::{Paragraph, finding};
use crate::tui::state::State;
use crate::tui::theme::ThemeRole;

pub fn paragraphs(state: &State) -> Vec<Paragraph> {
    let Some(preflight) = &state.shown().preflight else {
        return vec![Paragraph::new(
            ThemeRole::Muted,
            "No preflight yet: open the plan of an operation, or wait for the first reading.",
        )];
    };
    let label = state.label(preflight.operation);
    if preflight.findings.is_empty() {
        return vec![Paragraph::new(
            ThemeRole::Ready,
            format!("Nothing stands against {label}."),
        )];
    }
    let mut findings: Vec<&Finding> = preflight.findings.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings.into_iter().flat_map(finding).collect()
}
