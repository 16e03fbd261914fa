//! What the guards see for the next step.

use super::Paragraph;
use crate::domain::finding::{Finding, Severity};
use crate::domain::quantity::some_of;
use crate::tui::state::State;
use crate::tui::theme::Role;

pub fn paragraphs(state: &State) -> Vec<Paragraph> {
    let Some(preflight) = &state.shown().preflight else {
        return vec![Paragraph::new(
            Role::Muted,
            "No preflight yet: open the plan of an operation, or wait for the first reading.",
        )];
    };
    let label = state.label(preflight.operation);
    if preflight.findings.is_empty() {
        return vec![Paragraph::new(
            Role::Ready,
            format!("Nothing stands against {label}."),
        )];
    }
    let mut findings: Vec<&Finding> = preflight.findings.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings.into_iter().flat_map(finding).collect()
}

/// One finding: what was seen, on what, and what to do about it.
pub fn finding(finding: &Finding) -> Vec<Paragraph> {
    let role = Role::from(finding.severity);
    let mut text = vec![Paragraph {
        lead: format!("{:<7} ", finding.severity),
        lead_role: role,
        ..Paragraph::new(Role::Text, format!("{}: {}", finding.id, finding.message))
    }];
    if !finding.objects.is_empty() {
        text.push(Paragraph::indented(
            Role::Text,
            8,
            some_of(&finding.objects),
        ));
    }
    if finding.severity != Severity::Info && !finding.remedy.is_empty() {
        text.push(Paragraph {
            lead: "     -> ".to_owned(),
            ..Paragraph::new(Role::Muted, &finding.remedy)
        });
    }
    text
}
