//! The fingerprint: whether what is about to run is what was looked at.

use super::{Rename, Statement, Step};
use crate::domain::action::Operation;
use crate::domain::finding::{Allowance, Finding, Severity};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fmt;

/// 16 hex digits over everything that an operator's yes was about; never over lag, hydration or time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// `relied_on` are lines of ids and definition hashes, in a fixed order.
    #[must_use]
    pub fn of(
        operation: Operation,
        environment: &str,
        relied_on: &[String],
        steps: &[Step],
        findings: &[Finding],
        allowed: &BTreeSet<Allowance>,
    ) -> Self {
        let mut hash = Sha256::new();
        let mut add = |part: &str| {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        };
        add(operation.as_str());
        add(environment);
        relied_on.iter().for_each(|line| add(line));
        steps.iter().flat_map(Step::stable).for_each(&mut add);
        // Infos never ask, so they may come and go (readers of a busy production do) without making another plan.
        let seen: BTreeSet<String> = findings
            .iter()
            .filter(|finding| finding.severity != Severity::Info && !finding.id.is_momentary())
            .flat_map(|finding| {
                finding
                    .objects
                    .iter()
                    .map(|object| format!("{}:{object}", finding.id))
            })
            .collect();
        seen.iter().for_each(|finding| add(finding));
        allowed
            .iter()
            .for_each(|allowance| add(&allowance.to_string()));
        let digest = hash.finalize();
        Self(
            digest
                .iter()
                .take(8)
                .map(|byte| format!("{byte:02x}"))
                .collect(),
        )
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Step {
    /// What a fingerprint covers of it: its statements without times, or the words of a command.
    pub(super) fn stable(&self) -> Vec<&str> {
        match self {
            Self::Run(statement) | Self::MoveSink { statement, .. } => vec![statement.stable()],
            Self::Transaction(swap) => std::iter::once("BEGIN")
                .chain(swap.renames().iter().map(Rename::sql))
                .chain(std::iter::once("COMMIT"))
                .collect(),
            Self::Build { statements, .. } => statements.iter().map(Statement::stable).collect(),
            // Made of what is covered already: the ids of production, and what is built.
            Self::Verify(_) => Vec::new(),
            Self::Dbt(command) => std::iter::once(&command.program)
                .chain(&command.arguments)
                .chain(&command.models)
                .map(String::as_str)
                .collect(),
        }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
