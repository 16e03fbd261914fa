//! What dbt compares, kind by kind.
//!
//! Its oddities are kept: a generic test's SQL counts for `state:modified.body` only; a metric's expression, a semantic
//! model's label and every rendered name count for nothing; an explicitly written default is a change.

use super::pair::{Absent, NodePair, config_reasons};
use super::rules::Rules;
use super::shape::{self, ValueShape};
use super::{Reason, contract};
use crate::dbt::json::Value;
use crate::dbt::manifest::{Deprecation, Field, ResourceType};
use std::collections::BTreeSet;

/// Configuration keys that count as the relation's name (the first three) or as nothing.
const NODE_CONFIGS_IGNORED: [&str; 5] = ["alias", "schema", "database", "tags", "group"];

/// The only configuration keys of a test that count.
const TEST_CONFIGS: [&str; 8] = [
    "severity",
    "where",
    "limit",
    "fail_calc",
    "warn_if",
    "error_if",
    "store_failures",
    "store_failures_as",
];

/// The one that counts since dbt 1.12.
const TEST_CONFIG_SINCE_1_12: &str = "sql_header";

const RELATION_CONFIGS: [&str; 3] = ["database", "schema", "alias"];

const EXPORT_CONFIGS: [&str; 3] = ["export_as", "schema", "alias"];

/// Everything that dbt can see to differ between the two sides, macros apart.
pub(super) fn of(pair: NodePair<'_>, rules: &Rules<'_>) -> Vec<Reason> {
    let mut reasons = Vec::new();
    match pair.after.resource_type {
        ResourceType::Source => source(pair, rules, &mut reasons),
        ResourceType::Exposure => exposure(pair, &mut reasons),
        ResourceType::Metric => metric(pair, &mut reasons),
        ResourceType::UnitTest => reasons.extend(pair.plain(Field::Checksum)),
        ResourceType::SemanticModel => semantic_model(pair, rules, &mut reasons),
        ResourceType::SavedQuery => saved_query(pair, rules, &mut reasons),
        ResourceType::Test => {
            let counts = |key: &str| {
                TEST_CONFIGS.contains(&key) || (rules.since_1_12 && key == TEST_CONFIG_SINCE_1_12)
            };
            node(pair, counts, &mut reasons);
        }
        kind => {
            node(
                pair,
                |key| !NODE_CONFIGS_IGNORED.contains(&key),
                &mut reasons,
            );
            persisted_descriptions(pair, &mut reasons);
            match kind {
                ResourceType::Model => model(pair, rules.adapter, &mut reasons),
                ResourceType::Function => function(pair, rules, &mut reasons),
                _ => {}
            }
        }
    }
    reasons
}

/// Body, configuration, relation and fqn of everything that is built or run.
fn node(pair: NodePair<'_>, compared: impl Fn(&str) -> bool, reasons: &mut Vec<Reason>) {
    let same_body = match pair.after.resource_type {
        ResourceType::Seed => same_checksum(pair),
        _ => pair
            .differing(Field::RawCode, Absent::Text(""), &ValueShape::Any)
            .is_none(),
    };
    if !same_body {
        reasons.push(Reason::Body);
    }
    if let Some((before, after)) = pair.unrendered_configs() {
        reasons.extend(config_reasons(&before, &after, compared));
        reasons.extend(RELATION_CONFIGS.into_iter().filter_map(|key| {
            relation_reason(key, before.get(key).cloned(), after.get(key).cloned())
        }));
    }
    reasons.extend(pair.plain(Field::Fqn));
}

/// A part of the name; here, unlike in configurations, a missing key is a null.
fn relation_reason(
    key: &'static str,
    before: Option<Value>,
    after: Option<Value>,
) -> Option<Reason> {
    let or_null = |value: &Option<Value>| value.clone().unwrap_or(Value::Null);
    (or_null(&before) != or_null(&after)).then_some(Reason::Relation { key, before, after })
}

/// Seeds compare by checksum: of the content up to 1 MiB, of the path beyond. A checksum named `none` equals nothing.
fn same_checksum(pair: NodePair<'_>) -> bool {
    let same = |field| {
        pair.differing(field, Absent::Null, &ValueShape::Any)
            .is_none()
    };
    pair.after.text(Field::ChecksumName).as_deref() != Some("none")
        && same(Field::ChecksumName)
        && same(Field::ChecksumValue)
}

