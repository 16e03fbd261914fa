//! States that differ from the project in one value.

use super::data::Flags;
use super::data::{Stored, compare, lines, list, parse};
use cutover::dbt::compare::Comparison;
use cutover::dbt::manifest::{Manifest, ResourceType};
use cutover::dbt::selection::{IndirectSelection, ResourceTypes, SelectionError};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::Arc;

const SELECTORS: [&str; 8] = [
    "modified",
    "modified.body",
    "modified.configs",
    "modified.relation",
    "modified.persisted_descriptions",
    "modified.macros",
    "modified.contract",
    "new",
];

#[derive(Deserialize)]
struct Head {
    flag: bool,
    manifest: Stored,
    mutations: usize,
}

/// A change of the state; a selector that is not mentioned selects nothing.
#[derive(Deserialize)]
struct Mutation {
    section: String,
    uid: String,
    path: Vec<Value>,
    value: Value,
    expect: HashMap<String, Expected>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Expected {
    Ids(Vec<String>),
    Error {
        #[allow(dead_code)]
        error: String,
    },
}

#[test]
fn sees_exactly_the_fields_that_dbt_sees() {
    let mut lines = lines("fields.jsonl.gz");
    let mut wrong = Vec::new();
    let mut checked = 0;
    while let Some(head) = lines.next() {
        let head: Head = serde_json::from_str(&head).unwrap();
        let project = Project::new(&head);
        for line in lines.by_ref().take(head.mutations) {
            let mutation: Mutation = serde_json::from_str(&line).unwrap();
            let comparison = project.compare_with(&mutation);
            checked += 1;
            check(&mutation, &comparison, &mut wrong);
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {checked} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(checked > 3000, "only {checked} changes were compared");
}

struct Project {
    flags: Flags,
    manifest: Arc<Manifest>,
    /// Without the macros that no change touches.
    document: Value,
    shared_macros: String,
}

impl Project {
    fn new(head: &Head) -> Self {
        Self {
            flags: Flags {
                state_modified_compare_more_unrendered_values: head.flag,
            },
            manifest: Arc::new(head.manifest.parse().unwrap()),
            document: serde_json::from_str(&head.manifest.own_text()).unwrap(),
            shared_macros: head.manifest.shared_macros(),
        }
    }

    fn compare_with(&self, mutation: &Mutation) -> Comparison {
        if mutation.section == "macros" {
            let mut document = self.document.clone();
            mutation.apply(&mut document);
            let before = parse(self.with_shared_macros(document)).unwrap();
            return compare(
                Some(Arc::new(before)),
                Arc::clone(&self.manifest),
                self.flags,
            );
        }
        // A node is compared with nothing but its namesake, so the others can stay away: this takes seconds, not minutes.
        let after = self.with_only(&mutation.section, &mutation.uid);
        let mut before = after.clone();
        mutation.apply(&mut before);
        let manifest = |document: Value| Arc::new(parse(document.to_string()).unwrap());
        compare(Some(manifest(before)), manifest(after), self.flags)
    }

    fn with_shared_macros(&self, mut document: Value) -> String {
        let own = document.as_object_mut().unwrap().remove("macros").unwrap();
        let (document, own) = (document.to_string(), own.to_string());
        let open = |object: &str| object.strip_suffix('}').unwrap().to_owned();
        format!(
            "{},\"macros\":{},{}}}}}",
            open(&document),
            open(&own),
            self.shared_macros
        )
    }

    fn with_only(&self, section: &str, id: &str) -> Value {
        let mut document = Map::new();
        for (key, value) in self.document.as_object().unwrap() {
            let value = match key.as_str() {
                "metadata" => value.clone(),
                key if key == section => json!({ id: value[id] }),
                _ => json!({}),
            };
            document.insert(key.clone(), value);
        }
        Value::Object(document)
    }
}

impl Mutation {
    fn apply(&self, document: &mut Value) {
        let section = &mut document[self.section.as_str()];
        let mut keys = vec![Value::String(self.uid.clone())];
        keys.extend(self.path.iter().cloned());
        let last = keys.pop().unwrap();
        let mut holder = section;
        for key in &keys {
            holder = match key {
                Value::String(key) => &mut holder[key.as_str()],
                index => &mut holder[usize::try_from(index.as_u64().unwrap()).unwrap()],
            };
        }
        let deletes = self.value == json!({"$delete": true});
        match (holder, last) {
            (Value::Object(map), Value::String(key)) if deletes => {
                map.remove(&key).unwrap();
            }
            (Value::Object(map), Value::String(key)) => {
                map.insert(key, self.value.clone());
            }
            (Value::Array(items), index) => {
                let index = usize::try_from(index.as_u64().unwrap()).unwrap();
                if deletes {
                    items.remove(index);
                } else {
                    items[index] = self.value.clone();
                }
            }
            (holder, key) => panic!("no {key} in {holder}"),
        }
    }
}

fn check(mutation: &Mutation, comparison: &Comparison, wrong: &mut Vec<String>) {
    for selector in SELECTORS {
        let found = list(
            comparison,
            &format!("state:{selector}"),
            &ResourceTypes::only(ResourceType::ALL.iter().copied()),
            IndirectSelection::Empty,
        );
        let agrees = match (&found, mutation.expect.get(selector)) {
            (Ok(found), None) => found.is_empty(),
            (Ok(found), Some(Expected::Ids(ids))) => found == ids,
            (Err(SelectionError::Abort(_)), Some(Expected::Error { .. })) => true,
            _ => false,
        };
        if !agrees {
            let expected = match mutation.expect.get(selector) {
                None => "nothing".to_owned(),
                Some(Expected::Ids(ids)) => format!("{ids:?}"),
                Some(Expected::Error { .. }) => "a failure".to_owned(),
            };
            wrong.push(format!(
                "{} {:?} = {}: state:{selector} finds {found:?} instead of {expected}",
                mutation.uid, mutation.path, mutation.value
            ));
        }
    }
}
