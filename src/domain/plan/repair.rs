//! Writing the deployment records anew, where somebody's comment overwrote or forged them: from ids, audit events, the records that are left
//! and the state directory.

use super::draft::{Draft, Stamp, record, with_twin};
use super::{Plan, Statement};
use crate::domain::action::Operation;
use crate::domain::environment::Side;
use crate::domain::finding::{Allowance, Finding, FindingId, Severity};
use crate::domain::guard::{self, Facts};
use crate::domain::provenance::Judgement;
use crate::domain::quantity::count;
use crate::domain::record::{Record, Role};
use crate::domain::standing::Standing;
use std::collections::BTreeSet;

/// Records for every schema whose own does not say what its side is. Where the events do not tell, nothing is made up.
#[must_use]
pub fn repair(facts: &Facts<'_>, stamp: &Stamp, allowed: &BTreeSet<Allowance>) -> Plan {
    let mut draft = Draft::new(Operation::Repair);
    draft.findings = guard::schema_ownership(facts, &[Side::Production, Side::Deployment]);
    draft.findings.extend(guard::unverified(facts));
    draft.findings.extend(unfinished(facts));
    match deployment(facts, stamp) {
        Ok(record) => {
            let retired =
                matches!(&record, Some(it) if matches!(it.role, Role::Retired | Role::Synced));
            if let Some(record) = &record {
                write(facts, &mut draft, Side::Deployment, record);
            }
            if retired || is_claimed(facts, Side::Production) {
                write(
                    facts,
                    &mut draft,
                    Side::Production,
                    &production(facts, stamp),
                );
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
    draft.close(facts, allowed)
}

/// What the deployment side's record should say; `None` where the side is empty and none is due.
fn deployment(facts: &Facts<'_>, stamp: &Stamp) -> Result<Option<Record>, String> {
    let provenance = &facts.board.provenance;
    let left = provenance
        .deployment
        .as_ref()
        .filter(|_| provenance.agrees());
    if let Some(left) = left.filter(|_| provenance.is_current()) {
        return Ok(Some(again(facts, stamp, left, left.role)));
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
    Ok(Some(match left {
        Some(left) => again(facts, stamp, left, role),
        None => {
            let complete = role != Role::Candidate || is_whole(facts);
            record(facts, stamp, role, complete, None)
        }
    }))
}

/// A record that is left on the side tells its contents.
fn again(facts: &Facts<'_>, stamp: &Stamp, left: &Record, role: Role) -> Record {
    Record {
        commit: left.commit.clone(),
        tag: left.tag.clone(),
        base: left.base.clone(),
        ..record(facts, stamp, role, left.complete, left.manifest.as_deref())
    }
}

/// Production's contents, by a record that is left, else by the state directory.
fn production(facts: &Facts<'_>, stamp: &Stamp) -> Record {
    let left = facts.board.provenance.production.as_ref();
    match left.filter(|left| left.role == Role::Production) {
        Some(left) => again(facts, stamp, left, Role::Production),
        None => {
            let state = facts
                .project()
                .and_then(|project| project.production.clone());
            Record {
                commit: None,
                tag: None,
                ..record(facts, stamp, Role::Production, true, state.as_deref())
            }
        }
    }
}

/// A build whose record is gone counts as finished where nothing of the project is missing.
fn is_whole(facts: &Facts<'_>) -> bool {
    facts.project().is_some() && guard::models_not_built(facts).is_empty()
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
