//! A plan as text: what it is about, what the preflight saw, what goes, and every statement.

use super::Paragraph;
use crate::domain::finding::Finding;
use crate::domain::plan::Plan;
use crate::domain::quantity::count;
use crate::tui::theme::ThemeRole;
use std::cmp::Reverse;
use std::collections::BTreeMap;

#[must_use]
pub fn plan(plan: &Plan) -> Vec<Paragraph> {
    let mut text: Vec<Paragraph> = plan
        .summary
        .iter()
        .map(|sentence| Paragraph::new(ThemeRole::Text, sentence))
        .collect();
    findings(plan, &mut text);
    closure(plan, &mut text);
    statements(plan, &mut text);
    text
}

fn heading(text: &mut Vec<Paragraph>, words: impl Into<String>) {
    if !text.is_empty() {
        text.push(Paragraph::blank());
    }
    text.push(Paragraph::new(ThemeRole::Title, words));
}

fn findings(plan: &Plan, text: &mut Vec<Paragraph>) {
    let blocks = plan.blocks().count();
    heading(
        text,
        match (plan.findings.len(), blocks) {
            (0, _) => "Preflight: nothing found".to_owned(),
            (all, 0) => format!("Preflight: {}, none blocks", count(all, "finding")),
            (all, blocks) => format!("Preflight: {blocks} of {} block", count(all, "finding")),
        },
    );
    let mut findings: Vec<_> = plan.findings.iter().collect();
    // What was overruled stays above what only warns.
    let is_overruled = |finding: &Finding| {
        let mut objects = finding.objects.iter();
        objects.any(|object| plan.allows(finding, object))
    };
    findings.sort_by_key(|finding| (Reverse(finding.severity), !is_overruled(finding)));
    text.extend(findings.into_iter().flat_map(super::finding::finding));
}

fn closure(plan: &Plan, text: &mut Vec<Paragraph>) {
    if plan.closure.is_empty() {
        return;
    }
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for item in &plan.closure {
        *kinds.entry(item.kind.to_string()).or_default() += 1;
    }
    let counts: Vec<String> = kinds
        .iter()
        .map(|(kind, number)| count(*number, kind))
        .collect();
    heading(
        text,
        format!(
            "Goes for good: {} ({})",
            count(plan.closure.len(), "object"),
            counts.join(", ")
        ),
    );
    for item in &plan.closure {
        let (role, place) = if item.inside {
            (ThemeRole::Removed, "")
        } else {
            (ThemeRole::Block, ", OUTSIDE the side")
        };
        text.push(Paragraph {
            lead: "  - ".to_owned(),
            lead_role: role,
            ..Paragraph::new(
                role,
                format!("{} ({}, owner {}{place})", item.name, item.kind, item.owner),
            )
        });
    }
}

fn statements(plan: &Plan, text: &mut Vec<Paragraph>) {
    let script = plan.script();
    heading(
        text,
        match script.len() {
            0 => "Statements: none".to_owned(),
            number => format!("{}, in this order", count(number, "statement")),
        },
    );
    text.extend(
        script
            .into_iter()
            .map(|statement| Paragraph::indented(ThemeRole::Text, 2, statement)),
    );
}
