//! What a real server answered, as `tests/data/materialize` holds it.

use super::wire::{Answer, Column, Failure};
use serde::Deserialize;
use serde_json::Value;
use std::io::Read;
use std::path::{Path, PathBuf};

/// One statement and its answer.
#[derive(Debug, Deserialize)]
pub struct Step {
    #[serde(rename = "as")]
    pub role: String,
    pub sql: String,
    #[serde(flatten)]
    pub answer: Recorded,
    pub note: Option<String>,
    /// How long the answer took.
    pub ms: Option<u64>,
    pub outcome: Option<Value>,
    pub copy: Option<Vec<(f64, String)>>,
    /// The session whose query this was ended before it was answered.
    #[serde(skip)]
    pub place: String,
}

#[derive(Debug, Deserialize)]
pub struct Recorded {
    pub tag: Option<String>,
    #[serde(default)]
    columns: Vec<Value>,
    #[serde(default)]
    rows: Vec<Vec<Value>>,
    error: Option<RecordedFailure>,
    #[serde(default)]
    notices: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct RecordedFailure {
    code: String,
    message: String,
    detail: Option<String>,
    hint: Option<String>,
}

impl Recorded {
    /// The answer as it came over the wire.
    pub fn answer(&self) -> Answer {
        let columns = self.columns();
        let types: Vec<u32> = columns.iter().map(|(_, oid)| *oid).collect();
        let row = |row: &Vec<Value>| {
            row.iter()
                .enumerate()
                .map(|(n, cell)| text(cell, types.get(n)))
                .collect()
        };
        Answer {
            tag: self.tag.clone(),
            rows: self.rows.iter().map(row).collect(),
            columns,
            error: self.error.as_ref().map(|error| Failure {
                code: error.code.clone(),
                message: error.message.clone(),
                detail: error.detail.clone(),
                hint: error.hint.clone(),
            }),
            notices: self.notices.clone(),
            copied: Vec::new(),
        }
    }

    /// Names and types; a loop's columns have names only, and type 0.
    pub fn columns(&self) -> Vec<Column> {
        let column = |column: &Value| match column {
            Value::String(name) => (name.clone(), 0),
            pair => (
                pair[0].as_str().unwrap().to_owned(),
                u32::try_from(pair[1].as_u64().unwrap()).unwrap(),
            ),
        };
        self.columns.iter().map(column).collect()
    }

    pub fn raw_rows(&self) -> &[Vec<Value>] {
        &self.rows
    }
}

/// A recorded cell as text: the recordings hold it as a client's language had it.
pub fn text(cell: &Value, oid: Option<&u32>) -> Option<String> {
    const RECORD: u32 = 2249;
    match cell {
        Value::Null => None,
        Value::Bool(true) => Some("t".to_owned()),
        Value::Bool(false) => Some("f".to_owned()),
        Value::Array(elements) if oid != Some(&RECORD) => {
            let elements: Vec<_> = elements
                .iter()
                .map(|element| text(element, None).unwrap_or_else(|| "NULL".to_owned()))
                .collect();
            Some(format!("{{{}}}", elements.join(",")))
        }
        Value::String(words) => Some(words.clone()),
        number => Some(number.to_string()),
    }
}

/// Part of a conversation between a program and the server.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Exchange {
    Startup {
        startup: std::collections::BTreeMap<String, String>,
    },
    Parameter {
        parameter: (String, String),
    },
    Query {
        sql: String,
        results: Vec<Recorded>,
    },
}

pub fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

/// The text of a compressed file below `tests/data/materialize`.
pub fn read(name: &str) -> String {
    let path = data().join("materialize").join(name);
    let file =
        std::fs::File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut words = String::new();
    flate2::read::GzDecoder::new(file)
        .read_to_string(&mut words)
        .unwrap();
    words
}

/// The steps of a recording, each with its place: `07:12` is line 12 of recording 07, counted from 0.
pub fn steps(name: &str) -> Vec<Step> {
    let parse = |(number, line): (usize, &str)| {
        let step: Step =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{name}:{number}: {error}"));
        Step {
            place: format!("{}:{number}", &name[..2]),
            ..step
        }
    };
    read(&format!("{name}.jsonl.gz"))
        .lines()
        .enumerate()
        .map(parse)
        .collect()
}

pub fn conversation(name: &str) -> Vec<Exchange> {
    let parse = |(number, line): (usize, &str)| {
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{name}:{number}: {error}"))
    };
    read(&format!("{name}.jsonl.gz"))
        .lines()
        .enumerate()
        .map(parse)
        .collect()
}
