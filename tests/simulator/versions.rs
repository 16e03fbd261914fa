//! What servers of different versions answer differently.

use super::server::Simulator;
use super::wire::{Answer, Session};

/// What a server that says this of itself answers to the last of some statements, and to the others without an error.
fn asked(version: &str, statements: &[&str]) -> Answer {
    let simulator = Simulator::start(&format!("[server]\nversion = \"{version}\""));
    let mut session = Session::login(simulator.address(), "materialize");
    let (last, before) = statements.split_last().unwrap();
    for sql in before {
        assert_eq!(session.ask(sql).error, None, "{sql}");
    }
    session.ask(last)
}

fn code(version: &str, statements: &[&str]) -> String {
    asked(version, statements).error.unwrap().code
}

#[test]
fn a_server_says_its_version() {
    for version in ["v26.9.0-dev.0 (9e9123290)", "v26.39.0 (simulated)"] {
        let said = &asked(version, &["select mz_version()"]).rows[0][0];
        assert_eq!(said.as_deref(), Some(version));
    }
}

/// Recorded for 26.9 (03); for 26.39 a belief, from the server's source.
#[test]
fn what_is_not_supported_has_a_code_of_its_own_on_newer_servers() {
    let sql = [
        "create cluster unm replicas (r1 (size '25cc'))",
        "show create cluster unm",
    ];
    assert_eq!(code("v26.9.0", &sql), "XX000");
    assert_eq!(code("v26.39.0", &sql), "0A000");
}

/// Recorded for both (v26.24/18, v26.39/18): a feature that is switched off is not one that is unsupported.
#[test]
fn what_is_switched_off_has_the_same_code_everywhere() {
    let sql = [
        "create cluster s (size '25cc', schedule = on refresh (hydration time estimate = '1 hour'))",
    ];
    assert_eq!(code("v26.9.0", &sql), "XX000");
    assert_eq!(code("v26.39.0", &sql), "XX000");
}

/// A belief, from the release notes of 26.32.
#[test]
fn a_subscribe_of_nothing_has_a_code_of_its_own_on_newer_servers() {
    let sql = ["subscribe (select * from nowhere)"];
    assert_eq!(code("v26.31.0", &sql), "XX000");
    assert_eq!(code("v26.32.0", &sql), "42704");
    assert_eq!(code("v26.39.0", &["select * from nowhere"]), "XX000");
}

/// Recorded: 03, v26.39/18.
#[test]
fn a_newer_server_shows_how_clusters_compress() {
    let create = "create cluster c (size '25cc')";
    let shown = |version| {
        let mut rows = asked(version, &[create, "show create cluster c"]).rows;
        rows[0].remove(1).unwrap()
    };
    assert!(!shown("v26.24.0").contains("COMPRESSION"));
    let newest = shown("v26.39.0");
    assert!(
        newest.contains("(EXPERIMENTAL ARRANGEMENT COMPRESSION = false, INTROSPECTION DEBUGGING"),
        "{newest}"
    );
    // What it shows, it takes back under another name; an older server does not.
    let again = newest.replace("\"c\"", "\"d\"");
    assert_eq!(asked("v26.39.0", &[&again]).error, None);
    assert_eq!(code("v26.24.0", &[&again]), "42601");
}

/// Recorded: v26.24/18, v26.39/18.
#[test]
fn a_swap_leaves_a_types_text_on_older_servers() {
    let named = |version| {
        let sql = [
            "create schema r18",
            "create schema r18_dbt_deploy",
            "create type r18.strs as list (element type = text)",
            "alter schema r18 swap with r18_dbt_deploy",
            "select create_sql from mz_types where name = 'strs'",
        ];
        asked(version, &sql).rows[0][0].clone().unwrap()
    };
    let text = |schema: &str| {
        format!(
            "CREATE TYPE \"materialize\".\"{schema}\".\"strs\" AS LIST (ELEMENT TYPE = [s46 AS \"pg_catalog\".\"text\"])"
        )
    };
    assert_eq!(named("v26.24.0"), text("r18"));
    assert_eq!(named("v26.33.0"), text("r18_dbt_deploy"));
}
