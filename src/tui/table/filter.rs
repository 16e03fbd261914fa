//! The text filter of the object table: `orders state:hydrating,lagging cluster:compute lag>5s !kind:index`.
//!
//! Terms are separated by blanks and must all hold; `!` before a term turns it round; commas separate alternatives.

use crate::domain::board::ObjectRow;
use crate::domain::environment::Side;
use crate::domain::object::ObjectKind;
use crate::domain::project::{Compared, ModelChange};
use crate::domain::readiness::Readiness;
use crate::domain::snapshot::Lag;

/// Why a filter can't be used; shown while it is typed, with the filter before it still in force.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFilter {
    #[error("unknown word `{0}:`; there are state: kind: cluster: schema: change: and lag>5s")]
    UnknownKey(String),
    #[error("`{0}` can't be compared; there are lag>5s blue>5s green>5s and the same with <")]
    UnknownComparison(String),
    #[error(
        "unknown state `{0}`; there are ready lagging hydrating unknown paused failing missing"
    )]
    UnknownState(String),
    #[error(
        "unknown change `{0}`; there are modified new removed downstream unmodified unknown none"
    )]
    UnknownChange(String),
    #[error("`{0}` is not a span of time; write 500ms, 5s or 2m")]
    InvalidSpan(String),
    #[error("`{0}` needs a value")]
    NoValue(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    negated: bool,
    test: Test,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    /// A part of `schema.name`, lower case.
    Text(String),
    /// `None` stands for an object that the deployment side lacks.
    State(Vec<Option<Readiness>>),
    Kind(Vec<String>),
    Cluster(Vec<String>),
    Schema(Vec<String>),
    /// `None` stands for what no model makes.
    Change(Vec<Option<Compared>>),
    /// In milliseconds, of the object on this side; `None` stands for the subject's.
    LagAbove(Option<Side>, u64),
    LagBelow(Option<Side>, u64),
}

impl Filter {
    /// # Errors
    /// When a term is unknown or its value can't be read.
    pub fn parse(text: &str) -> Result<Self, InvalidFilter> {
        let terms = joined(text)
            .split_whitespace()
            .map(parse_term)
            .collect::<Result<_, _>>()?;
        Ok(Self { terms })
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// What is said of a row's state and lag is said of its object on the subject's side.
    #[must_use]
    pub fn matches(&self, row: &ObjectRow, subject: Side) -> bool {
        self.terms
            .iter()
            .all(|term| term.test.holds(row, subject) != term.negated)
    }
}

fn parse_term(word: &str) -> Result<Term, InvalidFilter> {
    let (negated, word) = match word.strip_prefix('!') {
        Some(rest) if !rest.is_empty() => (true, rest),
        _ => (false, word),
    };
    let test = if let Some((key, span)) = word.split_once('>') {
        Test::LagAbove(parse_side(key)?, parse_span(word, span)?)
    } else if let Some((key, span)) = word.split_once('<') {
        Test::LagBelow(parse_side(key)?, parse_span(word, span)?)
    } else if let Some((key, value)) = word.split_once(':') {
        parse_keyed(&key.to_lowercase(), value)?
    } else {
        Test::Text(word.to_lowercase())
    };
    Ok(Term { negated, test })
}

/// With `lag > 5s` written as `lag>5s`: no blank parts a comparison.
fn joined(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        let continues = joined.ends_with(['>', '<']) || word.starts_with(['>', '<']);
        if !joined.is_empty() && !continues {
            joined.push(' ');
        }
        joined.push_str(word);
    }
    joined
}

/// Whose lag a comparison is about.
fn parse_side(key: &str) -> Result<Option<Side>, InvalidFilter> {
    match key.to_lowercase().as_str() {
        "lag" => Ok(None),
        "blue" | "production" => Ok(Some(Side::Production)),
        "green" | "deployment" => Ok(Some(Side::Deployment)),
        _ => Err(InvalidFilter::UnknownComparison(key.to_owned())),
    }
}

