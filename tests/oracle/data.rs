//! Reads the recordings.

use cutover::dbt::compare::{CompareOptions, Comparison};
use cutover::dbt::manifest::{Manifest, ManifestError};
use cutover::dbt::selection::{
    IndirectSelection, ResourceTypes, Selection, SelectionError, select,
};
use flate2::read::GzDecoder;
use serde::Deserialize;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::{Arc, LazyLock};

/// The lines of a compressed recording.
pub fn lines(name: &str) -> impl Iterator<Item = String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/oracle")
        .join(name);
    let file = File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    BufReader::new(GzDecoder::new(file))
        .lines()
        .map(Result::unwrap)
}

/// dbt's own macros, which almost every manifest has: id and definition.
static SHARED_MACROS: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    lines("macros.jsonl.gz")
        .map(|line| serde_json::from_str(&line).unwrap())
        .collect()
});

/// A manifest without the macros that it shares with others. It is text, because a manifest may hold NaN.
#[derive(Debug, Deserialize)]
pub struct Stored {
    /// Whether it has the shared macros at all.
    shared: bool,
    /// The shared macros that it lacks or has otherwise.
    skip: Vec<String>,
    /// Whether it has macros of its own.
    own: bool,
    /// The manifest up to and with its last own macro.
    text: String,
}

impl Stored {
    /// The manifest as dbt wrote it.
    pub fn full_text(&self) -> String {
        let comma = if self.own && self.shared { "," } else { "" };
        format!("{}{comma}{}}}}}", self.text, self.shared_macros())
    }

    /// The members of `macros` that it shares with others.
    pub fn shared_macros(&self) -> String {
        let lacks = |id: &String| self.skip.binary_search(id).is_ok();
        let shared = SHARED_MACROS
            .iter()
            .filter(|(id, _)| self.shared && !lacks(id));
        let members: Vec<_> = shared
            .map(|(id, definition)| format!("\"{id}\":{definition}"))
            .collect();
        members.join(",")
    }

    /// The manifest with no macros but its own.
    pub fn own_text(&self) -> String {
        format!("{}}}}}", self.text)
    }

    pub fn parse(&self) -> Result<Manifest, ManifestError> {
        parse(self.full_text())
    }
}

pub fn parse(text: String) -> Result<Manifest, ManifestError> {
    Manifest::parse(text.as_bytes(), Path::new("manifest.json"))
}

#[derive(Debug, Deserialize)]
struct NamedManifest {
    name: String,
    #[serde(flatten)]
    stored: Stored,
}

/// The manifests that serve several cases as state, stored by name.
pub static BASES: LazyLock<HashMap<String, Stored>> = LazyLock::new(|| {
    lines("bases.jsonl.gz")
        .chain(lines("shop.jsonl.gz").take(1))
        .map(|line| serde_json::from_str(&line).unwrap())
        .map(|base: NamedManifest| (base.name, base.stored))
        .collect()
});

#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Flags {
    pub state_modified_compare_more_unrendered_values: bool,
}

/// Either the ids that dbt listed, or nothing where it failed.
pub type Listed = Option<Vec<String>>;

/// In the recordings of other test modes, a failure is an object.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Outcome {
    Listed(Vec<String>),
    Failed { error: String },
}

/// One edit of a project.
#[derive(Debug, Deserialize)]
pub struct Case {
    pub case: String,
    pub note: String,
    pub flags: Flags,
    pub json_undecidable: bool,
    pub before: Option<String>,
    pub before_manifest: Option<Stored>,
    pub after_manifest: Stored,
    pub selectors: HashMap<String, Listed>,
    pub models: HashMap<String, Listed>,
    pub errors: HashMap<String, String>,
    pub indirect: Option<HashMap<String, HashMap<String, Outcome>>>,
    /// What dbt warned of; not recorded everywhere.
    pub warnings: Option<Vec<String>>,
}

impl Case {
    pub fn before(&self) -> Option<&Stored> {
        let shared = self.before.as_ref().map(|name| &BASES[name]);
        shared.or(self.before_manifest.as_ref())
    }
}

pub fn cases() -> impl Iterator<Item = Case> {
    let all = lines("cases.jsonl.gz").chain(lines("shop.jsonl.gz").skip(1));
    all.map(|line| {
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {}", &line[..200]))
    })
}

pub fn options(compare_unrendered: bool) -> CompareOptions {
    CompareOptions {
        compare_unrendered: Some(compare_unrendered),
        now: "2026-11-20T12:00:00Z".parse().unwrap(),
    }
}

pub fn compare(before: Option<Arc<Manifest>>, after: Arc<Manifest>, flags: Flags) -> Comparison {
    let flag = flags.state_modified_compare_more_unrendered_values;
    Comparison::new(before, after, options(flag))
}

/// What `dbt ls --select SELECTOR` lists.
pub fn list(
    comparison: &Comparison,
    selector: &str,
    kinds: &ResourceTypes,
    indirect: IndirectSelection,
) -> Result<Vec<String>, SelectionError> {
    let selection = Selection::parse(&[selector.to_owned()], &[])?
        .resource_types(kinds.clone())
        .indirect(indirect);
    let selected = select(comparison, &selection)?;
    Ok(selected.iter().map(ToString::to_string).collect())
}
