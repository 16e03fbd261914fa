//! From a plan that was shown to one that may run.

use super::{Plan, Swap};
use crate::domain::action::{Danger, Operation};
use crate::domain::escape::visible;
use crate::domain::failure::Remedy;
use crate::domain::finding::{Finding, FindingId};
use serde::Serialize;
use std::borrow::Cow;

/// How a person or a script said yes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Confirmation {
    /// `y` in a dialog: enough for what is reversible.
    Key,
    /// The word typed in a dialog.
    Typed(String),
    /// `--yes`, with the fingerprint of the plan that was looked at, if one was given.
    Flags { expect: Option<String> },
}

/// Why a plan may not run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotConfirmed {
    #[error("blocked by {}", .0.join(", "))]
    Blocked(Vec<String>),
    #[error("the typed word is not `{0}`")]
    WrongWord(String),
    #[error("the plan changed: its fingerprint is {actual}, not {expected}")]
    OtherPlan { expected: String, actual: String },
    #[error("the plan has warnings")]
    NeedsExpect(String),
}

impl Remedy for NotConfirmed {
    fn remedy(&self) -> Option<String> {
        match self {
            Self::Blocked(_) | Self::WrongWord(_) => None,
            Self::OtherPlan { .. } => Some("look at it again with --dry-run".to_owned()),
            Self::NeedsExpect(fingerprint) => Some(format!(
                "look at it with --dry-run, then add `--expect {fingerprint}`"
            )),
        }
    }
}

/// A plan that was looked at and agreed to. Only [`Plan::confirm`] makes one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ConfirmedPlan(Plan);

/// The leave to swap without a fence, which only a yes to a plan that says so gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithoutFence(Swap);

impl WithoutFence {
    #[must_use]
    pub fn swap(&self) -> &Swap {
        &self.0
    }
}

impl ConfirmedPlan {
    /// The leave to send its swap without a fence: `None` unless that was confirmed.
    #[must_use]
    pub fn without_fence(&self) -> Option<WithoutFence> {
        let says_so = |finding: &Finding| finding.id == FindingId::FenceLeftOut;
        let said = self.0.operation == Operation::Rollback && self.0.findings.iter().any(says_so);
        self.0
            .transaction()
            .filter(|_| said)
            .cloned()
            .map(WithoutFence)
    }

    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.0
    }
}

impl Plan {
    /// Turns a plan that was shown into one that may run.
    ///
    /// # Errors
    /// When a finding blocks it, the word or the fingerprint is another, or warnings need `--expect`.
    pub fn confirm(self, confirmation: &Confirmation) -> Result<ConfirmedPlan, NotConfirmed> {
        let blocks: Vec<String> = self
            .blocks()
            .map(|finding| finding.id.to_string())
            .collect();
        if !blocks.is_empty() {
            return Err(NotConfirmed::Blocked(blocks));
        }
        match confirmation {
            Confirmation::Key if self.operation.danger() <= Danger::Reversible => {
                Ok(ConfirmedPlan(self))
            }
            Confirmation::Key => Err(NotConfirmed::WrongWord(self.word_to_type().into_owned())),
            Confirmation::Typed(word) if *word == self.word_to_type() => Ok(ConfirmedPlan(self)),
            Confirmation::Typed(_) => {
                Err(NotConfirmed::WrongWord(self.word_to_type().into_owned()))
            }
            Confirmation::Flags { expect } => self.confirm_by_flags(expect.as_deref()),
        }
    }

    /// Whether `--yes` alone is not enough: it changes production or destroys something, and warns of what nobody allowed by name.
    #[must_use]
    pub fn needs_expect(&self) -> bool {
        self.operation.danger() > Danger::Reversible && self.has_warnings()
    }

    /// Whether somebody looked at another plan than this one, by the fingerprint that he expects.
    #[must_use]
    pub fn is_other_than(&self, expect: Option<&str>) -> Option<NotConfirmed> {
        let expected = expect.filter(|expected| *expected != self.fingerprint.as_str())?;
        Some(NotConfirmed::OtherPlan {
            expected: expected.to_owned(),
            actual: self.fingerprint.to_string(),
        })
    }

    /// The word as it is shown and typed: what a terminal would obey is written out, since nobody can type it.
    #[must_use]
    pub fn word_to_type(&self) -> Cow<'_, str> {
        visible(self.word.as_str())
    }

    fn confirm_by_flags(self, expect: Option<&str>) -> Result<ConfirmedPlan, NotConfirmed> {
        if let Some(other) = self.is_other_than(expect) {
            return Err(other);
        }
        match expect {
            Some(_) => Ok(ConfirmedPlan(self)),
            None if self.needs_expect() => {
                Err(NotConfirmed::NeedsExpect(self.fingerprint.to_string()))
            }
            None => Ok(ConfirmedPlan(self)),
        }
    }
}
