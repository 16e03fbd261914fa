//! The way back. In an incident it is refused only for what makes it impossible; everything else is a warning.

use super::draft::Draft;
use super::promote::{
    Exchange, exchange, finish, mark, shared_findings, sinks_sentence, swap_sentence,
};
use super::stamp::Stamp;
use super::{Plan, Request, SinkMove, sinks_reading};
use crate::domain::action::Operation;
use crate::domain::environment::Side;
use crate::domain::finding::warnings;
use crate::domain::finding::{Finding, FindingId, Severity};
use crate::domain::guard::{self, PlanInputs};
use crate::domain::provenance::Unfinished;
use crate::domain::record::{DeploymentRole, Record};
use crate::domain::workflow::may;

/// What makes a rollback impossible. A fence that is not won ends it too, while it runs, and so does a cleanup that is at work.
const IMPOSSIBLE: &[FindingId] = &[
    FindingId::NamesMissing,
    FindingId::SelfSwap,
    FindingId::Ownership,
    FindingId::ReadOnly,
    FindingId::RehearsalRefused,
    FindingId::NoWayBack,
];

/// The same swap back, with sinks and records moved back. One that was cut off is finished, never repeated. In an incident in which the
/// fence is never won, it is sent without a look inside, and says so.
#[must_use]
pub fn rollback(
    inputs: &PlanInputs<'_>,
    stamp: &Stamp,
    request: &Request,
    rehearsed: Option<Finding>,
) -> Plan {
    let provenance = &inputs.board.provenance;
    if provenance.unfinished == Some(Unfinished::Rollback) {
        return finish(inputs, stamp, request, Unfinished::Rollback);
    }
    let mut draft = Draft::new(Operation::Rollback);
    let moves = sinks_reading(inputs, Side::Production);
    draft.findings = findings(inputs, &moves);
    draft.findings.extend(rehearsed);
    draft.findings.extend(fence_left_out(inputs, request));
    draft.summary = vec![
        format!("Back to the retired production. {}", swap_sentence(inputs)),
        sinks_sentence(&moves),
    ];
    let known = |side: Option<&Record>, role| matches!(side, Some(record) if record.role == role);
    let marked =
        known(provenance.deployment.as_ref(), DeploymentRole::Retired) && !provenance.mixed;
    // What contradicts itself is evidence: it stays until the names have moved.
    if !marked && provenance.contradictions.is_empty() {
        mark(
            inputs,
            stamp,
            &mut draft,
            Side::Deployment,
            DeploymentRole::Retired,
        );
        mark(
            inputs,
            stamp,
            &mut draft,
            Side::Production,
            DeploymentRole::Production,
        );
    }
    exchange(
        inputs,
        stamp,
        &mut draft,
        &moves,
        Exchange::rollback(inputs, Side::Production),
    );
    draft.close(inputs, request)
}

fn fence_left_out(inputs: &PlanInputs<'_>, request: &Request) -> Option<Finding> {
    request.without_fence.then(|| Finding {
        id: FindingId::FenceLeftOut,
        severity: Severity::Warn,
        message: "Nothing is looked at between the first statement of the transaction and its COMMIT; ids are read afterwards.".to_owned(),
        remedy: "Leave out --without-fence where other people's DDL lets a rollback through.".to_owned(),
        objects: vec![inputs.resolved.environment.target.clone()],
    })
}

fn findings(inputs: &PlanInputs<'_>, moves: &[SinkMove]) -> Vec<Finding> {
    let goes_away = guard::cleanup_at_work(inputs);
    let (impossible, mut findings): (Vec<_>, Vec<_>) = shared_findings(inputs)
        .into_iter()
        .chain(no_way_back(inputs))
        .partition(|finding| {
            IMPOSSIBLE.contains(&finding.id) || goes_away && finding.id == FindingId::LeaseHeld
        });
    findings.extend(guard::sink_moves_at_risk(inputs, moves));
    findings.extend(guard::connectors_in_environment(
        inputs,
        &[Side::Production, Side::Deployment],
    ));
    findings.extend(guard::swap_back_unsafe(inputs));
    findings.extend(unfinished_promote(inputs));
    findings.extend(guard::identity_unconfirmed(inputs));
    findings.extend(guard::not_put_back(inputs));
    findings.extend(guard::retired_incomplete(inputs));
    findings.extend(guard::retired_not_ready(inputs));
    findings.extend(guard::production_unhealthy(inputs));
    let mut all = impossible;
    // Without a retired side there is nothing that the rest could be about.
    if !all.iter().any(|finding| finding.id == FindingId::NoWayBack) {
        all.extend(warnings(findings));
    }
    all
}

fn no_way_back(inputs: &PlanInputs<'_>) -> Option<Finding> {
    let hindrance = may(inputs.board, Operation::Rollback).err()?;
    hindrance.finding(Operation::Rollback, &inputs.resolved.environment.target)
}

fn unfinished_promote(inputs: &PlanInputs<'_>) -> Option<Finding> {
    (inputs.board.provenance.unfinished == Some(Unfinished::Promote)).then(|| Finding {
        id: FindingId::UnfinishedPromote,
        severity: Severity::Warn,
        message: "The promote is committed and unfinished; going back leaves its rest undone."
            .to_owned(),
        remedy: "To keep what was promoted, finish it instead: `cutover promote`.".to_owned(),
        objects: vec![inputs.resolved.environment.target.clone()],
    })
}