/// Descriptions count where the project, as it is now, writes them into the database.
fn persisted_descriptions(pair: NodePair<'_>, reasons: &mut Vec<Reason>) {
    let persisted = pair.after.persist_docs();
    if persisted.relation {
        let texts = pair.differing(Field::Description, Absent::Text(""), &ValueShape::Any);
        reasons.extend(texts.map(|(before, after)| Reason::Description {
            column: None,
            before: Some(before),
            after: Some(after),
        }));
    }
    if persisted.columns {
        let columns = pair.differing(Field::Columns, Absent::Null, &ValueShape::Any);
        for (before, after) in columns.iter() {
            column_descriptions(before, after, reasons);
        }
    }
}

fn column_descriptions(before: &Value, after: &Value, reasons: &mut Vec<Reason>) {
    let names: BTreeSet<&str> = before
        .members()
        .chain(after.members())
        .map(|(name, _)| name)
        .collect();
    for name in names {
        let description = |columns: &Value| {
            let column = columns.get(name)?;
            Some(
                column
                    .get("description")
                    .cloned()
                    .unwrap_or(Value::from("")),
            )
        };
        let (before, after) = (description(before), description(after));
        if before != after {
            reasons.push(Reason::Description {
                column: Some(name.to_owned()),
                before,
                after,
            });
        }
    }
}

fn model(pair: NodePair<'_>, adapter: Option<&str>, reasons: &mut Vec<Reason>) {
    if let Some(change) = contract::change(pair, adapter) {
        reasons.push(Reason::Contract {
            breaking: change.breaking,
        });
    }
    reasons.extend(pair.plain(Field::LatestVersion));
    reasons.extend(pair.field(Field::Access, Absent::Text("protected"), &ValueShape::Any));
    // Times with an offset are equal when they are the same instant.
    let same_moment = match (pair.before.deprecation(), pair.after.deprecation()) {
        (Some(Deprecation::At(before)), Some(Deprecation::At(after))) => before == after,
        _ => false,
    };
    if !same_moment {
        reasons.extend(pair.plain(Field::DeprecationDate));
    }
}

fn function(pair: NodePair<'_>, rules: &Rules<'_>, reasons: &mut Vec<Reason>) {
    reasons.extend(pair.field(Field::Arguments, Absent::EmptyList, &shape::ARGUMENTS));
    reasons.extend(pair.field(Field::Returns, Absent::Null, &shape::RETURNS));
    if rules.since_1_12 {
        reasons.extend(pair.field(Field::Overloads, Absent::EmptyList, &shape::OVERLOADS));
    }
}

fn source(pair: NodePair<'_>, rules: &Rules<'_>, reasons: &mut Vec<Reason>) {
    let name = if rules.compare_unrendered {
        [Field::UnrenderedDatabase, Field::UnrenderedSchema]
    } else {
        [Field::Database, Field::Schema]
    };
    for field in name.into_iter().chain([Field::Identifier]) {
        let differing = pair.differing(field, Absent::Null, &ValueShape::Any);
        reasons.extend(differing.map(|(before, after)| Reason::Relation {
            key: field.key(),
            before: Some(before),
            after: Some(after),
        }));
    }
    reasons.extend(pair.plain(Field::Fqn));
    all_configs(pair, &[], reasons);
    reasons.extend(pair.field(Field::Quoting, Absent::Blank, &shape::QUOTING));
    reasons.extend(pair.field(Field::Freshness, Absent::Null, &shape::FRESHNESS));
    reasons.extend(pair.plain(Field::LoadedAtField));
    let external = if rules.since_1_12 {
        &shape::EXTERNAL_SINCE_1_12
    } else {
        &shape::EXTERNAL
    };
    reasons.extend(pair.field(Field::External, Absent::Null, external));
}

fn all_configs(pair: NodePair<'_>, ignored: &[&str], reasons: &mut Vec<Reason>) {
    if let Some((before, after)) = pair.unrendered_configs() {
        reasons.extend(config_reasons(&before, &after, |key| {
            !ignored.contains(&key)
        }));
    }
}