fn parse_keyed(key: &str, value: &str) -> Result<Test, InvalidFilter> {
    let values: Vec<String> = value
        .split(',')
        .filter(|value| !value.is_empty())
        .map(str::to_lowercase)
        .collect();
    if values.is_empty() && matches!(key, "state" | "kind" | "cluster" | "schema" | "change") {
        return Err(InvalidFilter::NoValue(format!("{key}:")));
    }
    match key {
        "state" => Ok(Test::State(parse_all(values, parse_state)?)),
        "change" => Ok(Test::Change(parse_all(values, parse_change)?)),
        "kind" => Ok(Test::Kind(values)),
        "cluster" => Ok(Test::Cluster(values)),
        "schema" => Ok(Test::Schema(values)),
        _ => Err(InvalidFilter::UnknownKey(key.to_owned())),
    }
}

fn parse_all<T>(
    values: Vec<String>,
    parse: impl Fn(String) -> Result<T, InvalidFilter>,
) -> Result<Vec<T>, InvalidFilter> {
    values.into_iter().map(parse).collect()
}

fn parse_state(word: String) -> Result<Option<Readiness>, InvalidFilter> {
    let known = [
        Readiness::Ready,
        Readiness::Lagging,
        Readiness::Hydrating,
        Readiness::Unknown,
        Readiness::Paused,
        Readiness::Failing,
    ];
    if word == "missing" {
        return Ok(None);
    }
    known
        .into_iter()
        .find(|state| state.as_str() == word)
        .map(Some)
        .ok_or(InvalidFilter::UnknownState(word))
}

fn parse_change(word: String) -> Result<Option<Compared>, InvalidFilter> {
    let known = [
        Compared::Changed(ModelChange::Modified),
        Compared::Changed(ModelChange::New),
        Compared::Changed(ModelChange::Removed),
        Compared::Changed(ModelChange::Downstream),
        Compared::Unmodified,
        Compared::Unknown,
    ];
    if word == "none" {
        return Ok(None);
    }
    known
        .into_iter()
        .find(|change| change.as_str() == word)
        .map(Some)
        .ok_or(InvalidFilter::UnknownChange(word))
}

/// `500ms`, `5s`, `1m30s`, or seconds without a unit, in milliseconds.
fn parse_span(term: &str, span: &str) -> Result<u64, InvalidFilter> {
    if span.is_empty() {
        return Err(InvalidFilter::NoValue(term.to_owned()));
    }
    let bare = span.ends_with(|last: char| last.is_ascii_digit() || last == '.');
    let written = if bare {
        format!("{span}s")
    } else {
        span.to_owned()
    };
    let span: jiff::SignedDuration = written
        .parse()
        .map_err(|_| InvalidFilter::InvalidSpan(span.to_owned()))?;
    u64::try_from(span.as_millis()).map_err(|_| InvalidFilter::InvalidSpan(written))
}

impl Test {
    fn holds(&self, row: &ObjectRow, subject: Side) -> bool {
        let named = |names: &[String], name: &str| {
            let name = name.to_lowercase();
            names.iter().any(|wanted| name.contains(wanted.as_str()))
        };
        match self {
            Self::Text(text) => format!("{}.{}", row.schema, row.name)
                .to_lowercase()
                .contains(text.as_str()),
            Self::State(states) => states.contains(&row.readiness(subject)),
            Self::Kind(kinds) => kinds.iter().any(|kind| is_kind(kind, &row.kind)),
            Self::Cluster(clusters) => row
                .cluster
                .as_ref()
                .is_some_and(|cluster| named(clusters, cluster.as_str())),
            Self::Schema(schemas) => named(schemas, row.schema.as_str()),
            Self::Change(changes) => changes.contains(&row.compared),
            Self::LagAbove(side, limit) => {
                lag(row, side.unwrap_or(subject)).is_some_and(|lag| lag > *limit)
            }
            Self::LagBelow(side, limit) => {
                lag(row, side.unwrap_or(subject)).is_some_and(|lag| lag < *limit)
            }
        }
    }
}

