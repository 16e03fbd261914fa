//! What the preflight saw: findings, their severities, and what an operator may allow.

use super::failure::Remedy;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; never asks.
    Info,
    /// Needs a look: without a terminal it needs `--expect`.
    Warn,
    /// Stops the operation.
    Block,
}

impl Severity {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Block => "block",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

macro_rules! finding_ids {
    ($($variant:ident = $id:literal, $severity:ident, $allow:literal, $about:literal;)+) => {
        /// Every hazard that a guard can report. The table in the documentation is made from this list.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum FindingId {
            $(#[doc = $about] #[serde(rename = $id)] $variant,)+
        }

        impl FindingId {
            /// Every id, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable id that `--allow` and JSON use.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $id,)+
                }
            }

            /// Whether an operator may go on in spite of it by naming it and the object.
            #[must_use]
            pub fn can_be_allowed(self) -> bool {
                match self {
                    $(Self::$variant => $allow,)+
                }
            }

            /// How much it weighs as a rule, for the documentation; a guard may see a milder or a graver case.
            #[must_use]
            pub fn usual_severity(self) -> Severity {
                match self {
                    $(Self::$variant => Severity::$severity,)+
                }
            }

            /// One sentence for the documentation.
            #[must_use]
            pub fn about(self) -> &'static str {
                match self {
                    $(Self::$variant => $about,)+
                }
            }
        }
    };
}

finding_ids! {
    NamesMissing = "names-missing", Block, false, "A schema or cluster of the environment does not exist.";
    SelfSwap = "self-swap", Block, false, "A name is its own twin, or stands twice in the environment; the server would swap it with itself without complaint.";
    Ownership = "ownership", Block, false, "The role does not own what the operation changes, neither itself nor through membership.";
    Permission = "permission", Block, false, "A privilege that the operation needs is missing.";
    AlreadyPromoted = "already-promoted", Block, false, "The deployment side holds the retired production, so there is nothing to promote.";
    ClosureIntoProduction = "closure-into-production", Block, false, "A drop would take objects of production with it.";
    SwapUnsafe = "swap-unsafe", Block, false, "On a server before 26.33 a swapped schema holds a type or function: the swap leaves its text with the other schema's name, and the next boot can fail on it.";
    ReadOnly = "read-only", Block, false, "The session is read-only.";
    RehearsalRefused = "rehearsal-refused", Block, false, "The server refused the transaction when it was rehearsed.";
    NoWayBack = "no-way-back", Block, false, "There is no whole retired side to roll back to.";
    NothingToDo = "nothing-to-do", Block, false, "The operation would change nothing.";
    DependsOnProduction = "depends-on-production", Block, false, "A deployment object reads a production object; after the swap a cleanup would drop it.";
    ProjectDiffers = "project-differs", Block, false, "The project on disk is not what production runs, so a sync from it would build something else.";
    BuildsIntoProduction = "builds-into-production", Block, false, "The build would put a relation elsewhere than on the deployment side, or nobody can tell where.";
    BuildsUnshown = "builds-unshown", Block, false, "dbt's own selection takes a model that the plan does not show.";
    ModelUnsupported = "model-unsupported", Block, false, "The compiled runner can't build a model of this kind.";
    ClosureOutside = "closure-outside", Block, true, "A drop would take objects outside the side with it, or of the side and not built again.";
    SinkInEnvironment = "sink-in-environment", Block, true, "A sink lives in a schema or on a cluster that would be swapped.";
    SourceInEnvironment = "source-in-environment", Block, true, "A source lives in a schema or on a cluster that would be swapped.";
    MissingInDeployment = "missing-in-deployment", Block, true, "Production has an object that the project still has and the deployment side lacks.";
    ModelNotBuilt = "model-not-built", Block, true, "The project has a model that the deployment side lacks.";
    RemovedInDeployment = "removed-in-deployment", Warn, true, "Production has an object that the project no longer has; it leaves production with the swap.";
    UnmanagedInProduction = "unmanaged-in-production", Block, true, "Production has an object that no dbt model made; it leaves production with the swap.";
    TwinDiffers = "twin-differs", Block, true, "The twins differ though the model was not modified: the deployment side is stale, or production was changed by hand.";
    NotReady = "not-ready", Block, true, "The deployment side is not ready.";
    ProductionUnhealthy = "production-unhealthy", Warn, true, "Production itself is not healthy, so `as good as production` is worth nothing.";
    IncompleteDeployment = "incomplete-deployment", Block, true, "The last deployment into this side did not finish.";
    RetiredIncomplete = "retired-incomplete", Warn, true, "The retired production lacks models that its manifest has; a rollback brings it back without them.";
    UnfinishedPromote = "unfinished-promote", Warn, true, "A promote is committed and unfinished; what is asked for would leave its rest undone.";
    ProvenanceUnknown = "provenance-unknown", Block, true, "It is not proven that the deployment side is newer than production, or names, records, audit events and what runs where contradict each other.";
    LeaseHeld = "lease-held", Block, false, "A deploy, sync or cleanup is at work on the deployment side; its marker stands there until it ends.";
    ForeignCandidate = "foreign-candidate", Block, true, "The deployment side holds a candidate of another role, CI tag or commit, and this would build over it.";
    DeploymentNotEmpty = "deployment-not-empty", Block, true, "The deployment side holds objects already.";
    ForeignOnCluster = "foreign-on-cluster", Warn, true, "An object outside the environment's schemas runs on a cluster that would be swapped.";
    DependentOutside = "dependent-outside", Warn, true, "An object outside the environment reads production; it stays on the retired objects after the swap.";
    SinkStalled = "sink-stalled", Block, true, "A sink that must be moved is not running; moving it would hang.";
    SinkTargetMissing = "sink-target-missing", Block, true, "A sink reads an object that the deployment side lacks, so it can't be moved.";
    GrantsDiffer = "grants-differ", Warn, true, "A grant on production is missing on the deployment side.";
    OwnerDiffers = "owner-differs", Warn, true, "The twins have different owners.";
    ClusterOptionsDiffer = "cluster-options-differ", Warn, true, "The twin clusters have different options.";
    ReconfigurationInProgress = "reconfiguration-in-progress", Warn, true, "A cluster that would be swapped is in the middle of a change of shape, which the server may take back at its deadline.";
    ReplacementPending = "replacement-pending", Warn, true, "A materialized view waits to replace another one on a side that would be swapped.";
    ClusterOptionsUnknown = "cluster-options-unknown", Block, true, "A production cluster has options that this version does not know, so a twin would lack them.";
    ClusterOptionsLeftOut = "cluster-options-left-out", Warn, true, "A twin cluster will lack options of its production cluster, such as those that only the system role may set.";
    ManifestStale = "manifest-stale", Warn, true, "Files of the project are no longer what its manifest says; what is compared and built is the manifest.";
    OutsideEnvironment = "outside-environment", Warn, true, "A model builds into a schema or cluster that the environment does not list.";
    ReadersAttached = "readers-attached", Warn, true, "SUBSCRIBEs are running on what would be dropped or retired.";
    FenceLeftOut = "fence-left-out", Warn, true, "The rollback is sent without a look inside its transaction, as asked for.";
    WayBackEnds = "way-back-ends", Warn, true, "The operation ends the way back to the retired production.";
    Unverified = "unverified", Block, true, "Facts that the guards need could not be read.";
}

