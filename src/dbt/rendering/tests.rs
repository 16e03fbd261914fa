//! Proof and doubt, from small manifests.

use super::*;
use crate::dbt::manifest::sample;
use crate::domain::environment::Environment;
use crate::domain::environment::{NamePair, Strategy};
use crate::domain::name::Identifier;
use crate::domain::rendered::ClusterName;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

fn name(text: &str) -> Identifier {
    Identifier::new(text).unwrap()
}

fn environment() -> Environment {
    let pair = |text: &str| NamePair {
        production: name(text),
        deployment: name(text).deployment_twin().unwrap(),
    };
    Environment {
        target: "prod".to_owned(),
        strategy: Strategy::Swap,
        database: name("db"),
        schemas: vec![pair("s")],
        clusters: vec![pair("compute")],
    }
}

/// A view `foo` with an index and a materialized view `bar`, as a parse with the deploy variable has them.
fn project(macros: &Value, hook: &str) -> Arc<Manifest> {
    let node = |config: Value| {
        json!({"database": "db", "schema": "s_dbt_deploy", "config": config,
               "raw_code": "select 1", "original_file_path": "models/foo.sql"})
    };
    let nodes = json!({
        "model.p.foo": node(json!({"materialized": "view", "indexes": [{"default": true, "cluster": "compute"}],
                                   "post-hook": [{"sql": hook}]})),
        "model.p.bar": node(json!({"materialized": "materialized_view", "cluster": "compute"})),
        "model.p.part": node(json!({"materialized": "ephemeral"})),
    });
    sample::manifest(&nodes, macros, &json!({}))
}

fn proof(macros: &Value, hook: &str) -> Rendered {
    let manifest = project(macros, hook);
    let report = Reported::from_manifest(&manifest, None, true);
    let selected = ["model.p.foo", "model.p.bar", "model.p.part"].map(str::to_owned);
    rendered(&Parsed {
        manifest: &manifest,
        report: &report,
        selected: &BTreeSet::from(selected),
        planned: &BTreeMap::new(),
        environment: &environment(),
        is_suffixed: true,
    })
}

fn doubts(macros: &Value, hook: &str) -> Vec<String> {
    let doubts = proof(macros, hook).doubts.into_iter();
    doubts
        .map(|doubt| format!("{} {}", doubt.decider, doubt.reason))
        .collect()
}

/// The adapter's own macros, as far as they decide.
fn adapter() -> Value {
    json!({
        "macro.dbt_materialize.materialize__get_create_index_sql":
            {"sql": "{% macro materialize__get_create_index_sql(r, i) %}{% set c = adapter.generate_final_cluster_name(x) %}create index in cluster {{ c }}{% endmacro %}", "calls": []},
        "macro.dbt_materialize.set_cluster":
            {"sql": "{% macro set_cluster(cluster) %}set cluster = {{ cluster }}{% endmacro %}", "calls": []},
    })
}

fn with(id: &str, sql: &str) -> Value {
    let mut macros = adapter();
    macros[id] = json!({"sql": sql, "calls": []});
    macros
}

#[test]
fn what_the_adapter_names_is_told_as_it_will_be() {
    let proof = proof(&adapter(), "grant select on {{ this }} to reader");
    assert!(proof.doubts.is_empty(), "{:?}", proof.doubts);
    let ids: Vec<&str> = proof
        .relations
        .iter()
        .map(|built| built.id.as_str())
        .collect();
    assert_eq!(
        ids,
        ["model.p.bar", "model.p.foo"],
        "a part of others is built nowhere"
    );
    for relation in &proof.relations {
        assert_eq!(relation.place.as_ref().unwrap().schema, "s_dbt_deploy");
        let names: Vec<&ClusterName> = relation
            .clusters
            .iter()
            .map(|cluster| &cluster.name)
            .collect();
        assert_eq!(
            names,
            [&ClusterName::Named("compute_dbt_deploy".to_owned())]
        );
    }
}

