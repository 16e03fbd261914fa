//! `[keys]`: which keys perform which action.

use super::{
    document::Document,
    problem::{Origin, Problem, SourceLocation, suggestion},
};
use std::collections::BTreeMap;
use toml::{Spanned, de::DeValue};

/// The keys of one action, instead of its default ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyBinding {
    pub action: String,
    pub keys: Vec<String>,
    pub origin: Origin,
}

/// Reads the bindings, checks their actions against `actions`, and that no key is bound twice.
pub(super) fn read(
    document: &Document<'_>,
    actions: &[&str],
    problems: &mut Vec<Problem>,
) -> Vec<KeyBinding> {
    let Some(value) = document.value("keys", None) else {
        return Vec::new();
    };
    let Some(table) = value.get_ref().as_table() else {
        let remedy = "write `[keys]` and one line per action, such as `promote = [\"P\"]`";
        problems
            .push(Problem::new("`keys` is a table", remedy).at(document.place(value.span().start)));
        return Vec::new();
    };
    let mut bindings = Vec::new();
    let mut bound: BTreeMap<String, (String, SourceLocation)> = BTreeMap::new();
    for (action, keys) in table {
        let place = document.place(action.span().start);
        let action = action.get_ref().as_ref();
        if !actions.contains(&action) {
            let remedy = suggestion(action, actions.iter().copied());
            let remedy = remedy.unwrap_or_else(|| format!("actions are {}", actions.join(", ")));
            problems.push(Problem::new(format!("there is no action `{action}`"), remedy).at(place));
            continue;
        }
        let Some(keys) = texts(keys) else {
            let remedy = "write a list of keys, such as [\"P\", \"ctrl-p\"]";
            problems.push(
                Problem::new(
                    format!("the keys of `{action}` are no list of texts"),
                    remedy,
                )
                .at(place),
            );
            continue;
        };
        for key in &keys {
            if let Some((other, first)) =
                bound.insert(key.clone(), (action.to_owned(), place.clone()))
            {
                let message =
                    format!("the key `{key}` is bound to `{action}` and, at {first}, to `{other}`");
                problems.push(Problem::new(message, "remove one of them").at(place.clone()));
            }
        }
        bindings.push(KeyBinding {
            action: action.to_owned(),
            keys,
            origin: Origin::File(place),
        });
    }
    bindings
}

fn texts(value: &Spanned<DeValue<'_>>) -> Option<Vec<String>> {
    let items = value.get_ref().as_array()?.iter();
    items
        .map(|item| item.get_ref().as_str().map(str::to_owned))
        .collect()
}
