//! Whole edits.

use super::data::{BASES, Case, Listed, Outcome, cases, compare, list};
use cutover::dbt::compare::{Abort, Comparison};
use cutover::dbt::manifest::{Manifest, ResourceType};
use cutover::dbt::selection::{IndirectSelection, ResourceTypes, SelectionError};
use std::collections::HashMap;
use std::sync::Arc;

/// dbt compares values in memory with values read from JSON. Where JSON changes a value's type, dbt reports a
/// modification that the two files do not show.
const UNDECIDABLE: [(&str, &str); 4] = [
    ("slim-json-date-nopp", "a date in memory is a text in JSON"),
    ("slim-json-nan", "NaN differs from itself, in memory too"),
    (
        "slim-json-project-date",
        "a date in memory is a text in JSON",
    ),
    (
        "slim-json-tuple-nopp",
        "a tuple in memory is a list in JSON",
    ),
];

/// Of these, the two files still tell that one.
const DECIDED_ANYWAY: &str = "slim-json-nan";

#[test]
fn selects_what_dbt_selects() {
    let mut bases: HashMap<String, Arc<Manifest>> = HashMap::new();
    let mut wrong = Vec::new();
    let (mut checked, mut undecidable) = (0, Vec::new());
    for case in cases() {
        if case.json_undecidable {
            undecidable.push(case.case.clone());
            if case.case != DECIDED_ANYWAY {
                continue;
            }
        }
        let before = match &case.before {
            Some(name) => Some(Ok(Arc::clone(
                bases
                    .entry(name.clone())
                    .or_insert_with(|| Arc::new(BASES[name].parse().unwrap())),
            ))),
            None => case.before().map(|stored| stored.parse().map(Arc::new)),
        };
        let after = Arc::new(case.after_manifest.parse().unwrap());
        match before.transpose() {
            Ok(before) => {
                let comparison = compare(before, after, case.flags);
                checked += check(&case, &comparison, &mut wrong);
            }
            Err(error) => {
                assert!(
                    case.selectors.values().all(Option::is_none),
                    "{}",
                    case.case
                );
                let said = &case.errors["state:modified"];
                assert!(
                    said.contains("Expected a schema version"),
                    "{error}, {said}"
                );
                checked += 1;
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {checked} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert_eq!(undecidable, UNDECIDABLE.map(|(case, _)| case));
    assert!(checked > 4000, "only {checked} results were compared");
}

/// Compares every recorded result of the case; returns their number.
fn check(case: &Case, comparison: &Comparison, wrong: &mut Vec<String>) -> usize {
    let mut checked = 0;
    let mut compare = |selector: &str,
                       kinds: &ResourceTypes,
                       mode,
                       expected: &Listed,
                       said: &str| {
        checked += 1;
        let found = list(comparison, selector, kinds, mode);
        let agrees = match (&found, expected) {
            (Ok(found), Some(expected)) => found == expected,
            (Err(error), None) => is_same_failure(error, said),
            _ => false,
        };
        if !agrees {
            wrong.push(format!(
                "{} ({}) {selector} {mode:?}:\n  expected {expected:?} {said}\n  found    {found:?}",
                case.case, case.note
            ));
        }
    };
    let said = |selector: &str| case.errors.get(selector).map_or("", String::as_str);
    let all = ResourceTypes::all();
    for (selector, expected) in &case.selectors {
        compare(
            selector,
            &all,
            IndirectSelection::Eager,
            expected,
            said(selector),
        );
    }
    let models = ResourceTypes::only([ResourceType::Model]);
    for (selector, expected) in &case.models {
        let said = said(&format!("model:{selector}"));
        compare(selector, &models, IndirectSelection::Eager, expected, said);
    }
    for (mode, selectors) in case.indirect.iter().flatten() {
        let mode = mode.parse().unwrap();
        for (selector, outcome) in selectors {
            match outcome {
                Outcome::Listed(ids) => compare(selector, &all, mode, &Some(ids.clone()), ""),
                Outcome::Failed { error } => compare(selector, &all, mode, &None, error),
            }
        }
    }
    if let Some(warnings) = &case.warnings {
        let warns = !comparison.warnings().is_empty();
        if warns == warnings.is_empty() && case.selectors["state:modified"].is_some() {
            let found = comparison.warnings();
            wrong.push(format!(
                "{}: warns {found:?} instead of {warnings:?}",
                case.case
            ));
        }
    }
    checked
}

fn is_same_failure(error: &SelectionError, said: &str) -> bool {
    match error {
        SelectionError::NoState => said.contains("no comparison manifest"),
        SelectionError::Abort(Abort::ContractBroken { file, .. }) => {
            said.contains("Breaking change to contract") && said.contains(file.as_str())
        }
        SelectionError::Abort(Abort::MissingMacro { name, .. }) => {
            said.contains("depends on a macro or test that does not exist")
                && said.contains(&format!("Node '{name}'"))
        }
        _ => false,
    }
}
