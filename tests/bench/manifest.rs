//! How long it takes to read two manifests, compare them, and select `state:modified+`, against the number of models.
//!
//! What the numbers mean: `read` is one manifest, from bytes in memory; `compare` finds what changed between two read
//! ones and why; `select` walks the graph for one selector; `whole` is everything that `cutover diff` does between two
//! files on disk and the list of nodes with reasons and paths. Each model comes with two tests and takes about 3.2 kB, so
//! 5,000 models are the 16 MB of a large project. Throughput is in models per second: it stays level from 1,000 models to
//! 20,000 when the time grows linearly.
//!
//! One model in a hundred has another SQL, one in a hundred another configuration, and one macro changed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use cutover::dbt::compare::{Comparison, Options};
use cutover::dbt::diff::{DiffRequest, diff};
use cutover::dbt::manifest::Manifest;
use cutover::dbt::selection::{IndirectSelection, ResourceTypes, Selection, select};
use serde_json::{Map, Value, json};
use std::path::Path;
use std::sync::Arc;

const SIZES: [u64; 4] = [1_000, 5_000, 10_000, 20_000];
const MACROS: u64 = 800;

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Before,
    After,
}

/// A manifest of so many models in layers, with tests, columns, configuration, SQL and macros as real ones have them.
fn manifest(models: u64, side: Side) -> Vec<u8> {
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
    let body = if after && number % 100 == 25 {
        "changed"
    } else {
        "same"
    };
    json!({
        "resource_type": "model", "name": format!("model_{number}"), "package_name": "shop",
        "path": format!("layer_{}/model_{number}.sql", number % 7),
        "original_file_path": format!("models/layer_{}/model_{number}.sql", number % 7),
        "fqn": ["shop", format!("layer_{}", number % 7), format!("model_{number}")],
        "alias": format!("model_{number}"), "schema": "public", "database": "materialize",
        "raw_code": format!("select {body}\n{}", "    a_column_name as another_column_name,\n".repeat(15)),
        "description": "a model of the benchmark", "columns": columns, "tags": [],
        "config": {"enabled": true, "materialized": "view", "persist_docs": {}, "tags": [], "meta": {},
            "cluster": cluster, "pre-hook": [], "post-hook": [], "quoting": {}, "column_types": {},
            "contract": {"enforced": false, "alias_types": true}, "docs": {"show": true}, "access": "protected"},
        "unrendered_config": {"materialized": "view", "cluster": cluster},
        "depends_on": {"nodes": parents, "macros": macros},
        "contract": {"enforced": false, "alias_types": true, "checksum": null},
        "checksum": {"name": "sha256", "checksum": "0".repeat(64)}, "access": "protected",
        "relation_name": format!("\"materialize\".\"public\".\"model_{number}\""),
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

fn parse(bytes: Vec<u8>) -> Arc<Manifest> {
    Arc::new(Manifest::parse(bytes, Path::new("manifest.json")).unwrap())
}

fn compare(before: &Arc<Manifest>, after: &Arc<Manifest>) -> Comparison {
    let options = Options {
        compare_unrendered: false,
        now: "2026-01-01T00:00:00Z".parse().unwrap(),
    };
    Comparison::new(Some(Arc::clone(before)), Arc::clone(after), options)
}

fn request(folder: &Path) -> DiffRequest {
    DiffRequest {
        state_dir: folder.join("state"),
        manifest: folder.join("target/manifest.json"),
        target_dir: None,
        select: Vec::new(),
        exclude: Vec::new(),
        resource_types: ResourceTypes::default(),
        indirect: IndirectSelection::Eager,
        compare_unrendered: false,
    }
}

fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("manifest");
    group.sample_size(10);
    for models in SIZES {
        let (old, new) = (
            manifest(models, Side::Before),
            manifest(models, Side::After),
        );
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in [("state", &old), ("target", &new)] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
            std::fs::write(folder.path().join(name).join("manifest.json"), bytes).unwrap();
        }
        group.throughput(Throughput::Elements(models));
        group.bench_function(BenchmarkId::new("read", models), |bencher| {
            bencher.iter_batched(|| new.clone(), parse, BatchSize::PerIteration);
        });
        let (before, after) = (parse(old), parse(new));
        group.bench_function(BenchmarkId::new("compare", models), |bencher| {
            bencher.iter(|| compare(&before, &after));
        });
        let comparison = compare(&before, &after);
        let selection = Selection::parse(&["state:modified+".to_owned()], &[]).unwrap();
        group.bench_function(BenchmarkId::new("select", models), |bencher| {
            bencher.iter(|| select(&comparison, &selection).unwrap());
        });
        group.bench_function(BenchmarkId::new("whole", models), |bencher| {
            bencher.iter(|| diff(&request(folder.path())).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
