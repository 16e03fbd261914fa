//! A screen is a folder: what it holds, what changes that, how it is drawn, what is taken out of it. No screen knows another one, but
//! for the cockpit, to which all lead back.

use crate::{code, complain, files};
use std::collections::BTreeMap;

const SCREENS: &str = "src/tui/screens/";
/// What a file that only declares has none of.
const DEFINES: &[&str] = &["fn ", "struct ", "enum ", "impl ", "const ", "static "];
const PARTS: &[&str] = &["mod.rs", "state.rs", "update.rs", "view.rs", "export.rs"];

/// The files of each screen, by their names in its folder.
fn slices() -> BTreeMap<String, BTreeMap<String, String>> {
    let mut slices: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for (file, text) in files(SCREENS, "rs") {
        if let Some((screen, name)) = file.trim_start_matches(SCREENS).split_once('/') {
            let slice = slices.entry(screen.to_owned()).or_default();
            slice.insert(name.to_owned(), text);
        }
    }
    slices
}

#[test]
fn every_screen_is_a_slice() {
    let slices = slices();
    assert!(slices.len() >= 5, "{:?}", slices.keys());
    let mut offences = Vec::new();
    for (screen, files) in &slices {
        for part in PARTS.iter().filter(|part| !files.contains_key(**part)) {
            offences.push(format!("{SCREENS}{screen} lacks its {part}"));
        }
        let declarations = files.get("mod.rs").into_iter().flat_map(|text| code(text));
        for (number, line) in declarations {
            if DEFINES.iter().any(|word| line.contains(word)) {
                offences.push(format!(
                    "{SCREENS}{screen}/mod.rs:{number}: it only declares"
                ));
            }
        }
    }
    complain(&offences);
}

#[test]
fn screens_know_only_the_cockpit() {
    let slices = slices();
    let mut offences = Vec::new();
    for (screen, files) in &slices {
        for (file, text) in files {
            for (number, line) in code(text) {
                let named = line.split_once("screens::").map(|(_, rest)| rest);
                let words = named
                    .into_iter()
                    .flat_map(|rest| rest.split(['{', '}', ',', ':', ';', ' ']));
                for other in words.filter(|word| slices.contains_key(*word)) {
                    if other != screen && other != "cockpit" {
                        offences.push(format!(
                            "{SCREENS}{screen}/{file}:{number}: `{screen}` must not know `{other}`"
                        ));
                    }
                }
            }
        }
    }
    complain(&offences);
}
