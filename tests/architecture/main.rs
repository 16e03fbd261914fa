//! What `src/lib.rs` promises: who may use whom, how long a file may get, what the core never touches.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod arrows;
mod circles;
mod slices;
mod words;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// The longest a source file may be, in lines; a file that holds only tests may be longer.
const MOST_LINES: usize = 450;
const MOST_TEST_LINES: usize = 600;

/// What the pure core never mentions: IO, clocks, tasks, terminals.
const IMPURE: &[&str] = &[
    "tokio",
    "std::fs",
    "std::net",
    "std::process",
    "std::env",
    "std::thread",
    "Instant::now",
    "SystemTime",
    "Timestamp::now",
    "Zoned::now",
    "ratatui",
    "crossterm",
    "sqlparser",
    "println!",
    "eprintln!",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file with this ending below a folder of the crate, by its path from the crate's root, with its text.
fn files(folder: &str, ending: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root().join(folder)];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == ending) {
                let name = path.strip_prefix(root()).unwrap().display().to_string();
                found.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    assert!(!found.is_empty(), "{folder} has no .{ending} files");
    found
}

/// The code lines of a source file with their numbers: comments go, and so does all that follows `#[cfg(test)]` at the margin
/// before a module with a body, since tests may use whatever they like.
fn code(text: &str) -> Vec<(usize, &str)> {
    let mut lines = Vec::new();
    let mut all = text.lines().enumerate().peekable();
    while let Some((at, line)) = all.next() {
        if line == "#[cfg(test)]"
            && all
                .peek()
                .is_some_and(|(_, next)| next.starts_with("mod ") && next.ends_with('{'))
        {
            break;
        }
        if !line.trim_start().starts_with("//") {
            lines.push((at + 1, line));
        }
    }
    lines
}

fn is_test_file(file: &str) -> bool {
    file.ends_with("/tests.rs")
        || file.contains("/tests/")
        || file.ends_with("/fixture.rs")
        || file.ends_with("/fixture/deeds.rs")
}

fn complain(offences: &[String]) {
    assert!(offences.is_empty(), "\n{}", offences.join("\n"));
}

#[test]
fn the_domain_is_pure() {
    let mut offences = Vec::new();
    for (file, text) in files("src/domain", "rs") {
        for (number, line) in code(&text) {
            for word in IMPURE.iter().filter(|word| line.contains(**word)) {
                offences.push(format!(
                    "{file}:{number}: the domain must not mention `{word}`"
                ));
            }
        }
    }
    complain(&offences);
}

#[test]
fn screens_are_pure_too() {
    let mut offences = Vec::new();
    let folders = ["screens", "state", "table", "update", "view"];
    for (file, text) in folders
        .into_iter()
        .flat_map(|folder| files(&format!("src/tui/{folder}"), "rs"))
        .filter(|(file, _)| !is_test_file(file))
    {
        for (number, line) in code(&text) {
            let impure = [
                "std::fs",
                "Instant::now",
                "SystemTime",
                "Timestamp::now",
                "tokio::spawn",
            ];
            for word in impure.iter().filter(|word| line.contains(**word)) {
                offences.push(format!(
                    "{file}:{number}: a screen must not mention `{word}`"
                ));
            }
        }
    }
    complain(&offences);
}

/// What a phase means is said by `domain::workflow` alone; outside, a phase has a colour and a glyph.
#[test]
fn phases_are_judged_by_the_domain_alone() {
    let shown = [
        "src/domain/",
        "src/sim/",
        "src/tui/screens/cockpit/clusters.rs",
        "src/tui/table/cell.rs",
        "src/tui/view/",
        "src/tui/theme.rs",
    ];
    let mut offences = Vec::new();
    for (file, text) in files("src", "rs") {
        if is_test_file(&file) || shown.iter().any(|place| file.starts_with(place)) {
            continue;
        }
        for (number, line) in code(&text) {
            if line.contains("Phase::") {
                offences.push(format!("{file}:{number}: ask `domain::workflow`"));
            }
        }
    }
    complain(&offences);
}

/// Everything that is printed goes through a sink, which escapes what a terminal or a CI system would obey: no caller can forget to.
#[test]
fn only_the_sinks_write_to_the_terminal() {
    let sinks: &[(&str, &[&str])] = &[
        (
            "src/cli/sink.rs",
            &["io::stdout()", "io::stderr()", ".print()"],
        ),
        ("src/tui/terminal.rs", &["io::stdout()"]),
        ("src/tui/view/canvas.rs", &["set_stringn("]),
    ];
    let words = [
        "println!",
        "eprintln!",
        "print!(",
        "eprint!(",
        "dbg!(",
        "io::stdout()",
        "io::stderr()",
        ".print()",
        "set_string(",
        "set_stringn(",
        "set_symbol(",
        "set_line(",
        "set_span(",
        "SetTitle",
        "/dev/tty",
    ];
    let mut offences = Vec::new();
    for (file, text) in files("src", "rs") {
        if is_test_file(&file) || file.starts_with("src/sim/") {
            continue;
        }
        let may = sinks.iter().find(|(sink, _)| *sink == file);
        let may = may.map_or(&[][..], |(_, words)| *words);
        for (number, line) in code(&text) {
            // Whether something is a terminal is only a question.
            let line = line
                .replace("io::stdout().is_terminal()", "")
                .replace("io::stderr().is_terminal()", "");
            for word in words.iter().filter(|word| line.contains(**word)) {
                if !may.contains(word) {
                    offences.push(format!("{file}:{number}: `{word}` belongs into a sink"));
                }
            }
        }
    }
    complain(&offences);
}