#[test]
fn a_cluster_macro_of_the_project_is_no_proof_without_python() {
    let sql = "{% macro generate_cluster_name(n) %}{{ n }}{% endmacro %}";
    let proof = proof(&with("macro.p.generate_cluster_name", sql), "");
    let unknown = |cluster: &RenderedCluster| matches!(&cluster.name, ClusterName::Unknown(_));
    assert!(
        proof
            .relations
            .iter()
            .all(|built| built.clusters.iter().all(unknown))
    );
    assert!(proof.relations[0].by.cluster.is_overridden);
    assert_eq!(
        proof.relations[0].by.cluster.words,
        "`generate_cluster_name` in macros/m.sql"
    );
}

#[test]
fn a_macro_in_the_place_of_an_own_one_is_read() {
    let index = "macro.p.materialize__get_create_index_sql";
    let told = |sql: &str| doubts(&with(index, sql), "");
    assert_eq!(
        told("{% macro m() %}create index in cluster {{ target.cluster }}{% endmacro %}"),
        [
            "`materialize__get_create_index_sql` in macros/m.sql names its cluster by itself, as `{{ target.cluster }}`"
        ]
    );
    assert_eq!(
        told("{% macro m() %}create index on x{% endmacro %}"),
        [
            "`materialize__get_create_index_sql` in macros/m.sql creates what runs on a cluster and names none"
        ]
    );
    let right = "{% macro m() %}create index in cluster {{ adapter.generate_final_cluster_name(target.cluster) }}{% endmacro %}";
    assert!(told(right).is_empty());
    assert!(
        told("{% macro m() %}create index in cluster compute_dbt_deploy{% endmacro %}").is_empty()
    );
    let parameter = with(
        "macro.p.set_cluster",
        "{% macro set_cluster(cluster) %}set cluster = {{ cluster }};{% endmacro %}",
    );
    assert!(
        doubts(&parameter, "").is_empty(),
        "as the adapter's own takes it"
    );
}

#[test]
fn hooks_and_what_they_call_are_read() {
    assert_eq!(
        doubts(&adapter(), "create index in cluster compute on {{ this }}"),
        ["A hook in models/foo.sql names cluster `compute`"]
    );
    let mine = with(
        "macro.p.mine",
        "{% macro mine(r) %}create default index on {{ r }}{% endmacro %}",
    );
    assert_eq!(
        doubts(&mine, "{{ mine(this) }}"),
        ["`mine` in macros/m.sql creates what runs on a cluster and names none"]
    );
    assert!(doubts(&mine, "").is_empty(), "nobody calls it");
}

#[test]
fn a_materialization_that_names_its_schema_is_read() {
    let told = |sql: &str| doubts(&with("macro.p.materialization_view_materialize", sql), "");
    let by_target = "{% materialization view, adapter='materialize' %}{% set r = api.Relation.create(identifier=model['alias'], schema=target.schema, database=database) %}{% do adapter.drop_relation(r) %}{% endmaterialization %}";
    assert_eq!(
        told(by_target),
        [
            "`materialization_view_materialize` in macros/m.sql names its schema by itself, as `{{ target.schema }}`"
        ]
    );
    let written = "{% call statement('main') %}drop view if exists \"{{ target.database }}\".\"s\".\"{{ this.identifier }}\" cascade{% endcall %}";
    assert_eq!(
        told(written),
        ["`materialization_view_materialize` in macros/m.sql changes schema `s`"]
    );
    let right = "{% set r = this.incorporate(type='view') %}{% call statement('main') %}create view {{ r }} as ({{ sql }}){% endcall %}";
    assert!(told(right).is_empty());
    assert!(told("drop view s_dbt_deploy.x").is_empty());
}

