use super::*;
use crate::dbt::compare::CompareOptions;
use crate::dbt::manifest::ResourceType;
use crate::dbt::manifest::sample;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const MODELS: usize = 12;

/// Models in layers with tests between them; some are new and some modified against the state.
fn project(edges: &[(usize, usize)], tests: &[(usize, usize)], changed: &[usize]) -> Comparison {
    let id = |number: usize| format!("model.p.m{number:02}");
    let side = |is_state: bool| {
        let mut nodes = Map::new();
        for number in 0..MODELS {
            let is_changed = changed.contains(&number);
            if is_state && is_changed && number % 3 == 0 {
                continue;
            }
            let parents: Vec<_> = edges
                .iter()
                .filter(|(a, b)| a != b && *a.max(b) == number)
                .map(|(a, b)| id(*a.min(b)))
                .collect();
            let code = if is_state && is_changed { "old" } else { "new" };
            let node = json!({"raw_code": code, "depends_on": {"nodes": parents}, "tags": [format!("t{}", number % 4)]});
            nodes.insert(id(number), node);
        }
        for (a, b) in tests {
            let reads = json!({"depends_on": {"nodes": [id(*a), id(*b)]}});
            nodes.insert(format!("test.p.x{a:02}_{b:02}"), reads);
        }
        sample::nodes(&Value::Object(nodes))
    };
    let options = CompareOptions {
        compare_unrendered: None,
        now: jiff::Timestamp::UNIX_EPOCH,
    };
    Comparison::new(Some(side(true)), side(false), options)
}

fn any_project() -> impl Strategy<Value = Comparison> {
    let pairs = |most| prop::collection::vec((0..MODELS, 0..MODELS), 0..most);
    let changed = prop::collection::vec(0..MODELS, 0..4);
    (pairs(20), pairs(8), changed)
        .prop_map(|(edges, tests, changed)| project(&edges, &tests, &changed))
}

fn list(
    comparison: &Comparison,
    select_texts: &[&str],
    exclude: &[&str],
    mode: IndirectSelection,
) -> BTreeSet<UniqueId> {
    let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
    let selection = Selection::parse(&texts(select_texts), &texts(exclude))
        .unwrap()
        .indirect(mode);
    select(comparison, &selection).unwrap()
}

fn bare(comparison: &Comparison, text: &str) -> BTreeSet<UniqueId> {
    list(comparison, &[text], &[], IndirectSelection::Empty)
}

const CRITERIA: [&str; 7] = [
    "state:modified",
    "state:new",
    "tag:t1",
    "m0*",
    "m03+",
    "+m07",
    "@m05",
];

proptest! {
    #[test]
    fn the_state_parts_the_project(comparison in any_project()) {
        let everything = bare(&comparison, "fqn:*");
        for (one, other) in [("state:modified", "state:unmodified"), ("state:new", "state:old")] {
            let (one, other) = (bare(&comparison, one), bare(&comparison, other));
            prop_assert!(one.is_disjoint(&other));
            prop_assert_eq!(&(&one | &other), &everything);
        }
        prop_assert!(bare(&comparison, "state:new").is_subset(&bare(&comparison, "state:modified")));
    }

    #[test]
    fn texts_combine_as_sets(comparison in any_project(), a in 0usize..7, b in 0usize..7) {
        let (a, b) = (CRITERIA[a], CRITERIA[b]);
        let (left, right) = (bare(&comparison, a), bare(&comparison, b));
        prop_assert_eq!(bare(&comparison, &format!("{a} {b}")), &left | &right);
        prop_assert_eq!(bare(&comparison, &format!("{a},{b}")), &left & &right);
        prop_assert_eq!(list(&comparison, &[a, b], &[], IndirectSelection::Empty), &left | &right);
        prop_assert_eq!(list(&comparison, &[a], &[b], IndirectSelection::Empty), &left - &right);
    }

    #[test]
    fn plus_reaches_further_with_each_edge(comparison in any_project(), criterion in 0usize..4) {
        let text = CRITERIA[criterion];
        let mut near = bare(&comparison, text);
        for depth in 0..5 {
            let far = bare(&comparison, &format!("{text}+{depth}"));
            prop_assert!(near.is_subset(&far));
            near = far;
        }
        let all = bare(&comparison, &format!("{text}+"));
        prop_assert!(near.is_subset(&all));
        let around = bare(&comparison, &format!("+{text}+"));
        let with_needs = bare(&comparison, &format!("@{text}"));
        prop_assert!(around.is_subset(&with_needs));
    }

    #[test]
    fn each_mode_brings_the_tests_of_the_stricter_one(comparison in any_project(), criterion in 0usize..7) {
        let mut stricter = bare(&comparison, CRITERIA[criterion]);
        for mode in [IndirectSelection::Cautious, IndirectSelection::Buildable, IndirectSelection::Eager] {
            let found = list(&comparison, &[CRITERIA[criterion]], &[], mode);
            prop_assert!(stricter.is_subset(&found));
            let added = found.difference(&stricter);
            prop_assert!(added.into_iter().all(|id| id.as_str().starts_with("test.")));
            stricter = found;
        }
    }
}

