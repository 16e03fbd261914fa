//! The compiled runner on the sample project, against what dbt itself compiles with the deploy variable set.

use super::order::is_built_by_run;
use super::*;
use crate::dbt::manifest::Manifest;
use crate::domain::environment::Strategy;
use serde_json::json;
use std::path::Path;

fn identifier(name: &str) -> Identifier {
    Identifier::new(name).unwrap()
}

fn file(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn sample() -> Manifest {
    Manifest::read(&file("assets/demo/target/manifest.json")).unwrap()
}

/// A manifest of one model, `m`, with these parts of its node changed.
fn one_model(changes: serde_json::Value) -> Manifest {
    let mut node = json!({
        "unique_id": "model.p.m", "resource_type": "model", "package_name": "p", "name": "m", "alias": "m",
        "path": "m.sql", "original_file_path": "models/m.sql", "fqn": ["p", "m"],
        "database": "materialize", "schema": "serving", "relation_name": "\"materialize\".\"serving\".\"m\"",
        "raw_code": "select 1", "compiled_code": "select 1", "description": "", "columns": {},
        "depends_on": {"nodes": [], "macros": []}, "checksum": {"name": "sha256", "checksum": "x"},
        "config": {"enabled": true, "materialized": "materialized_view", "cluster": "compute"},
    });
    for (key, value) in changes.as_object().unwrap() {
        if let (Some(old), Some(new)) = (node[key].as_object_mut(), value.as_object()) {
            old.extend(new.clone());
        } else {
            node[key] = value.clone();
        }
    }
    let manifest = json!({
        "metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json", "dbt_version": "1.11.16"},
        "nodes": {"model.p.m": node}, "sources": {}, "macros": {}, "docs": {}, "exposures": {}, "metrics": {},
        "selectors": {}, "disabled": {}, "parent_map": {}, "child_map": {}, "group_map": {}, "groups": {},
        "saved_queries": {}, "semantic_models": {}, "unit_tests": {}, "functions": {},
    });
    Manifest::parse(&serde_json::to_vec(&manifest).unwrap(), Path::new("m.json")).unwrap()
}

fn environment(clusters: &[&str], schemas: &[&str]) -> Environment {
    let pairs = |names: &[&str]| -> Vec<NamePair> {
        let pair = |name: &&str| NamePair {
            production: identifier(name),
            deployment: identifier(name).deployment_twin().unwrap(),
        };
        names.iter().map(pair).collect()
    };
    Environment {
        target: "production".into(),
        strategy: Strategy::Swap,
        database: identifier("materialize"),
        schemas: pairs(schemas),
        clusters: pairs(clusters),
    }
}

fn both() -> Environment {
    environment(&["compute", "serving"], &["blue_green_slim", "serving"])
}

fn build_all(
    manifest: &Manifest,
    environment: &Environment,
    existing: &[(&str, &str, ExistingRelation)],
) -> Compiled {
    let existing = existing.iter().map(|(schema, name, existing)| {
        let name = QualifiedName {
            database: identifier("materialize"),
            schema: identifier(schema),
            name: identifier(name),
        };
        (name, existing.clone())
    });
    build(&BuildRequest {
        manifest,
        selected: &manifest
            .nodes()
            .iter()
            .map(|node| node.unique_id.clone())
            .collect(),
        environment,
        default_cluster: None,
        existing: &existing.collect(),
    })
}

fn texts<'a>(statements: impl IntoIterator<Item = &'a Statement>) -> Vec<String> {
    statements
        .into_iter()
        .map(|statement| statement.sql().to_owned())
        .collect()
}

fn only(manifest: &Manifest) -> Vec<String> {
    let compiled = build_all(manifest, &both(), &[]);
    assert_eq!(compiled.refusals, []);
    texts(&compiled.statements())
}

fn refusal(changes: serde_json::Value) -> RefusalReason {
    let compiled = build_all(&one_model(changes), &both(), &[]);
    assert!(compiled.models.is_empty());
    compiled.refusals[0].reason.clone()
}

#[test]
fn every_query_is_what_dbt_compiles_with_the_deploy_variable() {
    let dbt = std::fs::read(file("tests/data/demo-compiled-with-deploy.json")).unwrap();
    let dbt: serde_json::Value = serde_json::from_slice(&dbt).unwrap();
    let manifest = sample();
    let compiled = build_all(&manifest, &both(), &[]);
    assert_eq!(compiled.refusals, []);
    assert_eq!(compiled.models.len(), dbt.as_object().unwrap().len());
    for model in &compiled.models {
        let expected = &dbt[model.relation.name.as_str()];
        let create = model.statements[0].sql();
        let query = expected["compiled"].as_str().unwrap().trim();
        assert!(create.ends_with(&format!(" AS (\n{query}\n)")), "{create}");
        let name = expected["relation"].as_str().unwrap();
        assert!(create.contains(&format!("VIEW {name} ")), "{create}");
    }
}

