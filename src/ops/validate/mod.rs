//! Green against blue: columns, rows, checksums of twin relations, and the operator's own commands.

mod commands;
mod reading;
mod twins;

pub use commands::CommandReport;
use twins::Twins;

use super::error::OpsError;
use super::project::{Changes, relation};
use super::session::{Observation, Session};
use crate::domain::board::logical_schema;
use crate::domain::environment::{Resolved, Side};
use crate::domain::name::Identifier;
use crate::domain::object::{Object, ObjectKind};
use crate::domain::project::{Change, Compared};
use crate::domain::validation::{TwinReport, Verdict};
use crate::materialize::observe::Observer;
use crate::ops::progress::OutcomeKind;
use reading::Readers;
use serde::Serialize;
use std::collections::BTreeMap;

/// The whole validation: the contract of `cutover validate --output json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Validation {
    pub environment: String,
    pub relations: Vec<TwinReport>,
    pub commands: Vec<CommandReport>,
}

impl Validation {
    /// Blocked: a relation differs and nothing proves that this is meant, a command failed, or nothing was compared at all. Failed:
    /// something could not be read.
    #[must_use]
    pub fn outcome(&self) -> OutcomeKind {
        let any = |verdict| self.relations.iter().any(|twin| twin.verdict == verdict);
        let commands_pass = self.commands.iter().all(|command| command.passed);
        let compared = !self.relations.is_empty() || !self.commands.is_empty();
        if any(Verdict::Differs) || any(Verdict::Unknown) || !commands_pass || !compared {
            OutcomeKind::Blocked
        } else if any(Verdict::Unread) {
            OutcomeKind::Failed
        } else {
            OutcomeKind::Done
        }
    }
}

impl Session {
    /// Compares every relation of production with its twin; changes nothing.
    ///
    /// # Errors
    /// When the server can't be read or a manifest is broken. What can't be read of one relation is told in its report.
    pub async fn validate(&self, told: impl Fn(&TwinReport)) -> Result<Vec<TwinReport>, OpsError> {
        let observation = self.observe().await?;
        let columns = Observer::connect(self.connector()).await?.columns().await?;
        let board = &observation.board;
        let resolved = board.environment.resolve(&board.snapshot.catalog);
        let expected = Expectations::new(self, &observation)?;
        let mut readers = Readers::connect(self, &resolved).await?;
        let mut reports = Vec::new();
        for twins in twins(&resolved, &expected) {
            let report = readers.compare(&twins, &columns).await?;
            told(&report);
            reports.push(report);
        }
        Ok(reports)
    }
}

/// What the manifests say of each relation: how the deployment side's differs from production's.
struct Expectations {
    known: bool,
    by_relation: BTreeMap<(Identifier, Identifier), Change>,
}

impl Expectations {
    fn new(session: &Session, observation: &Observation) -> Result<Self, OpsError> {
        let manifests = &observation.manifests;
        let deployed = manifests
            .deployment
            .as_ref()
            .or(manifests.candidate.as_ref());
        let (Some(production), Some(deployed)) = (&manifests.production, deployed) else {
            return Ok(Self {
                known: false,
                by_relation: BTreeMap::new(),
            });
        };
        let changes = Changes::new(production, deployed, session.compare_options())?;
        let environment = &observation.board.environment;
        let changed = deployed.nodes().iter().filter_map(|node| {
            let change = changes.of(&node.unique_id)?;
            let relation = relation(node, environment)?;
            Some(((relation.schema, relation.name), change))
        });
        Ok(Self {
            known: true,
            by_relation: changed.collect(),
        })
    }

    fn of(&self, schema: &Identifier, name: &Identifier) -> Compared {
        match self.by_relation.get(&(schema.clone(), name.clone())) {
            Some(change) => Compared::Changed(*change),
            None if self.known => Compared::Unmodified,
            None => Compared::Unknown,
        }
    }
}

/// By schema and name.
fn twins<'a>(resolved: &'a Resolved<'_>, expected: &Expectations) -> Vec<Twins<'a>> {
    let is_relation = |object: &&Object| {
        matches!(
            object.kind,
            ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::Table
        )
    };
    let mut twins: Vec<Twins<'_>> = resolved
        .objects(Side::Production)
        .filter(is_relation)
        .filter_map(|production| {
            let deployment = twin_of_any_kind(resolved, production)?;
            let schema = logical_schema(resolved, production)?;
            Some(Twins {
                expected: expected.of(schema, &production.name),
                production,
                deployment,
                schema,
            })
        })
        .collect();
    twins.sort_by_key(|twins| (twins.schema, &twins.production.name));
    twins
}

/// A view that became a materialized view is still the same relation to its readers.
fn twin_of_any_kind<'a>(resolved: &'a Resolved<'_>, object: &Object) -> Option<&'a Object> {
    [
        ObjectKind::MaterializedView,
        ObjectKind::View,
        ObjectKind::Table,
    ]
    .into_iter()
    .find_map(|kind| {
        resolved.twin(&Object {
            kind,
            ..object.clone()
        })
    })
}
