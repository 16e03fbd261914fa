//! The cutover, its way back, and finishing either when it was cut off.

use super::draft::{Draft, sink_steps, swap};
use super::holding::{Holding, holdings};
use super::stamp::Stamp;
use super::{Plan, Request, SinkMove, Statement, Step, sinks_reading};
use crate::domain::action::Operation;
use crate::domain::environment::{Side, Strategy};
use crate::domain::finding::warnings;
use crate::domain::finding::{Finding, FindingId, Severity};
use crate::domain::guard::{self, PlanInputs};
use crate::domain::provenance::Unfinished;
use crate::domain::quantity::count;
use crate::domain::record::DeploymentRole;
use crate::domain::workflow::{Hindrance, may};

/// The cutover: one transaction, then sinks and records. A committed and unfinished one is finished, never repeated.
///
/// `rehearsed` is what the server said against the transaction when it was sent with ROLLBACK ([`rehearsal_refused`]).
#[must_use]
pub fn promote(
    facts: &PlanInputs<'_>,
    stamp: &Stamp,
    request: &Request,
    rehearsed: Option<Finding>,
) -> Plan {
    if let Some(unfinished) = facts.board.provenance.unfinished {
        return finish(facts, stamp, request, unfinished);
    }
    let mut draft = Draft::new(Operation::Promote);
    let moves = sinks_reading(facts, Side::Production);
    draft.findings = promote_findings(facts, &moves);
    draft.hindered(facts);
    draft.findings.extend(rehearsed);
    draft.summary = vec![swap_sentence(facts), sinks_sentence(&moves)];
    let recorded = matches!(&facts.board.provenance.deployment, Some(record) if record.role == DeploymentRole::Candidate);
    if !recorded || facts.board.provenance.mixed {
        // Without the mark a cut-off after COMMIT would look like no promote at all.
        mark(
            facts,
            stamp,
            &mut draft,
            Side::Deployment,
            DeploymentRole::Candidate,
        );
    }
    record_production(facts, stamp, &mut draft);
    exchange(facts, stamp, &mut draft, &moves, Exchange::promote());
    draft.close(facts, request)
}

/// Before its first swap by us, production gets a record too: comments travel with the ids, so whoever finishes a cut-off promote
/// still learns what the retired side holds.
fn record_production(facts: &PlanInputs<'_>, stamp: &Stamp, draft: &mut Draft) {
    let known = facts.board.provenance.production.is_some() && !facts.board.provenance.mixed;
    let running = holdings(facts, stamp, Side::Production, DeploymentRole::Production);
    let mut told = running
        .iter()
        .map(|it| it.record.manifest.is_some() || it.record.claimed.is_some());
    if !known && told.any(|told| told) {
        mark(
            facts,
            stamp,
            draft,
            Side::Production,
            DeploymentRole::Production,
        );
    }
}

/// Records on a side that keeps its names.
pub(super) fn mark(
    facts: &PlanInputs<'_>,
    stamp: &Stamp,
    draft: &mut Draft,
    side: Side,
    role: DeploymentRole,
) {
    let database = &facts.resolved.environment.database;
    for holding in holdings(facts, stamp, side, role) {
        draft.run(Statement::record(
            database,
            holding.name(side),
            holding.comment(),
            &holding.record,
        ));
    }
}

/// What is left after a committed swap: sinks that still read the other side, and the records.
pub(super) fn finish(
    facts: &PlanInputs<'_>,
    stamp: &Stamp,
    request: &Request,
    unfinished: Unfinished,
) -> Plan {
    let (operation, exchange) = match unfinished {
        Unfinished::Promote => (Operation::Promote, Exchange::promote()),
        Unfinished::Rollback => (
            Operation::Rollback,
            Exchange::rollback(facts, Side::Deployment),
        ),
    };
    let mut draft = Draft::new(operation);
    let moves = sinks_reading(facts, Side::Deployment);
    draft.summary = vec![
        format!("The swap of this {operation} is committed; this finishes it and swaps nothing."),
        sinks_sentence(&moves),
    ];
    draft.findings = guard::sink_moves_at_risk(facts, &moves);
    draft
        .findings
        .extend(guard::contradicted(facts, Severity::Block));
    draft.findings.extend(guard::unverified(facts));
    if unfinished == Unfinished::Rollback {
        draft.findings = warnings(draft.findings);
    }
    draft.findings.extend(guard::schema_ownership(
        facts,
        &[Side::Production, Side::Deployment],
    ));
    draft.steps.extend(sink_steps(&moves));
    // The names have moved already: each side's record stays with its schema.
    for (side, role) in [
        (Side::Deployment, exchange.behind),
        (Side::Production, DeploymentRole::Production),
    ] {
        for holding in holdings(facts, stamp, side, role) {
            draft.run(closing_record(facts, stamp, &holding, side));
        }
    }
    draft.close(facts, request)
}

/// Which role the side that leaves production takes.
pub(super) struct Exchange {
    behind: DeploymentRole,
}

impl Exchange {
    pub fn promote() -> Self {
        Self {
            behind: DeploymentRole::Retired,
        }
    }

    /// What leaves production is a candidate again; where it is the older release of the two, as after a promote too many, it is retired.
    /// `leaving` is the side that it has now.
    pub fn rollback(facts: &PlanInputs<'_>, leaving: Side) -> Self {
        let younger = facts.board.provenance.younger;
        Self {
            behind: match younger == Some(leaving.other()) {
                true => DeploymentRole::Retired,
                false => DeploymentRole::Candidate,
            },
        }
    }
}

