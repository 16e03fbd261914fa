//! What the catalog shows after a race, against what the processes said.

use crate::process::Said;
use crate::wire::Session;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

/// What a server holds at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// The ids of schemas and clusters, by kind and name.
    names: BTreeMap<String, String>,
    objects: BTreeSet<String>,
    /// How often `blue_green_slim` has come to another schema.
    swaps: usize,
}

const PAIRS: [&str; 4] = [
    "schema blue_green_slim",
    "schema serving",
    "cluster compute",
    "cluster serving",
];

impl View {
    pub fn of(server: SocketAddr) -> Self {
        let mut workspace = Session::login(server, "materialize");
        let mut rows = |sql: &str| -> Vec<Vec<String>> {
            let answer = workspace.ask(sql);
            assert!(answer.error.is_none(), "{sql}: {:?}", answer.error);
            let texts = |row: Vec<Option<String>>| row.into_iter().flatten().collect();
            answer.rows.into_iter().map(texts).collect()
        };
        let names = rows(
            "SELECT 'schema ' || name, id FROM mz_catalog.mz_schemas WHERE id LIKE 'u%' \
             UNION ALL SELECT 'cluster ' || name, id FROM mz_catalog.mz_clusters WHERE id LIKE 'u%'",
        );
        let objects = rows("SELECT id FROM mz_catalog.mz_objects WHERE id LIKE 'u%'");
        let swaps = rows(
            "SELECT id::text FROM mz_catalog.mz_audit_events WHERE object_type = 'schema' \
             AND event_type = 'alter' AND details ->> 'new_name' = 'blue_green_slim'",
        );
        Self {
            names: names
                .into_iter()
                .map(|row| (row[0].clone(), row[1].clone()))
                .collect(),
            objects: objects.into_iter().flatten().collect(),
            swaps: swaps.len(),
        }
    }

    fn id(&self, name: &str) -> Option<&String> {
        self.names.get(name)
    }
}

fn is(said: &Said, word: &str) -> bool {
    said.words[0] == word
}

/// Whether it says that production is what it was meant to become.
fn claims(said: &Said) -> bool {
    said.code == 0 && (is(said, "promote") || is(said, "rollback"))
}

/// Whether it says of its own swap that it was committed.
fn admits(said: &Said) -> bool {
    claims(said)
        || said.message.contains("swap was committed")
        || said.message.contains("swap is committed")
}

/// What the fence itself promises: names never mixed, and each swap told by who sent it.
pub fn against_the_fence(was: &str, before: &View, after: &View, said: &[Said; 2]) -> Vec<String> {
    let mut bad = Vec::new();
    let swaps = after.swaps - before.swaps;
    let moved: BTreeSet<bool> = PAIRS
        .iter()
        .map(|name| before.id(name) != after.id(name))
        .collect();
    if moved.len() > 1 {
        bad.push(format!("names are mixed: {:?}", after.names));
    }
    let moved = moved.contains(&true);
    if moved != (swaps % 2 == 1) {
        bad.push(format!("{swaps} swaps, and names moved: {moved}"));
    }
    if swaps > 0 && !said.iter().any(admits) {
        bad.push(format!("{swaps} swaps that nobody tells of"));
    }
    let claimed: BTreeSet<&str> = said
        .iter()
        .filter(|it| claims(it))
        .map(|it| it.words[0])
        .collect();
    let promoted = (was == "promoted") != moved;
    let holds = match (claimed.contains("promote"), claimed.contains("rollback")) {
        (true, false) => promoted,
        (false, true) => !promoted,
        // One after the other.
        (true, true) => swaps == 2,
        (false, false) => true,
    };
    if !holds {
        bad.push(format!(
            "{claimed:?} claimed, after {swaps} swaps, and promoted: {promoted}"
        ));
    }
    bad
}

/// What nobody may do: drop what was not shown.
pub fn against_what_was_shown(before: &View, after: &View, said: &[Said; 2]) -> Vec<String> {
    let agreed: Option<Vec<&Vec<String>>> = said.iter().map(|it| it.shown.as_ref()).collect();
    let Some(agreed) = agreed else {
        return Vec::new();
    };
    let shown: BTreeSet<&String> = agreed.into_iter().flatten().collect();
    let gone: Vec<&String> = before
        .objects
        .difference(&after.objects)
        .filter(|id| !shown.contains(id))
        .collect();
    match gone.is_empty() {
        true => Vec::new(),
        false => vec![format!("dropped and not shown: {gone:?}")],
    }
}

/// What the records say in the end, where nobody built or dropped anything.
pub fn against_the_records(was: &str, phase: &str, before: &View, after: &View) -> Vec<String> {
    let moved = before.id(PAIRS[0]) != after.id(PAIRS[0]);
    let promoted = (was == "promoted") != moved;
    let fits = match promoted {
        true => phase == "promoted",
        false => matches!(phase, "ready" | "hydrating"),
    };
    match fits {
        true => Vec::new(),
        false => vec![format!("the phase is {phase}, and names moved: {moved}")],
    }
}
