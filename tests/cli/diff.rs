//! `cutover diff` on the sample project's manifests: needs no server.

use crate::schema::Schema;
use crate::{Ended, asset, command, project, run};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

const SELECTED: [&str; 9] = [
    "exposure.blue_green_slim_demo.greeting_page",
    "model.blue_green_slim_demo.bar",
    "model.blue_green_slim_demo.color_card",
    "model.blue_green_slim_demo.foobar",
    "model.blue_green_slim_demo.mood_feed",
    "model.blue_green_slim_demo.mood_share",
    "model.blue_green_slim_demo.people_by_mood",
    "test.blue_green_slim_demo.accepted_values_bar_color_category__warm__cool__between__unknown.5b6f1a5120",
    "test.blue_green_slim_demo.not_null_foobar_mood.c7733e1f15",
];

fn ids(folder: &Path, words: &[&str]) -> Vec<String> {
    let ended = run(folder, &[&["diff", "--output", "ids"], words].concat()).with_code(0);
    ended.stdout.lines().map(str::to_owned).collect()
}

fn model(name: &str) -> String {
    format!("model.blue_green_slim_demo.{name}")
}

#[test]
fn ids_are_what_dbt_selects_and_nothing_else() {
    let project = project();
    assert_eq!(ids(project.path(), &[]), SELECTED);
    let ended = run(project.path(), &["diff", "--output", "ids"]);
    assert_eq!(ended.stdout, SELECTED.join("\n") + "\n");
}

#[test]
fn neither_project_nor_connection_is_needed_with_both_files() {
    let elsewhere = tempfile::tempdir().unwrap();
    let (state, manifest) = (asset("demo/state"), asset("demo/target/manifest.json"));
    let files = [
        "--state",
        state.to_str().unwrap(),
        "--manifest",
        manifest.to_str().unwrap(),
    ];
    assert_eq!(ids(elsewhere.path(), &files), SELECTED);
}

#[test]
fn selectors_unite_intersect_and_exclude() {
    let project = project();
    let select = |words: &[&str]| ids(project.path(), words);
    assert_eq!(
        select(&["--select", "state:modified", "--resource-type", "model"]),
        [model("bar"), model("mood_share")]
    );
    assert_eq!(select(&["-s", "state:new"]), [model("mood_share")]);
    assert_eq!(
        select(&[
            "-s",
            "state:modified.body",
            "--exclude",
            "state:new",
            "--resource-type",
            "model"
        ]),
        [model("bar")]
    );
    assert_eq!(
        select(&["-s", "state:modified+,config.materialized:view"]),
        [model("color_card"), model("people_by_mood")]
    );
    assert_eq!(
        select(&[
            "-s",
            "foo",
            "top_bidders",
            "--resource-type",
            "model",
            "--indirect-selection",
            "empty"
        ]),
        [model("foo"), model("top_bidders")]
    );
    assert!(select(&["-s", "state:modified,resource_type:source"]).is_empty());
}

#[test]
fn json_is_as_its_schema_says_and_tells_why() {
    let project = project();
    let ended = run(project.path(), &["diff", "--output", "json"]).with_code(0);
    let diff: Value = serde_json::from_str(&ended.stdout).unwrap();
    Schema::named("diff").check(&diff);
    assert_eq!(diff["selector"], "state:modified+");
    let node = |id: &str| {
        let nodes = diff["nodes"].as_array().unwrap();
        nodes
            .iter()
            .find(|node| node["unique_id"] == *id)
            .unwrap()
            .clone()
    };
    assert_eq!(node(&model("bar"))["change"], "modified");
    assert_eq!(node(&model("bar"))["reasons"][0]["kind"], "body");
    let path = node(&model("people_by_mood"))["path"].clone();
    assert_eq!(
        path,
        serde_json::json!([model("bar"), model("foobar"), model("people_by_mood")])
    );
    assert_eq!(node(&model("warm_people"))["change"], "removed");
    assert!(
        !diff["selected"]
            .as_array()
            .unwrap()
            .contains(&Value::from(model("warm_people")))
    );
}

#[test]
fn text_names_change_reason_and_path() {
    let project = project();
    let text = run(project.path(), &["diff"]).with_code(0).stdout;
    assert!(
        text.contains("modified   model.blue_green_slim_demo.bar\n             body\n"),
        "{text}"
    );
    assert!(
        text.contains("removed    model.blue_green_slim_demo.warm_people"),
        "{text}"
    );
    assert!(
        text.contains("path model.blue_green_slim_demo.bar -> model.blue_green_slim_demo.foobar"),
        "{text}"
    );
}

#[test]
fn what_can_not_be_compared_is_told_with_code_2() {
    let project = project();
    let here = project.path();
    let empty = here.join("empty");
    fs::create_dir(&empty).unwrap();
    let write = |name: &str, text: &str| {
        let folder = here.join(name);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("manifest.json"), text).unwrap();
    };
    write("no-json", "{\"metadata\": ");
    write("no-version", "{\"metadata\": {}, \"nodes\": {}}");
    write(
        "newer",
        r#"{"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v99.json"}, "nodes": {}}"#,
    );
    for (words, said) in [
        (["--state", "empty"], "empty holds no manifest.json"),
        (["--state", "no-json"], "no-json"),
        (["--state", "no-version"], "no-version"),
        (["--state", "newer"], "99"),
        (["--state", "target"], "compared with itself"),
        (["--select", "flavour:sweet"], "flavour"),
        (["--select", "state:sideways"], "sideways"),
        (["--resource-type", "poem"], "poem"),
        (["--indirect-selection", "sometimes"], "sometimes"),
        (["--manifest", "nowhere.json"], "nowhere.json"),
    ] {
        let ended = run(here, &[&["diff"], &words[..]].concat()).with_code(2);
        assert!(ended.stderr.contains(said), "{words:?}: {}", ended.stderr);
        assert_eq!(ended.stdout, "", "{words:?}");
    }
}

