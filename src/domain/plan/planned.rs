//! What an operation would do, and what the preflight saw.

use super::{ClosureItem, Fingerprint, Identities, Request, Step, Swap};
use crate::domain::action::Operation;
use crate::domain::finding::{Allowance, Finding, Severity};
use crate::domain::lease::LeasePlace;
use crate::domain::name::Identifier;
use serde::Serialize;
use std::sync::Arc;

/// What an operation would do, and what the preflight saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// What was asked for.
    pub request: Request,
    /// What it is: a request to promote finishes a rollback that is committed and unfinished.
    pub operation: Operation,
    /// [`crate::domain::environment::Environment::id`].
    pub environment: String,
    /// Sentences for people: what this plan is about.
    pub summary: Vec<String>,
    pub steps: Vec<Step>,
    pub findings: Vec<Finding>,
    /// The manifest that is built: first 12 hex digits of its hash. The fingerprint leaves it out, since each compilation has another one.
    #[serde(skip)]
    pub manifest: Option<String>,
    /// What goes when something is dropped, sorted.
    pub closure: Vec<ClosureItem>,
    pub fingerprint: Fingerprint,
    /// The ids and definitions that it rests on.
    #[serde(skip)]
    pub identities: Arc<Identities>,
    /// Where the operation puts its marker while it is at work, since it goes by names that somebody could move.
    #[serde(skip)]
    pub lease: Option<LeasePlace>,
    /// The word to type: the production cluster, or schema where there is none.
    pub word: Identifier,
}

impl Plan {
    pub fn blocks(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(|finding| finding.severity == Severity::Block)
    }

    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.blocks().next().is_some()
    }

    /// The names that change together, where some do.
    #[must_use]
    pub fn transaction(&self) -> Option<&Swap> {
        self.steps.iter().find_map(|step| match step {
            Step::Transaction(swap) => Some(swap),
            _ => None,
        })
    }

    /// Whether the operator allowed this finding for this object by name.
    #[must_use]
    pub fn allows(&self, finding: &Finding, object: &str) -> bool {
        self.request.allow.contains(&Allowance {
            finding: finding.id,
            object: object.to_owned(),
        })
    }

    /// Whether something is written before the names move: by names, so it must be known right before whose they are.
    #[must_use]
    pub fn writes_before_swap(&self) -> bool {
        self.transaction().is_some() && !self.steps.first().is_some_and(Step::is_swap)
    }

    /// Findings that an operator should look at before going on: those that he did not allow by name.
    #[must_use]
    pub fn has_warnings(&self) -> bool {
        let is_open = |finding: &Finding| {
            finding.objects.is_empty() || finding.objects.iter().any(|it| !self.allows(finding, it))
        };
        let asking = self.findings.iter().filter(|it| it.needs_a_look());
        asking.into_iter().any(is_open)
    }
}
