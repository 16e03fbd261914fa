//! Contracts of models: what changed, and what of it breaks readers.

use super::pair::{Absent, NodePair};
use super::shape::{CONSTRAINTS, ValueShape};
use crate::dbt::json::Value;
use crate::dbt::manifest::{Field, Node};
use crate::domain::project::Materialization;
use jiff::Timestamp;

/// A contract that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ContractChange {
    /// What readers of the model lose; empty when the change only adds.
    pub breaking: Vec<String>,
}

/// What dbt finds about the contract of a model that both sides have; `None` when it is the same.
pub(super) fn change(pair: NodePair<'_>, adapter: Option<&str>) -> Option<ContractChange> {
    let additive = Some(ContractChange {
        breaking: Vec::new(),
    });
    match (is_enforced(pair.before), is_enforced(pair.after)) {
        (false, false) => None,
        (false, true) => additive,
        (true, true) if same_checksum(pair) => None,
        (true, _) => Some(ContractChange {
            breaking: breaking(pair, adapter),
        }),
    }
}

/// What dbt says when a contracted model is gone. `removed` is the state's model, or the project's where it is disabled.
pub(super) fn removal(removed: &Node, now: Timestamp) -> Option<String> {
    let is_deprecated = removed.deprecation().is_some_and(|date| date.is_past(now));
    if !is_enforced(removed) || is_deprecated {
        return None;
    }
    let id = &removed.unique_id;
    Some(if removed.is_enabled() {
        format!("contracted model '{id}' was deleted or renamed")
    } else {
        format!("contracted model '{id}' was disabled")
    })
}

fn is_enforced(node: &Node) -> bool {
    let enforced = node.value(Field::ContractEnforced);
    enforced.is_some_and(|value| value.is_truthy())
}

fn same_checksum(pair: NodePair<'_>) -> bool {
    pair.differing(Field::ContractChecksum, Absent::Null, &ValueShape::Any)
        .is_none()
}

/// A constraint that a changed contract lost and that no adapter's list has: looking it up stops dbt before 1.12.
pub(super) fn unknown_constraint(pair: NodePair<'_>) -> Option<String> {
    let is_looked_at = is_enforced(pair.before)
        && !(is_enforced(pair.after) && same_checksum(pair))
        && enforces_constraints(pair.before);
    if !is_looked_at {
        return None;
    }
    let comparison = Breaking::of(pair, &[]);
    comparison
        .all_lost()
        .filter_map(|constraint| Some(constraint.get("type")?.as_text()?.to_owned()))
        .find(|kind| !CONSTRAINT_TYPES.contains(&kind.as_str()))
}

fn breaking(pair: NodePair<'_>, adapter: Option<&str>) -> Vec<String> {
    let comparison = Breaking::of(pair, enforced_constraints(adapter));
    let mut found = Vec::new();
    if !is_enforced(pair.after) {
        found.push("the contract is no longer enforced".to_owned());
    }
    found.extend(comparison.removed_columns());
    found.extend(comparison.changed_types());
    if enforces_constraints(pair.before) {
        found.extend(comparison.removed_column_constraints());
        found.extend(comparison.removed_model_constraints());
        found.extend(comparison.changed_materialization());
    }
    found
}

/// The types of constraints that adapters speak of.
const CONSTRAINT_TYPES: [&str; 5] = ["check", "not_null", "unique", "primary_key", "foreign_key"];

/// The constraint types that the adapter makes the database enforce: only their loss breaks a contract.
fn enforced_constraints(adapter: Option<&str>) -> &'static [&'static str] {
    match adapter {
        Some("materialize") => &["not_null"],
        Some("postgres") => &["check", "not_null", "unique", "primary_key", "foreign_key"],
        _ => &["not_null", "foreign_key"],
    }
}

/// dbt takes constraints of all other materializations for documentation.
fn enforces_constraints(node: &Node) -> bool {
    matches!(
        node.materialized(),
        Some(Materialization::Table | Materialization::Incremental)
    )
}

struct Breaking<'a> {
    before: &'a Node,
    after: &'a Node,
    old_columns: Value,
    new_columns: Value,
    enforced: &'static [&'static str],
}

