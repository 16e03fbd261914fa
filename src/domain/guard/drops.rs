//! Guards on what is dropped: how far the closure reaches, and who still reads it.

use super::inputs::{PlanInputs, about};
use crate::domain::environment::Side;
use crate::domain::finding::{Finding, FindingId, Severity};
use crate::domain::name::ObjectId;
use crate::domain::plan::ClosureItem;
use crate::domain::quantity::{agree, count, some_of};
use std::collections::BTreeSet;

/// A closure that reaches into production (never allowed) or outside the side (allowed by name).
#[must_use]
pub fn closure_findings(inputs: &PlanInputs<'_>, closure: &[ClosureItem]) -> Vec<Finding> {
    let production = inputs.resolved.object_ids(Side::Production);
    let deployment = inputs.resolved.object_ids(Side::Deployment);
    let (into, outside): (Vec<&ClosureItem>, Vec<&ClosureItem>) = closure
        .iter()
        .filter(|item| !item.inside)
        .partition(|item| production.contains(&item.id));
    let names = |items: &[&ClosureItem]| {
        items
            .iter()
            .map(|item| item.name.clone())
            .collect::<Vec<_>>()
    };
    let mut findings = about(
        FindingId::ClosureIntoProduction,
        Severity::Block,
        format!(
            "The drop would take {} of production with it.",
            count(into.len(), "object")
        ),
        "Production reads the retired side: rebuild those objects (`cutover deploy --full`, then promote) before dropping.",
        names(&into),
    );
    let (left, outside): (Vec<&ClosureItem>, Vec<&ClosureItem>) = outside
        .into_iter()
        .partition(|item| deployment.contains(&item.id));
    let others = outside
        .iter()
        .map(|item| format!("{} ({}, owner {})", item.name, item.kind, item.owner));
    findings.extend(about(
        FindingId::ClosureOutside,
        Severity::Block,
        format!(
            "The drop would take {} outside the side with it: {}.",
            count(outside.len(), "object"),
            some_of(others)
        ),
        "Ask their owners to move them, or allow each by name: --allow closure-outside:NAME.",
        names(&outside),
    ));
    findings.extend(about(
        FindingId::ClosureOutside,
        Severity::Block,
        format!(
            "The drop would take {} of the deployment side with it that the plan does not build again: {}.",
            count(left.len(), "object"),
            some_of(names(&left))
        ),
        "Build everything (`--full`) where models make them, or allow each by name: --allow closure-outside:NAME.",
        names(&left),
    ));
    findings
}

/// Running SUBSCRIBEs on these objects: they end with an error when the objects go (recorded: 12).
#[must_use]
pub fn subscriptions_on(
    inputs: &PlanInputs<'_>,
    objects: &BTreeSet<ObjectId>,
    severity: Severity,
    consequence: &str,
) -> Vec<Finding> {
    let snapshot = inputs.snapshot();
    let readers: Vec<String> = snapshot
        .readings
        .subscriptions
        .iter()
        .filter(|subscription| {
            subscription
                .objects
                .iter()
                .any(|object| objects.contains(object))
        })
        .map(|subscription| {
            let session = snapshot
                .readings
                .sessions
                .iter()
                .find(|session| session.id == subscription.session);
            let who = session.map_or_else(
                || format!("session {}", subscription.session),
                |session| {
                    let role = snapshot.catalog.role_name(&session.role);
                    match &session.application {
                        Some(application) => format!("{role} ({application})"),
                        None => role,
                    }
                },
            );
            let what = subscription
                .objects
                .iter()
                .filter(|object| objects.contains(object))
                .map(|object| snapshot.catalog.display_name(object))
                .collect::<Vec<_>>()
                .join(", ");
            format!("{who} on {what}")
        })
        .collect();
    about(
        FindingId::ReadersAttached,
        severity,
        format!(
            "{} {} running on objects of the side; {consequence}",
            count(readers.len(), "SUBSCRIBE"),
            agree(readers.len(), "is", "are")
        ),
        "Restart these readers first, so that they read the new production.",
        readers,
    )
}
