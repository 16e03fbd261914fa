//! Manifests of any size, in two states, with tests, columns, configuration, SQL and macros as real ones have them.
//!
//! One model in a hundred has another SQL after the change, one in a hundred another cluster, and one macro changed.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

const MACROS: u64 = 800;

#[derive(Clone, Copy, PartialEq)]
pub enum Side {
    Before,
    After,
}

/// A manifest of so many models in layers.
pub fn manifest(models: u64, side: Side) -> Vec<u8> {
    let mut nodes = Map::new();
    for number in 0..models {
        let id = format!("model.shop.model_{number}");
        nodes.insert(id, model(number, side));
        for test in ["not_null", "unique"] {
            nodes.insert(
                format!("test.shop.{test}_{number}"),
                generic_test(test, number),
            );
        }
    }
    let macros: Map<String, Value> = (0..MACROS)
        .map(|number| (macro_id(number), macro_definition(number, side)))
        .collect();
    let document = json!({
        "metadata": {
            "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json",
            "project_name": "shop",
            "adapter_type": "materialize",
        },
        "nodes": nodes, "macros": macros, "disabled": {},
        "sources": {}, "exposures": {}, "metrics": {}, "unit_tests": {}, "semantic_models": {}, "saved_queries": {},
    });
    serde_json::to_vec(&document).unwrap()
}

fn macro_id(number: u64) -> String {
    format!("macro.shop.macro_{number}")
}

fn macro_definition(number: u64, side: Side) -> Value {
    let changed = number == MACROS / 2 && side == Side::After;
    let calls: Vec<_> = (1..3)
        .map(|step| number + step * 7)
        .filter(|n| *n < MACROS)
        .map(macro_id)
        .collect();
    json!({
        "name": format!("macro_{number}"), "resource_type": "macro", "package_name": "shop",
        "macro_sql": format!("{{% macro macro_{number}() %}}{}{changed}{{% endmacro %}}", "select 1 -- padding\n".repeat(30)),
        "depends_on": {"macros": calls}, "original_file_path": "macros/all.sql",
    })
}

fn model(number: u64, side: Side) -> Value {
    let after = side == Side::After;
    let parents: Vec<_> = [number / 2, number / 3]
        .iter()
        .filter(|parent| **parent < number)
        .map(|parent| format!("model.shop.model_{parent}"))
        .collect();
    let macros = if number.is_multiple_of(10) {
        vec![macro_id(number % MACROS)]
    } else {
        Vec::new()
    };
    let columns: Map<String, Value> = (0..6)
        .map(|column| {
            let name = format!("column_{column}");
            let value = json!({"name": name, "description": "what the column holds", "data_type": null, "meta": {},
                "constraints": [], "quote": null, "config": {"meta": {}, "tags": []}, "tags": []});
            (name, value)
        })
        .collect();
    let cluster = if after && number % 100 == 50 {
        "compute_2"
    } else {
        "compute"
    };
    let raw = sql(number, side);
    json!({
        "resource_type": "model", "name": format!("model_{number}"), "package_name": "shop",
        "path": format!("layer_{}/model_{number}.sql", number % 7),
        "original_file_path": file(number),
        "fqn": ["shop", format!("layer_{}", number % 7), format!("model_{number}")],
        "alias": format!("model_{number}"), "schema": "shop", "database": "materialize",
        "raw_code": raw, "compiled_code": raw,
        "description": "a model of the benchmark", "columns": columns, "tags": [],
        "config": {"enabled": true, "materialized": "materialized_view", "persist_docs": {}, "tags": [], "meta": {},
            "cluster": cluster, "pre-hook": [], "post-hook": [], "quoting": {}, "column_types": {},
            "contract": {"enforced": false, "alias_types": true}, "docs": {"show": true}, "access": "protected"},
        "unrendered_config": {"materialized": "materialized_view", "cluster": cluster},
        "depends_on": {"nodes": parents, "macros": macros},
        "contract": {"enforced": false, "alias_types": true, "checksum": null},
        "checksum": {"name": "sha256", "checksum": checksum(&raw)}, "access": "protected",
        "relation_name": format!("\"materialize\".\"shop\".\"model_{number}\""),
    })
}

fn generic_test(test: &str, number: u64) -> Value {
    let name = format!("{test}_{number}");
    json!({
        "resource_type": "test", "name": name, "package_name": "shop", "fqn": ["shop", name],
        "path": format!("{name}.sql"), "original_file_path": "models/schema.yml", "alias": name,
        "raw_code": format!("{{{{ test_{test}(**_dbt_generic_test_kwargs) }}}}"),
        "test_metadata": {"name": test, "kwargs": {"column_name": "column_0"}}, "tags": [],
        "config": {"enabled": true, "materialized": "test", "severity": "ERROR"}, "unrendered_config": {},
        "depends_on": {"nodes": [format!("model.shop.model_{number}")], "macros": [macro_id(1), macro_id(2)]},
        "columns": {}, "checksum": {"name": "none", "checksum": ""},
    })
}

/// Where a model's file lies below the project.
pub fn file(number: u64) -> String {
    format!("models/layer_{}/model_{number}.sql", number % 7)
}

/// The SQL of a model: what its file holds, and what it compiles to.
pub fn sql(number: u64, side: Side) -> String {
    let body = if side == Side::After && number % 100 == 25 {
        "'changed'"
    } else {
        "'same'"
    };
    let padding: String = (0..15)
        .map(|column| format!("    amount as another_column_{column},\n"))
        .collect();
    format!(
        "select\n{padding}    {body} as body\nfrom materialize.shop_raw.orders where id = {number}"
    )
}

/// As dbt writes it: of the text without the white space around it.
fn checksum(text: &str) -> String {
    Sha256::digest(text.trim().as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
