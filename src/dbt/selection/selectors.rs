//! The selectors of `selectors.yml`, as the manifest holds them: dbt has parted texts into method, value and operators already.

use super::grammar::{Criterion, Reach};
use super::method::Method;
use super::{IndirectSelection, SelectionError};
use crate::dbt::json::Value;
use std::str::FromStr;

/// What a selector selects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Spec {
    Criterion(Box<Criterion>),
    Union(Vec<Spec>),
    Intersection(Vec<Spec>),
    /// The first without the second.
    Difference(Box<Spec>, Box<Spec>),
}

/// Reads the definition of the selector of this name.
pub(super) fn spec(name: &str, definition: &Value) -> Result<Spec, SelectionError> {
    SelectorReader { name }.spec(definition)
}

struct SelectorReader<'a> {
    name: &'a str,
}

impl SelectorReader<'_> {
    fn problem<T>(&self, what: impl Into<String>) -> Result<T, SelectionError> {
        Err(SelectionError::SelectorDefinition {
            name: self.name.to_owned(),
            what: what.into(),
        })
    }

    fn spec(&self, definition: &Value) -> Result<Spec, SelectionError> {
        if let Some(text) = definition.as_text() {
            return Ok(Spec::Criterion(Box::new(Criterion::parse(text)?)));
        }
        if let Some(parts) = definition.get("union") {
            return self.group(parts, Spec::Union);
        }
        if let Some(parts) = definition.get("intersection") {
            return self.group(parts, Spec::Intersection);
        }
        let included = Spec::Criterion(Box::new(self.criterion(definition)?));
        match definition.get("exclude") {
            Some(excluded) => self.without(included, excluded),
            None => Ok(included),
        }
    }

    /// The parts of a union or an intersection; one of them may say what to leave out of the whole.
    fn group(&self, parts: &Value, of: fn(Vec<Spec>) -> Spec) -> Result<Spec, SelectionError> {
        let (mut included, mut excluded) = (Vec::new(), None);
        for part in parts.items() {
            match part.get("exclude") {
                Some(_) if excluded.is_some() => {
                    return self.problem("it has more than one `exclude` at one level");
                }
                Some(list) => excluded = Some(list),
                None => included.push(self.spec(part)?),
            }
        }
        match excluded {
            Some(list) => self.without(of(included), list),
            None => Ok(of(included)),
        }
    }

    fn without(&self, included: Spec, excluded: &Value) -> Result<Spec, SelectionError> {
        let parts: Result<Vec<_>, _> = excluded
            .items()
            .iter()
            .map(|part| self.spec(part))
            .collect();
        let mut parts = parts?;
        Ok(match (parts.pop(), parts.is_empty()) {
            (None, _) => included,
            (Some(only), true) => Spec::Difference(Box::new(included), Box::new(only)),
            (Some(last), false) => {
                parts.push(last);
                Spec::Difference(Box::new(included), Box::new(Spec::Union(parts)))
            }
        })
    }

    fn criterion(&self, definition: &Value) -> Result<Criterion, SelectionError> {
        let members: Vec<_> = definition.members().collect();
        let text = |value: &Value| match value {
            Value::Text(text) => text.to_string(),
            other => other.to_string(),
        };
        let (method, value) = match (
            definition.get("method"),
            definition.get("value"),
            &members[..],
        ) {
            (Some(method), Some(value), _) => (text(method), text(value)),
            (_, _, [(method, value)]) => ((*method).to_owned(), text(value)),
            _ => return self.problem(format!("{definition} has no method and value")),
        };
        let holds = |key| definition.get(key).is_some_and(Value::is_truthy);
        let indirect = definition.get("indirect_selection").map(text);
        let criterion = Criterion {
            method: Method::new(Some(&method), &value, &format!("{method}:{value}"))?,
            with_childrens_parents: holds("childrens_parents"),
            parents: holds("parents").then_some(self.reach(definition, "parents_depth")?),
            children: holds("children").then_some(self.reach(definition, "children_depth")?),
            indirect: indirect
                .map(|mode| IndirectSelection::from_str(&mode))
                .transpose()?,
        };
        if criterion.with_childrens_parents && criterion.children.is_some() {
            return Err(SelectionError::AtWithPlus(format!("{method}:{value}")));
        }
        Ok(criterion)
    }

    fn reach(&self, definition: &Value, key: &str) -> Result<Reach, SelectionError> {
        let Some(depth) = definition.get(key).filter(|depth| depth.is_truthy()) else {
            return Ok(Reach(None));
        };
        let written = depth
            .as_text()
            .map_or_else(|| depth.to_string(), str::to_owned);
        match written.parse() {
            Ok(depth) => Ok(Reach(Some(depth))),
            Err(_) => self.problem(format!("`{key}` is no number")),
        }
    }
}
