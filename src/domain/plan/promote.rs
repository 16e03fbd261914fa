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
    inputs: &PlanInputs<'_>,
    stamp: &Stamp,
    request: &Request,
    rehearsed: Option<Finding>,
) -> Plan {
    if let Some(unfinished) = inputs.board.provenance.unfinished {
        return finish(inputs, stamp, request, unfinished);
    }
    let mut draft = Draft::new(Operation::Promote);
    let moves = sinks_reading(inputs, Side::Production);
    draft.findings = promote_findings(inputs, &moves);
    draft.hindered(inputs);
    draft.findings.extend(rehearsed);
    draft.summary = vec![swap_sentence(inputs), sinks_sentence(&moves)];
    let recorded = matches!(&inputs.board.provenance.deployment, Some(record) if record.role == DeploymentRole::Candidate);
    if !recorded || inputs.board.provenance.mixed {
        // Without the mark a cut-off after COMMIT would look like no promote at all.
        mark(
            inputs,
            stamp,
            &mut draft,
            Side::Deployment,
            DeploymentRole::Candidate,
        );
    }
    record_production(inputs, stamp, &mut draft);
    exchange(inputs, stamp, &mut draft, &moves, Exchange::promote());
    draft.close(inputs, request)
}

/// Before its first swap by us, production gets a record too: comments travel with the ids, so whoever finishes a cut-off promote
/// still learns what the retired side holds.
fn record_production(inputs: &PlanInputs<'_>, stamp: &Stamp, draft: &mut Draft) {
    let known = inputs.board.provenance.production.is_some() && !inputs.board.provenance.mixed;
    let running = holdings(inputs, stamp, Side::Production, DeploymentRole::Production);
    let mut told = running
        .iter()
        .map(|it| it.record.manifest.is_some() || it.record.claimed.is_some());
    if !known && told.any(|told| told) {
        mark(
            inputs,
            stamp,
            draft,
            Side::Production,
            DeploymentRole::Production,
        );
    }
}

