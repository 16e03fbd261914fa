//! JSON against its schemas, from the real binary at work on the simulated Materialize.

use crate::schema::Schema;
use crate::{Ended, command, project, run, value};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

/// A simulated server of its own; ends with the value.
pub struct Server {
    child: Child,
    url: String,
}

impl Server {
    pub fn start(folder: &Path) -> Self {
        let mut child = command(folder)
            .args(["sim", "--listen", "127.0.0.1:0", "--speed", "20"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line.trim().strip_prefix("listening on ").expect(&line);
        let url = crate::server::url(address);
        Self { child, url }
    }

    /// `host:port`.
    pub fn address(&self) -> &str {
        let host = self.url.split_once('@').unwrap().1;
        host.split_once('/').unwrap().0
    }

    pub fn run(&self, folder: &Path, words: &[&str]) -> Ended {
        run(folder, &[words, &["--url", &self.url]].concat())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn events(ended: &Ended) -> Vec<Value> {
    let schema = Schema::named("event");
    let events = ended
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let events: Vec<Value> = events.inspect(|event| schema.check(event)).collect();
    let last = events.last().expect("there is an event");
    assert_eq!(last["event"], "finished", "{last}");
    events
}

#[test]
fn every_command_speaks_as_its_schema_says() {
    let project = project();
    let here = project.path();
    let server = Server::start(here);
    let status = Schema::named("status");
    let operation = Schema::named("operation");

    let before = value(
        &server
            .run(here, &["status", "--output", "json"])
            .with_code(0),
    );
    status.check(&before);
    assert_eq!(before["phase"], "none");
    assert_eq!(before["readiness"], Value::Null);
    // What was never initialised is not failing, whoever looks.
    for words in [
        &["status"][..],
        &["status", "--output", "json"],
        &["environments"],
        &["environments", "--output", "json"],
    ] {
        let ended = server.run(here, words).with_code(0);
        let said = format!("{}{}", ended.stdout, ended.stderr);
        assert!(!said.contains("failing"), "{words:?}: {said}");
        assert!(said.contains("none"), "{words:?}: {said}");
    }

    let plan = value(
        &server
            .run(here, &["init", "--dry-run", "--output", "json"])
            .with_code(0),
    );
    operation.check(&plan);
    assert!(!plan["statements"].as_array().unwrap().is_empty());
    let unasked = server.run(here, &["init"]).with_code(2);
    assert!(unasked.stderr.contains("--yes"), "{}", unasked.stderr);

    let init = events(
        &server
            .run(here, &["init", "--yes", "--output", "json"])
            .with_code(0),
    );
    assert_eq!(init[0]["event"], "started");
    let deploy = server
        .run(here, &["deploy", "--yes", "--output", "json"])
        .with_code(0);
    let models = events(&deploy);
    assert!(
        models
            .iter()
            .any(|event| event["event"] == "model" && event["state"] == "done")
    );
    events(
        &server
            .run(here, &["await", "--output", "json"])
            .with_code(0),
    );

    let after = value(
        &server
            .run(here, &["status", "--output", "json"])
            .with_code(0),
    );
    status.check(&after);
    assert_eq!(
        (&after["phase"], &after["readiness"]),
        (&json!("ready"), &json!("ready"))
    );

    let validation = value(
        &server
            .run(here, &["validate", "--output", "json"])
            .with_code(0),
    );
    Schema::named("validation").check(&validation);
    let verdict = |name: &str| {
        let relations = validation["relations"].as_array().unwrap();
        relations.iter().find(|twin| twin["name"] == *name).unwrap()["verdict"].clone()
    };
    assert_eq!(
        (verdict("foo"), verdict("bar")),
        (json!("equal"), json!("changed"))
    );

    let promote = value(&server.run(here, &["promote", "--dry-run", "--output", "json"]));
    operation.check(&promote);
    let statements = promote["statements"].to_string();
    assert!(statements.contains("SWAP WITH"), "{statements}");
    let unasked = server.run(here, &["promote"]).with_code(2);
    assert!(unasked.stderr.contains("--yes"), "{}", unasked.stderr);
}

#[test]
fn the_sql_of_a_blocked_plan_is_commented_out() {
    let project = project();
    let here = project.path();
    let server = Server::start(here);
    server.run(here, &["init", "--yes"]).with_code(0);
    let blocked = server.run(here, &["rollback", "--dry-run"]).with_code(4);
    assert!(blocked.stdout.contains("SWAP WITH"), "{}", blocked.stdout);
    assert!(
        blocked.stdout.lines().all(|line| line.starts_with("-- ")),
        "psql would run it: {}",
        blocked.stdout
    );
    let status = server.run(here, &["status"]).with_code(0);
    assert!(
        status.stdout.contains("phase initialized"),
        "{}",
        status.stdout
    );
}

#[test]
fn a_validate_command_that_fails_blocks_and_is_told_of_the_deployment() {
    let project = project();
    let here = project.path();
    let server = Server::start(here);
    server.run(here, &["init", "--yes"]).with_code(0);
    server.run(here, &["deploy", "--yes"]).with_code(0);
    let program = |word: &str| {
        json!([
            "sh",
            "-c",
            format!("echo \"$CUTOVER_TARGET $CUTOVER_DEPLOYMENT_SCHEMAS\"; {word}")
        ])
        .to_string()
    };
    let write = |word: &str| {
        let text = format!(
            "runner = \"compiled\"\nvalidate = [{{ name = \"mine\", command = {} }}]\n",
            program(word)
        );
        std::fs::write(here.join("cutover.toml"), text).unwrap();
    };
    write("exit 0");
    server.run(here, &["validate"]).with_code(0);
    write("exit 3");
    let ended = server
        .run(here, &["validate", "--output", "json"])
        .with_code(4);
    let validation = value(&ended);
    Schema::named("validation").check(&validation);
    let command = &validation["commands"][0];
    assert_eq!(
        (&command["passed"], &command["exit_code"]),
        (&json!(false), &json!(3))
    );
    assert_eq!(
        command["output"],
        json!(["production blue_green_slim_dbt_deploy,serving_dbt_deploy"])
    );
}

#[test]
fn the_schemas_refuse_what_they_should() {
    let event = Schema::named("event");
    assert!(event.refuses(&json!({"event": "finished"})));
    assert!(event.refuses(&json!({"event": "log", "line": "x", "more": 1})));
    assert!(event.refuses(&json!({"event": "unheard", "line": "x"})));
    assert!(!event.refuses(&json!({"event": "committed"})));
    assert!(Schema::named("diff").refuses(&json!({"selector": "x", "selected": [1], "nodes": []})));
}
