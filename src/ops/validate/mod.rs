//! Green against blue: columns, rows, checksums of twin relations, and the operator's own commands.

mod commands;
mod reading;
mod twins;

pub use commands::CommandReport;
use twins::{Relation, Twins};

use super::error::OpsError;
use super::project::{Changes, relation};
use super::workspace::{Observation, Workspace};
use crate::domain::board::logical_schema;
use crate::domain::environment::{Resolved, Side};
use crate::domain::name::Identifier;
use crate::domain::object::{Object, ObjectKind};
use crate::domain::project::{Compared, ModelChange};
use crate::domain::validation::{ContentMatch, TwinReport};
use crate::materialize::reader::CatalogReader;
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
    /// Blocked: a relation differs or is missing and nothing proves that this is meant, a command failed, or nothing was compared at all. Failed:
    /// something could not be read.
    #[must_use]
    pub fn outcome(&self) -> OutcomeKind {
        let any = |verdict| self.relations.iter().any(|twin| twin.verdict == verdict);
        let commands_pass = self.commands.iter().all(|command| command.passed);
        let compared = !self.relations.is_empty() || !self.commands.is_empty();
        let unproven = [
            ContentMatch::Differs,
            ContentMatch::Missing,
            ContentMatch::Unknown,
        ]
        .into_iter()
        .any(any);
        if unproven || !commands_pass || !compared {
            OutcomeKind::Blocked
        } else if any(ContentMatch::Unread) {
            OutcomeKind::Failed
        } else {
            OutcomeKind::Done
        }
    }
}

impl Workspace {
    /// Compares every relation of production with its twin, then runs the configured commands; changes nothing itself.
    ///
    /// # Errors
    /// When the server can't be read or a manifest is broken. What can't be read of one relation is told in its report.
    pub async fn validate(
        &self,
        told: impl Fn(&TwinReport),
        command_told: impl Fn(&CommandReport),
    ) -> Result<Validation, OpsError> {
        let observation = self.observe().await?;
        let columns = CatalogReader::connect(self.connector())
            .await?
            .columns()
            .await?;
        let board = &observation.board;
        let resolved = board.environment.resolve(&board.snapshot.catalog);
        let expected = Expectations::new(self, &observation)?;
        let mut readers = Readers::connect(self, &resolved).await?;
        let mut reports = Vec::new();
        for production in &relations(&resolved, &expected) {
            let report = match twin_of_any_kind(&resolved, production.object) {
                Some(deployment) => {
                    let twins = Twins {
                        production,
                        deployment,
                    };
                    readers.compare(&twins, &columns).await?
                }
                None => production.alone(),
            };
            told(&report);
            reports.push(report);
        }
        Ok(Validation {
            environment: board.environment.target.clone(),
            relations: reports,
            commands: self.run_commands(&board.environment, command_told).await,
        })
    }
}

/// What the manifests say of each relation: how the deployment side's differs from production's.
struct Expectations {
    /// Whether both manifests are at hand.
    known: bool,
    /// By the relations of both: those of no model are nobody's to build.
    by_relation: BTreeMap<(Identifier, Identifier), Compared>,
}

impl Expectations {
    fn new(workspace: &Workspace, observation: &Observation) -> Result<Self, OpsError> {
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
        let changes = Changes::new(production, deployed, workspace.compare_options())?;
        let environment = &observation.board.environment;
        let place = |node| {
            let relation = relation(node, environment)?;
            Some((relation.schema, relation.name))
        };
        // A model that has another name now has left its old one.
        let before = production.nodes().iter().filter_map(|node| {
            let removed = Compared::Changed(ModelChange::Removed);
            Some((place(node)?, removed))
        });
        let after = deployed
            .nodes()
            .iter()
            .filter_map(|node| Some((place(node)?, changes.compared(&node.unique_id))));
        Ok(Self {
            known: true,
            by_relation: before.chain(after).collect(),
        })
    }

    /// `None`: no project makes this relation.
    fn of(&self, schema: &Identifier, name: &Identifier) -> Option<Compared> {
        if !self.known {
            return Some(Compared::Unknown);
        }
        let known = self.by_relation.get(&(schema.clone(), name.clone()));
        known.copied()
    }
}

/// Production's relations by schema and name: those that have a twin, and those that should.
fn relations<'a>(resolved: &'a Resolved<'_>, expected: &Expectations) -> Vec<Relation<'a>> {
    let is_relation = |object: &&Object| {
        matches!(
            object.kind,
            ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::Table
        )
    };
    let mut relations: Vec<Relation<'_>> = resolved
        .objects(Side::Production)
        .filter(is_relation)
        .filter_map(|object| {
            let schema = logical_schema(resolved, object)?;
            let expected = match expected.of(schema, &object.name) {
                Some(expected) => expected,
                // Somebody made it by hand, on both sides.
                None if twin_of_any_kind(resolved, object).is_some() => Compared::Unmodified,
                None => return None,
            };
            Some(Relation {
                object,
                schema,
                expected,
            })
        })
        .collect();
    relations.sort_by_key(|relation| (relation.schema, &relation.object.name));
    relations
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