/// A folder with two manifests of one source, whose schema is rendered otherwise; only its template is the same.
fn source_with_a_variable(state_version: &str, project_version: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |directory: &str, version: &str, schema: &str| {
        let sections = [
            "nodes",
            "exposures",
            "metrics",
            "macros",
            "unit_tests",
            "semantic_models",
            "saved_queries",
        ];
        let mut manifest: Value = sections
            .map(|section| (section.to_owned(), json!({})))
            .into_iter()
            .collect();
        manifest["metadata"] = json!({
            "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json", "dbt_version": version
        });
        manifest["sources"] = json!({"source.p.farm.apples": {
            "resource_type": "source", "name": "apples", "source_name": "farm", "fqn": ["p", "farm", "apples"],
            "schema": schema, "unrendered_schema": "{{ var('farm') }}"
        }});
        fs::create_dir(folder.path().join(directory)).unwrap();
        fs::write(
            folder.path().join(directory).join("manifest.json"),
            manifest.to_string(),
        )
        .unwrap();
    };
    write("state", state_version, "farm");
    write("target", project_version, "other_farm");
    folder
}

const BOTH_FILES: [&str; 4] = ["--state", "state", "--manifest", "target/manifest.json"];

#[test]
fn the_version_of_dbt_and_then_the_flag_decide_what_is_compared_before_rendering() {
    let listed = |version: &str, more: &[&str]| {
        let folder = source_with_a_variable(version, version);
        !ids(folder.path(), &[&BOTH_FILES, more].concat()).is_empty()
    };
    let flag = |value| ["--compare-more-unrendered-values", value];
    assert!(listed("1.11.16", &[]));
    assert!(!listed("1.12.6", &[]));
    assert!(!listed("1.11.16", &flag("true")));
    assert!(listed("1.12.6", &flag("false")));
}

#[test]
fn no_variable_sets_the_flag_as_in_dbt() {
    let folder = source_with_a_variable("1.11.16", "1.11.16");
    for variable in [
        "DBT_STATE_MODIFIED_COMPARE_MORE_UNRENDERED_VALUES",
        "DBT_ENGINE_STATE_MODIFIED_COMPARE_MORE_UNRENDERED_VALUES",
    ] {
        let words = [&["diff", "--output", "ids"], &BOTH_FILES[..]].concat();
        let output = command(folder.path())
            .args(&words)
            .env(variable, "true")
            .output();
        let ended = Ended::of(output.unwrap()).with_code(0);
        assert_eq!(ended.stdout, "source.p.farm.apples\n", "{variable}");
    }
}

#[test]
fn the_project_decides_where_there_is_one() {
    let folder = source_with_a_variable("1.12.6", "1.12.6");
    let project = |flags: &str| {
        let text = format!("name: p\n{flags}");
        fs::write(folder.path().join("dbt_project.yml"), text).unwrap();
    };
    project("");
    assert!(ids(folder.path(), &BOTH_FILES).is_empty());
    project("flags: {state_modified_compare_more_unrendered_values: false}\n");
    assert_eq!(ids(folder.path(), &BOTH_FILES), ["source.p.farm.apples"]);
    let flag = ["--compare-more-unrendered-values", "true"];
    let words = [&["diff"], &BOTH_FILES[..], &flag].concat();
    let ended = run(folder.path(), &words).with_code(2);
    assert!(ended.stderr.contains("dbt_project.yml"), "{}", ended.stderr);
}

#[test]
fn manifests_of_the_second_engine_are_said_to_be_incomparable() {
    let words = [&["diff"], &BOTH_FILES[..]].concat();
    let mixed = source_with_a_variable("2.0.9", "1.12.6");
    let ended = run(mixed.path(), &words).with_code(0);
    assert!(
        ended
            .stderr
            .contains("dbt 2.0.9 wrote the manifest of the state"),
        "{}",
        ended.stderr
    );
    let alike = source_with_a_variable("2.0.9", "2.0.9");
    let ended = run(alike.path(), &words).with_code(0);
    assert!(!ended.stderr.contains("2.0.9"), "{}", ended.stderr);
}

#[test]
fn dbts_other_spellings_are_taken() {
    let project = project();
    let select = |words: &[&str]| ids(project.path(), words);
    let expected = select(&["--select", "state:modified", "--resource-type", "model"]);
    assert_eq!(
        select(&["-m", "state:modified", "--resource-types", "model"]),
        expected
    );
    assert_eq!(
        select(&["--models", "state:modified", "--resource-type", "model"]),
        expected
    );
    let ended = run(project.path(), &["diff", "--selector", "nowhere"]).with_code(2);
    assert!(ended.stderr.contains("nowhere"), "{}", ended.stderr);
}
