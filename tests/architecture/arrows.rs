//! Arrows between rooms: who may use whom.

use std::collections::BTreeMap;

use crate::{code, complain, files, is_test_file};

/// A module of the crate, and the modules that it may use beside itself.
const ARROWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("config", &["domain"]),
    ("materialize", &["domain"]),
    ("dbt", &["domain"]),
    ("ops", &["domain", "config", "materialize", "dbt"]),
    ("cli", &["ops", "domain"]),
    ("tui", &["ops", "domain"]),
    ("sim", &[]),
    (
        "wiring",
        &[
            "domain",
            "config",
            "materialize",
            "dbt",
            "ops",
            "cli",
            "tui",
            "sim",
        ],
    ),
];

fn module_of(file: &str) -> Option<&str> {
    let inside = file.strip_prefix("src/")?;
    Some(inside.split('/').next()?.trim_end_matches(".rs"))
}

/// The modules of ours that a line names: by `crate::x`, or from the binary by `cutover::x`, also within `crate::{x, y}`.
fn uses(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    for start in ["crate::", "cutover::"] {
        for (at, _) in line.match_indices(start) {
            let before = line[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                continue;
            }
            let rest = &line[at + start.len()..];
            match rest.strip_prefix('{') {
                None => found.push(word(rest)),
                Some(group) => found.extend(first_words(group)),
            }
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

fn word(text: &str) -> String {
    text.chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

/// The first segment of each member of a `{..}` group, members of inner groups left out.
fn first_words(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut members = vec![String::new()];
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => members.push(String::new()),
            _ if depth == 0 => members.last_mut().unwrap().push(c),
            _ => {}
        }
    }
    members.iter().map(|member| word(member.trim())).collect()
}

/// `use crate::{` may go on for lines: they are joined to one, under the number of the first.
fn statements<'t>(lines: &[(usize, &'t str)]) -> Vec<(usize, String)> {
    let mut joined: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for (number, line) in lines {
        let line: &'t str = line;
        if open {
            let last = joined.last_mut().unwrap();
            last.1.push_str(line.trim());
            open = !line.contains(';');
        } else {
            joined.push((*number, line.to_owned()));
            let starts = ["use ", "pub use ", "pub(super) use ", "pub(crate) use "];
            open = starts
                .iter()
                .any(|start| line.trim_start().starts_with(start))
                && !line.contains(';');
        }
    }
    joined
}

#[test]
fn modules_use_only_those_below_them() {
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let mut offences = Vec::new();
    for (file, text) in files("src", "rs") {
        let module = module_of(&file).unwrap();
        if matches!(module, "lib" | "main") || is_test_file(&file) {
            continue;
        }
        let Some(may) = allowed.get(module) else {
            offences.push(format!(
                "{file}: the module `{module}` has no place in the arrow rule"
            ));
            continue;
        };
        for (number, line) in statements(&code(&text)) {
            for used in uses(&line) {
                let known = allowed.contains_key(used.as_str());
                if known && used != module && !may.contains(&used.as_str()) {
                    offences.push(format!("{file}:{number}: `{module}` must not use `{used}`"));
                }
            }
        }
    }
    complain(&offences);
}

#[test]
fn the_scanner_sees_what_it_should() {
    assert_eq!(uses("use crate::dbt::manifest::Manifest;"), ["dbt"]);
    assert_eq!(
        uses("    let x: cutover::ops::Y = crate::tui::z();"),
        ["tui", "ops"]
    );
    assert_eq!(
        uses("use crate::{config::Need, domain::{name::Identifier, plan}, sim};"),
        ["config", "domain", "sim"]
    );
    assert!(uses("use supercrate::dbt;").is_empty());
    let text = "use crate::{\n    dbt::x,\n    ops,\n};\n// crate::tui\n#[cfg(test)]\nmod tests {\nuse crate::cli;";
    let joined = statements(&code(text));
    assert_eq!(joined.len(), 1, "{joined:?}");
    assert_eq!(uses(&joined[0].1), ["dbt", "ops"]);
}
