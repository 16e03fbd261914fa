//! From files to the diff that is shown, and everything that can be wrong with the files.

use super::data::{Case, lines};
use cutover::dbt::diff::{Diff, DiffError, DiffRequest, NodeState, diff};
use cutover::dbt::manifest::ManifestError;
use cutover::dbt::selection::{IndirectSelection, ResourceTypes, SelectionError};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A project's folder with a state in `state/` and the manifest in `target/`.
struct Project(TempDir);

impl Project {
    fn of(case: &Case) -> Self {
        let project = Self::empty();
        if let Some(before) = case.before() {
            project.write("state/manifest.json", &before.full_text());
        }
        project.write("target/manifest.json", &case.after_manifest.full_text());
        project
    }

    fn empty() -> Self {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("state")).unwrap();
        fs::create_dir(folder.path().join("target")).unwrap();
        Self(folder)
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.0.path().join(file), text).unwrap();
    }

    fn request(&self) -> DiffRequest {
        DiffRequest {
            state_dir: self.0.path().join("state"),
            manifest: self.0.path().join("target/manifest.json"),
            target_dir: Some(self.0.path().join("target")),
            select: Vec::new(),
            selector: None,
            exclude: Vec::new(),
            resource_types: ResourceTypes::default(),
            indirect: IndirectSelection::default(),
            compare_unrendered: None,
        }
    }
}

fn case(name: &str) -> Case {
    let start = format!("{{\"case\":\"{name}\",");
    let line = lines("cases.jsonl.gz").find(|line| line.starts_with(&start));
    serde_json::from_str(&line.unwrap()).unwrap()
}

