//! The records on the schemas of one side, as far as each agrees with the catalog, and what they say together.

use super::contradiction::Contradiction;
use super::deployment_age::DeploymentAge;
use super::environment::{Resolved, Side};
use super::lineage::{EventId, Lineage};
use super::name::SchemaId;
use super::object::Schema;
use super::record::{DeploymentRole, Record, Written};
use std::collections::{BTreeMap, BTreeSet};

/// The records of one side, schema by schema.
pub struct Records<'a> {
    pub side: Side,
    pub schemas: Vec<Recorded<'a>>,
}

/// A schema with the record on it.
pub struct Recorded<'a> {
    /// The place of its pair in the environment.
    pub at: usize,
    pub schema: &'a Schema,
    /// The other schema of the pair, where there is one.
    pub twin: Option<&'a Schema>,
    pub record: Option<Record>,
    /// Whether it holds anything.
    pub filled: bool,
}

impl Recorded<'_> {
    #[must_use]
    pub fn role(&self) -> Option<DeploymentRole> {
        self.record.as_ref().map(|record| record.role)
    }
}

impl<'a> Records<'a> {
    /// Takes what agrees with the catalog; what does not is told.
    #[must_use]
    pub fn read(
        resolved: &Resolved<'a>,
        side: Side,
        contradictions: &mut Vec<Contradiction>,
    ) -> Self {
        let held: BTreeSet<_> = resolved
            .objects(side)
            .map(|object| &object.schema)
            .collect();
        let mut schemas = Vec::new();
        for (at, pair) in resolved.schemas.iter().enumerate() {
            let Some(schema) = pair.side(side) else {
                continue;
            };
            let twin = pair.side(side.other());
            let record = read(resolved, schema, twin).unwrap_or_else(|why| {
                contradictions.push(Contradiction::of_records(why));
                None
            });
            schemas.push(Recorded {
                at,
                schema,
                twin,
                record,
                filled: held.contains(&schema.id),
            });
        }
        Self { side, schemas }
    }

    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.schemas
            .iter()
            .filter_map(|recorded| recorded.record.as_ref())
    }

    /// One incomplete record outweighs complete ones: the operation that wrote it did not finish.
    #[must_use]
    pub fn first(&self) -> Option<Record> {
        self.records()
            .find(|record| !record.complete)
            .or_else(|| self.records().next())
            .cloned()
    }

    /// The record of each schema that has one.
    #[must_use]
    pub fn by_schema(&self) -> BTreeMap<SchemaId, Record> {
        let recorded = self.schemas.iter();
        recorded
            .filter_map(|it| Some((it.schema.id, it.record.clone()?)))
            .collect()
    }

    /// Schemas of one side carry different roles, or some carry none.
    #[must_use]
    pub fn is_mixed(&self) -> bool {
        let mut roles = self.schemas.iter().map(Recorded::role);
        let first = roles.next();
        roles.any(|role| Some(role) != first)
    }

    /// Schemas of one side that say different things, though no build is under way there.
    #[must_use]
    pub fn disagreement(&self) -> Option<Contradiction> {
        if self.records().any(|record| !record.complete) {
            return None;
        }
        let said: BTreeSet<_> = self
            .records()
            .map(|record| (record.role.as_str(), &record.manifest))
            .collect();
        (said.len() > 1).then(|| {
            Contradiction::of_records(format!(
                "The records on the schemas of the {} side say different things.",
                self.side
            ))
        })
    }

    /// A filled schema without a record beside others with one, where the events do not tell the same.
    #[must_use]
    pub fn hole(&self, age: &DeploymentAge) -> Option<Contradiction> {
        let record = self.first()?;
        let told = match record.role {
            DeploymentRole::Candidate => !record.complete || age.is_not_older(),
            DeploymentRole::Retired | DeploymentRole::Production => {
                matches!(age, DeploymentAge::Retired | DeploymentAge::Newer)
            }
            DeploymentRole::Synced => !record.complete,
        };
        let mut schemas = self.schemas.iter();
        let bare = schemas.find(|it| it.record.is_none() && it.filled && !told);
        bare.map(|it| {
            Contradiction::of_records(format!(
                "Schema {} has no record, while others of the {} side have one.",
                it.schema.name, self.side
            ))
        })
    }

    /// Retired and synced is only what was production.
    #[must_use]
    pub fn never_retired(
        &self,
        resolved: &Resolved<'_>,
        lineage: Option<&Lineage>,
    ) -> Option<Contradiction> {
        let lineage = lineage?;
        let claims = self.records().find(|record| {
            matches!(
                record.role,
                DeploymentRole::Retired | DeploymentRole::Synced
            )
        })?;
        (!lineage.was_production(resolved)).then(|| {
            Contradiction::of_records(format!(
                "The records call the deployment side {}, and it never was production.",
                claims.role.as_str()
            ))
        })
    }

    /// When the first of the records was written.
    #[must_use]
    pub fn written(&self, lineage: Option<&Lineage>) -> Option<EventId> {
        let recorded = self.schemas.iter().filter(|it| it.record.is_some());
        lineage?.recorded(recorded.map(|it| &it.schema.id))
    }

    /// Whether a relation on the side is younger than the records: then it holds something else than they say. `None`: there is no telling.
    #[must_use]
    pub fn is_built_on(&self, resolved: &Resolved<'_>, lineage: Option<&Lineage>) -> Option<bool> {
        let (lineage, written) = (lineage?, self.written(lineage)?);
        let mut younger = resolved
            .objects(self.side)
            .filter(|object| object.kind.is_relation())
            .map(|object| lineage.made_since(written, &object.id));
        younger.try_fold(false, |any, younger| Some(any || younger?))
    }
}

/// The record on a schema; an error says why it does not count, as a sentence.
fn read(
    resolved: &Resolved<'_>,
    schema: &Schema,
    twin: Option<&Schema>,
) -> Result<Option<Record>, String> {
    match Written::read(schema.comment.as_deref()) {
        Written::Nothing => Ok(None),
        Written::Broken(why) => Err(format!("The comment of schema {}: {why}.", schema.name)),
        // Meant for the other side: who lost the race for a swap wrote it by a name that had moved meanwhile.
        Written::Record(record) if record.twin == Some(schema.id) => Ok(None),
        Written::Record(record) => match disagrees(resolved, twin, &record) {
            Some(why) => Err(format!("The record on schema {} {why}.", schema.name)),
            None => Ok(Some(*record)),
        },
    }
}

/// Why a record does not agree with the catalog, as a clause. A twin that exists no more ended the pair and is no contradiction.
fn disagrees(resolved: &Resolved<'_>, twin: Option<&Schema>, record: &Record) -> Option<String> {
    if record.environment != resolved.environment.target {
        return Some(format!(
            "is of environment {}, not of {}",
            record.environment, resolved.environment.target
        ));
    }
    let Some(named) = &record.twin else {
        return Some("names no twin".to_owned());
    };
    let is_twin = twin.is_some_and(|twin| &twin.id == named);
    (!is_twin && resolved.catalog.schemas.contains_key(named))
        .then(|| format!("names schema {named} as its twin, which is another one"))
}