/// Records on a side that keeps its names.
pub(super) fn mark(
    inputs: &PlanInputs<'_>,
    stamp: &Stamp,
    draft: &mut Draft,
    side: Side,
    role: DeploymentRole,
) {
    let database = &inputs.resolved.environment.database;
    for holding in holdings(inputs, stamp, side, role) {
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
    inputs: &PlanInputs<'_>,
    stamp: &Stamp,
    request: &Request,
    unfinished: Unfinished,
) -> Plan {
    let (operation, exchange) = match unfinished {
        Unfinished::Promote => (Operation::Promote, Exchange::promote()),
        Unfinished::Rollback => (
            Operation::Rollback,
            Exchange::rollback(inputs, Side::Deployment),
        ),
    };
    let mut draft = Draft::new(operation);
    let moves = sinks_reading(inputs, Side::Deployment);
    draft.summary = vec![
        format!("The swap of this {operation} is committed; this finishes it and swaps nothing."),
        sinks_sentence(&moves),
    ];
    draft.findings = guard::sink_moves_at_risk(inputs, &moves);
    draft
        .findings
        .extend(guard::contradicted(inputs, Severity::Block));
    draft.findings.extend(guard::unverified(inputs));
    if unfinished == Unfinished::Rollback {
        draft.findings = warnings(draft.findings);
    }
    draft.findings.extend(guard::schema_ownership(
        inputs,
        &[Side::Production, Side::Deployment],
    ));
    draft.steps.extend(sink_steps(&moves));
    // The names have moved already: each side's record stays with its schema.
    for (side, role) in [
        (Side::Deployment, exchange.behind),
        (Side::Production, DeploymentRole::Production),
    ] {
        for holding in holdings(inputs, stamp, side, role) {
            draft.run(closing_record(inputs, stamp, &holding, side));
        }
    }
    draft.close(inputs, request)
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
    pub fn rollback(inputs: &PlanInputs<'_>, leaving: Side) -> Self {
        let younger = inputs.board.provenance.younger;
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
    inputs: &PlanInputs<'_>,
    stamp: &Stamp,
    draft: &mut Draft,
    moves: &[SinkMove],
    exchange: Exchange,
) {
    let names_move = inputs.resolved.environment.strategy == Strategy::Swap;
    draft.steps.extend(swap(inputs).map(Step::Transaction));
    draft.steps.extend(sink_steps(moves));
    // The side that leaves production carries what production holds now, and the other way round.
    for (leaving, role) in [
        (Side::Production, exchange.behind),
        (Side::Deployment, DeploymentRole::Production),
    ] {
        let goes_to = if names_move { leaving.other() } else { leaving };
        for holding in holdings(inputs, stamp, leaving, role) {
            draft.run(closing_record(inputs, stamp, &holding, goes_to));
        }
    }
}

/// A record that ends an operation; on the new production it stands behind the mark that dbt-materialize's promote leaves.
fn closing_record(
    inputs: &PlanInputs<'_>,
    stamp: &Stamp,
    holding: &Holding<'_>,
    side: Side,
) -> Statement {
    let database = &inputs.resolved.environment.database;
    let (schema, comment, record) = (holding.name(side), holding.comment(), &holding.record);
    if record.role == DeploymentRole::Production {
        Statement::promotion_record(database, schema, comment, record, stamp.commit.as_deref())
    } else {
        Statement::record(database, schema, comment, record)
    }
}

fn promote_findings(inputs: &PlanInputs<'_>, moves: &[SinkMove]) -> Vec<Finding> {
    let both = [Side::Production, Side::Deployment];
    let mut findings = shared_findings(inputs);
    let hindrance = may(inputs.board, Operation::Promote);
    if let Err(Hindrance::AlreadyPromoted(_) | Hindrance::Synced(_)) = hindrance {
        // What the retired or synced side is like says nothing about a candidate that is not there.
        findings.extend(guard::newer_than_production(inputs));
        return findings;
    }
    findings.extend(guard::swap_unsafe(inputs));
    findings.extend(guard::sink_moves_at_risk(inputs, moves));
    findings.extend(guard::connectors_in_environment(inputs, &both));
    findings.extend(guard::missing_in_deployment(inputs));
    findings.extend(guard::removed_and_unmanaged(inputs));
    findings.extend(guard::models_not_built(inputs));
    findings.extend(guard::twins_differ(inputs));
    findings.extend(guard::depends_on_production(inputs));
    findings.extend(guard::incomplete_deployment(inputs));
    findings.extend(guard::newer_than_production(inputs));
    findings.extend(guard::not_ready(inputs));
    findings.extend(guard::production_unhealthy(inputs));
    findings.extend(guard::owners_and_grants(inputs));
    findings.extend(guard::cluster_options_differ(inputs));
    findings.extend(guard::strategies_carried_over(inputs));
    findings.extend(guard::replacements_pending(inputs));
    findings.extend(guard::outside_environment(inputs));
    findings
}

/// The guards of both directions, those on sinks apart.
pub(super) fn shared_findings(inputs: &PlanInputs<'_>) -> Vec<Finding> {
    let both = [Side::Production, Side::Deployment];
    let mut findings = guard::production_names_missing(inputs);
    findings.extend(guard::leased(inputs));
    findings.extend(guard::deployment_names_missing(inputs));
    findings.extend(guard::self_swap(inputs));
    findings.extend(guard::schema_ownership(inputs, &both));
    findings.extend(guard::cluster_ownership(inputs, &both));
    findings.extend(guard::create_privileges(inputs, true, false));
    findings.extend(guard::unverified(inputs));
    findings.extend(guard::dependents_outside(inputs));
    findings.extend(guard::temporary_readers(inputs));
    findings.extend(guard::reconfigurations(inputs));
    findings.extend(guard::foreign_on_clusters(inputs, Side::Production));
    let production = inputs
        .resolved
        .objects(Side::Production)
        .map(|object| object.id)
        .collect();
    findings.extend(guard::subscriptions_on(
        inputs,
        &production,
        Severity::Info,
        "they go on, on what leaves production, until they are restarted.",
    ));
    findings
}

pub(super) fn swap_sentence(inputs: &PlanInputs<'_>) -> String {
    let environment = inputs.resolved.environment;
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
