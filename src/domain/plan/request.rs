//! What an operator asks for.

use super::Sizes;
use crate::domain::action::Operation;
use crate::domain::finding::Allowance;
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// One operation with its options, before anything was looked at. A plan carries it, so that planning anew needs nothing beside the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Request {
    pub operation: Operation,
    /// Findings that the operator allows by name.
    pub allow: BTreeSet<Allowance>,
    /// `init`: sizes by cluster name.
    pub sizes: Sizes,
    /// `deploy`: everything instead of what changed.
    pub full: bool,
    /// `deploy`: dbt selectors in place of `state:modified+`.
    pub select: Vec<String>,
    pub exclude: Vec<String>,
    /// `deploy`: compare with the manifest in this directory instead of what the deployment side holds.
    pub state: Option<PathBuf>,
    /// `rollback`: as one transaction, without a look inside it.
    pub without_fence: bool,
}

impl Request {
    #[must_use]
    pub fn new(operation: Operation) -> Self {
        Self {
            operation,
            allow: BTreeSet::new(),
            sizes: Sizes::new(),
            full: false,
            select: Vec::new(),
            exclude: Vec::new(),
            state: None,
            without_fence: false,
        }
    }
}
