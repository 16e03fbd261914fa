//! Where an operation stands: asked for, under review, running. One enum, so that there are never two at once.

use super::text_field::TextField;
use crate::domain::action::{Danger, Operation};
use crate::domain::finding::Allowance;
use crate::domain::plan::{Plan, Request};
use crate::tui::effect::Generation;
use crate::tui::event::Now;
use crate::tui::prose::{self, Paragraph};
use std::collections::BTreeSet;

/// Keys are ignored for this long after a dialog opens, in milliseconds.
pub const DEAF_MS: u64 = 400;
/// The same key again within this time, in milliseconds, is a held key.
pub const REPEAT_MS: u64 = 250;

#[derive(Debug, Clone, PartialEq, Default)]
pub enum Stage {
    #[default]
    Idle,
    Planning {
        generation: Generation,
        request: Request,
        since: Now,
    },
    Reviewing(Box<Dialog>),
    Running(Running),
}

/// An operation that was agreed to and has not ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Running {
    pub generation: Generation,
    pub operation: Operation,
    pub label: &'static str,
    pub since: Now,
    /// COMMIT is on its way: the answer is waited for, whatever happens.
    pub committing: bool,
    pub cancelling: bool,
}

/// What the dialog asks for next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DialogStep {
    /// A finding blocks: there is nothing to confirm.
    Blocked,
    /// `y`.
    Yes,
    /// The word, letter by letter.
    Word,
    /// The word stands; the confirming key.
    Confirm,
}

/// A plan under review.
#[derive(Debug, Clone, PartialEq)]
pub struct Dialog {
    pub plan: Plan,
    pub label: &'static str,
    pub opened: Now,
    /// The word as typed so far.
    pub typed: TextField,
    pub lines: Vec<Paragraph>,
    pub scroll: usize,
    /// Why the last key did nothing, where that needs saying.
    pub notice: Option<String>,
}

impl Dialog {
    #[must_use]
    pub fn new(plan: Plan, label: &'static str, opened: Now) -> Self {
        let mut typed = TextField::default();
        typed.open();
        Self {
            lines: prose::plan(&plan),
            plan,
            label,
            opened,
            typed,
            scroll: 0,
            notice: None,
        }
    }

    #[must_use]
    pub fn step(&self) -> DialogStep {
        if self.plan.is_blocked() {
            DialogStep::Blocked
        } else if self.plan.operation.danger() <= Danger::Reversible {
            DialogStep::Yes
        } else if self.typed.value() == self.plan.word_to_type() {
            DialogStep::Confirm
        } else {
            DialogStep::Word
        }
    }

    /// What an operator can allow by name so that nothing blocks; `None` when nothing blocks, or something that is never allowed.
    #[must_use]
    pub fn allowances(&self) -> Option<BTreeSet<Allowance>> {
        if !self.plan.is_blocked()
            || self
                .plan
                .blocks()
                .any(|block| !block.id.can_be_allowed() || block.objects.is_empty())
        {
            return None;
        }
        let named = self.plan.blocks().flat_map(|block| {
            block.objects.iter().map(|object| Allowance {
                finding: block.id,
                object: object.clone(),
            })
        });
        Some(named.collect())
    }

    /// Whether everything can be built instead of what changed.
    #[must_use]
    pub fn offers_full(&self) -> bool {
        self.plan.operation == Operation::Deploy
    }

    /// Whether keys are still ignored.
    #[must_use]
    pub fn is_deaf(&self, now: Now) -> bool {
        now.since(self.opened) < DEAF_MS
    }
}