impl<'a> Breaking<'a> {
    fn of(pair: NodePair<'a>, enforced: &'static [&'static str]) -> Self {
        let columns = |node: &Node| node.value(Field::Columns).unwrap_or(Value::Null);
        Self {
            before: pair.before,
            after: pair.after,
            old_columns: columns(pair.before),
            new_columns: columns(pair.after),
            enforced,
        }
    }

    /// The constraints of kept columns and of the model that are no longer there.
    fn all_lost(&self) -> impl Iterator<Item = Value> {
        let of_columns = self.kept_columns().flat_map(|(_, old, new)| {
            let (old, new) = (old.get("constraints"), new.get("constraints"));
            lost(constraints(old), constraints(new))
        });
        let model = |node: &Node| constraints(node.value(Field::Constraints).as_ref());
        of_columns.chain(lost(model(self.before), model(self.after)))
    }

    /// The old columns that still exist, with the new ones.
    fn kept_columns(&self) -> impl Iterator<Item = (&str, &Value, &Value)> {
        let new = |key| self.new_columns.get(key);
        self.old_columns
            .members()
            .filter_map(move |(key, old)| new(key).map(|new| (key, old, new)))
    }

    fn removed_columns(&self) -> impl Iterator<Item = String> {
        self.old_columns
            .members()
            .filter(|(key, _)| self.new_columns.get(key).is_none())
            .map(|(key, _)| format!("column {key} was removed"))
    }

    fn changed_types(&self) -> impl Iterator<Item = String> {
        self.kept_columns().filter_map(|(key, old, new)| {
            let (old, new) = (data_type(old), data_type(new));
            (base_type(&old) != base_type(&new))
                .then(|| format!("column {key} changed its type ({old} -> {new})"))
        })
    }

    fn removed_column_constraints(&self) -> impl Iterator<Item = String> {
        self.kept_columns().flat_map(|(key, old, new)| {
            let lost = self.lost(
                constraints(old.get("constraints")),
                constraints(new.get("constraints")),
            );
            lost.map(move |name| format!("column {key} lost its constraint {name}"))
        })
    }

    fn removed_model_constraints(&self) -> impl Iterator<Item = String> {
        let of = |node: &Node| constraints(node.value(Field::Constraints).as_ref());
        self.lost(of(self.before), of(self.after))
            .map(|name| format!("the model lost its constraint {name}"))
    }

    /// The names of the enforced constraints that are no longer there.
    fn lost(&self, old: Vec<Value>, new: Vec<Value>) -> impl Iterator<Item = String> {
        let enforced = self.enforced;
        lost(old, new)
            .filter(move |constraint| {
                let kind = constraint.get("type").and_then(Value::as_text);
                kind.is_some_and(|kind| enforced.contains(&kind))
            })
            .map(|constraint| {
                let text = |key| constraint.get(key).and_then(Value::as_text);
                text("name").or(text("type")).unwrap_or_default().to_owned()
            })
    }

    fn changed_materialization(&self) -> Option<String> {
        let on_columns =
            |(_, column): (&str, &Value)| !constraints(column.get("constraints")).is_empty();
        let had_constraints = !constraints(self.before.value(Field::Constraints).as_ref())
            .is_empty()
            || self.old_columns.members().any(on_columns);
        (had_constraints && !enforces_constraints(self.after)).then(|| {
            let of = |node: &Node| node.materialized().map(String::from).unwrap_or_default();
            format!(
                "the materialization changed and no longer enforces constraints ({} -> {})",
                of(self.before),
                of(self.after)
            )
        })
    }
}

fn lost(old: Vec<Value>, new: Vec<Value>) -> impl Iterator<Item = Value> {
    old.into_iter()
        .filter(move |constraint| !new.contains(constraint))
}

fn constraints(list: Option<&Value>) -> Vec<Value> {
    match list.map(|list| CONSTRAINTS.of(list.clone())) {
        Some(Value::List(items)) => items,
        _ => Vec::new(),
    }
}

fn data_type(column: &Value) -> Value {
    column.get("data_type").cloned().unwrap_or(Value::Null)
}

/// The type without length, precision and case: a change of these alone does not break readers.
fn base_type(data_type: &Value) -> Value {
    match data_type.as_text() {
        Some(text) => {
            let base = text.split('(').next().unwrap_or_default();
            Value::from(base.trim().to_lowercase().as_str())
        }
        None => data_type.clone(),
    }
}
