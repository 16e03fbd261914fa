//! Writing the deployment records anew, where somebody's comment overwrote or forged them: from ids, the server's audit events, the records
//! that are left, the audit trail of this machine and the state directory.

use super::draft::{Draft, record, with_twin};
use super::holding::claimed;
use super::stamp::Stamp;
use super::{Plan, Request, Statement};
use crate::domain::action::Operation;
use crate::domain::deployment_age::DeploymentAge;
use crate::domain::environment::Side;
use crate::domain::finding::{Finding, FindingId, Severity};
use crate::domain::guard::{self, PlanInputs};
use crate::domain::last_build::{LastBuild, LastBuilds, unproven_rows};
use crate::domain::provenance::Judgement;
use crate::domain::quantity::count;
use crate::domain::record::{DeploymentRole, Record};

/// Records for every schema whose own does not say what its side is. Where the events do not tell, nothing is made up; what a side holds is
/// told by a record that is left, else by the last build of this machine where its ids still stand there, else by nobody.
#[must_use]
pub fn repair(
    inputs: &PlanInputs<'_>,
    stamp: &Stamp,
    builds: &LastBuilds,
    request: &Request,
) -> Plan {
    let mut draft = Draft::new(Operation::Repair);
    draft.findings = guard::schema_ownership(inputs, &[Side::Production, Side::Deployment]);
    draft.findings.extend(guard::unverified(inputs));
    draft.hindered(inputs);
    let misplaced = guard::misplaced(inputs);
    let (mut sources, mut is_hindered) = (Vec::new(), !misplaced.is_empty());
    match deployment(inputs, stamp, builds) {
        // While names stand apart from what they name, a record would only say it once more.
        _ if is_hindered => {}
        Ok(wanted) => {
            let production =
                is_due(inputs, builds, wanted.as_ref()).then(|| production(inputs, stamp, builds));
            for (side, wanted) in [(Side::Deployment, wanted), (Side::Production, production)] {
                let Some(wanted) = wanted else { continue };
                if let Some(record) = &wanted.record {
                    write(inputs, &mut draft, side, record);
                }
                sources.extend(wanted.source);
            }
        }
        Err(reason) => {
            is_hindered = true;
            draft.findings.push(untold(inputs, &reason));
        }
    }
    draft.findings.extend(misplaced);
    draft.summary = vec![match (draft.steps.len(), sources.is_empty()) {
        (0, _) if is_hindered => "Nothing can be written: see the findings.".to_owned(),
        (0, true) => {
            "Every record agrees with ids and audit events: there is nothing to write.".to_owned()
        }
        (0, false) => "There is nothing to write that anything proves.".to_owned(),
        (records, _) => format!(
            "Writes {} anew, from ids, audit events and what other records tell.",
            count(records, "record")
        ),
    }];
    draft.summary.extend(sources);
    draft.close(inputs, request)
}

/// What a side's record should say.
struct Wanted {
    /// `None`: nothing is known to have stood there, and nothing is made up.
    record: Option<Record>,
    /// Where it is known from what the side holds, or that it stays unknown: a sentence. `None`: a record that is left tells it.
    source: Option<String>,
}

/// What the deployment side's record should say; `None` where the side is empty and none is due.
fn deployment(
    inputs: &PlanInputs<'_>,
    stamp: &Stamp,
    builds: &LastBuilds,
) -> Result<Option<Wanted>, String> {
    let provenance = &inputs.board.provenance;
    let left = provenance
        .deployment
        .as_ref()
        .filter(|_| provenance.agrees(Side::Deployment));
    let wanted = |role| Some(held(inputs, stamp, builds, Side::Deployment, role, left));
    if let Some(left) = left.filter(|_| provenance.is_current()) {
        return Ok(wanted(left.role));
    }
    let role = match &provenance.age {
        DeploymentAge::Empty => return Ok(None),
        same if same.is_same() && provenance.was_production => DeploymentRole::Synced,
        newer if newer.is_not_older() => DeploymentRole::Candidate,
        DeploymentAge::Retired => DeploymentRole::Retired,
        other => match (left, provenance.judgement()) {
            (Some(_), Judgement::Contradicts) | (None, _) => return Err(other.reason()),
            (Some(left), _) => left.role,
        },
    };
    Ok(wanted(role))
}

/// Whether production should bear a record: it was promoted, or something tells what it holds.
fn is_due(inputs: &PlanInputs<'_>, builds: &LastBuilds, deployment: Option<&Wanted>) -> bool {
    let provenance = &inputs.board.provenance;
    let role = deployment.and_then(|it| Some(it.record.as_ref()?.role));
    matches!(role, Some(DeploymentRole::Retired | DeploymentRole::Synced))
        || provenance.was_swapped
        || provenance.production.is_some()
        || is_claimed(inputs, Side::Production)
        || builds
            .on(Side::Production)
            .proven(inputs.resolved, Side::Production)
            .is_ok()
}

/// Production's.
fn production(inputs: &PlanInputs<'_>, stamp: &Stamp, builds: &LastBuilds) -> Wanted {
    let provenance = &inputs.board.provenance;
    let left = provenance.production.as_ref().filter(|left| {
        left.role == DeploymentRole::Production && provenance.agrees(Side::Production)
    });
    held(
        inputs,
        stamp,
        builds,
        Side::Production,
        DeploymentRole::Production,
        left,
    )
}

