//! The keys, from the one table of actions, those of this screen first.

use super::Paragraph;
use crate::tui::keymap::{Action, BINDINGS, Binding, Scope};
use crate::tui::state::State;
use crate::tui::theme::Role;

/// What a binding does, or why it may not now.
fn words(state: &State, binding: &Binding) -> Paragraph {
    let blocked = match binding.action {
        Action::Operation(operation) => state.may(operation).err(),
        Action::Look(_) => None,
    };
    match blocked {
        Some(reason) => Paragraph::new(
            Role::KeyBlocked,
            format!("{}; not now: {reason}", binding.about),
        ),
        None => Paragraph::new(Role::Text, binding.about),
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
        text.push(Paragraph::new(Role::Title, title));
        text.extend(bindings.map(|binding| Paragraph {
            lead: format!("{:<14} ", state.keymap.keys(binding.action)),
            lead_role: Role::Key,
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
        &|binding| binding.scope == Scope::On(state.screen),
    );
    section("Everywhere", &|binding| {
        binding.scope == Scope::Everywhere && !is_operation(binding)
    });
    text.push(Paragraph::blank());
    text.push(Paragraph::new(
        Role::Title,
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
        ("lag>5s lag<1m", "of the deployment object"),
        ("!state:ready", "! turns a term round; all terms must hold"),
    ] {
        text.push(Paragraph {
            lead: format!("{example:<18} "),
            lead_role: Role::Key,
            ..Paragraph::new(Role::Text, about)
        });
    }
    text
}
