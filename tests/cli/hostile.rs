//! Names, comments, files and arguments that hold what a terminal or a CI system would obey.

use crate::stage::Stage;
use crate::{Ended, project, run};

/// Colours, a title, the clipboard, C1, writing direction, line ends, and the commands of CI systems.
const HOSTILE: &str = "x\u{1b}[31m\u{1b}]0;own\u{7}\u{1b}]52;c;aGk=\u{9c}\u{9b}2J\u{202e}\u{2066}\u{200f}\u{61c}\r\n::error::y ##[group]z ##vso[task.complete]\nsection_start:1:a\r\u{1b}[0K";

fn is_obeyed(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[track_caller]
fn assert_tame(words: &[&str], ended: &Ended) {
    for (stream, text) in [("stdout", &ended.stdout), ("stderr", &ended.stderr)] {
        for line in text.split('\n') {
            let obeyed = line.contains(|c| is_obeyed(c) && c != '\t')
                || line.trim_start().starts_with("::")
                || ["##[", "##vso[", "section_start:"]
                    .iter()
                    .any(|command| line.contains(command));
            assert!(!obeyed, "{words:?} on {stream}: {line:?}");
        }
    }
}

/// Runs a command and looks at what it printed, in text and in JSON.
fn look(stage: &Stage, words: &[&str]) -> [Ended; 2] {
    [&["--color", "never"][..], &["--output", "json"]].map(|more| {
        let all = [words, more].concat();
        let ended = stage.run(&all);
        assert_tame(&all, &ended);
        ended
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn no_command_prints_what_would_be_obeyed() {
    let stage = Stage::new().await;
    let quoted = format!("\"{HOSTILE}\"");
    for side in ["", "_dbt_deploy"] {
        if !side.is_empty() {
            let [init, _] = look(&stage, &["init", "--yes"]);
            init.with_code(0);
        }
        stage.sql(&format!(
            "CREATE VIEW materialize.blue_green_slim{side}.{quoted} AS SELECT 1 AS one"
        ));
        stage.sql(&format!(
            "COMMENT ON VIEW materialize.blue_green_slim{side}.{quoted} IS '{HOSTILE}'"
        ));
    }
    stage.sql(&format!(
        "COMMENT ON SCHEMA materialize.serving_dbt_deploy IS '{HOSTILE}'"
    ));
    stage.sql(&format!("CREATE SCHEMA materialize.{quoted}"));
    stage.sql(&format!(
        "CREATE VIEW materialize.{quoted}.{quoted} AS SELECT * FROM materialize.blue_green_slim.{quoted}"
    ));
    let [status, json] = look(&stage, &["status"]);
    assert!(status.with_code(0).stdout.contains("x\\u{1b}[31m"));
    let status: serde_json::Value = serde_json::from_str(&json.with_code(0).stdout).unwrap();
    let mut objects = status["objects"].as_array().unwrap().iter();
    assert!(
        objects.any(|object| object["name"] == HOSTILE),
        "{status:#}"
    );
    for words in [
        &["doctor"][..],
        &["environments"],
        &["init", "--dry-run"],
        &["deploy", "--dry-run", "--runner", "compiled"],
        &["deploy", "--runner", "compiled", "--yes"],
        &["validate"],
        &["promote", "--dry-run"],
        &["promote", "--yes"],
        &["rollback", "--dry-run"],
        &["cleanup", "--dry-run"],
        &["cleanup", "--yes"],
        &["run", "--until", "ready", "--runner", "compiled"],
        &["history"],
        &["findings"],
        &["config", "show"],
    ] {
        let [text, _] = look(&stage, words);
        assert!(text.code != 101, "{words:?} panicked: {}", text.stderr);
    }
    let [promote, _] = look(&stage, &["promote", "--dry-run"]);
    let shown = format!("{}{}", promote.stdout, promote.stderr);
    assert!(shown.contains("x\\u{1b}[31m"), "it is told of: {shown}");
}

#[test]
fn no_argument_and_no_file_is_obeyed() {
    let project = project();
    let here = project.path();
    for words in [
        &[HOSTILE][..],
        &["status", "--target", HOSTILE],
        &["status", "--profile", HOSTILE],
        &["status", "--url", HOSTILE],
        &["status", "--project-dir", HOSTILE],
        &["status", "--output", HOSTILE],
        &["status", "--lag-threshold", HOSTILE],
        &["init", "--size", HOSTILE],
        &["promote", "--allow", HOSTILE],
        &["diff", "--select", HOSTILE],
        &["diff", "--state", HOSTILE],
        &["run", "--until", HOSTILE],
    ] {
        for output in [&[][..], &["--output", "json"]] {
            // A project that is not valid, too: files are repeated in messages.
            for color in ["always", "never"] {
                let all = [words, output, &["--color", color]].concat();
                let ended = run(here, &all);
                assert_ne!(ended.code, 101, "{words:?}: {}", ended.stderr);
                if color == "never" {
                    assert_tame(words, &ended);
                }
            }
        }
    }
    let write = |name: &str, text: &str| std::fs::write(here.join(name), text).unwrap();
    let escaped = "x\\e[31m\\x9b2J\\u202e\\r\\n::error::y ##[group]z";
    let cases = [
        (
            "dbt_project.yml",
            format!("name: \"{escaped}\"\nprofile: \"{escaped}\"\n"),
        ),
        ("dbt_project.yml", format!("\"{escaped}\": [1\n")),
        (
            "cutover.toml",
            "\"x\\u001b[31m\\u202e::error::\" = 1\n".to_owned(),
        ),
        ("profiles.yml", format!("\"{escaped}\": 1\n")),
    ];
    for (name, text) in cases {
        let before = std::fs::read_to_string(here.join(name)).ok();
        write(name, &text);
        for words in [
            &["status"][..],
            &["config", "check"],
            &["config", "show"],
            &["environments"],
        ] {
            assert_tame(words, &run(here, words));
        }
        match before {
            Some(text) => write(name, &text),
            None => std::fs::remove_file(here.join(name)).unwrap(),
        }
    }
}