/// The record of a side with this role: its contents by a record that is left, else by the proof of ids, else unknown.
fn held(
    inputs: &PlanInputs<'_>,
    stamp: &Stamp,
    builds: &LastBuilds,
    side: Side,
    role: DeploymentRole,
    left: Option<&Record>,
) -> Wanted {
    // A build of somebody else, at another commit, must not pass for ours.
    let blank = Record {
        commit: None,
        tag: None,
        ..record(inputs, stamp, role, true, None)
    };
    let is_built_on = inputs.board.provenance.is_built_on(side);
    let tells = |left: &&Record| !left.complete || left.manifest.is_some() && !is_built_on;
    if let Some(left) = left.filter(tells) {
        return Wanted {
            record: Some(Record {
                manifest: left.manifest.clone(),
                project: left.project.clone(),
                base: left.base.clone(),
                commit: left.commit.clone(),
                tag: left.tag.clone(),
                complete: left.complete,
                ..blank
            }),
            source: None,
        };
    }
    let proven = builds.on(side).proven(inputs.resolved, side);
    if let Ok(built) = proven {
        return Wanted {
            source: Some(format!(
                "The {side} side holds the manifest {}: its ids and definitions are those that the last build of this machine left{}.",
                built.manifest,
                unproven_rows(inputs.resolved, side)
            )),
            record: Some(Record {
                manifest: Some(built.manifest.clone()),
                project: built.project.clone(),
                commit: built.commit.clone(),
                tag: built.tag.clone(),
                ..blank
            }),
        };
    }
    if let Some(equal) = equal_to_production(inputs, role) {
        return Wanted {
            source: Some(format!(
                "The deployment side holds the manifest {}: each of its objects is defined as production's.",
                equal.manifest.as_deref().unwrap_or_default()
            )),
            record: Some(Record {
                manifest: equal.manifest.clone(),
                project: equal.project.clone(),
                commit: equal.commit.clone(),
                tag: equal.tag.clone(),
                ..blank
            }),
        };
    }
    unproven(inputs, builds, side, left, blank)
}

/// Nothing tells which manifest it is; of a candidate nothing tells that it is whole either. What a state directory says of production is
/// no proof, and is written down as what was said.
fn unproven(
    inputs: &PlanInputs<'_>,
    builds: &LastBuilds,
    side: Side,
    left: Option<&Record>,
    blank: Record,
) -> Wanted {
    let last = builds.on(side);
    let why = match last.proven(inputs.resolved, side) {
        Ok(_) => String::new(),
        Err(why) => why,
    };
    let candidate = blank.role == DeploymentRole::Candidate;
    let began = matches!(last, LastBuild::Unfinished(_));
    // What dbt built bears no record, and needs none.
    let due = !candidate || left.is_some() || began || is_claimed(inputs, side);
    let half = match candidate && left.is_none() && due {
        true => ", and nothing tells that it is whole",
        false => "",
    };
    let said = claimed(inputs, side, left).filter(|_| !candidate);
    let told = said.as_ref().map_or_else(String::new, |said| {
        format!(" It was said to be {said}, which nothing proves.")
    });
    Wanted {
        source: Some(format!(
            "Unknown stays which manifest the {side} side holds{half}: {why}. What is compared with it will be built whole.{told}"
        )),
        record: due.then(|| Record {
            commit: left.and_then(|left| left.commit.clone()),
            tag: left.and_then(|left| left.tag.clone()),
            complete: left.is_some() || !candidate,
            claimed: said,
            ..blank
        }),
    }
}

/// Production's record, where the other side surely holds the same as it tells of.
fn equal_to_production<'a>(inputs: &PlanInputs<'a>, role: DeploymentRole) -> Option<&'a Record> {
    let provenance = &inputs.board.provenance;
    let same = role == DeploymentRole::Synced && provenance.age.is_same();
    let production = provenance.production.as_ref().filter(|_| same)?;
    let proven = provenance.held(Side::Production)? == production.manifest.as_deref()?;
    proven.then_some(production)
}

/// Whether any schema of the side carries, or pretends to carry, a record.
fn is_claimed(inputs: &PlanInputs<'_>, side: Side) -> bool {
    let mut schemas = inputs
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
fn write(inputs: &PlanInputs<'_>, draft: &mut Draft, side: Side, wanted: &Record) {
    for pair in &inputs.resolved.schemas {
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
        let database = &inputs.resolved.environment.database;
        draft.run(Statement::record(database, &schema.name, comment, &wanted));
    }
}

fn untold(inputs: &PlanInputs<'_>, reason: &str) -> Finding {
    Finding {
        id: FindingId::NothingToDo,
        severity: Severity::Block,
        message: format!("Neither records nor audit events tell what the deployment side is: {reason}."),
        remedy: "Look at both sides; `cutover deploy --full` or `cutover cleanup`, with the finding allowed by name, starts anew.".to_owned(),
        objects: vec![inputs.resolved.environment.target.clone()],
    }
}
