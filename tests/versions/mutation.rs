//! One change of one value of a manifest.

use serde_json::Value;
use std::fmt;

/// The state's manifest and the project's.
#[derive(Debug, Clone)]
pub struct Sides {
    pub before: Value,
    pub after: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Before,
    After,
}

/// Sets a value, or removes it where there is none to set.
#[derive(Debug, Clone)]
pub struct Mutation {
    pub side: Side,
    /// Keys and positions.
    pub path: Vec<String>,
    pub value: Option<Value>,
}

impl Mutation {
    /// Changes nothing where the path is gone.
    pub fn apply(&self, sides: &mut Sides) {
        let mut at = match self.side {
            Side::Before => &mut sides.before,
            Side::After => &mut sides.after,
        };
        let (last, way) = self.path.split_last().unwrap();
        for step in way {
            let next = match at {
                Value::Object(members) => members.get_mut(step),
                Value::Array(items) => step.parse().ok().and_then(|at: usize| items.get_mut(at)),
                _ => None,
            };
            let Some(next) = next else { return };
            at = next;
        }
        match (at, &self.value) {
            (Value::Object(members), Some(value)) => {
                members.insert(last.clone(), value.clone());
            }
            (Value::Object(members), None) => {
                members.remove(last);
            }
            (Value::Array(items), value) => {
                let Ok(at) = last.parse::<usize>() else {
                    return;
                };
                if at < items.len() {
                    match value {
                        Some(value) => items[at] = value.clone(),
                        None => {
                            items.remove(at);
                        }
                    }
                }
            }
            _ => {}
        }
    }
}

impl fmt::Display for Mutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.join(" / ");
        match &self.value {
            Some(value) => write!(f, "{:?}: {path} = {value}", self.side),
            None => write!(f, "{:?}: {path} removed", self.side),
        }
    }
}