#[test]
fn a_cautious_test_waits_for_nodes_of_other_criteria() {
    let comparison = project(&[], &[(1, 2)], &[]);
    let with_test = |texts: &[&str], mode| list(&comparison, texts, &[], mode).len();
    assert_eq!(with_test(&["m01"], IndirectSelection::Cautious), 1);
    assert_eq!(with_test(&["m01", "m02"], IndirectSelection::Cautious), 3);
    assert_eq!(with_test(&["m01"], IndirectSelection::Eager), 2);
    assert_eq!(with_test(&["m01", "m02"], IndirectSelection::Empty), 2);
}

#[test]
fn lists_kinds_as_asked() {
    let types = |texts: &[&str]| ResourceTypes::parse(texts);
    assert!(!types(&[]).unwrap().contains(ResourceType::Analysis));
    assert!(types(&["all"]).unwrap().contains(ResourceType::Analysis));
    assert!(!types(&["all"]).unwrap().contains(ResourceType::Operation));
    let some = types(&["Model", "unit_test"]).unwrap();
    assert!(some.contains(ResourceType::UnitTest) && !some.contains(ResourceType::Test));
    assert!(matches!(
        types(&["operation"]),
        Err(SelectionError::ResourceType(_))
    ));
    assert!(matches!(
        types(&["table"]),
        Err(SelectionError::ResourceType(_))
    ));
}

#[test]
fn dbt_stops_at_a_name_without_a_package() {
    let nodes = json!({"model.p.a": {}, "exposure.p.e": {"fqn": ["e"]}});
    let options = CompareOptions {
        compare_unrendered: None,
        now: jiff::Timestamp::UNIX_EPOCH,
    };
    let comparison = Comparison::new(None, sample::nodes(&nodes), options);
    let by = |name: &str| {
        let selection = Selection::parse(&[name.to_owned()], &[]).unwrap();
        select(&comparison, &selection).map(|found| found.len())
    };
    assert_eq!(by("e"), Ok(1));
    assert_eq!(
        by("a"),
        Err(SelectionError::ShortFqn("exposure.p.e".into()))
    );
    assert_eq!(by("package:p"), Ok(2));
}

#[test]
fn a_run_takes_models_with_sql_only() {
    let nodes = json!({"model.p.a": {"raw_code": "select 1"}, "model.p.b": {"raw_code": " \n"}, "seed.p.s": {"raw_code": "x"}});
    let options = CompareOptions {
        compare_unrendered: None,
        now: jiff::Timestamp::UNIX_EPOCH,
    };
    let comparison = Comparison::new(None, sample::nodes(&nodes), options);
    let run = Selection::parse(&[], &[]).unwrap().to_run();
    assert_eq!(
        select(&comparison, &run).unwrap(),
        BTreeSet::from(["model.p.a".into()])
    );
    let modified = Selection::parse(&["state:modified".to_owned()], &[]).unwrap();
    assert_eq!(select(&comparison, &modified), Err(SelectionError::NoState));
}
