//! What every planner starts from and ends with.

use super::stamp::Stamp;
use super::{
    ClosureItem, Fingerprint, Identities, Plan, Rename, Request, SinkMove, Statement, Step, Swap,
};
use crate::domain::action::Operation;
use crate::domain::environment::{Side, Strategy};
use crate::domain::finding::{Finding, apply_allowances};
use crate::domain::guard::PlanInputs;
use crate::domain::lease::LeasePlace;
use crate::domain::name::Identifier;
use crate::domain::object::Schema;
use crate::domain::record::{DeploymentRole, Record};
use crate::domain::workflow::may;
use std::sync::Arc;

/// What a planner collects before the plan is closed with its fingerprint.
#[derive(Debug)]
pub(super) struct Draft {
    pub operation: Operation,
    pub summary: Vec<String>,
    pub steps: Vec<Step>,
    pub findings: Vec<Finding>,
    pub closure: Vec<ClosureItem>,
    /// What the fingerprint covers beside ids, statements and findings.
    pub content: Vec<String>,
    pub lease: Option<LeasePlace>,
    pub manifest: Option<String>,
}

impl Draft {
    pub fn new(operation: Operation) -> Self {
        Self {
            operation,
            summary: Vec::new(),
            steps: Vec::new(),
            findings: Vec::new(),
            closure: Vec::new(),
            content: Vec::new(),
            lease: None,
            manifest: None,
        }
    }

    pub fn run(&mut self, statement: Statement) {
        self.steps.push(Step::Run(statement));
    }

    /// What the workflow itself says against the operation.
    pub fn hindered(&mut self, inputs: &PlanInputs<'_>) {
        let target = &inputs.resolved.environment.target;
        let hindrance = may(inputs.board, self.operation).err();
        let finding = hindrance.and_then(|it| it.finding(self.operation, target));
        self.findings.extend(finding);
    }

    /// Orders the findings, applies what was allowed, and takes the fingerprint.
    pub fn close(self, inputs: &PlanInputs<'_>, request: &Request) -> Plan {
        let environment = inputs.resolved.environment;
        let mut findings = apply_allowances(self.findings, &request.allow);
        findings.sort_by(|one, other| {
            (other.severity, one.id, &one.objects).cmp(&(one.severity, other.id, &other.objects))
        });
        findings.dedup();
        let identities = Identities::of(inputs.resolved);
        let fingerprint = Fingerprint::of(
            self.operation,
            &environment.id(),
            &[identities.lines(), self.content].concat(),
            &self.steps,
            &findings,
            &request.allow,
        );
        Plan {
            request: request.clone(),
            operation: self.operation,
            environment: environment.id(),
            summary: self.summary,
            steps: self.steps,
            findings,
            closure: self.closure,
            fingerprint,
            identities: Arc::new(identities),
            lease: self.lease,
            manifest: self.manifest,
            word: word(inputs),
        }
    }
}

/// What must be typed: the name of the first production cluster, or schema.
fn word(inputs: &PlanInputs<'_>) -> Identifier {
    let environment = inputs.resolved.environment;
    environment
        .confirmation_word()
        .unwrap_or(&environment.database)
        .clone()
}

/// A record for the schemas of a side, from this operation.
pub(super) fn record(
    inputs: &PlanInputs<'_>,
    stamp: &Stamp,
    role: DeploymentRole,
    complete: bool,
    manifest: Option<&str>,
) -> Record {
    Record {
        role,
        environment: inputs.resolved.environment.target.clone(),
        twin: None,
        manifest: manifest.map(str::to_owned),
        project: None,
        base: None,
        claimed: None,
        commit: stamp.commit.clone(),
        tag: stamp.ci_tag.clone(),
        complete,
        by: inputs.access.role_name.to_string(),
        at: stamp.at.clone(),
    }
}

/// Writes one record on every existing schema of a side, which keeps its names.
pub(super) fn record_on_side(
    inputs: &PlanInputs<'_>,
    side: Side,
    record: &Record,
) -> Vec<Statement> {
    inputs
        .resolved
        .schemas
        .iter()
        .filter_map(|pair| {
            let schema = pair.side(side)?;
            let record = with_twin(record, pair.side(side.other()));
            Some(Statement::record(
                &inputs.resolved.environment.database,
                &schema.name,
                schema.comment.as_deref(),
                &record,
            ))
        })
        .collect()
}

pub(super) fn with_twin(record: &Record, twin: Option<&Schema>) -> Record {
    Record {
        twin: twin.map(|schema| schema.id),
        ..record.clone()
    }
}

/// The swap of every pair, all schemas and all clusters. None under the strategy `targets`, where names stay.
pub(super) fn swap(inputs: &PlanInputs<'_>) -> Option<Swap> {
    let environment = inputs.resolved.environment;
    if environment.strategy == Strategy::Targets {
        return None;
    }
    let schemas = environment
        .schemas
        .iter()
        .map(|pair| Rename::schemas(&environment.database, &pair.production, &pair.deployment));
    let clusters = environment
        .clusters
        .iter()
        .map(|pair| Rename::clusters(&pair.production, &pair.deployment));
    Swap::new(schemas.chain(clusters).collect())
}

/// The moves of sinks that can be moved, as steps.
pub(super) fn sink_steps(moves: &[SinkMove]) -> impl Iterator<Item = Step> {
    moves.iter().filter_map(|sink| {
        Some(Step::MoveSink {
            sink: sink.id,
            statement: Statement::move_sink(&sink.name, sink.target.as_ref()?),
        })
    })
}
