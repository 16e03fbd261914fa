//! Writing the deployment records anew, where somebody's comment overwrote or forged them: from ids, the server's audit events, the records
//! that are left, the audit trail of this machine and the state directory.

use super::draft::{Draft, Stamp, record, with_twin};
use super::{Plan, Statement};
use crate::domain::action::Operation;
use crate::domain::environment::Side;
use crate::domain::finding::{Allowance, Finding, FindingId, Severity};
use crate::domain::guard::{self, Facts};
use crate::domain::last_build::{LastBuilds, unproven_rows};
use crate::domain::provenance::Judgement;
use crate::domain::quantity::count;
use crate::domain::record::{Record, Role};
use crate::domain::standing::Standing;
use crate::domain::whole::Whole;
use std::collections::BTreeSet;

/// Records for every schema whose own does not say what its side is. Where the events do not tell, nothing is made up; what a side holds is
/// told by a record that is left, else by the last build of this machine where its ids still stand there, else by nobody.
#[must_use]
pub fn repair(
    facts: &Facts<'_>,
    stamp: &Stamp,
    builds: &LastBuilds,
    allowed: &BTreeSet<Allowance>,
) -> Plan {
    let mut draft = Draft::new(Operation::Repair);
    draft.findings = guard::schema_ownership(facts, &[Side::Production, Side::Deployment]);
    draft.findings.extend(guard::unverified(facts));
    draft.findings.extend(unfinished(facts));
    let mut sources = Vec::new();
    match deployment(facts, stamp, builds) {
        Ok(wanted) => {
            let retired = matches!(&wanted, Some(it) if matches!(it.record.role, Role::Retired | Role::Synced));
            let production = (retired || is_claimed(facts, Side::Production))
                .then(|| production(facts, stamp, builds));
            for (side, wanted) in [(Side::Deployment, wanted), (Side::Production, production)] {
                if let Some(wanted) = wanted {
                    write(facts, &mut draft, side, &wanted.record);
                    sources.extend(wanted.source);
                }
            }
        }
        Err(reason) => draft.findings.push(untold(facts, &reason)),
    }
    draft.summary = vec![if draft.steps.is_empty() {
        "Every record agrees with ids and audit events: there is nothing to write.".to_owned()
    } else {
        format!(
            "Writes {} anew, from ids, audit events and what other records tell.",
            count(draft.steps.len(), "record")
        )
    }];
    draft.summary.extend(sources);
    draft.close(facts, allowed)
}

/// What a side's record should say.
struct Wanted {
    record: Record,
    /// Where it is known from what the side holds, or that it stays unknown: a sentence. `None`: a record that is left tells it.
    source: Option<String>,
}

/// What the deployment side's record should say; `None` where the side is empty and none is due.
fn deployment(
    facts: &Facts<'_>,
    stamp: &Stamp,
    builds: &LastBuilds,
) -> Result<Option<Wanted>, String> {
    let provenance = &facts.board.provenance;
    let left = provenance
        .deployment
        .as_ref()
        .filter(|_| provenance.agrees());
    let wanted = |role| Some(held(facts, stamp, builds, Side::Deployment, role, left));
    if let Some(left) = left.filter(|_| provenance.is_current()) {
        return Ok(wanted(left.role));
    }
    let role = match &provenance.standing {
        Standing::Empty => return Ok(None),
        Standing::Newer => Role::Candidate,
        Standing::Retired => Role::Retired,
        other => match (left, provenance.judgement()) {
            (Some(_), Judgement::Contradicts) | (None, _) => return Err(other.reason()),
            (Some(left), _) => left.role,
        },
    };
    Ok(wanted(role))
}

/// Production's; without a record and without a proof, `state/manifest.json` is what it says of itself.
fn production(facts: &Facts<'_>, stamp: &Stamp, builds: &LastBuilds) -> Wanted {
    let left = facts.board.provenance.production.as_ref();
    let left = left.filter(|left| left.role == Role::Production);
    let mut wanted = held(
        facts,
        stamp,
        builds,
        Side::Production,
        Role::Production,
        left,
    );
    let state = facts
        .project()
        .and_then(|project| project.production.clone());
    if let (None, Some(state)) = (&wanted.record.manifest, state) {
        wanted.source = Some(format!(
            "That production runs the manifest {state} is what manifest.json in the state directory says; nothing else proves it."
        ));
        wanted.record.manifest = Some(state);
    }
    wanted
}

