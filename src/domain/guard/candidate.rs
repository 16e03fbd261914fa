//! Whose candidate a build would go over.

use super::inputs::Ancestry;
use super::inputs::{PlanInputs, about};
use crate::domain::environment::Side;
use crate::domain::finding::{Finding, FindingId, Severity};
use crate::domain::object::Schema;
use crate::domain::phase::Phase;
use crate::domain::plan::Stamp;
use crate::domain::record::{DeploymentRole, Record, foreign, without_promotion_mark};

/// A candidate of another role, CI tag or line of commits is not built over in silence, as dbt's own init refuses a foreign tag.
#[must_use]
pub fn foreign_candidate(inputs: &PlanInputs<'_>, stamp: &Stamp) -> Vec<Finding> {
    let candidate = matches!(
        inputs.board.phase,
        Phase::Hydrating | Phase::Ready | Phase::Deploying
    );
    let record = inputs.board.provenance.deployment.as_ref();
    let rebuilt = record.is_some_and(|record| record.role != DeploymentRole::Candidate);
    if !candidate || rebuilt || inputs.resolved.objects(Side::Deployment).next().is_none() {
        return Vec::new();
    }
    let mut strangers = Vec::new();
    strangers.extend(other_role(inputs, record));
    strangers.extend(other_tag(inputs, stamp, record));
    // A build that was cut off is no candidate yet: whoever amended the commit goes on.
    let built = record.is_none_or(|record| record.complete);
    let ancestry = inputs.ancestry;
    if built && ancestry == Ancestry::Unrelated {
        let commit = record.and_then(|record| record.commit.as_deref());
        strangers.push(format!(
            "it is of commit {}, which is no ancestor of this one",
            commit.unwrap_or("?")
        ));
    }
    if !strangers.is_empty() {
        return finding(
            inputs,
            Severity::Block,
            format!(
                "The deployment side holds a candidate, and {}.",
                strangers.join("; ")
            ),
            "Ask whose it is and let it be promoted or cleaned up first, or allow it by name.",
        );
    }
    match ancestry {
        Ancestry::Unknown if built => finding(
            inputs,
            Severity::Warn,
            "The deployment side holds a candidate of a commit that the history here does not tell about.".to_owned(),
            "Fetch the whole history (`git fetch --unshallow`), or look at whose candidate it is.",
        ),
        Ancestry::Ancestor => finding(
            inputs,
            Severity::Info,
            "The candidate on the deployment side is of an ancestor of this commit: this is the next merge.".to_owned(),
            "Nothing to do.",
        ),
        _ => Vec::new(),
    }
}

fn finding(
    inputs: &PlanInputs<'_>,
    severity: Severity,
    message: String,
    remedy: &str,
) -> Vec<Finding> {
    about(
        FindingId::ForeignCandidate,
        severity,
        message,
        remedy,
        schemas(inputs)
            .map(|schema| schema.name.to_string())
            .collect(),
    )
}

fn schemas<'a>(inputs: &'a PlanInputs<'_>) -> impl Iterator<Item = &'a Schema> {
    inputs
        .resolved
        .schemas
        .iter()
        .filter_map(|pair| pair.deployment)
}

/// Who wrote the record, or owns what stands there without one.
fn other_role(inputs: &PlanInputs<'_>, record: Option<&Record>) -> Option<String> {
    let us = &inputs.access.role_name;
    let by = match record {
        Some(record) => record.by.clone(),
        None => {
            let objects = inputs.resolved.objects(Side::Deployment);
            let mut owners = objects.map(|object| inputs.resolved.catalog.role_name(&object.owner));
            owners.find(|owner| owner != us.as_str())?
        }
    };
    (by != us.as_str()).then(|| format!("it is of the role {by}, not of {us}"))
}

/// The record's tag; without a record, what the schema's comment says, which is where dbt's init writes the tag and looks for it.
fn other_tag(inputs: &PlanInputs<'_>, stamp: &Stamp, record: Option<&Record>) -> Option<String> {
    let ours = stamp.ci_tag.as_deref();
    let theirs = match record {
        Some(record) => record.tag.clone(),
        None => {
            let ours = foreign(ours?);
            let said = |schema: &Schema| without_promotion_mark(schema.comment.as_deref());
            let tags: Vec<Option<String>> = schemas(inputs).map(said).collect();
            if tags.iter().all(|tag| tag.as_deref() == Some(ours.trim())) {
                return None;
            }
            tags.into_iter().flatten().find(|tag| tag != ours.trim())
        }
    };
    let tag = |tag: Option<&str>| {
        tag.map_or_else(|| "no CI tag".to_owned(), |tag| format!("the CI tag {tag}"))
    };
    (theirs.as_deref() != ours).then(|| {
        format!(
            "it has {}, and this has {}",
            tag(theirs.as_deref()),
            tag(ours)
        )
    })
}