/// Where each setting is read, outside of the room that loads it: a setting that nothing reads only seems to do something.
const READERS: &[(&str, &str)] = &[
    ("project_dir", "settings.project_dir"),
    ("profiles_dir", "dbt.profiles_dir"),
    ("profile", "dbt.profile"),
    ("target", "settings.target()"),
    ("url", "settings.connects_by_url()"),
    ("strategy", "environment.strategy"),
    ("targets", "settings().targets"),
    ("read_deadline", "deadlines.reading"),
    ("statement_deadline", "deadlines.change"),
    ("swap_deadline", "deadlines.swap"),
    ("sink_deadline", "deadlines.sink"),
    ("validate_deadline", "deadlines.validation"),
    ("stream_deadline", "deadlines.stream"),
    ("cancel_deadline", "deadlines.cancel"),
    ("lag_threshold", "waiting.lag_threshold"),
    ("settle", "waiting.settle"),
    ("subscribe", "waiting.subscribe"),
    ("poll_interval", "waiting.poll_interval"),
    ("timeout", "waiting.timeout"),
    ("retry_for", "promotion.retry_for"),
    ("max_retries", "promotion.max_retries"),
    ("retry_backoff", "promotion.retry_backoff"),
    ("runner", "dbt.runner"),
    ("dbt", "dbt.executable"),
    ("dbt_args", "dbt.args"),
    ("dbt_start_deadline", "deadlines.start"),
    ("dbt_read_deadline", "deadlines.read.duration()"),
    ("dbt_silence_deadline", "deadlines.silence"),
    ("validate", "settings().validate"),
    ("command_deadline", "settings().command_deadline"),
    ("state_dir", "folders.state"),
    ("audit_dir", "folders.audit"),
    ("log_dir", "folders.log_file()"),
    ("read_only", "settings().read_only"),
    ("badge", "screen.badge.clone()"),
    ("color", "screen.color"),
    ("theme", "screen.theme"),
    ("mouse", "screen.mouse"),
    ("keys", "screen.keys"),
];

#[test]
fn every_setting_is_read_by_something() {
    let listed: Vec<&str> = READERS.iter().map(|(key, _)| *key).collect();
    let mut table: Vec<&str> = cutover::config::rows()
        .map(|row| row.setting().key)
        .collect();
    let order = |key: &&str| listed.iter().position(|listed| listed == key);
    table.sort_by_key(order);
    assert_eq!(table, listed, "say in READERS who reads it");
    // Without blanks, since a long chain is broken over lines.
    let outside: String = files("src", "rs")
        .iter()
        .filter(|(file, _)| !is_test_file(file) && !file.starts_with("src/config/"))
        .flat_map(|(_, text)| code(text))
        .flat_map(|(_, line)| line.chars().filter(|c| !c.is_whitespace()))
        .collect();
    let unread: Vec<String> = READERS
        .iter()
        .filter(|(_, reader)| !outside.contains(reader))
        .map(|(key, reader)| format!("nothing reads `{key}`: no `{reader}` outside of `config`"))
        .collect();
    complain(&unread);
}

/// `1 schemas` and its like: a number goes before a noun by `domain::quantity` alone.
#[test]
fn numbers_stand_before_nouns_by_one_function() {
    let nouns = [
        "schemas",
        "clusters",
        "objects",
        "models",
        "statements",
        "sinks",
        "sources",
        "findings",
        "lines",
        "replicas",
        "names",
        "times",
        "operators",
        "kills",
        "macros",
        "messages",
        "files",
        "nodes",
        "grants",
        "commands",
        "relations",
        "twins",
        "steps",
        "changes",
        "items",
        "SUBSCRIBEs",
        "sessions",
        "roles",
        "indexes",
        "views",
        "tables",
        "bytes",
        "rows",
        "tries",
        "settings",
        "targets",
        "environments",
        "columns",
        "tests",
        "other",
        "more",
        "older",
        "changed",
    ];
    let mut offences = Vec::new();
    for (file, text) in files("src", "rs") {
        if is_test_file(&file) || file.starts_with("src/sim/") {
            continue;
        }
        for (number, line) in code(&text) {
            for (at, _) in line.match_indices("} ") {
                let mut after = line[at + 2..].split(|c: char| !c.is_ascii_alphabetic());
                let first = after.next().unwrap_or_default();
                let adjective = ["other", "more", "older", "changed"].contains(&first);
                let noun = if adjective {
                    after.next().unwrap_or_default()
                } else {
                    first
                };
                // The name of a side, and a constant, are no numbers that can be 1.
                let named = line[..at].rsplit('{').next().unwrap_or_default();
                let number_like = named != "side" && !named.starts_with(char::is_uppercase);
                if number_like && nouns.contains(&noun) && line[..at].contains('"') {
                    offences.push(format!(
                        "{file}:{number}: `{first}` after a number: {}",
                        line.trim()
                    ));
                }
            }
        }
    }
    complain(&offences);
}

