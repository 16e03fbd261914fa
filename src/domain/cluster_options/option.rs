//! One option of a cluster.

use crate::domain::name::literal;
use std::fmt::{self, Write as _};

/// Why a text does not tell a cluster's options.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableOptions {
    #[error("what SHOW CREATE CLUSTER answers has another form than this version knows, near {0}")]
    Form(String),
    #[error("SHOW CREATE CLUSTER answers with the text of another cluster, `{0}`")]
    OtherCluster(String),
}

/// One option, or one entry of a list inside an option's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterOption {
    /// In capitals: `REPLICATION FACTOR`. Empty for an entry that is a value alone, such as an availability zone.
    pub name: String,
    pub value: OptionValue,
}

/// What stands behind an option's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OptionValue {
    /// Nothing: the name says it.
    Absent,
    Text(String),
    Number(String),
    /// `INTERVAL '00:00:01'`.
    Interval(String),
    /// `MANUAL`, `true`.
    Words(String),
    List(Vec<ClusterOption>),
    /// `ON REFRESH (...)`.
    Clause(String, Vec<ClusterOption>),
}

impl ClusterOption {
    pub(super) fn shape(&self) -> Option<OptionShape> {
        let known = KNOWN.iter().find(|(name, _)| *name == self.name);
        known.map(|(_, shape)| *shape)
    }

    pub(super) fn is_known(&self) -> bool {
        self.shape().is_some_and(|shape| self.value.has(shape))
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(&self.value, OptionValue::Words(word) if word.eq_ignore_ascii_case("NULL"))
    }

    fn is(&self, name: &str, shape: OptionShape) -> bool {
        self.name == name && self.value.has(shape)
    }
}

impl OptionValue {
    fn has(&self, shape: OptionShape) -> bool {
        let one_of = |words: &str, known: &[&str]| {
            known.iter().any(|known| words.eq_ignore_ascii_case(known))
        };
        match (shape, self) {
            (OptionShape::OfTheSystem, _)
            | (OptionShape::Text, Self::Text(_))
            | (OptionShape::Number, Self::Number(_))
            | (OptionShape::Interval, Self::Interval(_) | Self::Text(_) | Self::Number(_))
            | (OptionShape::Truth, Self::Absent) => true,
            (OptionShape::Truth, Self::Words(words)) => {
                one_of(words, &["true", "false", "on", "off"])
            }
            (OptionShape::Texts, Self::List(entries)) => {
                entries.iter().all(|entry| entry.is("", OptionShape::Text))
            }
            (OptionShape::Schedule, Self::Words(words)) => one_of(words, &["MANUAL", "ON REFRESH"]),
            (OptionShape::Schedule, Self::Clause(words, entries)) => {
                one_of(words, &["ON REFRESH"])
                    && entries.iter().all(|entry| {
                        entry.is("HYDRATION TIME ESTIMATE", OptionShape::Interval)
                            || entry.is("REHYDRATION TIME ESTIMATE", OptionShape::Interval)
                    })
            }
            (OptionShape::Strategy, Self::List(clauses)) => clauses.iter().all(|clause| {
                let OptionValue::List(entries) = &clause.value else {
                    return false;
                };
                clause.name == "ON HYDRATION"
                    && entries.iter().all(|entry| {
                        entry.is("HYDRATION SIZE", OptionShape::Text)
                            || entry.is("LINGER DURATION", OptionShape::Interval)
                    })
            }),
            _ => false,
        }
    }
}

impl fmt::Display for ClusterOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.name.as_str(), &self.value) {
            (name, OptionValue::Absent) => f.write_str(name),
            ("", value) => value.fmt(f),
            // A clause inside a list: `ON HYDRATION (...)`.
            (name, OptionValue::List(entries)) if name.starts_with("ON ") => {
                write!(f, "{name} {}", Listed(entries))
            }
            (name, value) => write!(f, "{name} = {value}"),
        }
    }
}

impl fmt::Display for OptionValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => Ok(()),
            Self::Text(text) => f.write_str(&literal(text)),
            Self::Number(number) => f.write_str(number),
            Self::Interval(text) => write!(f, "INTERVAL {}", literal(text)),
            Self::Words(words) => f.write_str(words),
            Self::List(entries) => Listed(entries).fmt(f),
            Self::Clause(words, entries) => write!(f, "{words} {}", Listed(entries)),
        }
    }
}

/// `(one, two)`.
pub(super) struct Listed<'a>(pub(super) &'a [ClusterOption]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('(')?;
        for (at, entry) in self.0.iter().enumerate() {
            let separator = if at > 0 { ", " } else { "" };
            write!(f, "{separator}{entry}")?;
        }
        f.write_char(')')
    }
}

/// What an option's value must look like to be passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OptionShape {
    Text,
    Texts,
    Number,
    Truth,
    Interval,
    Schedule,
    Strategy,
    /// Anything: it is not passed on.
    OfTheSystem,
}

pub(super) const STRATEGY: &str = "AUTO SCALING STRATEGY";

pub(super) const KNOWN: [(&str, OptionShape); 11] = [
    (STRATEGY, OptionShape::Strategy),
    ("AVAILABILITY ZONES", OptionShape::Texts),
    ("DISK", OptionShape::Truth),
    ("EXPERIMENTAL ARRANGEMENT COMPRESSION", OptionShape::Truth),
    ("INTROSPECTION DEBUGGING", OptionShape::Truth),
    ("INTROSPECTION INTERVAL", OptionShape::Interval),
    ("MANAGED", OptionShape::Truth),
    (FACTOR, OptionShape::Number),
    (SCHEDULE, OptionShape::Schedule),
    (SIZE, OptionShape::Text),
    ("WORKLOAD CLASS", OptionShape::OfTheSystem),
];

pub(super) const FACTOR: &str = "REPLICATION FACTOR";
pub(super) const SCHEDULE: &str = "SCHEDULE";
pub(super) const SIZE: &str = "SIZE";
