//! A password that others repeat: a model, the server's errors, a comment. No sink lets it out.

use crate::stage::Stage;
use crate::{Ended, run};
use std::fs;
use std::path::{Path, PathBuf};

const SECRET: &str = "hunter22secret";

/// Runs a command by a URL with the password in it, and looks at what it printed.
fn look(stage: &Stage, words: &[&str]) -> Ended {
    let url = stage.url().replacen('@', &format!(":{SECRET}@"), 1);
    let ended = run(stage.here(), &[words, &["--url", &url]].concat());
    for (stream, text) in [("stdout", &ended.stdout), ("stderr", &ended.stderr)] {
        assert!(!text.contains(SECRET), "{words:?} on {stream}: {text}");
    }
    ended
}

/// What dbt would have compiled after an edit.
fn edit(stage: &Stage, from: &str, to: &str) {
    let file = stage.here().join("target/manifest.json");
    let text = fs::read_to_string(&file).unwrap();
    let edited = text.replace(from, to);
    assert_ne!(edited, text);
    fs::write(&file, edited).unwrap();
}

fn audits(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                return audits(&path);
            }
            let is_audit = path.extension().is_some_and(|end| end == "jsonl");
            is_audit.then_some(path).into_iter().collect()
        })
        .collect()
}

/// The audit files hold this text, and not the password.
fn assert_on_record(stage: &Stage, expected: &str) {
    let files = audits(stage.here());
    let texts = files.iter().map(|file| fs::read_to_string(file).unwrap());
    let text: String = texts.collect();
    assert!(text.contains(expected), "{text}");
    assert!(!text.contains(SECRET), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_in_a_model_is_told_nowhere() {
    let stage = Stage::new().await;
    edit(&stage, "'warm'", &format!("'{SECRET}'"));
    look(&stage, &["init", "--yes"]).with_code(0);
    let dry = look(&stage, &["deploy", "--dry-run"]).with_code(0);
    assert!(dry.stdout.contains("'***'"), "{}", dry.stdout);
    let active = dry
        .stdout
        .lines()
        .find(|line| !line.starts_with("--") && !line.is_empty());
    assert_eq!(active, None, "it would build something else");
    assert!(dry.stderr.contains("holds a secret"), "{}", dry.stderr);
    let plan = look(&stage, &["deploy", "--dry-run", "--output", "json"]).with_code(0);
    assert!(plan.stdout.contains("'***'"), "{}", plan.stdout);
    look(&stage, &["deploy", "--yes", "--output", "json"]).with_code(0);
    assert_on_record(&stage, "'***'");
    let stands = stage
        .sql("SELECT count(*) FROM mz_catalog.mz_materialized_views WHERE definition LIKE '%hunter22secret%'");
    assert_ne!(stands, [[Some("0".to_owned())]], "built as it was written");
    for words in [&["status"][..], &["diff"], &["history"], &["validate"]] {
        look(&stage, words);
        look(&stage, &[words, &["--output", "json"]].concat());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_in_the_servers_error_is_told_nowhere() {
    let stage = Stage::new().await;
    edit(&stage, "'warm'", SECRET);
    stage.sql(&format!("COMMENT ON SCHEMA serving IS 'pw {SECRET}'"));
    look(&stage, &["init", "--yes"]).with_code(0);
    for more in [&[][..], &["--output", "json"], &["-vv"]] {
        let ended = look(&stage, &[&["deploy", "--yes"][..], more].concat());
        assert_ne!(ended.code, 0);
        let all = format!("{}{}", ended.stdout, ended.stderr);
        assert!(all.contains("***"), "{all}");
    }
    assert_on_record(&stage, "***");
}
