//! The keys, from the one table of actions, those of this screen first.

use super::Paragraph;
use crate::tui::keymap::{Action, BINDINGS, Binding, KeyScope};
use crate::tui::state::State;
use crate::tui::theme::ThemeRole;

/// What a binding does, or why it may not now.
fn words(state: &State, binding: &Binding) -> Paragraph {
    let blocked = match binding.action {
        Action::Operation(operation) => state.may(operation).err(),
        Action::Look(_) => None,
    };
    match blocked {
        Some(reason) => Paragraph::new(
            ThemeRole::KeyBlocked,
            format!("{}; not now: {reason}", binding.about),
        ),
        None => Paragraph::new(ThemeRole::Text, binding.about),
    }
}

pub fn paragraphs(state: &State) -> Vec<Paragraph> {
    let mut text = Vec::new();
    let mut section = |title: &str, wanted: &dyn Fn(&Binding) -> bool| {
        let mut bindings = BINDINGS.iter().filter(|binding| wanted(binding)).peekable();
        if bindings.peek().is_none() {
            return;
        }
        if !text.is_empty() {
            text.push(Paragraph::blank());
        }
        text.push(Paragraph::new(ThemeRole::Title, title));
        text.extend(bindings.map(|binding| Paragraph {
            lead: format!("{:<14} ", state.keymap.keys(binding.action)),
            lead_role: ThemeRole::Key,
            ..words(state, binding)
        }));
    };
    let is_operation = |binding: &Binding| matches!(binding.action, Action::Operation(_));
    section(
        "Operations: each opens its plan first, and changes nothing until that is confirmed",
        &is_operation,
    );
    section(
        &format!("On this screen: {}", state.screen.title()),
        &|binding| binding.scope == KeyScope::On(state.screen),
    );
    section("Everywhere", &|binding| {
        binding.scope == KeyScope::Everywhere && !is_operation(binding)
    });
    text.push(Paragraph::blank());
    text.push(Paragraph::new(
        ThemeRole::Title,
        "The filter of the object table",
    ));
    for (example, about) in [
        ("orders", "part of schema.name"),
        (
            "state:failing",
            "ready lagging hydrating unknown paused failing missing",
        ),
        (
            "kind:index",
            "a kind, or part of one; mv is materialized-view",
        ),
        (
            "cluster:x schema:y",
            "part of a name; commas separate alternatives",
        ),
        (
            "change:modified",
            "modified new removed downstream unmodified unknown none",
        ),
        ("lag>5s lag<1m", "of the side that is judged"),
        ("blue>1s green<5s", "of one side"),
        ("!state:ready", "! turns a term round; all terms must hold"),
    ] {
        text.push(Paragraph {
            lead: format!("{example:<18} "),
            lead_role: ThemeRole::Key,
            ..Paragraph::new(ThemeRole::Text, about)
        });
    }
    text
}
