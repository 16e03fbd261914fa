//! A manifest that no longer tells the project's files: nothing is said of the project by it in silence.

use crate::Ended;
use crate::stage::Stage;
use std::fs;

const FILE: &str = "models/palette/foo.sql";

fn said(ended: &Ended) -> String {
    format!("{}{}", ended.stdout, ended.stderr)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_model_that_was_not_compiled_is_told_by_whoever_relies_on_the_manifest() {
    let stage = Stage::new().await;
    stage.agree("init");
    stage.agree("deploy");
    stage.run(&["await"]).with_code(0);
    stage.agree("promote");
    let run = &["run", "--until", "promoted", "--yes"];
    let done = "Production runs this project.";
    let before = stage.run(run).with_code(0);
    assert!(said(&before).contains(done));
    for words in [&["status"][..], &["doctor"], &["deploy", "--dry-run"]] {
        assert!(!said(&stage.run(words)).contains(FILE), "{words:?}");
    }
    let file = stage.here().join(FILE);
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text}\n-- edited")).unwrap();
    for words in [&["status"][..], &["doctor"], &["deploy", "--dry-run"]] {
        let said = said(&stage.run(words));
        assert!(said.contains(FILE), "{words:?}: {said}");
        assert!(said.contains("`dbt compile`"), "{words:?}: {said}");
    }
    let stopped = stage.run(run).with_code(4);
    assert!(said(&stopped).contains(FILE), "{}", said(&stopped));
    assert!(!said(&stopped).contains(done), "{}", said(&stopped));
    let allowed = format!("manifest-stale:{FILE}");
    let allowed = stage.run(&[run, &["--allow", &allowed][..]].concat());
    let told = said(&allowed.with_code(0));
    assert!(told.contains("By its manifest"), "{told}");
}

/// What production runs is on its record; the state directory's file may say something else.
#[tokio::test(flavor = "multi_thread")]
async fn doctor_compares_what_the_state_directory_says_with_productions_record() {
    let stage = Stage::new().await;
    let record = || {
        let checks = stage.run(&["doctor", "--output", "json"]);
        let checks: serde_json::Value = serde_json::from_str(&checks.stdout).unwrap();
        let checks = checks.as_array().unwrap().clone();
        let record = checks.into_iter().find(|check| check["name"] == "record");
        let record = record.unwrap();
        let text = |key: &str| record[key].as_str().unwrap().to_owned();
        (text("health"), text("message"))
    };
    let (health, message) = record();
    assert_eq!(health, "ok");
    assert!(message.starts_with("none tells"), "{message}");
    stage.agree("init");
    stage.agree("deploy");
    stage.run(&["await"]).with_code(0);
    stage.agree("promote");
    let (health, message) = record();
    assert_eq!(health, "ok");
    let runs = message.strip_prefix("production runs manifest ").unwrap();
    let file = stage.here().join("state/manifest.json");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text}\n")).unwrap();
    let (health, message) = record();
    assert_eq!(health, "warn");
    let told = format!("production runs manifest {runs}, but ");
    assert!(message.starts_with(&told), "{message}");
    stage.sql("DROP VIEW materialize.serving.color_card");
    stage.sql("CREATE VIEW materialize.serving.color_card AS SELECT 1 AS one");
    let (health, message) = record();
    assert_eq!(health, "warn");
    assert!(message.contains("is unknown"), "{message}");
}