fn ids(ids: &[impl ToString]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

fn sentences(diff: &Diff, id: &str) -> Vec<String> {
    let node = diff.nodes.iter().find(|node| node.unique_id.as_str() == id);
    ids(&node.unwrap_or_else(|| panic!("no {id}")).reasons)
}

#[test]
fn tells_why_each_node_is_selected_and_how_changes_reach_it() {
    let case = case("jaffle-macro-2-levels");
    let diff = diff(&Project::of(&case).request()).unwrap();
    assert_eq!(diff.selector, "state:modified+");
    assert_eq!(
        sentences(&diff, "model.jaffle.stg_payments"),
        [
            "macro macro.jaffle.cents_to_dollars -> macro.jaffle.round_to -> macro.jaffle.cast_num (changed)"
        ]
    );
    assert_eq!(
        sentences(&diff, "model.jaffle.customers"),
        ["downstream of model.jaffle.stg_payments"]
    );
    let customers = diff
        .nodes
        .iter()
        .find(|node| node.unique_id.as_str() == "model.jaffle.customers");
    let customers = customers.unwrap();
    assert_eq!(customers.change, NodeState::Downstream);
    assert_eq!(
        ids(&customers.path),
        [
            "model.jaffle.stg_payments",
            "model.jaffle.int_order_payments",
            "model.jaffle.customers"
        ]
    );
    let listed = case.selectors["state:modified+"].as_ref().unwrap();
    let analyses = |id: &&String| !id.starts_with("analysis.");
    let listed: Vec<_> = listed.iter().filter(analyses).cloned().collect();
    assert_eq!(ids(&diff.selected), listed, "analyses are no default kind");
}

#[test]
fn shows_configuration_keys_with_both_values() {
    let diff = diff(&Project::of(&case("slim-mat-project-yml")).request()).unwrap();
    assert_eq!(
        sentences(&diff, "model.slim.plain"),
        [r#"config materialized: "view" -> "materialized_view""#]
    );
    let json = serde_json::to_value(&diff).unwrap();
    let plain = &json["nodes"][0];
    assert_eq!(plain["unique_id"], "model.slim.plain");
    assert_eq!(plain["resource_type"], "model");
    assert_eq!(plain["change"], "modified");
    assert_eq!(plain["reasons"][0]["kind"], "config");
    assert_eq!(plain["reasons"][0]["key"], "materialized");
    assert_eq!(plain["reasons"][0]["after"], "materialized_view");
}

#[test]
fn lists_what_was_removed_with_what_read_it() {
    let diff = diff(&Project::of(&case("slim-removed-root")).request()).unwrap();
    let removed: Vec<_> = diff
        .nodes
        .iter()
        .filter(|node| node.change == NodeState::Removed)
        .collect();
    assert_eq!(removed.len(), 1);
    assert_eq!(removed[0].unique_id.as_str(), "model.slim.bar");
    assert_eq!(
        removed[0].reasons[0].to_string(),
        "removed; the state has it read by model.slim.foobar"
    );
    assert!(!diff.selected.contains(&removed[0].unique_id));
}

#[test]
fn selects_by_other_methods_beside_the_state() {
    let project = Project::of(&case("jaffle-stg-orders"));
    let select = |select: &[&str], exclude: &[&str]| {
        let mut request = project.request();
        request.select = select.iter().map(ToString::to_string).collect();
        request.exclude = exclude.iter().map(ToString::to_string).collect();
        request.resource_types = ResourceTypes::parse(&["model"]).unwrap();
        diff(&request).map(|diff| ids(&diff.selected))
    };
    let modified = select(&["state:modified+"], &[]).unwrap();
    let marts = select(&["state:modified+,path:models/marts"], &[]).unwrap();
    assert!(!marts.is_empty() && marts.len() < modified.len());
    let mut rest = select(&["state:modified+"], &["path:models/marts"]).unwrap();
    rest.extend(marts);
    rest.sort();
    assert_eq!(rest, modified);
    assert_eq!(
        select(&["state:modified", "customers"], &[]).unwrap(),
        ["model.jaffle.customers", "model.jaffle.stg_orders"]
    );
    assert!(matches!(
        select(&["status:modified"], &[]),
        Err(DiffError::Selection(SelectionError::UnknownMethod { method, .. })) if method == "status"
    ));
}

#[test]
fn refuses_what_dbt_refuses_and_names_the_file() {
    let request = |text: &str| {
        let project = Project::of(&case("slim-body-foo"));
        project.write("state/manifest.json", text);
        diff(&project.request()).unwrap_err()
    };
    let valid = case("slim-body-foo").before().unwrap().full_text();
    let error = request("not json");
    assert!(matches!(
        error,
        DiffError::Manifest(ManifestError::NotJson { .. })
    ));
    assert!(error.to_string().contains("state/manifest.json"), "{error}");
    let truncated = &valid[..valid.len() / 2];
    assert!(matches!(
        request(truncated),
        DiffError::Manifest(ManifestError::NotJson { .. })
    ));
    assert!(matches!(
        request("{}"),
        DiffError::Manifest(ManifestError::NoVersion { .. })
    ));
    for version in ["v3", "v99", "v13"] {
        let error =
            request(&valid.replace("manifest/v12.json", &format!("manifest/{version}.json")));
        assert!(
            matches!(&error, DiffError::Manifest(ManifestError::UnsupportedVersion { found, .. }) if found.contains(version)),
            "{error}"
        );
    }
}

#[test]
fn refuses_to_compare_with_nothing() {
    let project = Project::of(&case("slim-body-foo"));
    fs::remove_file(project.0.path().join("state/manifest.json")).unwrap();
    assert!(matches!(
        diff(&project.request()),
        Err(DiffError::NoState { .. })
    ));
    let mut request = project.request();
    request.state_dir = Path::new("no/such/folder").to_owned();
    let error = diff(&request).unwrap_err();
    assert!(matches!(error, DiffError::NoState { .. }));
    assert!(error.to_string().contains("no/such/folder"));
}

#[test]
fn refuses_to_compare_the_target_with_itself() {
    let project = Project::of(&case("slim-body-foo"));
    let target = project.0.path().join("target");
    let mut request = project.request();
    for same in [
        target.clone(),
        target.join("../target/."),
        target.join("../state/../target"),
    ] {
        request.state_dir = same;
        assert!(matches!(
            diff(&request),
            Err(DiffError::StateIsTarget { .. })
        ));
    }
    request.target_dir = None;
    let error = diff(&request).unwrap_err();
    assert!(
        matches!(error, DiffError::StateIsTarget { .. }),
        "one file is both"
    );
    std::fs::rename(target.join("manifest.json"), target.join("after.json")).unwrap();
    std::fs::copy(
        project.0.path().join("state/manifest.json"),
        target.join("manifest.json"),
    )
    .unwrap();
    request.manifest = target.join("after.json");
    let found = diff(&request).unwrap();
    assert_eq!(
        ids(&found.selected),
        ["model.slim.foo", "model.slim.foobar"],
        "two files of one folder"
    );
}

#[test]
fn stops_where_dbt_stops() {
    let error =
        diff(&Project::of(&case("jaffle-contract-versioned-breaking")).request()).unwrap_err();
    let words = error.to_string();
    assert!(words.contains("model.jaffle.dim_orders.v1"), "{words}");
    assert!(words.contains("column amount changed its type"), "{words}");
}

#[test]
fn reads_an_older_manifest_than_it_compares_with() {
    let case = case("odd-state-schema-v11");
    let diff = diff(&Project::of(&case).request()).unwrap();
    assert_eq!(Some(ids(&diff.selected)), case.selectors["state:modified+"]);
}
