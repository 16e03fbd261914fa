//! One finding as text.

use super::Paragraph;
use crate::domain::finding::{Finding, Severity};
use crate::domain::quantity::some_of;
use crate::tui::theme::ThemeRole;

/// One finding: what was seen, on what, and what to do about it.
pub fn finding(finding: &Finding) -> Vec<Paragraph> {
    let role = ThemeRole::from(finding.severity);
    let mut text = vec![Paragraph {
        lead: format!("{:<7} ", finding.severity),
        lead_role: role,
        ..Paragraph::new(
            ThemeRole::Text,
            format!("{}: {}", finding.id, finding.message),
        )
    }];
    if !finding.objects.is_empty() {
        text.push(Paragraph::indented(
            ThemeRole::Text,
            8,
            some_of(&finding.objects),
        ));
    }
    if finding.severity != Severity::Info && !finding.remedy.is_empty() {
        text.push(Paragraph {
            lead: "     -> ".to_owned(),
            ..Paragraph::new(ThemeRole::Muted, &finding.remedy)
        });
    }
    text
}
