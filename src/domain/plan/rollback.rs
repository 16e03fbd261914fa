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

/// What makes a rollback impossible. A fence that is not won ends it too, while it runs.
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
    facts: &PlanInputs<'_>,
    stamp: &Stamp,
    request: &Request,
    rehearsed: Option<Finding>,
) -> Plan {
    let provenance = &facts.board.provenance;
    if provenance.unfinished == Some(Unfinished::Rollback) {
        return finish(facts, stamp, request, Unfinished::Rollback);
    }
    let mut draft = Draft::new(Operation::Rollback);
    let moves = sinks_reading(facts, Side::Production);
    draft.findings = findings(facts, &moves);
    draft.findings.extend(rehearsed);
    draft.findings.extend(fence_left_out(facts, request));
    draft.summary = vec![
        format!("Back to the retired production. {}", swap_sentence(facts)),
        sinks_sentence(&moves),
    ];
    let known = |side: Option<&Record>, role| matches!(side, Some(record) if record.role == role);
    let marked =
        known(provenance.deployment.as_ref(), DeploymentRole::Retired) && !provenance.mixed;
    // What contradicts itself is evidence: it stays until the names have moved.
    if !marked && provenance.contradictions.is_empty() {
        mark(
            facts,
            stamp,
            &mut draft,
            Side::Deployment,
            DeploymentRole::Retired,
        );
        mark(
            facts,
            stamp,
            &mut draft,
            Side::Production,
            DeploymentRole::Production,
        );
    }
    exchange(
        facts,
        stamp,
        &mut draft,
        &moves,
        Exchange::rollback(facts, Side::Production),
    );
    draft.close(facts, request)
}

fn fence_left_out(facts: &PlanInputs<'_>, request: &Request) -> Option<Finding> {
    request.without_fence.then(|| Finding {
        id: FindingId::FenceLeftOut,
        severity: Severity::Warn,
        message: "Nothing is looked at between the first statement of the transaction and its COMMIT; ids are read afterwards.".to_owned(),
        remedy: "Leave out --without-fence where other people's DDL lets a rollback through.".to_owned(),
        objects: vec![facts.resolved.environment.target.clone()],
    })
}

fn findings(facts: &PlanInputs<'_>, moves: &[SinkMove]) -> Vec<Finding> {
    let (impossible, mut findings): (Vec<_>, Vec<_>) = shared_findings(facts)
        .into_iter()
        .chain(no_way_back(facts))
        .partition(|finding| IMPOSSIBLE.contains(&finding.id));
    findings.extend(guard::sink_moves_at_risk(facts, moves));
    findings.extend(guard::connectors_in_environment(
        facts,
        &[Side::Production, Side::Deployment],
    ));
    findings.extend(unfinished_promote(facts));
    findings.extend(guard::identity_unconfirmed(facts));
    findings.extend(guard::not_put_back(facts));
    findings.extend(guard::retired_incomplete(facts));
    findings.extend(guard::retired_not_ready(facts));
    findings.extend(guard::production_unhealthy(facts));
    let mut all = impossible;
    // Without a retired side there is nothing that the rest could be about.
    if !all.iter().any(|finding| finding.id == FindingId::NoWayBack) {
        all.extend(warnings(findings));
    }
    all
}

fn no_way_back(facts: &PlanInputs<'_>) -> Option<Finding> {
    let hindrance = may(facts.board, Operation::Rollback).err()?;
    hindrance.finding(Operation::Rollback, &facts.resolved.environment.target)
}

fn unfinished_promote(facts: &PlanInputs<'_>) -> Option<Finding> {
    (facts.board.provenance.unfinished == Some(Unfinished::Promote)).then(|| Finding {
        id: FindingId::UnfinishedPromote,
        severity: Severity::Warn,
        message: "The promote is committed and unfinished; going back leaves its rest undone."
            .to_owned(),
        remedy: "To keep what was promoted, finish it instead: `cutover promote`.".to_owned(),
        objects: vec![facts.resolved.environment.target.clone()],
    })
}
