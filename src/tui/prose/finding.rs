//! One finding as text.

use super::Paragraph;
use crate::domain::finding::{Finding, Severity};
use crate::domain::quantity::some_of;
use crate::tui::theme::Role;

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