#[test]
fn files_stay_readable() {
    let mut offences = Vec::new();
    for (file, text) in files("src", "rs") {
        let lines = text.lines().count();
        let most = if is_test_file(&file) {
            MOST_TEST_LINES
        } else {
            MOST_LINES
        };
        if lines > most {
            offences.push(format!(
                "{file}: {lines} lines; split it by noun of the field"
            ));
        }
        let name = file.rsplit('/').next().unwrap().trim_end_matches(".rs");
        if [
            "utils", "util", "helpers", "helper", "common", "manager", "misc",
        ]
        .contains(&name)
        {
            offences.push(format!("{file}: name it after what it is about"));
        }
    }
    complain(&offences);
}

#[test]
fn every_reading_statement_is_used_and_only_reads() {
    let mut sources = String::new();
    for text in files("src", "rs").values() {
        let _ = writeln!(sources, "{text}");
    }
    let mut offences = Vec::new();
    for (file, text) in files("assets/sql", "sql") {
        let name = file.rsplit('/').next().unwrap().trim_end_matches(".sql");
        if !sources.contains(&format!("\"{name}\"")) {
            offences.push(format!("{file}: nothing reads it"));
        }
        for (at, line) in text.lines().enumerate() {
            let first = line
                .split_whitespace()
                .next()
                .unwrap_or_default()
                .to_uppercase();
            let changing = [
                "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP", "GRANT", "COMMENT", "SET",
            ];
            if changing.contains(&first.as_str()) {
                offences.push(format!("{file}:{}: {first} changes something", at + 1));
            }
        }
    }
    complain(&offences);
}

/// SQL that changes something is built by the domain: nobody else writes such a statement into a string.
#[test]
fn only_the_domain_writes_statements_that_change_something() {
    let words = [
        "ALTER SCHEMA",
        "ALTER CLUSTER",
        "ALTER SINK",
        "DROP SCHEMA",
        "DROP CLUSTER",
        "CREATE SCHEMA",
        "CREATE CLUSTER",
        "COMMENT ON",
    ];
    let mut offences = Vec::new();
    for folder in [
        "src/config",
        "src/materialize",
        "src/dbt",
        "src/ops",
        "src/cli",
        "src/tui",
    ] {
        for (file, text) in files(folder, "rs") {
            if is_test_file(&file) {
                continue;
            }
            for (number, line) in code(&text) {
                let written = words
                    .iter()
                    .find(|word| line.contains(&format!("\"{word} ")));
                if let Some(word) = written {
                    offences.push(format!(
                        "{file}:{number}: `{word}` is the domain's to write"
                    ));
                }
            }
        }
    }
    complain(&offences);
}

#[test]
fn nothing_names_a_place_of_one_machine() {
    let mut offences = Vec::new();
    let mut texts = files("src", "rs");
    for (folder, ending) in [
        ("assets", "sql"),
        ("assets", "toml"),
        ("assets", "md"),
        ("assets", "yml"),
    ] {
        texts.extend(files(folder, ending));
    }
    for file in ["README.md", "Cargo.toml", "config.example.toml", ".ci/run"] {
        if let Ok(text) = fs::read_to_string(root().join(file)) {
            texts.insert(file.to_owned(), text);
        }
    }
    // Written in halves, so that this file does not name them.
    let places = [
        ["/wo", "rk/"],
        ["/ho", "me/"],
        ["/ro", "ot/"],
        ["/Use", "rs/"],
        ["C:\\", "Users"],
    ]
    .map(|half| half.concat());
    for (file, text) in texts {
        for (at, line) in text.lines().enumerate() {
            for place in places.iter().filter(|place| names(line, place)) {
                offences.push(format!(
                    "{file}:{}: `{place}` is a place of one machine",
                    at + 1
                ));
            }
        }
    }
    complain(&offences);
}

/// Whether the line has this as the start of an absolute path.
fn names(line: &str, place: &str) -> bool {
    line.match_indices(place).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "_-./~}".contains(c))
    })
}