impl FindingId {
    /// Whether it comes and goes from second to second, with lag, hydration and readers: then it is no part of a fingerprint. What it
    /// blocks it blocks all the same, whenever a plan is made, and one that has come since the plan was shown stops it.
    #[must_use]
    pub fn is_momentary(self) -> bool {
        matches!(
            self,
            Self::NotReady
                | Self::ProductionUnhealthy
                | Self::ReadersAttached
                | Self::LeaseHeld
                | Self::ReconfigurationInProgress
        )
    }
}

impl fmt::Display for FindingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One thing that the preflight saw.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    pub id: FindingId,
    pub severity: Severity,
    /// One sentence: what was seen.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
    /// What it is about: `database.schema.name`, or the name of a schema, cluster or sink. Sorted.
    pub objects: Vec<String>,
}

impl Finding {
    /// `warn grants-differ: a, b`, for the audit.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{} {}: {}", self.severity, self.id, self.objects.join(", "))
    }

    /// Whether an operator should look at it before going on; only a block stops.
    #[must_use]
    pub fn needs_a_look(&self) -> bool {
        self.severity != Severity::Info
    }
}

/// `FINDING:OBJECT`, as an operator allows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Allowance {
    pub finding: FindingId,
    pub object: String,
}

/// Why an `--allow` text was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAllowance {
    #[error("`{0}` names no object")]
    NoObject(String),
    #[error("`{0}` is not a finding")]
    UnknownFinding(String),
    #[error("the finding `{0}` can't be allowed")]
    NeverAllowed(FindingId),
}

