//! Settings, from where they are written to what they do: `config show`, and those that only a whole program can show to be alive.

use crate::output::Server;
use crate::schema::Schema;
use crate::{Ended, command, project, run, value};
use serde_json::{Value, json};
use std::path::Path;

const URL: &str = "postgres://operator:hunter2@db.example:6543/shop";

fn shown(folder: &Path, words: &[&str], variables: &[(&str, &str)]) -> Ended {
    let mut command = command(folder);
    command.args(["config", "show"]).args(words);
    command.envs(variables.iter().copied());
    Ended::of(command.output().unwrap())
}

/// What `config show` tells of one name.
fn told(folder: &Path, words: &[&str], variables: &[(&str, &str)], name: &str) -> Value {
    let words = [words, &["--output", "json"]].concat();
    let told = value(&shown(folder, &words, variables).with_code(0));
    Schema::named("config").check(&told);
    assert_eq!(told["problems"], json!([]));
    let all = ["settings", "found"].map(|part| told[part].as_array().unwrap().clone());
    let mut all = all.concat().into_iter();
    all.find(|one| one["name"] == name).expect(name)
}

fn write(folder: &Path, file: &str, text: &str) {
    std::fs::write(folder.join(file), text).unwrap();
}

#[test]
fn each_source_of_a_setting_is_told() {
    let project = project();
    let here = project.path();
    let of = |words: &[&str], variables: &[(&str, &str)]| {
        let told = told(here, words, variables, "lag_threshold");
        (told["value"].clone(), told["origin"].clone())
    };
    let default = (json!("1s"), json!({"kind": "default"}));
    assert_eq!(of(&[], &[]), default);
    write(
        here,
        "cutover.toml",
        "badge = \"X\"\nlag_threshold = \"2s\"\n[environment.production]\nlag_threshold = \"3s\"\n",
    );
    let file = here.canonicalize().unwrap().join("cutover.toml");
    let line = |line: u32| json!({"kind": "file", "at": {"file": file, "line": line}});
    assert_eq!(of(&["--url", URL], &[]), (json!("3s"), line(4)));
    let other = ["--target", "other", "--url", URL];
    let ended = shown(here, &other, &[]);
    assert!(ended.stdout.contains("cutover.toml:2"), "{}", ended.stdout);
    let variables = [("CUTOVER_LAG_THRESHOLD", "4s")];
    let variable = json!({"kind": "variable", "at": "CUTOVER_LAG_THRESHOLD"});
    assert_eq!(of(&[], &variables), (json!("4s"), variable));
    let flag = json!({"kind": "flag", "at": "--lag-threshold"});
    let words = ["--lag-threshold", "5s"];
    assert_eq!(of(&words, &variables), (json!("5s"), flag));
    // One flag that sets two settings.
    for (name, value) in [("subscribe", json!(false)), ("poll_interval", json!("7s"))] {
        let told = told(here, &["--poll", "7s"], &[], name);
        let origin = json!({"kind": "flag", "at": "--poll"});
        assert_eq!(
            (&told["value"], &told["origin"]),
            (&value, &origin),
            "{name}"
        );
    }
}

#[test]
fn what_is_found_is_told_with_its_place() {
    let project = project();
    let here = project.path();
    write(here, "cutover.toml", "state_dir = \"kept\"\n");
    write(
        here,
        "profiles.yml",
        "blue_green_slim_demo:\n  target: production\n  outputs:\n    production:\n      type: materialize\n      host: db.example\n      user: me\n      password: hunter2\n      database: shop\n      schema: marts\n",
    );
    let name = |name: &str| {
        let told = told(here, &[], &[], name);
        (told["value"].clone(), told["origin"].clone())
    };
    let dir = here.canonicalize().unwrap();
    let place = |file: &str, line: u32| json!({"kind": "file", "at": {"file": dir.join(file), "line": line}});
    let (project, origin) = name("project");
    let line = origin["at"]["line"].as_u64().unwrap();
    let named = std::fs::read_to_string(here.join("dbt_project.yml")).unwrap();
    let named = named
        .lines()
        .nth(usize::try_from(line).unwrap() - 1)
        .unwrap();
    assert!(named.contains(project.as_str().unwrap()), "{named}");
    assert_eq!(
        name("host"),
        (json!("db.example"), place("profiles.yml", 6))
    );
    assert_eq!(name("role"), (json!("me"), place("profiles.yml", 7)));
    assert_eq!(name("password"), (json!("***"), place("profiles.yml", 8)));
    assert_eq!(name("database"), (json!("shop"), place("profiles.yml", 9)));
    assert_eq!(name("schema"), (json!("marts"), place("profiles.yml", 10)));
    assert_eq!(name("port"), (json!(6875), json!({"kind": "default"})));
    assert_eq!(
        name("target"),
        (json!("production"), place("profiles.yml", 2))
    );
    assert_eq!(
        name("state_dir"),
        (json!(dir.join("kept")), place("cutover.toml", 1))
    );
    assert_eq!(
        name("audit_dir"),
        (json!(dir.join("kept/audit")), json!({"kind": "default"}))
    );
    let (found, origin) = name("project_dir");
    assert_eq!((found, &origin["kind"]), (json!(dir), &json!("found")));

    // A URL has its own parts; what it leaves out is a default, and the profile still says where dbt builds.
    let by_url = |name: &str| {
        let told = told(here, &["--url", "postgres://u:hunter2@h/d"], &[], name);
        (told["value"].clone(), told["origin"].clone())
    };
    let flag = json!({"kind": "flag", "at": "--url"});
    assert_eq!(by_url("host"), (json!("h"), flag.clone()));
    assert_eq!(by_url("password"), (json!("***"), flag.clone()));
    assert_eq!(by_url("url"), (json!("***"), flag));
    assert_eq!(by_url("port"), (json!(6875), json!({"kind": "default"})));
    assert_eq!(
        by_url("schema"),
        (json!("marts"), place("profiles.yml", 10))
    );
}

