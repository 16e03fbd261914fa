//! Projects that would reach into production from a deploy: by a materialization, a macro, a hook, a model, or by what they hide
//! from the proof.

use super::deploy::{RIGHT, Shop, blocked, proofs_missing};
use cutover::domain::finding::Finding;
use cutover::ops::progress::OutcomeKind;

/// A materialization that decides its schema itself, and drops what stands there.
const MATERIALIZATION: &str = "
{% materialization materialized_view, adapter='materialize' %}
  {%- set target_relation = api.Relation.create(identifier=model['alias'], schema=target.schema, database=database, type='materialized_view') -%}
  {%- set cluster = adapter.generate_final_cluster_name(config.get('cluster', target.cluster)) -%}
  {%- set old = adapter.get_relation(identifier=model['alias'], schema=target.schema, database=database) -%}
  {% if old %}{{ adapter.drop_relation(old) }}{% endif %}
  {% call statement('main') -%}
    create materialized view {{ target_relation }} in cluster {{ cluster }} as ( {{ sql }} );
  {%- endcall %}
  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
";

/// A macro in the place of the adapter's own, which writes into a schema of production.
const CREATE: &str = "
{% macro materialize__create_view_as(relation, sql) -%}
  drop view if exists \"{{ target.database }}\".\"serving\".\"{{ relation.identifier }}\" cascade;
  create view \"{{ target.database }}\".\"serving\".\"{{ relation.identifier }}\" as ( {{ sql }} );
{%- endmacro %}
";

/// A statement that nobody can read before it runs.
const HIDDEN: &str = "{% do run_query('drop view if exists ' ~ ['serv', 'ing'] | join ~ '.warm_people cascade') %}\n";

fn prepend(shop: &Shop, model: &str, text: &str) {
    let sql = std::fs::read_to_string(shop.path().join(model)).unwrap();
    shop.write(model, &format!("{text}{sql}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_names_a_schema_by_itself_gets_no_deploy() {
    let shop = Shop::new().await;
    shop.write("macros/mat.sql", MATERIALIZATION);
    shop.write("macros/create.sql", CREATE);
    let hook = "{{ config(pre_hook='drop view if exists serving.warm_people cascade') }}\n";
    prepend(&shop, "models/palette/foo.sql", hook);
    let sent = "{% do run_query('drop view if exists serving.warm_people cascade') %}\n";
    prepend(&shop, "models/palette/bar.sql", sent);
    let before = shop.everything().await;
    let plan = shop.plan(&shop.workspace()).await;
    let missing = proofs_missing(&plan);
    for told in [
        "`materialization_materialized_view_materialize` in macros/mat.sql names its schema by itself, as `{{ target.schema }}`.",
        "`materialize__create_view_as` in macros/create.sql changes schema `serving`.",
        "A hook in models/palette/foo.sql changes schema `serving`.",
        "The model in models/palette/bar.sql changes schema `serving`.",
    ] {
        let says = |finding: &&&Finding| finding.message == told;
        let finding = missing.iter().find(says);
        let finding = finding.unwrap_or_else(|| panic!("{told}: {missing:?}"));
        assert!(!finding.id.can_be_allowed());
        assert!(finding.remedy.contains("{{ this }}"), "{finding:?}");
        let objects = &finding.objects;
        let of_relations = |object: &String| object.starts_with("materialize.");
        assert!(objects.iter().all(of_relations), "one form: {objects:?}");
    }
    assert_eq!(shop.everything().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_the_build_shows_is_not_sent() {
    let shop = Shop::new().await;
    prepend(&shop, "models/palette/foo.sql", HIDDEN);
    let workspace = shop.workspace();
    let plan = shop.plan(&workspace).await;
    assert!(proofs_missing(&plan).is_empty(), "{:?}", plan.findings);
    let deployed = shop.execute(&workspace, plan).await;
    let said = &deployed.message;
    assert_eq!(deployed.outcome, OutcomeKind::Unfinished, "{said}");
    let words = "cutover did not send `drop view if exists serving.warm_people cascade`: it would change `serving.warm_people`";
    assert!(said.contains(words), "{said}");
    assert!(!said.contains("damaged"), "{said}");
    let now = shop.everything().await;
    let stands = |name: &str| now.iter().any(|row| row.ends_with(name));
    assert!(stands(" warm_people"), "{now:?}");
    assert!(!now.join("\n").contains("complete=yes"), "{now:?}");
    // Nothing more was begun: every model behind it is missing.
    let built = now.iter().filter(|row| row.ends_with(" people_by_mood"));
    assert_eq!(built.count(), 1, "production's alone: {now:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_macro_that_asks_which_command_runs_is_asked_under_that_command() {
    let by_command = "{% macro generate_deploy_cluster_name(custom_cluster_name) -%}
        {%- if flags.WHICH == 'run' -%}{{ custom_cluster_name }}
        {%- else -%}{{ custom_cluster_name }}_dbt_deploy{%- endif -%}
    {%- endmacro %}";
    blocked(
        &format!("{RIGHT}{by_command}"),
        &["production's cluster `compute`: `generate_deploy_cluster_name`"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_database_for_the_target_gets_no_deploy() {
    let by_target = "{% macro generate_database_name(custom_database_name=none, node=none) -%}
        {%- if target.name == 'production' -%} prod_db {%- else -%} {{ target.database }} {%- endif -%}
    {%- endmacro %}";
    blocked(
        &format!("{RIGHT}{by_target}"),
        &[
            "14 relations would be built in database `prod_db`, not in `materialize`: `generate_database_name` in macros/generate_schema_name.sql decides",
        ],
    )
    .await;
}