/// The record of a side with this role: its contents by a record that is left, else by the proof of ids, else unknown.
fn held(
    facts: &Facts<'_>,
    stamp: &Stamp,
    builds: &LastBuilds,
    side: Side,
    role: Role,
    left: Option<&Record>,
) -> Wanted {
    // A build of somebody else, at another commit, must not pass for ours.
    let blank = Record {
        commit: None,
        tag: None,
        ..record(facts, stamp, role, true, None)
    };
    if let Some(left) = left.filter(|left| left.manifest.is_some() || !left.complete) {
        return Wanted {
            record: Record {
                manifest: left.manifest.clone(),
                project: left.project.clone(),
                base: left.base.clone(),
                commit: left.commit.clone(),
                tag: left.tag.clone(),
                complete: left.complete,
                ..blank
            },
            source: None,
        };
    }
    match builds.on(side).proven(facts.resolved, side) {
        Ok(built) => Wanted {
            source: Some(format!(
                "The {side} side holds the manifest {}: its ids and definitions are those that the last build of this machine left{}.",
                built.manifest,
                unproven_rows(facts.resolved, side)
            )),
            record: Record {
                manifest: Some(built.manifest.clone()),
                project: built.project.clone(),
                commit: built.commit.clone(),
                tag: built.tag.clone(),
                ..blank
            },
        },
        Err(why) => Wanted {
            source: Some(format!(
                "Unknown stays which manifest the {side} side holds: {why}. What is compared with it will be built whole."
            )),
            record: Record {
                commit: left.and_then(|left| left.commit.clone()),
                tag: left.and_then(|left| left.tag.clone()),
                complete: left.is_some() || role != Role::Candidate || is_whole(facts),
                ..blank
            },
        },
    }
}

/// A build whose record is gone counts as finished where nothing of the project is missing.
fn is_whole(facts: &Facts<'_>) -> bool {
    facts.project().is_some_and(|project| {
        let models = project.deployed_in(facts.resolved.environment);
        let relations = models.map(|model| &model.relation);
        Whole::of(facts.resolved, Side::Deployment, relations)
            .missing
            .is_empty()
    })
}

/// Whether any schema of the side carries, or pretends to carry, a record.
fn is_claimed(facts: &Facts<'_>, side: Side) -> bool {
    let mut schemas = facts
        .resolved
        .schemas
        .iter()
        .filter_map(|pair| pair.side(side));
    schemas.any(|schema| {
        use crate::domain::record::Written;
        Written::read(schema.comment.as_deref()) != Written::Nothing
    })
}

/// Writes the record where the schema's own says something else; who wrote it and when does not matter.
fn write(facts: &Facts<'_>, draft: &mut Draft, side: Side, wanted: &Record) {
    for pair in &facts.resolved.schemas {
        let Some(schema) = pair.side(side) else {
            continue;
        };
        let wanted = with_twin(wanted, pair.side(side.other()));
        let same = |found: &Record| {
            let found = Record {
                by: wanted.by.clone(),
                at: wanted.at.clone(),
                ..found.clone()
            };
            found == wanted
        };
        let comment = schema.comment.as_deref();
        if comment.and_then(Record::find).as_ref().is_some_and(same) {
            continue;
        }
        let database = &facts.resolved.environment.database;
        draft.run(Statement::record(database, &schema.name, comment, &wanted));
    }
}

fn untold(facts: &Facts<'_>, reason: &str) -> Finding {
    Finding {
        id: FindingId::NothingToDo,
        severity: Severity::Block,
        message: format!("Neither records nor audit events tell what the deployment side is: {reason}."),
        remedy: "Look at both sides; `cutover deploy --full` or `cutover cleanup`, with the finding allowed by name, starts anew.".to_owned(),
        objects: vec![facts.resolved.environment.target.clone()],
    }
}

fn unfinished(facts: &Facts<'_>) -> Option<Finding> {
    let provenance = &facts.board.provenance;
    (provenance.unfinished.is_some() && provenance.contradictions.is_empty()).then(|| Finding {
        id: FindingId::NothingToDo,
        severity: Severity::Block,
        message: "A swap is committed and unfinished; finishing it writes the records.".to_owned(),
        remedy: "Run `cutover promote`, which finishes it and swaps nothing.".to_owned(),
        objects: vec![facts.resolved.environment.target.clone()],
    })
}