fn exposure(pair: NodePair<'_>, reasons: &mut Vec<Reason>) {
    for field in [
        Field::Fqn,
        Field::Type,
        Field::Maturity,
        Field::Url,
        Field::Label,
    ] {
        reasons.extend(pair.plain(field));
    }
    reasons.extend(pair.field(Field::Owner, Absent::Null, &shape::OWNER));
    reasons.extend(pair.field(Field::Description, Absent::Text(""), &ValueShape::Any));
    let parents = pair.differing(Field::DependsOnNodes, Absent::EmptyList, &ValueShape::Any);
    reasons.extend(parents.and_then(|(before, after)| {
        let set = |list: &Value| {
            let texts = list.items().iter().map(Value::to_string);
            texts.collect::<BTreeSet<_>>()
        };
        (set(&before) != set(&after)).then_some(Reason::Field {
            field: Field::DependsOnNodes.key(),
            before: Some(before),
            after: Some(after),
        })
    }));
    all_configs(pair, &[], reasons);
}

fn metric(pair: NodePair<'_>, reasons: &mut Vec<Reason>) {
    reasons.extend(pair.field(Field::Type, Absent::Null, &ValueShape::Word));
    for field in [Field::Description, Field::Label] {
        reasons.extend(pair.plain(field));
    }
    all_configs(pair, &["group"], reasons);
}

fn semantic_model(pair: NodePair<'_>, rules: &Rules<'_>, reasons: &mut Vec<Reason>) {
    for field in [
        Field::Model,
        Field::Description,
        Field::PrimaryEntity,
        Field::Group,
    ] {
        reasons.extend(pair.plain(field));
    }
    let dimensions = if rules.since_1_12 {
        &shape::DIMENSIONS_SINCE_1_12
    } else {
        &shape::DIMENSIONS
    };
    for (field, absent, shape) in [
        (Field::Defaults, Absent::Null, &shape::DEFAULTS),
        (Field::Entities, Absent::EmptyList, &shape::ENTITIES),
        (Field::Dimensions, Absent::EmptyList, dimensions),
        (Field::Measures, Absent::EmptyList, &shape::MEASURES),
    ] {
        reasons.extend(pair.field(field, absent, shape));
    }
    rendered_config(pair, &shape::SEMANTIC_MODEL_CONFIG, reasons);
}

/// Semantic models and saved queries compare the rendered configuration, where a written default is no change.
fn rendered_config(pair: NodePair<'_>, shape: &ValueShape, reasons: &mut Vec<Reason>) {
    if let Some((before, after)) = pair.differing(Field::Config, Absent::Blank, shape) {
        reasons.extend(config_reasons(&before, &after, |_| true));
    }
}

fn saved_query(pair: NodePair<'_>, rules: &Rules<'_>, reasons: &mut Vec<Reason>) {
    query_params(pair, reasons);
    for field in [Field::Description, Field::Label, Field::Group] {
        reasons.extend(pair.plain(field));
    }
    rendered_config(pair, &shape::SAVED_QUERY_CONFIG, reasons);
    if let Some((before, after)) =
        pair.differing(Field::Exports, Absent::EmptyList, &ValueShape::Any)
    {
        let same = before.items().len() == after.items().len()
            && std::iter::zip(before.items(), after.items()).all(|(a, b)| same_export(a, b));
        if !same {
            reasons.push(Reason::Field {
                field: Field::Exports.key(),
                before: Some(before),
                after: Some(after),
            });
        }
    }
    let tags = if rules.since_1_12 {
        &ValueShape::Any
    } else {
        &ValueShape::Letters
    };
    reasons.extend(pair.field(Field::Tags, Absent::EmptyList, tags));
}

/// Metrics, grouping and filters of a saved query; its order and limit do not count.
fn query_params(pair: NodePair<'_>, reasons: &mut Vec<Reason>) {
    let Some((before, after)) = pair.differing(Field::QueryParams, Absent::Null, &ValueShape::Any)
    else {
        return;
    };
    for (key, field, shape) in [
        ("metrics", "query_params.metrics", &ValueShape::Any),
        ("group_by", "query_params.group_by", &ValueShape::Any),
        ("where", "query_params.where", &shape::WHERE),
    ] {
        let part = |params: &Value| {
            let part = params.get(key).cloned();
            part.map_or(Value::Null, |value| shape.of(value))
        };
        let (before, after) = (part(&before), part(&after));
        if before != after {
            reasons.push(Reason::Field {
                field,
                before: Some(before),
                after: Some(after),
            });
        }
    }
}

fn same_export(before: &Value, after: &Value) -> bool {
    let config = |export: &Value, key: &str| {
        let config = export.get("unrendered_config");
        let value = config.and_then(|config| config.get(key));
        value.cloned().unwrap_or(Value::Null)
    };
    before.get("name") == after.get("name")
        && EXPORT_CONFIGS
            .iter()
            .all(|key| config(before, key) == config(after, key))
}
