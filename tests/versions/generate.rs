//! Changes that a project's history could bring, and some that it could not.

use super::mutation::{Mutation, Side, Sides};
use super::random::Random;
use serde_json::{Map, Value, json};

const SECTIONS: [&str; 8] = [
    "nodes",
    "sources",
    "exposures",
    "metrics",
    "unit_tests",
    "semantic_models",
    "saved_queries",
    "functions",
];

const CONFIG_KEYS: [&str; 34] = [
    "alias",
    "schema",
    "database",
    "tags",
    "group",
    "meta",
    "materialized",
    "cluster",
    "enabled",
    "severity",
    "where",
    "limit",
    "fail_calc",
    "warn_if",
    "error_if",
    "store_failures",
    "store_failures_as",
    "sql_header",
    "pre-hook",
    "pre_hook",
    "post_hook",
    "persist_docs",
    "docs",
    "contract",
    "indexes",
    "grants",
    "quoting",
    "column_types",
    "target_schema",
    "access",
    "full_refresh",
    "on_error",
    "latest_version_pointer",
    "anything",
];

const EXPRESSIONS: [&str; 24] = [
    "'text'",
    "\"it's\"",
    "1",
    "1.50",
    "1e5",
    "none",
    "true",
    "not x",
    "-3",
    "var('c', 'compute')",
    "env_var('A') ~ '_x'",
    "[{'columns': ['a']}, 1]",
    "{'a': [1, 2], 'b': none}",
    "('a',)",
    "target.name == 'dev'",
    "x if y else z",
    "x | upper",
    "x is defined",
    "a.b['c'][0]",
    "1 + 2",
    "a and b or c",
    "x not in [1]",
    "l[1:2]",
    "f(*a, k=1, **b)",
];

pub struct Generator {
    /// Side, section and id of every entry.
    entries: Vec<(Side, &'static str, String)>,
    sides: Sides,
}

impl Generator {
    pub fn new(sides: &Sides) -> Self {
        let mut entries = Vec::new();
        for (side, manifest) in [(Side::Before, &sides.before), (Side::After, &sides.after)] {
            for section in SECTIONS {
                let ids = manifest[section].as_object().unwrap().keys();
                entries.extend(ids.map(|id| (side, section, id.clone())));
            }
        }
        Self {
            entries,
            sides: sides.clone(),
        }
    }

    fn manifest(&self, side: Side) -> &Value {
        match side {
            Side::Before => &self.sides.before,
            Side::After => &self.sides.after,
        }
    }

    /// A change; none where the chosen entry offers nothing to change.
    pub fn change(&self, random: &mut Random) -> Option<Mutation> {
        if random.chance(8) {
            return self.macro_change(random);
        }
        if random.chance(4) {
            return Some(metadata_change(random));
        }
        // Kinds count alike, however few there are of one.
        let wanted = random.pick(&SECTIONS);
        let of_kind = |(_, section, _): &&(Side, &'static str, String)| {
            section == wanted || (*wanted == "metrics" && *section == "nodes")
        };
        let fitting: Vec<_> = self.entries.iter().filter(of_kind).collect();
        let (side, section, id) = *random.pick(&fitting);
        let entry = &self.manifest(*side)[*section][id];
        let mut path = vec![(*section).to_owned(), id.clone()];
        let value = match random.below(10) {
            0 => entry_change(random, &mut path, entry),
            1 | 2 => config_change(random, &mut path),
            3 | 4 => self.code_change(random, &mut path, entry),
            5 | 6 => typed_change(random, &mut path, entry),
            _ => walk(random, &mut path, entry)?,
        };
        Some(Mutation {
            side: *side,
            path,
            value,
        })
    }

