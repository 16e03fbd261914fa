//! Compares two answers, ids and times aside.

use super::wire::{Answer, Failure};
use regex::Regex;
use std::fmt;
use std::sync::LazyLock;

/// What of an answer differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Tag,
    Columns,
    Rows,
    Error,
    Notices,
}

#[derive(Debug, Clone)]
pub struct Difference {
    pub part: Part,
    pub recorded: String,
    pub simulated: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            part,
            recorded,
            simulated,
        } = self;
        write!(
            f,
            "{part:?}\n      recorded:  {recorded}\n      simulated: {simulated}"
        )
    }
}

/// Where two answers to the same statement differ.
pub fn differences(sql: &str, recorded: &Answer, simulated: &Answer) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut check = |part: Part, recorded: String, simulated: String| {
        if recorded != simulated {
            found.push(Difference {
                part,
                recorded,
                simulated,
            });
        }
    };
    check(
        Part::Error,
        error(recorded.error.as_ref()),
        error(simulated.error.as_ref()),
    );
    if recorded.error.is_none() && simulated.error.is_none() {
        check(
            Part::Tag,
            format!("{:?}", recorded.tag),
            format!("{:?}", simulated.tag),
        );
        check(
            Part::Columns,
            format!("{:?}", recorded.columns),
            format!("{:?}", simulated.columns),
        );
        let ordered = is_ordered(sql, recorded);
        check(
            Part::Rows,
            rows(recorded, ordered),
            rows(simulated, ordered),
        );
    }
    let words = |notices: &[String]| {
        notices
            .iter()
            .map(|notice| masked(notice))
            .collect::<Vec<_>>()
            .join(" | ")
    };
    check(
        Part::Notices,
        words(&recorded.notices),
        words(&simulated.notices),
    );
    found
}

static ORDERED_BY_ID: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)order by [^)]*\b(id|occurred_at)\b").unwrap());

/// Rows come in a known order where the statement asks for one that doesn't depend on ids or times.
fn is_ordered(sql: &str, answer: &Answer) -> bool {
    let has_ids = answer
        .rows
        .iter()
        .flatten()
        .flatten()
        .any(|cell| masked(cell) != *cell);
    sql.to_lowercase().contains("order by") && !has_ids && !ORDERED_BY_ID.is_match(sql)
}

fn error(failure: Option<&Failure>) -> String {
    failure.map_or_else(String::new, |failure| {
        let words = |words: &Option<String>| words.as_deref().map(masked).unwrap_or_default();
        let (detail, hint) = (words(&failure.detail), words(&failure.hint));
        format!(
            "{} {} / {detail} / {hint}",
            failure.code,
            masked(&failure.message)
        )
    })
}

fn rows(answer: &Answer, ordered: bool) -> String {
    let mut rows: Vec<String> = answer
        .rows
        .iter()
        .map(|row| masked_row(answer, row))
        .collect();
    if !ordered {
        rows.sort();
    }
    rows.join("\n                 ")
}

pub fn masked_row(answer: &Answer, row: &[Option<String>]) -> String {
    let cell = |(number, cell): (usize, &Option<String>)| {
        let (name, oid) = answer
            .columns
            .get(number)
            .map_or(("", 0), |(name, oid)| (name.as_str(), *oid));
        cell.as_ref()
            .map_or_else(|| "NULL".to_owned(), |cell| masked_cell(name, oid, cell))
    };
    row.iter()
        .enumerate()
        .map(cell)
        .collect::<Vec<_>>()
        .join(", ")
}

const OID: u32 = 26;
const FLOATS: [u32; 3] = [700, 701, 1700];
const TIMES: [u32; 4] = [1114, 1184, 1186, 16552];

fn masked_cell(column: &str, oid: u32, cell: &str) -> String {
    let is_number = cell.parse::<f64>().is_ok();
    match oid {
        OID => "<oid>".to_owned(),
        _ if TIMES.contains(&oid) => "<time>".to_owned(),
        _ if FLOATS.contains(&oid) && is_number => magnitude(cell).to_owned(),
        _ if column == "id" && is_number => "<id>".to_owned(),
        _ => masked(cell),
    }
}

/// How big a number is: the exact value of a measurement means nothing.
fn magnitude(number: &str) -> &'static str {
    match number.parse::<f64>().unwrap_or(f64::NAN) {
        0.0 => "<zero>",
        number if number < 0.0 => "<just below zero>",
        number if number < 1_000_000.0 => "<some>",
        _ => "<huge>",
    }
}

static MASKS: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    let mask = |pattern: &str, word: &'static str| (Regex::new(pattern).unwrap(), word);
    vec![
        mask(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "<uuid>"),
        mask(
            r"\bmz_(schema|cluster)_swap_[0-9a-z]+",
            "mz_${1}_swap_<random>",
        ),
        mask(
            r"\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?([+-]\d\d(:?\d\d)?|Z)?",
            "<time>",
        ),
        mask(r"\b1[5-9]\d{11}\b", "<time>"),
        mask(r"\bsi\d+\b", "<si>"),
        mask(r"\b([usgt])\d+\b", "<$1>"),
    ]
});

/// A text with ids, times and random words replaced by what they are.
pub fn masked(words: &str) -> String {
    MASKS
        .iter()
        .fold(words.to_owned(), |words, (pattern, word)| {
            pattern.replace_all(&words, *word).into_owned()
        })
}
