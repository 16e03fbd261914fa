//! Small manifests for tests.

use super::Manifest;
use serde_json::{Map, Value, json};
use std::path::Path;
use std::sync::Arc;

/// A manifest of the project `p`: nodes by id (each gets its kind from the id, a name and an fqn unless it has them),
/// macros by id with their calls, and disabled nodes.
pub(crate) fn manifest(nodes: &Value, macros: &Value, disabled: &Value) -> Arc<Manifest> {
    let mut sections: Map<String, Value> = [
        "nodes",
        "sources",
        "exposures",
        "metrics",
        "unit_tests",
        "semantic_models",
        "saved_queries",
        "functions",
    ]
    .into_iter()
    .map(|section| (section.to_owned(), json!({})))
    .collect();
    for (id, node) in nodes.as_object().unwrap() {
        let kind = id.split('.').next().unwrap();
        let section = match kind {
            "source" | "exposure" | "metric" | "unit_test" | "semantic_model" | "function" => {
                format!("{kind}s")
            }
            "saved_query" => "saved_queries".to_owned(),
            _ => "nodes".to_owned(),
        };
        sections[&section][id] = completed(id, node);
    }
    let macros: Map<String, Value> = macros
        .as_object()
        .unwrap()
        .iter()
        .map(|(id, definition)| {
            let calls = &definition["calls"];
            let complete = json!({"name": name_of(id), "macro_sql": definition["sql"],
                "original_file_path": "macros/m.sql", "depends_on": {"macros": calls}});
            (id.clone(), complete)
        })
        .collect();
    let disabled: Map<String, Value> = disabled
        .as_object()
        .unwrap()
        .iter()
        .map(|(id, node)| (id.clone(), json!([completed(id, node)])))
        .collect();
    sections.insert("macros".to_owned(), Value::Object(macros));
    sections.insert("disabled".to_owned(), Value::Object(disabled));
    sections.insert(
        "metadata".to_owned(),
        json!({"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json",
               "adapter_type": "materialize", "project_name": "p"}),
    );
    let bytes = serde_json::to_vec(&sections).unwrap();
    Arc::new(Manifest::parse(&bytes, Path::new("manifest.json")).unwrap())
}

/// A manifest of nodes only.
pub(crate) fn nodes(nodes: &Value) -> Arc<Manifest> {
    manifest(nodes, &json!({}), &json!({}))
}

fn name_of(id: &str) -> &str {
    id.rsplit('.').next().unwrap()
}

fn completed(id: &str, node: &Value) -> Value {
    let mut node = node.as_object().unwrap().clone();
    let mut default = |key: &str, value: Value| {
        node.entry(key.to_owned()).or_insert(value);
    };
    default("resource_type", json!(id.split('.').next().unwrap()));
    default("name", json!(name_of(id)));
    default("package_name", json!("p"));
    default("fqn", json!(["p", name_of(id)]));
    default(
        "original_file_path",
        json!(format!("models/{}.sql", name_of(id))),
    );
    Value::Object(node)
}
