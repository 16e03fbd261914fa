//! What is wrong with the configuration: everything at once, each with its place and what to do.

use crate::domain::failure::Remedy;
use serde::Serialize;
use std::{collections::BTreeMap, fmt, path::PathBuf};

/// Where something stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct SourceLocation {
    pub file: PathBuf,
    /// From 1; absent where the whole file is meant.
    pub line: Option<usize>,
}

impl SourceLocation {
    #[must_use]
    pub fn file(file: impl Into<PathBuf>) -> Self {
        Self {
            file: file.into(),
            line: None,
        }
    }

    #[must_use]
    pub fn line(file: impl Into<PathBuf>, line: usize) -> Self {
        Self {
            file: file.into(),
            line: Some(line),
        }
    }

    /// The place of a byte of `text`, which is the file's contents.
    #[must_use]
    pub fn at_byte(file: impl Into<PathBuf>, text: &str, byte: usize) -> Self {
        let before = text.as_bytes().iter().take(byte);
        Self::line(file, 1 + before.filter(|byte| **byte == b'\n').count())
    }
}

impl fmt::Display for SourceLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        self.line.map_or(Ok(()), |line| write!(f, ":{line}"))
    }
}

/// Where a setting's value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "at", rename_all = "lowercase")]
pub enum Origin {
    Default,
    File(SourceLocation),
    /// An environment variable.
    Variable(String),
    /// A flag on the command line, with its dashes.
    Flag(&'static str),
    /// Nobody named it: how it was found.
    Found(&'static str),
}

/// Where the parts of something come from, by their names; a part that is not among them has its default.
pub(super) type Origins = BTreeMap<&'static str, Origin>;

impl Origin {
    /// The file and line, where the value stands in a file.
    #[must_use]
    pub fn place(&self) -> Option<&SourceLocation> {
        match self {
            Self::File(place) => Some(place),
            Self::Default | Self::Variable(_) | Self::Flag(_) | Self::Found(_) => None,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(place) => place.fmt(f),
            Self::Variable(name) => write!(f, "environment variable {name}"),
            Self::Flag(flag) => f.write_str(flag),
            Self::Found(how) => f.write_str(how),
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    pub place: Option<SourceLocation>,
    /// One sentence.
    pub message: String,
    /// What to do next: one sentence.
    pub remedy: String,
}

/// Names as a remedy lists them: `a`, `b`; or "none".
#[must_use]
pub fn listed(names: &[&String]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

impl Problem {
    #[must_use]
    pub fn new(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            place: None,
            message: message.into(),
            remedy: remedy.into(),
        }
    }

    #[must_use]
    pub fn at(mut self, place: SourceLocation) -> Self {
        self.place = Some(place);
        self
    }

    /// A value of `key` that can't be used, wherever it comes from.
    #[must_use]
    pub fn value(key: &str, origin: &Origin, why: impl fmt::Display, remedy: &str) -> Self {
        let message = match origin {
            Origin::Variable(_) | Origin::Flag(_) => format!("{origin}: `{key}`: {why}"),
            Origin::Default | Origin::File(_) | Origin::Found(_) => format!("`{key}`: {why}"),
        };
        Self {
            place: origin.place().cloned(),
            message,
            remedy: remedy.to_owned(),
        }
    }
}

/// Where and what; without the remedy.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

impl Remedy for Problem {
    fn remedy(&self) -> Option<String> {
        Some(self.remedy.clone())
    }
}

/// `did you mean ...?` for a mistyped name, when one of the known names is close to it.
#[must_use]
pub fn suggestion<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let closeness = |name: &str| similar::TextDiff::from_chars(typed, name).ratio();
    known
        .into_iter()
        .map(|name| (closeness(name), name))
        .filter(|(closeness, _)| *closeness > 0.6)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| format!("did you mean `{name}`?"))
}

/// All that is wrong with the configuration; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// # Errors
    /// The problems, when there are any: in order of file and line, those without a place last.
    pub fn none_in(mut problems: Vec<Problem>) -> Result<(), Self> {
        if problems.is_empty() {
            return Ok(());
        }
        problems.sort_by(|a, b| (a.place.is_none(), &a.place).cmp(&(b.place.is_none(), &b.place)));
        problems.dedup();
        Err(Self(problems))
    }

    #[must_use]
    pub fn list(&self) -> &[Problem] {
        &self.0
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl std::error::Error for Problems {}

/// Those of all problems, each once.
impl Remedy for Problems {
    fn remedy(&self) -> Option<String> {
        let mut remedies: Vec<&str> = Vec::new();
        for problem in &self.0 {
            if !remedies.contains(&problem.remedy.as_str()) {
                remedies.push(&problem.remedy);
            }
        }
        Some(remedies.join("; "))
    }
}

/// One problem per line, without the remedies.
impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_becomes_a_line() {
        let text = "a\nbb\nccc";
        let line = |byte| SourceLocation::at_byte("f", text, byte).line;
        assert_eq!(
            (line(0), line(1), line(2), line(7)),
            (Some(1), Some(1), Some(2), Some(3))
        );
    }

    #[test]
    fn problems_are_told_in_order_of_their_places() {
        let at = |line| Problem::new(format!("m{line}"), "r").at(SourceLocation::line("f", line));
        let problems =
            Problems::none_in(vec![Problem::new("m0", "r"), at(9), at(2), at(2)]).unwrap_err();
        assert_eq!(problems.to_string(), "f:2: m2\nf:9: m9\nm0");
        assert_eq!(problems.remedy().unwrap(), "r");
    }

    #[test]
    fn a_suggestion_is_close_or_absent() {
        let known = ["lag_threshold", "timeout"];
        assert_eq!(
            suggestion("lag_treshold", known),
            Some("did you mean `lag_threshold`?".to_owned())
        );
        assert_eq!(suggestion("zzz", known), None);
    }
}