    fn macro_change(&self, random: &mut Random) -> Option<Mutation> {
        let side = *random.pick(&[Side::Before, Side::After]);
        let macros = self.manifest(side)["macros"].as_object()?;
        let ids: Vec<&String> = macros.keys().collect();
        let id = (*random.pick(&ids)).clone();
        let mut path = vec!["macros".to_owned(), id.clone()];
        let value = match random.below(5) {
            0 => None,
            1 => {
                path.push("description".to_owned());
                Some(json!("other"))
            }
            2 => {
                path.extend(["depends_on", "macros"].map(str::to_owned));
                Some(json!([random.pick(&ids), random.pick(&ids)]))
            }
            _ => {
                path.push("macro_sql".to_owned());
                Some(json!(format!("{} ", macros[&id]["macro_sql"].as_str()?)))
            }
        };
        Some(Mutation { side, path, value })
    }

    fn code_change(
        &self,
        random: &mut Random,
        path: &mut Vec<String>,
        entry: &Value,
    ) -> Option<Value> {
        path.push("raw_code".to_owned());
        let own = entry["raw_code"].as_str().unwrap_or_default();
        Some(json!(match random.below(6) {
            0 => format!("{own} "),
            1 => format!("{own}\n-- {}", random.below(9)),
            2 => String::new(),
            3 if random.chance(15) => format!("{own}{{{{ config(a=) }}}}"),
            3 => own.replacen("config(", "config( ", 1),
            _ => format!("{{{{ config({}) }}}}\n{own}", arguments(random)),
        }))
    }
}

fn metadata_change(random: &mut Random) -> Mutation {
    let (key, value) = random
        .pick(&[
            ("dbt_version", json!("1.12.5")),
            ("dbt_version", json!("1.12.0b1")),
            ("dbt_version", json!("1.10.2")),
            ("dbt_version", json!("2.0.9")),
            ("dbt_version", json!("")),
            ("dbt_version", Value::Null),
            ("project_name", json!("other")),
        ])
        .clone();
    Mutation {
        side: Side::Before,
        path: vec!["metadata".to_owned(), key.to_owned()],
        value: Some(value),
    }
}

fn arguments(random: &mut Random) -> String {
    let argument = |random: &mut Random| {
        let key = random.pick(&CONFIG_KEYS).replace('-', "_");
        format!("{key}={}", random.pick(&EXPRESSIONS))
    };
    let all: Vec<_> = (0..=random.below(3)).map(|_| argument(random)).collect();
    all.join(", ")
}

/// Removes the entry, or moves it by one name.
fn entry_change(random: &mut Random, path: &mut Vec<String>, entry: &Value) -> Option<Value> {
    if random.chance(60) {
        return None;
    }
    path.push("fqn".to_owned());
    let mut fqn = entry["fqn"].as_array().cloned().unwrap_or_default();
    fqn.insert(1.min(fqn.len()), json!("moved"));
    Some(Value::Array(fqn))
}

fn config_change(random: &mut Random, path: &mut Vec<String>) -> Option<Value> {
    path.push("unrendered_config".to_owned());
    path.push((*random.pick(&CONFIG_KEYS)).to_owned());
    match random.below(5) {
        0 => None,
        1 => Some(json!((*random.pick(&EXPRESSIONS)).trim_matches('\''))),
        _ => Some(scalar(random)),
    }
}

fn scalar(random: &mut Random) -> Value {
    random
        .pick(&[
            Value::Null,
            json!(true),
            json!(false),
            json!(0),
            json!(1),
            json!(1.0),
            json!(2.5),
            json!(""),
            json!("view"),
            json!("1"),
            json!("{{ var('c', 'compute') }}"),
            json!([]),
            json!(["a", 1]),
            json!({}),
            json!({"a": {"b": null}}),
        ])
        .clone()
}

/// A value that dbt reads into one of its classes.
fn typed_change(random: &mut Random, path: &mut Vec<String>, entry: &Value) -> Option<Value> {
    let kind = entry["resource_type"].as_str().unwrap_or_default();
    let choices: Vec<(&str, Value)> = match kind {
        "model" => vec![
            ("latest_version", json!(1)),
            ("latest_version", json!(2.0)),
            ("latest_version", json!("2")),
            ("latest_version", json!("a")),
            ("latest_version", Value::Null),
            ("version", json!(1)),
            ("version", json!("1")),
            ("version", Value::Null),
            ("access", json!("public")),
            ("access", json!("private")),
            ("deprecation_date", Value::Null),
            ("deprecation_date", json!("2031-01-01T00:00:00")),
            ("deprecation_date", json!("2020-01-01T00:00:00+00:00")),
            (
                "contract",
                json!({"enforced": true, "alias_types": true, "checksum": "abc"}),
            ),
            ("contract", json!({"enforced": false})),
            (
                "constraints",
                json!([{"type": "custom", "expression": "x", "columns": ["id"]}]),
            ),
            (
                "constraints",
                json!([{"type": "not_null", "columns": ["id"]}, {"type": "unique", "name": "u", "columns": ["id"]}]),
            ),
            ("constraints", json!([])),
            ("columns", json!({})),
            ("columns", columns(random)),
            ("config", config(random, entry)),
            ("primary_key", json!(["id"])),
        ],
        "source" => vec![
            ("unrendered_schema", json!("{{ var('x') }}")),
            ("unrendered_database", Value::Null),
            ("schema", json!("farm2")),
            ("database", json!("db2")),
            ("identifier", json!("other")),
            ("quoting", json!({"identifier": true, "column": null})),
            ("quoting", json!({"schema": true})),
            ("freshness", Value::Null),
            (
                "freshness",
                json!({"warn_after": {"count": 1, "period": "day"}}),
            ),
            ("freshness", json!({})),
            ("loaded_at_field", json!("at2")),
            ("loaded_at_query", json!("select 1")),
            (
                "external",
                json!({"location": "x", "partitions": [{"name": "d"}]}),
            ),
            ("external", Value::Null),
        ],
        "function" => vec![
            (
                "arguments",
                json!([{"name": "amount", "data_type": "int", "description": "g", "default_value": 1}]),
            ),
            ("arguments", json!([])),
            ("returns", json!({"data_type": "text"})),
            ("returns", json!({"data_type": "int", "description": "x"})),
            ("overloads", json!([])),
            ("overloads", json!([{"defined_in": "a"}])),
            (
                "overloads",
                json!([{"defined_in": "a", "description": "x", "arguments": [{"name": "b", "data_type": "int"}], "raw_body": "select 1"}]),
            ),
            (
                "overloads",
                json!([{"defined_in": "a", "returns": {"data_type": "int"}, "compiled_body": "y"}, {"defined_in": "b"}]),
            ),
        ],
        "semantic_model" => vec![
            (
                "dimensions",
                json!([{"name": "kind", "type": "CATEGORICAL", "label": "Kind", "datatype": "string"}]),
            ),
            (
                "dimensions",
                json!([{"name": "kind", "type": "categorical", "label": "Kind"}]),
            ),
            ("entities", json!([{"name": "basket", "type": "primary"}])),
            (
                "measures",
                json!([{"name": "total", "agg": "sum", "expr": "weight"}]),
            ),
            ("defaults", Value::Null),
            ("primary_entity", Value::Null),
            (
                "config",
                json!({"enabled": true, "group": "growers", "meta": {"a": 1}}),
            ),
            ("group", json!("growers")),
        ],
        "exposure" => vec![
            ("maturity", json!("low")),
            ("maturity", Value::Null),
            ("type", json!("notebook")),
            (
                "owner",
                json!({"name": "Ann", "email": "ann@example.com", "team": "y"}),
            ),
            ("owner", json!({"name": ["a", "b"]})),
            (
                "depends_on",
                json!({"nodes": ["model.orchard.fruits", "model.orchard.baskets"]}),
            ),
        ],
        "metric" => vec![
            ("type", json!("ratio")),
            ("label", json!("x")),
            ("group", json!("growers")),
            ("description", json!("")),
        ],
        "saved_query" => vec![
            ("tags", json!("q")),
            ("tags", json!(["q", "r"])),
            ("tags", json!([])),
            ("exports", json!([])),
            (
                "exports",
                json!([{"name": "out", "config": {"export_as": "view"}, "unrendered_config": {"export_as": "table"}}]),
            ),
            ("config", json!({"cache": {}})),
            ("config", json!({"export_as": "TABLE"})),
            (
                "query_params",
                json!({"metrics": ["total_weight"], "group_by": [], "where": null, "limit": 3}),
            ),
        ],
        "unit_test" => vec![
            ("checksum", json!("abc")),
            ("config", json!({"tags": "x", "enabled": true})),
            ("description", json!("x")),
        ],
        "seed" => vec![
            (
                "checksum",
                json!({"name": "path", "checksum": "seeds/x.csv"}),
            ),
            ("checksum", json!({"name": "none", "checksum": ""})),
            ("checksum", json!({"name": "sha256", "checksum": "abc"})),
            ("config", config(random, entry)),
            ("columns", columns(random)),
        ],
        _ => vec![
            ("config", config(random, entry)),
            ("columns", columns(random)),
            ("description", json!("other")),
        ],
    };
    let (key, value) = random.pick(&choices).clone();
    path.push(key.to_owned());
    (!random.chance(10)).then_some(value)
}

/// The rendered configuration with one other value that dbt knows.
fn config(random: &mut Random, entry: &Value) -> Value {
    let mut config = entry["config"]
        .as_object()
        .cloned()
        .unwrap_or_else(Map::new);
    let (key, value) = random
        .pick(&[
            ("materialized", json!("table")),
            ("materialized", json!("view")),
            ("persist_docs", json!({})),
            ("persist_docs", json!({"relation": true, "columns": true})),
            ("persist_docs", json!({"relation": "false", "columns": 0})),
            ("enabled", json!(false)),
            ("tags", json!(["raw"])),
            ("group", json!("growers")),
            ("meta", json!({"keeper": "ann"})),
        ])
        .clone();
    config.insert(key.to_owned(), value);
    Value::Object(config)
}

fn columns(random: &mut Random) -> Value {
    let one = |random: &mut Random, name: &str| {
        let types = [
            json!("int"),
            json!("INT (3)"),
            json!("numeric(10,2)"),
            json!("text"),
            Value::Null,
        ];
        let constraints = [
            json!([]),
            json!([{"type": "not_null"}]),
            json!([{"type": "custom", "expression": "x"}]),
            json!([{"type": "unique", "warn_unsupported": false}]),
        ];
        json!({"name": name, "description": *random.pick(&["", "Key.", "x"]), "data_type": random.pick(&types),
            "constraints": random.pick(&constraints), "meta": {}, "tags": []})
    };
    let names = ["id", "price", "currency", "note"];
    let mut columns = Map::new();
    for name in names {
        if random.chance(70) {
            columns.insert(name.to_owned(), one(random, name));
        }
    }
    Value::Object(columns)
}

/// Walks down from the entry and changes what it ends at.
fn walk(random: &mut Random, path: &mut Vec<String>, entry: &Value) -> Option<Option<Value>> {
    let mut at = entry;
    loop {
        match at {
            Value::Object(members) if !members.is_empty() => {
                let keys: Vec<&String> = members.keys().collect();
                let key = *random.pick(&keys);
                if key == "unique_id" || key == "resource_type" {
                    return None;
                }
                path.push(key.clone());
                at = &members[key];
            }
            Value::Array(items) if !items.is_empty() && random.chance(60) => {
                let position = random.below(items.len());
                path.push(position.to_string());
                at = &items[position];
            }
            Value::Array(items) => {
                let mut items = items.clone();
                items.reverse();
                items.extend(items.first().cloned());
                return Some(Some(Value::Array(items)));
            }
            Value::Object(_) => return Some(Some(json!({"added": 1}))),
            Value::String(text) => {
                return Some(match random.below(4) {
                    0 if path.len() > 3 => None,
                    1 => Some(json!("")),
                    _ => Some(json!(format!("{text}2"))),
                });
            }
            Value::Bool(truth) => return Some(Some(json!(!truth))),
            Value::Number(number) => return Some(Some(json!(number.as_f64()? + 1.0))),
            // With a scheme: dbt writes no `patch_path` without one, and stops at it.
            Value::Null => return Some(Some(json!("set://set"))),
        }
    }
}
