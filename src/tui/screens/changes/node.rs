//! A node of the diff: why it is in it, its configuration, its impact, and what it is on the server.

use super::state::Panel;
use crate::domain::changes::{ChangedNode, ChangesView};
use crate::tui::prose::Paragraph;
use crate::tui::state::State;
use crate::tui::theme::ThemeRole;
use std::collections::BTreeSet;

pub fn paragraphs(state: &State, panel: Panel) -> Vec<Paragraph> {
    let (Some(view), Some(node)) = (state.changes.view.here(), state.changes.selected()) else {
        return vec![Paragraph::new(ThemeRole::Muted, "No node is selected.")];
    };
    match panel {
        Panel::Sql => Vec::new(),
        Panel::Config => config(node),
        Panel::Impact => impact(view, node),
        Panel::Server => server(node),
    }
}

fn config(node: &ChangedNode) -> Vec<Paragraph> {
    if node.config.is_empty() {
        return vec![Paragraph::new(
            ThemeRole::Muted,
            "The configuration is the same.",
        )];
    }
    node.config
        .iter()
        .flat_map(|change| {
            let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "not set".into());
            [
                Paragraph::new(ThemeRole::Title, &change.key),
                Paragraph {
                    lead: "  - ".to_owned(),
                    lead_role: ThemeRole::Removed,
                    ..Paragraph::new(ThemeRole::Removed, value(&change.before))
                },
                Paragraph {
                    lead: "  + ".to_owned(),
                    lead_role: ThemeRole::Added,
                    ..Paragraph::new(ThemeRole::Added, value(&change.after))
                },
            ]
        })
        .collect()
}

fn impact(view: &ChangesView, node: &ChangedNode) -> Vec<Paragraph> {
    let mut text = Vec::new();
    if !node.path.is_empty() {
        text.push(Paragraph::new(ThemeRole::Title, "How the change gets here"));
        text.extend(
            node.path
                .iter()
                .enumerate()
                .map(|(depth, id)| Paragraph::indented(ThemeRole::Text, 2 + depth * 2, short(id))),
        );
        text.push(Paragraph::blank());
    }
    text.push(Paragraph::new(
        ThemeRole::Title,
        "What reads it, in this diff",
    ));
    let before = text.len();
    let mut seen = BTreeSet::from([node.unique_id.as_str()]);
    dependents(view, node, 1, &mut seen, &mut text);
    if text.len() == before {
        text.push(Paragraph::indented(ThemeRole::Muted, 2, "nothing"));
    }
    text
}

fn dependents<'a>(
    view: &'a ChangesView,
    node: &'a ChangedNode,
    depth: usize,
    seen: &mut BTreeSet<&'a str>,
    text: &mut Vec<Paragraph>,
) {
    for id in &node.dependents {
        let known = view.node(id);
        let role = known.map_or(ThemeRole::Text, |node| ThemeRole::from(node.change));
        let again = !seen.insert(id);
        let suffix = if again { " (above)" } else { "" };
        text.push(Paragraph::indented(
            role,
            depth * 2,
            format!("{}{suffix}", short(id)),
        ));
        if let Some(node) = known.filter(|_| !again) {
            dependents(view, node, depth + 1, seen, text);
        }
    }
}

/// `model.project.name` without the project.
fn short(unique_id: &str) -> String {
    match unique_id.splitn(3, '.').collect::<Vec<_>>()[..] {
        [kind, _, name] => format!("{name} ({kind})"),
        _ => unique_id.to_owned(),
    }
}

fn server(node: &ChangedNode) -> Vec<Paragraph> {
    let mut text = vec![
        Paragraph::fact("blue", ThemeRole::Text, &node.in_production),
        Paragraph::fact("green", ThemeRole::Text, &node.in_deployment),
    ];
    if let Some(drift) = &node.drift {
        text.push(Paragraph::fact("drift", ThemeRole::Warn, drift));
    }
    text.push(Paragraph::blank());
    text.push(Paragraph::new(ThemeRole::Title, "Why it is in the diff"));
    text.extend(
        node.reasons
            .iter()
            .map(|reason| Paragraph::indented(ThemeRole::Text, 2, &**reason)),
    );
    text
}