/// The swap, then the sinks, then the records by the names that hold after it: the deployment name's first, so that a production name
/// keeps the mark of an unfinished operation until the very end.
pub(super) fn exchange(
    facts: &PlanInputs<'_>,
    stamp: &Stamp,
    draft: &mut Draft,
    moves: &[SinkMove],
    exchange: Exchange,
) {
    let names_move = facts.resolved.environment.strategy == Strategy::Swap;
    draft.steps.extend(swap(facts).map(Step::Transaction));
    draft.steps.extend(sink_steps(moves));
    // The side that leaves production carries what production holds now, and the other way round.
    for (leaving, role) in [
        (Side::Production, exchange.behind),
        (Side::Deployment, DeploymentRole::Production),
    ] {
        let goes_to = if names_move { leaving.other() } else { leaving };
        for holding in holdings(facts, stamp, leaving, role) {
            draft.run(closing_record(facts, stamp, &holding, goes_to));
        }
    }
}

/// A record that ends an operation; on the new production it stands behind the mark that dbt-materialize's promote leaves.
fn closing_record(
    facts: &PlanInputs<'_>,
    stamp: &Stamp,
    holding: &Holding<'_>,
    side: Side,
) -> Statement {
    let database = &facts.resolved.environment.database;
    let (schema, comment, record) = (holding.name(side), holding.comment(), &holding.record);
    if record.role == DeploymentRole::Production {
        Statement::promotion_record(database, schema, comment, record, stamp.commit.as_deref())
    } else {
        Statement::record(database, schema, comment, record)
    }
}

fn promote_findings(facts: &PlanInputs<'_>, moves: &[SinkMove]) -> Vec<Finding> {
    let both = [Side::Production, Side::Deployment];
    let mut findings = shared_findings(facts);
    let hindrance = may(facts.board, Operation::Promote);
    if let Err(Hindrance::AlreadyPromoted(_) | Hindrance::Synced(_)) = hindrance {
        // What the retired or synced side is like says nothing about a candidate that is not there.
        findings.extend(guard::newer_than_production(facts));
        return findings;
    }
    findings.extend(guard::sink_moves_at_risk(facts, moves));
    findings.extend(guard::connectors_in_environment(facts, &both));
    findings.extend(guard::missing_in_deployment(facts));
    findings.extend(guard::removed_and_unmanaged(facts));
    findings.extend(guard::models_not_built(facts));
    findings.extend(guard::twins_differ(facts));
    findings.extend(guard::depends_on_production(facts));
    findings.extend(guard::incomplete_deployment(facts));
    findings.extend(guard::newer_than_production(facts));
    findings.extend(guard::not_ready(facts));
    findings.extend(guard::production_unhealthy(facts));
    findings.extend(guard::owners_and_grants(facts));
    findings.extend(guard::cluster_options_differ(facts));
    findings.extend(guard::outside_environment(facts));
    findings
}

/// The guards of both directions, those on sinks apart.
pub(super) fn shared_findings(facts: &PlanInputs<'_>) -> Vec<Finding> {
    let both = [Side::Production, Side::Deployment];
    let mut findings = guard::production_names_missing(facts);
    findings.extend(guard::leased(facts));
    findings.extend(guard::deployment_names_missing(facts));
    findings.extend(guard::self_swap(facts));
    findings.extend(guard::schema_ownership(facts, &both));
    findings.extend(guard::cluster_ownership(facts, &both));
    findings.extend(guard::create_privileges(facts, true, false));
    findings.extend(guard::unverified(facts));
    findings.extend(guard::dependents_outside(facts));
    findings.extend(guard::foreign_on_clusters(facts, Side::Production));
    let production = facts
        .resolved
        .objects(Side::Production)
        .map(|object| object.id)
        .collect();
    findings.extend(guard::subscriptions_on(
        facts,
        &production,
        Severity::Info,
        "they go on, on what leaves production, until they are restarted.",
    ));
    findings
}

pub(super) fn swap_sentence(facts: &PlanInputs<'_>) -> String {
    let environment = facts.resolved.environment;
    let (schemas, clusters) = (environment.schemas.len(), environment.clusters.len());
    match environment.strategy {
        Strategy::Swap => {
            format!(
                "Swaps {} and {} in one transaction.",
                count(schemas, "schema"),
                count(clusters, "cluster")
            )
        }
        Strategy::Targets => {
            "Records the other side as production; names stay, clients choose.".to_owned()
        }
    }
}

pub(super) fn sinks_sentence(moves: &[SinkMove]) -> String {
    match moves.len() {
        0 => "No sink has to move.".to_owned(),
        n => format!("Moves {} to the new production.", count(n, "sink")),
    }
}

/// The server's refusal of the rehearsed transaction, in its own words.
#[must_use]
pub fn rehearsal_refused(words: &str, environment: &str) -> Finding {
    Finding {
        id: FindingId::RehearsalRefused,
        severity: Severity::Block,
        message: format!("The server refused the transaction when it was rehearsed: {words}."),
        remedy: "Mend what the server names; nothing was changed.".to_owned(),
        objects: vec![environment.to_owned()],
    }
}