/// A whole word of the catalog means that kind alone (`view` is no materialized view); `mv` and parts of words mean what they are in.
fn is_kind(wanted: &str, kind: &ObjectKind) -> bool {
    match ObjectKind::from(wanted) {
        ObjectKind::Other(_) if wanted == "mv" => *kind == ObjectKind::MaterializedView,
        ObjectKind::Other(part) => kind.as_str().contains(&part),
        known => *kind == known,
    }
}

fn lag(row: &ObjectRow, side: Side) -> Option<u64> {
    match row.of(side)?.lag {
        Lag::Millis(lag) => Some(lag),
        Lag::Unknown => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::domain::name::{Identifier, ObjectId};
    use crate::domain::readiness::ObjectReadiness;
    use std::collections::BTreeSet;

    fn row(name: &str, readiness: Option<Readiness>, lag: u64) -> ObjectRow {
        ObjectRow {
            schema: Identifier::new("Slim").unwrap(),
            name: Identifier::new(name).unwrap(),
            kind: ObjectKind::MaterializedView,
            cluster: Some(Identifier::new("compute").unwrap()),
            production: None,
            deployment: readiness.map(|readiness| ObjectReadiness {
                id: ObjectId::user(1),
                side: Side::Deployment,
                cluster: None,
                readiness,
                reason: String::new(),
                hydrated_on: BTreeSet::new(),
                replicas: 1,
                lag: Lag::Millis(lag),
                materialization_lag: Lag::Unknown,
                counts: true,
            }),
            compared: Some(Compared::Changed(ModelChange::Modified)),
        }
    }

    fn matches(filter: &str, row: &ObjectRow) -> bool {
        Filter::parse(filter)
            .unwrap()
            .matches(row, Side::Deployment)
    }

    #[test]
    fn terms_must_all_hold() {
        let bar = row("bar", Some(Readiness::Lagging), 6_000);
        for filter in [
            "",
            "bar",
            "slim.ba",
            "state:lagging",
            "state:ready,lagging",
            "kind:materialized-view",
            "kind:mv",
            "kind:mater",
            "cluster:comp",
            "schema:slim",
            "change:modified",
            "lag>5s",
            "lag>5",
            "lag<7000ms",
            "lag > 5s",
            "Lag>5s bar",
            "lag> 5s lag <7s",
            "green>5s",
            "State:lagging",
            "!foo",
            "!state:ready",
            "BAR lag>5s !kind:index",
        ] {
            assert!(matches(filter, &bar), "{filter}");
        }
        for filter in [
            "foo",
            "bar state:ready",
            "kind:index",
            "kind:view",
            "cluster:serving",
            "change:none",
            "change:unmodified,unknown",
            "lag>6s",
            "lag > 6s",
            "blue>1s",
            "blue<1h",
            "!bar",
        ] {
            assert!(!matches(filter, &bar), "{filter}");
        }
    }

    #[test]
    fn what_the_deployment_side_lacks_is_missing_and_has_no_lag() {
        let gone = row("gone", None, 0);
        assert!(matches("state:missing", &gone));
        assert!(!matches("state:ready", &gone));
        assert!(!matches("lag<1h", &gone));
        assert!(!matches("lag>0s", &gone));
    }

    #[test]
    fn what_can_not_be_read_is_named() {
        for (filter, error) in [
            ("stat:x", InvalidFilter::UnknownKey("stat".to_owned())),
            ("state:redy", InvalidFilter::UnknownState("redy".to_owned())),
            ("change:x", InvalidFilter::UnknownChange("x".to_owned())),
            ("lag>5d", InvalidFilter::InvalidSpan("5d".to_owned())),
            ("lag>-1s", InvalidFilter::InvalidSpan("-1s".to_owned())),
            ("age>5s", InvalidFilter::UnknownComparison("age".to_owned())),
            ("lag >", InvalidFilter::NoValue("lag>".to_owned())),
            ("state:", InvalidFilter::NoValue("state:".to_owned())),
        ] {
            assert_eq!(Filter::parse(filter), Err(error), "{filter}");
        }
    }
}
