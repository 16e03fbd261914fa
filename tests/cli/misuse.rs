//! What goes wrong before anything happens: one clear sentence on stderr, and the right exit code.

use crate::{command, project, run};
use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::process::Stdio;

#[test]
fn without_a_dbt_project_the_remedy_is_said() {
    let empty = tempfile::tempdir().unwrap();
    for words in [
        &["status"][..],
        &["promote", "--yes"],
        &["diff"],
        &["environments"],
    ] {
        let ended = run(empty.path(), words).with_code(2);
        assert!(
            ended.stderr.contains("dbt project"),
            "{words:?}: {}",
            ended.stderr
        );
        assert_eq!(ended.stdout, "");
    }
}

#[test]
fn broken_files_are_named_with_their_line_and_all_at_once() {
    let project = project();
    let write = |name: &str, text: &str| fs::write(project.path().join(name), text).unwrap();
    write(
        "cutover.toml",
        "lag_threshold = \"soon\"\npoll_interval = [\n",
    );
    let ended = run(project.path(), &["status"]).with_code(2);
    assert!(ended.stderr.contains("cutover.toml"), "{}", ended.stderr);
    write("cutover.toml", "lag_threshold = \"soon\"\nretries = 3\n");
    let ended = run(project.path(), &["status"]).with_code(2);
    assert!(
        ended.stderr.contains("lag_threshold") && ended.stderr.contains("retries"),
        "{}",
        ended.stderr
    );
    write("cutover.toml", "");
    write("dbt_project.yml", "name: [shop\n");
    let ended = run(project.path(), &["status"]).with_code(2);
    assert!(ended.stderr.contains("dbt_project.yml"), "{}", ended.stderr);
}

#[test]
fn an_unknown_target_is_told_with_those_that_there_are() {
    let project = project();
    let ended = run(project.path(), &["status", "--target", "produktion"]).with_code(2);
    assert!(
        ended.stderr.contains("produktion") && ended.stderr.contains("production"),
        "{}",
        ended.stderr
    );
}

/// A port of this machine on which nobody listens.
fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
fn an_absent_server_fails_with_its_address() {
    let project = project();
    let address = format!("127.0.0.1:{}", closed_port());
    let url = crate::server::url(&address);
    for words in [&["status"][..], &["init", "--yes"], &["validate"]] {
        let ended = run(project.path(), &[words, &["--url", &url]].concat()).with_code(1);
        assert!(
            ended.stderr.contains(&address),
            "{words:?}: {}",
            ended.stderr
        );
    }
    let ended = run(
        project.path(),
        &["status", "--output", "json", "--url", &url],
    )
    .with_code(1);
    let event: serde_json::Value = serde_json::from_str(ended.stdout.trim()).unwrap();
    assert_eq!(event["event"], "finished");
    crate::schema::Schema::named("event").check(&event);
}

#[test]
fn mistyped_words_are_usage_errors() {
    let here = tempfile::tempdir().unwrap();
    for words in [
        &["promotte"][..],
        &["status", "--outptu", "json"],
        &["status", "--output", "ids"],
        &["run"],
    ] {
        let ended = run(here.path(), words).with_code(2);
        assert!(!ended.stderr.is_empty(), "{words:?}");
        assert_eq!(ended.stdout, "");
    }
}

#[test]
fn help_lists_the_exit_codes_and_every_command() {
    let here = tempfile::tempdir().unwrap();
    let help = run(here.path(), &["--help"]).with_code(0).stdout;
    for code in ["0 ", "1 ", "2 ", "3 ", "4 ", "5 ", "6 ", "7 ", "130 "] {
        let line = |line: &str| line.trim_start().starts_with(code);
        assert!(help.lines().any(line), "{code}: {help}");
    }
    for word in ["promote", "rollback", "validate", "diff", "doctor"] {
        assert!(help.contains(word), "{word}");
    }
}

#[test]
fn completions_and_manual_page_name_the_commands() {
    let here = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(here.path(), &["completions", shell])
            .with_code(0)
            .stdout;
        assert!(script.contains("rollback"), "{shell}");
    }
    let page = run(here.path(), &["man"]).with_code(0).stdout;
    assert!(page.contains(".TH") && page.contains("rollback"));
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let project = project();
    for words in [
        &["diff"][..],
        &["findings"],
        &["man"],
        &["completions", "zsh"],
    ] {
        let mut child = command(project.path())
            .args(words)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Closed before the first line is read: every write from then on fails.
        drop(child.stdout.take());
        let mut said = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        let status = child.wait().unwrap();
        assert!(!said.contains("panicked"), "{words:?}: {said}");
        assert!(matches!(status.code(), Some(0 | 1)), "{words:?}: {status}");
    }
}
