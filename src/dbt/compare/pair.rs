//! The two sides of one node, and how single fields of them compare.

use super::Reason;
use super::shape::ValueShape;
use crate::dbt::json::Value;
use crate::dbt::manifest::{Field, Node};
use std::collections::{BTreeMap, BTreeSet};

/// A node that both manifests have.
#[derive(Debug, Clone, Copy)]
pub(super) struct NodePair<'a> {
    pub before: &'a Node,
    pub after: &'a Node,
    /// What dbt puts over the state's unrendered configuration when another version wrote it.
    pub state_arguments: Option<&'a BTreeMap<String, String>>,
    /// Whether no field is spelled otherwise.
    is_same: bool,
}

/// What a field is when the manifest lacks it; dbt's classes say so.
#[derive(Debug, Clone, Copy)]
pub(super) enum Absent {
    Null,
    Text(&'static str),
    EmptyList,
    /// An object of the field's class with nothing set.
    Blank,
}

impl Absent {
    fn value(self, shape: &ValueShape) -> Value {
        match self {
            Self::Blank => shape.of(Value::Map(BTreeMap::new())),
            Self::Null => Value::Null,
            Self::Text(text) => Value::from(text),
            Self::EmptyList => Value::List(Vec::new()),
        }
    }
}

impl<'a> NodePair<'a> {
    pub(super) fn new(
        before: &'a Node,
        after: &'a Node,
        state_arguments: Option<&'a BTreeMap<String, String>>,
    ) -> Self {
        Self {
            before,
            after,
            state_arguments,
            is_same: before.is_shared_with(after) && !holds_nan(after.spelled()),
        }
    }

    /// Whether both manifests spell the field alike, so that it need not be decoded. Spelling proves nothing for NaN,
    /// which differs from itself.
    fn spelled_alike(self, field: Field) -> bool {
        self.is_same || {
            let after = self.after.written(field);
            self.before.written(field) == after && !after.is_some_and(holds_nan)
        }
    }

    /// Both values, when they differ.
    pub(super) fn differing(
        self,
        field: Field,
        absent: Absent,
        shape: &ValueShape,
    ) -> Option<(Value, Value)> {
        if self.spelled_alike(field) {
            return None;
        }
        let value = |node: &Node| {
            let value = node.value(field).map(|value| shape.of(value));
            value.unwrap_or_else(|| absent.value(shape))
        };
        let (before, after) = (value(self.before), value(self.after));
        (before != after).then_some((before, after))
    }

    /// A [`Reason::Field`], when the field differs.
    pub(super) fn field(self, field: Field, absent: Absent, shape: &ValueShape) -> Option<Reason> {
        self.differing(field, absent, shape)
            .map(|(before, after)| Reason::Field {
                field: field.key(),
                before: Some(before),
                after: Some(after),
            })
    }

    /// A [`Reason::Field`] for a field that is null when missing and has no class of its own.
    pub(super) fn plain(self, field: Field) -> Option<Reason> {
        self.field(field, Absent::Null, &ValueShape::Any)
    }

    /// The configurations before rendering, when they are not spelled alike.
    pub(super) fn unrendered_configs(self) -> Option<(Value, Value)> {
        let absent = || Value::Map(BTreeMap::new());
        let field = Field::UnrenderedConfig;
        let is_upgraded = self.state_arguments.is_some();
        (is_upgraded || !self.spelled_alike(field)).then(|| {
            let mut before = self.before.value(field).unwrap_or_else(absent);
            if let (Value::Map(members), Some(arguments)) = (&mut before, self.state_arguments) {
                let texts = arguments.iter();
                members
                    .extend(texts.map(|(key, text)| (key.as_str().into(), text.as_str().into())));
            }
            (before, self.after.value(field).unwrap_or_else(absent))
        })
    }
}

fn holds_nan(text: &str) -> bool {
    text.contains("NaN")
}

/// The keys of two objects whose values differ, a missing key being no null, as [`Reason::Config`].
pub(super) fn config_reasons<'v>(
    before: &'v Value,
    after: &'v Value,
    compared: impl Fn(&str) -> bool + 'v,
) -> impl Iterator<Item = Reason> + 'v {
    let keys: BTreeSet<&str> = before
        .members()
        .chain(after.members())
        .map(|(key, _)| key)
        .collect();
    keys.into_iter()
        .filter(move |key| compared(key) && before.get(key) != after.get(key))
        .map(|key| Reason::Config {
            key: key.to_owned(),
            before: before.get(key).cloned(),
            after: after.get(key).cloned(),
        })
}