#[test]
fn a_secret_is_never_told() {
    let project = project();
    let here = project.path();
    for (words, variables) in [
        (&["--url", URL][..], &[][..]),
        (&[], &[("CUTOVER_URL", URL)]),
        // A password that nobody encoded, and one that stands where it should not.
        (&["--url", "postgres://u:hunter2@x@h:y"], &[]),
        (&["--url", "hunter2"], &[]),
        (&["--url", "postgres://h/d?hunter2@x=1"], &[]),
    ] {
        for output in [&[][..], &["--output", "json"]] {
            let ended = shown(here, &[words, output].concat(), variables);
            let all = format!("{}{}", ended.stdout, ended.stderr);
            assert!(!all.contains("hunter2"), "{words:?} {variables:?}: {all}");
            assert!(ended.stdout.contains("***"), "{words:?}: {all}");
        }
    }
}

#[test]
fn mistakes_hide_nothing_of_what_is_right() {
    let project = project();
    let here = project.path();
    write(
        here,
        "cutover.toml",
        "badge = \"STAGING\"\ntimeout = \"soon\"\n",
    );
    let ended = shown(here, &[], &[]).with_code(2);
    assert!(ended.stdout.contains("STAGING"), "{}", ended.stdout);
    assert_eq!(
        ended.stderr.matches("`timeout`").count(),
        1,
        "{}",
        ended.stderr
    );
    let json = shown(here, &["--output", "json"], &[]).with_code(2);
    let told = value(&json);
    Schema::named("config").check(&told);
    assert_eq!(told["problems"][0]["place"]["line"], 2);

    // Nothing is wrong where there is no project.
    let empty = tempfile::tempdir().unwrap();
    let ended = shown(empty.path(), &["--url", URL], &[]).with_code(0);
    assert!(ended.stdout.contains("db.example"), "{}", ended.stdout);
}

#[test]
fn color_is_heard_wherever_it_is_written() {
    let project = project();
    let here = project.path();
    let server = Server::start(here);
    let own = std::fs::read_to_string(here.join("cutover.toml")).unwrap_or_default();
    // A finding, in the colour of its severity.
    let painted = |words: &[&str]| {
        let words = [&["rollback", "--dry-run"], words].concat();
        let ended = server.run(here, &words).with_code(4);
        ended.stderr.contains("\u{1b}[1;31m")
    };
    assert!(!painted(&[]), "nobody sees it");
    assert!(painted(&["--color", "always"]));
    write(here, "cutover.toml", &format!("color = \"always\"\n{own}"));
    assert!(painted(&[]));
    assert!(!painted(&["--color", "never"]));
}

#[test]
fn a_command_of_validate_may_start_cutover() {
    let project = project();
    let here = project.path();
    let variables = cutover::config::COMMAND_VARIABLES.map(|name| (name, "production"));
    let ended = shown(here, &["--url", URL], &variables).with_code(0);
    assert!(ended.stdout.contains("CUTOVER_TARGET"), "{}", ended.stdout);
    let mistyped = shown(here, &[], &[("CUTOVER_DATABASES", "x")]).with_code(2);
    assert!(mistyped.stderr.contains("CUTOVER_DATABASES sets nothing"));
}

#[test]
fn every_flag_of_the_table_is_taken_where_it_should_be() {
    let here = tempfile::tempdir().unwrap();
    let of = |words: &[&str]| run(here.path(), words).with_code(0).stdout;
    let everywhere = of(&["status", "--help"]);
    let waiting = of(&["await", "--help"]);
    let lists = |help: &str, flag: &str| help.split_whitespace().any(|word| word == flag);
    for flag in cutover::config::rows().flat_map(|row| row.setting().flags) {
        if flag.hidden {
            continue;
        }
        let (name, commands) = (flag.name, flag.commands);
        assert_eq!(lists(&everywhere, name), commands.is_empty(), "{name}");
        let on_await = commands.is_empty() || commands.contains(&"await");
        assert_eq!(lists(&waiting, name), on_await, "{name}");
    }
    assert!(waiting.contains("(default: 3s)"), "{waiting}");
}

#[test]
fn the_example_that_init_writes_is_read_without_a_mistake() {
    let project = project();
    let here = project.path();
    let _ = std::fs::remove_file(here.join("cutover.toml"));
    run(here, &["config", "init"]).with_code(0);
    run(here, &["config", "check", "--url", URL]).with_code(0);
    run(here, &["config", "init"]).with_code(2);
}
