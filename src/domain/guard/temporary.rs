//! Temporary objects: they are nobody's dependents. They end with the session that made them, so nothing waits for them.

use super::inputs::{PlanInputs, about};
use super::swap_unsafe::FOLLOWS_SINCE;
use crate::domain::environment::{Side, Strategy};
use crate::domain::finding::{Finding, FindingId, Severity};
use crate::domain::name::ObjectId;
use crate::domain::object::Object;
use crate::domain::quantity::{agree, count, some_of};
use crate::domain::snapshot::{ClientSession, Snapshot};
use std::collections::BTreeSet;

/// Those that read production: they stay on what leaves it. A server that renames a schema under one that names two of its objects can
/// fail at once, before 26.33 (its source says so; none was seen to).
#[must_use]
pub fn temporary_readers(inputs: &PlanInputs<'_>) -> Vec<Finding> {
    let catalog = &inputs.snapshot().catalog;
    let production = inputs.resolved.object_ids(Side::Production);
    let names_move = inputs.resolved.environment.strategy == Strategy::Swap;
    let is_safe = inputs.snapshot().server.is_since(FOLLOWS_SINCE) || !names_move;
    let reads = |object: &Object| {
        let read = catalog.inputs.get(&object.id).into_iter().flatten();
        read.filter(|input| production.contains(input)).count()
    };
    let temporary = catalog.objects.values().filter(|it| it.is_temporary());
    let (risky, harmless) = temporary
        .filter(|object| reads(object) > 0)
        .partition(|object| !is_safe && reads(object) > 1);
    let mut findings = told(
        inputs,
        (FindingId::DependentOutside, Severity::Info),
        harmless,
        ("reads production and stays", "read production and stay"),
        "on the retired objects until its session ends",
    );
    findings.extend(told(
        inputs,
        (FindingId::DependentOutside, Severity::Warn),
        risky,
        ("names", "name"),
        "several objects of production, and a server of this version can fail when their schemas are renamed",
    ));
    findings
}

/// Those that a drop takes along.
#[must_use]
pub fn temporary_in_drop(inputs: &PlanInputs<'_>, closure: &BTreeSet<ObjectId>) -> Vec<Finding> {
    let objects = closure
        .iter()
        .filter_map(|id| inputs.snapshot().catalog.objects.get(id));
    told(
        inputs,
        (FindingId::ClosureOutside, Severity::Info),
        objects.filter(|object| object.is_temporary()).collect(),
        ("goes", "go"),
        "with the drop, and nothing else of that session",
    )
}

fn told(
    inputs: &PlanInputs<'_>,
    (id, severity): (FindingId, Severity),
    objects: Vec<&Object>,
    (one, several): (&str, &str),
    fate: &str,
) -> Vec<Finding> {
    let snapshot = inputs.snapshot();
    let who = objects
        .iter()
        .map(|object| format!("{} of {}", object.name, session_of(snapshot, object)));
    about(
        id,
        severity,
        format!(
            "{} {} {fate}: {}.",
            count(objects.len(), "temporary object"),
            agree(objects.len(), one, several),
            some_of(who)
        ),
        match severity {
            Severity::Info => "Nothing to do; whoever works there makes it anew.",
            _ => "Let these sessions end first.",
        },
        objects
            .iter()
            .map(|object| snapshot.catalog.display_name(&object.id))
            .collect(),
    )
}

/// The session that made it. The catalog tells only its role: of several sessions of that role it is one.
fn session_of(snapshot: &Snapshot, object: &Object) -> String {
    let role = snapshot.catalog.role_name(&object.owner);
    let sessions = snapshot.readings.sessions.iter();
    let of_role: Vec<&ClientSession> = sessions
        .filter(|session| session.role == object.owner)
        .collect();
    match of_role.as_slice() {
        [] => role,
        [session] => format!("{role} ({})", words(session)),
        several => format!(
            "{role} (one of {}: {})",
            count(several.len(), "session"),
            some_of(several.iter().map(|session| words(session)))
        ),
    }
}

fn words(session: &ClientSession) -> String {
    let application = session.application.as_deref().unwrap_or("session");
    match &session.client_ip {
        Some(address) => format!("{application} from {address}"),
        None => format!("{application} {}", session.id),
    }
}
