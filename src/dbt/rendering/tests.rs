//! Proof and doubt, from small manifests.

use super::*;
use crate::dbt::manifest::sample;
use crate::domain::environment::{Pair, Strategy};
use crate::domain::name::Identifier;
use crate::domain::rendered::ClusterName;
use serde_json::{Value, json};
use std::sync::Arc;

fn name(text: &str) -> Identifier {
    Identifier::new(text).unwrap()
}

fn environment() -> Environment {
    let pair = |text: &str| Pair {
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