#[test]
fn a_macro_in_the_place_of_a_create_is_read() {
    let own = "macro.dbt_materialize.materialize__create_view_as";
    let mine = "macro.p.materialize__create_view_as";
    let mut macros = with(
        own,
        "{% macro m(relation, sql) %}create view {{ relation }} as ({{ sql }}){% endmacro %}",
    );
    macros[mine] = json!({"sql": "{% macro m(relation, sql) %}create view s.x as ({{ sql }}){% endmacro %}", "calls": []});
    assert_eq!(
        doubts(&macros, ""),
        ["`materialize__create_view_as` in macros/m.sql changes schema `s`"]
    );
}

#[test]
fn hooks_that_change_another_schema_are_read() {
    assert_eq!(
        doubts(&adapter(), "drop view if exists s.warm cascade"),
        ["A hook in models/foo.sql changes schema `s`"]
    );
    assert_eq!(
        doubts(&adapter(), "grant usage on schema {{ target.schema }} to r"),
        ["A hook in models/foo.sql names its schema by itself, as `{{ target.schema }}`"]
    );
    assert_eq!(
        doubts(
            &adapter(),
            "alter cluster compute set (replication factor = 0)"
        ),
        ["A hook in models/foo.sql changes cluster `compute`"]
    );
    assert!(doubts(&adapter(), "grant select on {{ this }} to r").is_empty());
}

#[test]
fn models_and_what_they_call_are_read_where_they_send_something() {
    let id = "macro.p.mine";
    let mut macros = with(
        id,
        "{% macro mine() %}{% do run_query('drop view s.x') %}{% endmacro %}",
    );
    assert!(doubts(&macros, "").is_empty(), "nobody calls it");
    let manifest = |code: &str, macros: &Value| {
        let node = json!({"database": "db", "schema": "s_dbt_deploy", "config": {"materialized": "view"},
                          "raw_code": code, "original_file_path": "models/foo.sql"});
        sample::manifest(&json!({"model.p.foo": node}), macros, &json!({}))
    };
    let told = |code: &str, macros: &Value| {
        let manifest = manifest(code, macros);
        let report = Reported::from_manifest(&manifest, None, true);
        let proof = rendered(&Parsed {
            manifest: &manifest,
            report: &report,
            selected: &BTreeSet::from(["model.p.foo".to_owned()]),
            planned: &BTreeMap::new(),
            environment: &environment(),
            is_suffixed: true,
        });
        let objects: Vec<Vec<String>> = proof
            .doubts
            .iter()
            .map(|doubt| doubt.objects.clone())
            .collect();
        assert!(
            objects
                .iter()
                .all(|objects| objects == &["db.s_dbt_deploy.foo"]),
            "{objects:?}"
        );
        let doubts = proof.doubts.into_iter();
        doubts
            .map(|doubt| format!("{} {}", doubt.decider, doubt.reason))
            .collect::<Vec<_>>()
    };
    let called = ["`mine` in macros/m.sql changes schema `s`"];
    assert_eq!(told("{{ mine() }}select 1", &macros), called);
    let sent = "{% do run_query('delete from s.x') %}select 1";
    assert_eq!(
        told(sent, &adapter()),
        ["The model in models/foo.sql changes schema `s`"]
    );
    assert!(told("select 'delete from s.x'", &adapter()).is_empty());
    // A helper may have other uses: only what is production's counts.
    macros[id]["sql"] =
        json!("{% macro mine() %}{% do run_query('drop view other.x') %}{% endmacro %}");
    assert!(told("{{ mine() }}select 1", &macros).is_empty());
}

#[test]
fn what_is_selected_and_not_reported_is_a_doubt() {
    let manifest = project(&adapter(), "");
    let proof = rendered(&Parsed {
        manifest: &manifest,
        report: &[],
        selected: &BTreeSet::from(["model.p.foo".to_owned()]),
        planned: &BTreeMap::new(),
        environment: &environment(),
        is_suffixed: true,
    });
    assert_eq!(proof.doubts.len(), 1);
}
