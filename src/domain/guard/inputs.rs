//! Everything that guards and planners look at.

use crate::domain::access::Access;
use crate::domain::background::ClusterDefinition;
use crate::domain::board::Board;
use crate::domain::environment::Resolved;
use crate::domain::finding::{Finding, FindingId, Severity};
use crate::domain::name::Identifier;
use crate::domain::project::Project;
use crate::domain::snapshot::Snapshot;

/// Everything that guards and planners look at.
#[derive(Debug, Clone)]
pub struct PlanInputs<'a> {
    pub board: &'a Board,
    pub resolved: &'a Resolved<'a>,
    pub access: &'a Access,
    pub clusters: &'a [ClusterDefinition],
    /// How the commit on the deployment side's record stands to the one that is checked out.
    pub ancestry: Ancestry,
    /// The marker of the operation that looks, where it holds a lease.
    pub ours: Option<&'a Identifier>,
}

impl<'a> PlanInputs<'a> {
    #[must_use]
    pub fn snapshot(&self) -> &'a Snapshot {
        &self.board.snapshot
    }

    #[must_use]
    pub fn project(&self) -> Option<&'a Project> {
        self.board.project.as_deref()
    }
}

/// One finding when there are objects to name, none otherwise.
pub(super) fn about(
    id: FindingId,
    severity: Severity,
    message: impl Into<String>,
    remedy: impl Into<String>,
    mut objects: Vec<String>,
) -> Vec<Finding> {
    if objects.is_empty() {
        return Vec::new();
    }
    objects.sort();
    objects.dedup();
    vec![Finding {
        id,
        severity,
        message: message.into(),
        remedy: remedy.into(),
        objects,
    }]
}

/// How the commit of what the deployment side holds stands to the one that is checked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ancestry {
    /// Neither is known: nobody works with git here.
    #[default]
    None,
    /// It is this commit.
    Same,
    /// This commit builds on it.
    Ancestor,
    /// This commit does not contain it.
    Unrelated,
    /// The history that is here does not tell.
    Unknown,
}
