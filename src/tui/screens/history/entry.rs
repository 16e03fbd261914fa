//! One past operation with its statements.

use crate::tui::prose::Paragraph;
use crate::tui::state::State;
use crate::tui::theme::ThemeRole;

pub fn paragraphs(state: &State) -> Vec<Paragraph> {
    let Some(entry) = state.history.selected() else {
        return vec![Paragraph::new(
            ThemeRole::Muted,
            "No operation is selected.",
        )];
    };
    let outcome = entry
        .outcome
        .as_deref()
        .unwrap_or("not recorded: the file ends before the operation did");
    let mut text = vec![
        Paragraph::fact(
            "operation",
            ThemeRole::Title,
            format!("{} on {}", entry.operation, entry.environment),
        ),
        Paragraph::fact("started", ThemeRole::Text, &entry.started),
        Paragraph::fact("by", ThemeRole::Text, &entry.by),
        Paragraph::fact("outcome", outcome_role(entry.outcome.as_deref()), outcome),
        Paragraph::fact("", ThemeRole::Text, &entry.message),
        Paragraph::fact("file", ThemeRole::Muted, &entry.file),
        Paragraph::blank(),
    ];
    for statement in &entry.statements {
        let failed = statement.sqlstate.is_some();
        text.push(Paragraph::new(ThemeRole::Text, &statement.sql));
        let seconds = statement
            .seconds
            .map_or_else(|| "no answer recorded".to_owned(), |s| format!("{s:.1} s"));
        let state = statement
            .sqlstate
            .as_ref()
            .map(|state| format!(" [{state}]"))
            .unwrap_or_default();
        text.push(Paragraph::indented(
            if failed {
                ThemeRole::Failing
            } else {
                ThemeRole::Muted
            },
            4,
            format!("{} {}{state}, {seconds}", statement.at, statement.outcome),
        ));
    }
    text
}

/// How the outcome word of the audit trail looks.
pub fn outcome_role(outcome: Option<&str>) -> ThemeRole {
    match outcome {
        Some("done") => ThemeRole::Ready,
        Some("unfinished" | "interrupted") | None => ThemeRole::Warn,
        Some(_) => ThemeRole::Failing,
    }
}