impl Remedy for InvalidAllowance {
    fn remedy(&self) -> Option<String> {
        let remedy = match self {
            Self::NoObject(_) => "write FINDING:OBJECT, for example not-ready:compute_dbt_deploy",
            Self::UnknownFinding(_) => "`cutover findings` lists them",
            Self::NeverAllowed(_) => "follow the finding's own remedy",
        };
        Some(remedy.to_owned())
    }
}

impl Allowance {
    /// Reads `FINDING:OBJECT`.
    ///
    /// # Errors
    /// When it names no object, no known finding, or one that is never allowable.
    pub fn parse(text: &str) -> Result<Self, InvalidAllowance> {
        let (id, object) = text
            .split_once(':')
            .filter(|(_, object)| !object.is_empty())
            .ok_or_else(|| InvalidAllowance::NoObject(text.to_owned()))?;
        let finding = FindingId::ALL
            .iter()
            .copied()
            .find(|known| known.as_str() == id)
            .ok_or_else(|| InvalidAllowance::UnknownFinding(id.to_owned()))?;
        if !finding.can_be_allowed() {
            return Err(InvalidAllowance::NeverAllowed(finding));
        }
        Ok(Self {
            finding,
            object: object.to_owned(),
        })
    }
}

impl fmt::Display for Allowance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.finding, self.object)
    }
}

/// Takes the allowed objects out of blocking findings; a finding of which every object is allowed becomes a warning that says so.
#[must_use]
pub fn apply_allowances(findings: Vec<Finding>, allowed: &BTreeSet<Allowance>) -> Vec<Finding> {
    findings
        .into_iter()
        .flat_map(|finding| split_allowed(finding, allowed))
        .collect()
}

fn split_allowed(finding: Finding, allowed: &BTreeSet<Allowance>) -> Vec<Finding> {
    if finding.severity != Severity::Block || !finding.id.can_be_allowed() {
        return vec![finding];
    }
    let (accepted, open): (Vec<String>, Vec<String>) =
        finding.objects.iter().cloned().partition(|object| {
            allowed.contains(&Allowance {
                finding: finding.id,
                object: object.clone(),
            })
        });
    if accepted.is_empty() {
        return vec![finding];
    }
    let warned = Finding {
        severity: Severity::Warn,
        message: format!("Allowed by name: {}", finding.message),
        objects: accepted,
        ..finding.clone()
    };
    if open.is_empty() {
        vec![warned]
    } else {
        vec![
            Finding {
                objects: open,
                ..finding
            },
            warned,
        ]
    }
}

/// Blocks as warnings.
pub(super) fn warnings(findings: Vec<Finding>) -> Vec<Finding> {
    findings
        .into_iter()
        .map(|finding| Finding {
            severity: finding.severity.min(Severity::Warn),
            ..finding
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(objects: &[&str]) -> Finding {
        Finding {
            id: FindingId::NotReady,
            severity: Severity::Block,
            message: "not ready".to_owned(),
            remedy: "wait".to_owned(),
            objects: objects.iter().map(|o| (*o).to_owned()).collect(),
        }
    }

    #[test]
    fn allowing_names_the_object_and_nothing_more() {
        let allowed = BTreeSet::from([Allowance::parse("not-ready:a").unwrap()]);
        let left = apply_allowances(vec![block(&["a", "b"])], &allowed);
        assert_eq!(left[0].severity, Severity::Block);
        assert_eq!(left[0].objects, ["b"]);
        assert_eq!(left[1].severity, Severity::Warn);
        assert_eq!(left[1].objects, ["a"]);
    }

    #[test]
    fn some_findings_are_never_allowed() {
        assert!(matches!(
            Allowance::parse("names-missing:x"),
            Err(InvalidAllowance::NeverAllowed(_))
        ));
        assert!(matches!(
            Allowance::parse("nonsense:x"),
            Err(InvalidAllowance::UnknownFinding(_))
        ));
        assert!(matches!(
            Allowance::parse("not-ready"),
            Err(InvalidAllowance::NoObject(_))
        ));
    }

    #[test]
    fn the_readme_lists_every_finding() {
        let readme = include_str!("../../README.md");
        for id in FindingId::ALL {
            let allowed = if id.can_be_allowed() { "yes" } else { "no" };
            let row = format!(
                "| `{id}` | {} | {allowed} | {} |",
                id.usual_severity(),
                id.about()
            );
            assert!(readme.contains(&row), "the README lacks the row\n{row}");
        }
    }
}