#[test]
fn models_come_after_what_they_read_and_bring_their_indexes_and_comments() {
    let manifest = sample();
    let compiled = build_all(&manifest, &both(), &[]);
    let position = |name: &str| {
        let found = compiled
            .models
            .iter()
            .position(|model| model.relation.name.as_str() == name);
        found.unwrap_or_else(|| panic!("{name} is built"))
    };
    for model in manifest.nodes().iter().filter(|node| is_built_by_run(node)) {
        for parent in model.depends_on_nodes() {
            if let Some(parent) = manifest.get(&parent).filter(|node| is_built_by_run(node)) {
                assert!(position(&parent.name()) < position(&model.name()));
            }
        }
    }
    let board = &compiled.models[position("auction_board")];
    let name = r#""materialize"."serving_dbt_deploy"."auction_board""#;
    assert_eq!(
        texts(&board.statements)[1..],
        [
            format!(r#"CREATE INDEX IN CLUSTER "serving_dbt_deploy" ON {name} ("auction_id")"#),
            format!(
                r#"CREATE INDEX "auction_board_by_price" IN CLUSTER "serving_dbt_deploy" ON {name} ("highest_bid")"#
            ),
            format!("COMMENT ON VIEW {name} IS 'The board in the auction hall'"),
        ]
    );
    assert!(
        !compiled
            .models
            .iter()
            .any(|model| model.relation.name.as_str() == "mood_feed")
    );
}

#[test]
fn what_stands_already_is_dropped_first_and_last_readers_before_all() {
    let existing = |kind, cascade| ExistingRelation { kind, cascade };
    let compiled = build_all(
        &sample(),
        &both(),
        &[
            (
                "blue_green_slim_dbt_deploy",
                "bar",
                existing(ObjectKind::View, false),
            ),
            (
                "blue_green_slim_dbt_deploy",
                "foobar",
                existing(ObjectKind::MaterializedView, true),
            ),
            (
                "blue_green_slim_dbt_deploy",
                "unrelated",
                existing(ObjectKind::View, true),
            ),
        ],
    );
    assert_eq!(
        texts(&compiled.drops),
        [
            r#"DROP MATERIALIZED VIEW IF EXISTS "materialize"."blue_green_slim_dbt_deploy"."foobar" CASCADE"#,
            r#"DROP VIEW IF EXISTS "materialize"."blue_green_slim_dbt_deploy"."bar""#,
        ]
    );
}

#[test]
fn names_outside_the_environment_stay() {
    let manifest = one_model(json!({
        "compiled_code": "select * from \"materialize\".\"elsewhere\".\"m\"",
        "config": {"cluster": "shared"},
    }));
    assert_eq!(
        only(&manifest),
        [
            "CREATE MATERIALIZED VIEW \"materialize\".\"serving_dbt_deploy\".\"m\" IN CLUSTER \"shared\" AS (\nselect * from \"materialize\".\"elsewhere\".\"m\"\n)"
        ]
    );
}

#[test]
fn options_and_column_comments_are_carried_over() {
    let manifest = one_model(json!({
        "columns": {"Day": {"name": "Day", "description": "the day"}},
        "config": {
            "persist_docs": {"columns": true}, "retain_history": "1hr", "partition_by": "day",
            "refresh_interval": {"at_creation": true, "every": "1 day"},
        },
    }));
    let statements = only(&manifest);
    assert!(
        statements[0].contains("WITH (REFRESH AT CREATION, REFRESH EVERY '1 day', PARTITION BY (\"day\"), RETAIN HISTORY FOR '1hr')"),
        "{}",
        statements[0]
    );
    assert_eq!(
        statements[1],
        "COMMENT ON COLUMN \"materialize\".\"serving_dbt_deploy\".\"m\".\"day\" IS 'the day'"
    );
}

#[test]
fn what_it_cannot_build_is_refused_by_name() {
    let materialized = |kind: &str| json!({"config": {"materialized": kind}});
    assert_eq!(
        refusal(materialized("incremental")),
        RefusalReason::Materialization("incremental".into())
    );
    assert_eq!(
        refusal(json!({"path": "m.py"})),
        RefusalReason::Language("Python".into())
    );
    assert_eq!(
        refusal(json!({"config": {"post-hook": [{"sql": "grant"}]}})),
        RefusalReason::Hook("post-hook")
    );
    assert_eq!(
        refusal(json!({"config": {"contract": {"enforced": true}}})),
        RefusalReason::Contract
    );
    assert_eq!(
        refusal(json!({"schema": "elsewhere"})),
        RefusalReason::Schema(identifier("elsewhere"))
    );
    assert_eq!(
        refusal(json!({"compiled_code": null})),
        RefusalReason::NotCompiled
    );
    assert_eq!(
        refusal(json!({"config": {"cluster": null}})),
        RefusalReason::NoCluster
    );
    assert_eq!(
        refusal(json!({"compiled_code": "select 1; drop schema x"})),
        RefusalReason::Sql(RewriteError::SeveralStatements)
    );
    assert_eq!(
        refusal(json!({"config": {"indexes": [{"columns": [1]}]}})),
        RefusalReason::Configuration("indexes")
    );
}
