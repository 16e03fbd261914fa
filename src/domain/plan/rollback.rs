//! The way back. In an incident it is refused only for what makes it impossible; everything else is a warning.

use super::draft::{Draft, Stamp};
use super::promote::{
    Exchange, exchange, finish, mark, shared_findings, sinks_sentence, swap_sentence,
};
use super::{Plan, SinkMove, sinks_reading};
use crate::domain::action::Operation;
use crate::domain::environment::Side;
use crate::domain::finding::{Allowance, Finding, FindingId, Severity};
use crate::domain::guard::{self, Facts};
use crate::domain::phase::Phase;
use crate::domain::provenance::Unfinished;
use crate::domain::record::{Record, Role};
use std::collections::BTreeSet;

/// What makes a rollback impossible. A fence that is not won ends it too, while it runs.
const IMPOSSIBLE: &[FindingId] = &[
    FindingId::NamesMissing,
    FindingId::SelfSwap,
    FindingId::Ownership,
    FindingId::ReadOnly,
    FindingId::RehearsalRefused,
    FindingId::NoWayBack,
];

/// The same swap back, with sinks and records moved back. One that was cut off is finished, never repeated.
#[must_use]
pub fn rollback(
    facts: &Facts<'_>,
    stamp: &Stamp,
    allowed: &BTreeSet<Allowance>,
    rehearsed: Option<Finding>,
) -> Plan {
    back(facts, stamp, allowed, rehearsed.into_iter().collect())
}

/// As [`rollback`], for an incident in which the fence is never won: it is sent without a look inside, and says so.
#[must_use]
pub fn rollback_without_fence(
    facts: &Facts<'_>,
    stamp: &Stamp,
    allowed: &BTreeSet<Allowance>,
    rehearsed: Option<Finding>,
) -> Plan {
    let left_out = Finding {
        id: FindingId::FenceLeftOut,
        severity: Severity::Warn,
        message: "Nothing is looked at between the first statement of the transaction and its COMMIT; ids are read afterwards.".to_owned(),
        remedy: "Leave out --without-fence where other people's DDL lets a rollback through.".to_owned(),
        objects: vec![facts.resolved.environment.target.clone()],
    };
    let further = rehearsed.into_iter().chain([left_out]).collect();
    back(facts, stamp, allowed, further)
}

fn back(
    facts: &Facts<'_>,
    stamp: &Stamp,
    allowed: &BTreeSet<Allowance>,
    further: Vec<Finding>,
) -> Plan {
    let provenance = &facts.board.provenance;
    if provenance.unfinished == Some(Unfinished::Rollback) {
        return finish(facts, stamp, allowed, Unfinished::Rollback);
    }
    let mut draft = Draft::new(Operation::Rollback);
    let moves = sinks_reading(facts, Side::Production);
    draft.findings = findings(facts, &moves);
    draft.findings.extend(further);
    draft.summary = vec![
        format!("Back to the retired production. {}", swap_sentence(facts)),
        sinks_sentence(&moves),
    ];
    let known = |side: Option<&Record>, role| matches!(side, Some(record) if record.role == role);
    let marked = known(provenance.deployment.as_ref(), Role::Retired) && !provenance.mixed;
    // What contradicts itself is evidence: it stays until the names have moved.
    if !marked && provenance.contradictions.is_empty() {
        mark(facts, stamp, &mut draft, Side::Deployment, Role::Retired);
        mark(facts, stamp, &mut draft, Side::Production, Role::Production);
    }
    exchange(facts, stamp, &mut draft, &moves, Exchange::rollback());
    draft.close(facts, allowed)
}

fn findings(facts: &Facts<'_>, moves: &[SinkMove]) -> Vec<Finding> {
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

fn no_way_back(facts: &Facts<'_>) -> Option<Finding> {
    let phase = facts.board.phase;
    let empty = facts.resolved.objects(Side::Deployment).next().is_none();
    let may_be_retired = match phase {
        Phase::Promoted | Phase::Promoting => true,
        // Nobody can tell: then ids and contents of both sides are shown, and a person decides. What never was production is no way back.
        Phase::Unknown => !facts.board.provenance.standing.is_not_older(),
        _ => false,
    };
    let message = match (may_be_retired, empty) {
        (true, false) => return None,
        (true, true) => "The deployment side is empty: there is nothing to go back to.",
        (false, _) => "There is no retired production to go back to.",
    };
    Some(Finding {
        id: FindingId::NoWayBack,
        severity: Severity::Block,
        message: message.to_owned(),
        remedy: "A rollback follows a promote, until sync or cleanup.".to_owned(),
        objects: vec![facts.resolved.environment.target.clone()],
    })
}

fn unfinished_promote(facts: &Facts<'_>) -> Option<Finding> {
    (facts.board.provenance.unfinished == Some(Unfinished::Promote)).then(|| Finding {
        id: FindingId::UnfinishedPromote,
        severity: Severity::Warn,
        message: "The promote is committed and unfinished; going back leaves its rest undone."
            .to_owned(),
        remedy: "To keep what was promoted, finish it instead: `cutover promote`.".to_owned(),
        objects: vec![facts.resolved.environment.target.clone()],
    })
}
