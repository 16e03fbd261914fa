//! Where an operation stands: asked for, under review, running. One enum, so that there are never two at once.

use super::text_field::TextField;
use crate::domain::action::{Danger, Operation};
use crate::domain::finding::{Allowance, Finding};
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
    /// The name of a block that is to be overruled, letter by letter.
    Overrule,
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
    /// The word names a block.
    pub overruling: bool,
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
            overruling: false,
            scroll: 0,
            notice: None,
        }
    }

    #[must_use]
    pub fn step(&self) -> DialogStep {
        if self.plan.is_blocked() {
            match self.overruling {
                true => DialogStep::Overrule,
                false => DialogStep::Blocked,
            }
        } else if self.plan.operation.danger() <= Danger::Reversible {
            DialogStep::Yes
        } else if self.typed.value() == self.plan.word_to_type() {
            DialogStep::Confirm
        } else {
            DialogStep::Word
        }
    }

    /// Whether an operator can overrule all that blocks, one after the other. Where something is never allowed, it helps nobody to overrule
    /// the rest.
    #[must_use]
    pub fn can_be_overruled(&self) -> bool {
        let may = |block: &Finding| block.id.can_be_allowed() && !block.objects.is_empty();
        self.plan.is_blocked() && self.plan.blocks().all(may)
    }

    /// What the word allows: a block by its finding, with all its objects, or one object of a block by its name, whose first parts may be
    /// left out. `None`: it names none, or several.
    #[must_use]
    pub fn overruled(&self, word: &str) -> Option<BTreeSet<Allowance>> {
        let named = |object: &&String| {
            let rest = object.strip_suffix(word);
            !word.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        let allowance = |finding: &Finding, object: &String| Allowance {
            finding: finding.id,
            object: object.clone(),
        };
        if let Some(block) = self.plan.blocks().find(|block| block.id.as_str() == word) {
            let objects = block.objects.iter();
            return Some(objects.map(|object| allowance(block, object)).collect());
        }
        let blocks = self.plan.blocks();
        let found: BTreeSet<Allowance> = blocks
            .flat_map(|block| {
                let objects = block.objects.iter().filter(named);
                objects.map(move |object| allowance(block, object))
            })
            .collect();
        (found.len() == 1).then_some(found)
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
