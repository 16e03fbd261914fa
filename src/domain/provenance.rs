//! What each side holds and where it comes from: the records, as far as they agree with the catalog and with the audit events.
//!
//! A record can be overwritten, copied or made up by anybody who may comment. So it counts only where its twin is the id of the other
//! side's schema, its environment is this one, the schemas of a side say the same, and no event contradicts it.

use super::environment::{Resolved, Side, Strategy};
use super::lineage::{EventId, Lineage, Subject};
use super::object::Schema;
use super::record::{self, Record, Role, Written};
use super::standing::{Standing, standing};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What the records on both sides say, taken together, beside what the events say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// What a record tells of production's contents.
    pub production: Option<Record>,
    /// What a record tells of the deployment side's contents. Its role may be overtaken by a swap: [`Provenance::judgement`] knows.
    pub deployment: Option<Record>,
    /// Schemas of one side carry different roles, or some carry none: an operation or a comment of somebody came between.
    pub mixed: bool,
    pub unfinished: Option<Unfinished>,
    /// Why records do not count, each a sentence. Not empty: what stands where is unknown.
    pub contradictions: Vec<String>,
    pub standing: Standing,
    /// Whether the deployment side's record was written after the last swap; `None` where there is no telling.
    current: Option<bool>,
    /// dbt's comments call the deployment side retired. A hint, for where no events can be read.
    marked_retired: bool,
    /// The records on the deployment side's schemas say different things, or what the events refute.
    disagrees: bool,
    strategy: Strategy,
}

/// A swap that is committed while its last steps are not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unfinished {
    Promote,
    Rollback,
}

/// What the deployment side is, by everything that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// Records, names and events contradict each other, or do not tell.
    Contradicts,
    /// A build began that did not finish.
    Unfinished,
    /// Built to become production, or empty.
    Candidate,
    Retired,
    Synced,
}

impl Provenance {
    /// Nothing is known, nothing contradicts: an environment without a past.
    #[must_use]
    pub fn none() -> Self {
        Self {
            production: None,
            deployment: None,
            mixed: false,
            unfinished: None,
            contradictions: Vec::new(),
            standing: Standing::Empty,
            current: None,
            marked_retired: false,
            disagrees: false,
            strategy: Strategy::Swap,
        }
    }

    /// Whether the deployment side's record was written after the last swap.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.current == Some(true)
    }

    /// Whether the records that are left on the deployment side say one thing.
    #[must_use]
    pub fn agrees(&self) -> bool {
        !self.disagrees
    }

    /// What the deployment side is. Objects outweigh a record that was written before they were made, and a swap one that was written
    /// before it.
    #[must_use]
    pub fn judgement(&self) -> Judgement {
        if !self.contradictions.is_empty() {
            return Judgement::Contradicts;
        }
        let Some(record) = &self.deployment else {
            return self.by_standing();
        };
        let overtaken = self.current == Some(false);
        match (record.role, record.complete, &self.standing) {
            (Role::Candidate | Role::Synced, false, Standing::Retired) if overtaken => {
                Judgement::Retired
            }
            (Role::Candidate | Role::Synced, false, _) => Judgement::Unfinished,
            (Role::Candidate, true, standing) if standing.is_newer() => Judgement::Candidate,
            (_, _, Standing::Unread(_)) => match record.role {
                Role::Candidate => Judgement::Candidate,
                Role::Retired => Judgement::Retired,
                Role::Synced => Judgement::Synced,
                Role::Production => Judgement::Contradicts,
            },
            (role, _, _) if self.current == Some(true) => match role {
                Role::Candidate => Judgement::Candidate,
                Role::Retired => Judgement::Retired,
                Role::Synced => Judgement::Synced,
                Role::Production => Judgement::Contradicts,
            },
            _ => self.by_standing(),
        }
    }

    fn by_standing(&self) -> Judgement {
        match &self.standing {
            Standing::Empty | Standing::Newer => Judgement::Candidate,
            Standing::Retired => Judgement::Retired,
            Standing::Mixed { .. } | Standing::Unclear(_) => Judgement::Contradicts,
            Standing::Unread(_) if self.marked_retired => Judgement::Retired,
            Standing::Unread(_) => Judgement::Candidate,
        }
    }

    /// Whether it is proven that a promote would bring nothing older than production.
    ///
    /// # Errors
    /// Why it is not proven, as a clause.
    pub fn is_newer(&self) -> Result<(), String> {
        if let Some(contradiction) = self.contradictions.first() {
            return Err(contradiction.trim_end_matches('.').to_owned());
        }
        let candidate = self
            .deployment
            .as_ref()
            .is_some_and(|record| record.role == Role::Candidate);
        // What a rollback left is a candidate again: its record says so, and is younger than the swap back.
        let said = candidate
            && match self.strategy {
                Strategy::Targets => true,
                Strategy::Swap => self.current == Some(true),
            };
        if said || self.standing.is_newer() {
            Ok(())
        } else {
            Err(self.standing.reason())
        }
    }
}

/// Reads the records of both sides and holds them against catalog and events. Without events the records alone speak.
#[must_use]
pub fn provenance(resolved: &Resolved<'_>, lineage: Option<&Lineage>) -> Provenance {
    let lineage = lineage.filter(|_| resolved.environment.strategy == Strategy::Swap);
    let standing = standing(resolved, lineage);
    let mut contradictions = Vec::new();
    let production = Records::read(resolved, Side::Production, &mut contradictions);
    let deployment = Records::read(resolved, Side::Deployment, &mut contradictions);
    let unfinished = production.unfinished(resolved, lineage, &mut contradictions);
    let mut disagrees = false;
    if unfinished.is_none() {
        contradictions.extend(production.disagreement());
        let before = contradictions.len();
        contradictions.extend(deployment.disagreement());
        contradictions.extend(deployment.never_retired(resolved, lineage));
        disagrees = contradictions.len() > before;
        contradictions.extend(deployment.hole(&standing));
    }
    let swap = lineage.and_then(|lineage| lineage.last_swap(resolved));
    let written = deployment.written(lineage);
    let current = match (lineage, swap) {
        (None, _) => None,
        (Some(_), None) => Some(true),
        (Some(_), Some(swap)) => written.map(|written| written > swap),
    };
    let overtaken = lineage.is_some_and(|lineage| {
        let role = deployment.first().map(|record| record.role);
        is_built_over(resolved, lineage, role, &standing, written)
    });
    Provenance {
        mixed: production.is_mixed() || deployment.is_mixed(),
        production: production.first(),
        deployment: deployment.first().filter(|_| !overtaken),
        marked_retired: marked_retired(resolved),
        disagrees,
        strategy: resolved.environment.strategy,
        unfinished,
        contradictions,
        standing,
        current,
    }
}

/// Whether somebody who writes no record (dbt) built on a side that its record calls retired or synced.
fn is_built_over(
    resolved: &Resolved<'_>,
    lineage: &Lineage,
    role: Option<Role>,
    standing: &Standing,
    written: Option<EventId>,
) -> bool {
    match role {
        Some(Role::Retired | Role::Production) => {
            matches!(standing, Standing::Newer | Standing::Mixed { .. })
        }
        Some(Role::Synced) => {
            let since = |object: &super::object::Object| {
                written.and_then(|written| lineage.made_since(written, &object.id))
            };
            resolved
                .objects(Side::Deployment)
                .any(|object| since(object) == Some(true))
        }
        Some(Role::Candidate) | None => false,
    }
}

/// The records of one side, schema by schema.
struct Records<'a> {
    side: Side,
    schemas: Vec<(&'a Schema, Option<&'a Schema>, Option<Record>)>,
    /// How many objects each schema holds, in the same order.
    filled: Vec<bool>,
}

impl<'a> Records<'a> {
    /// Takes what agrees with the catalog; what does not is told.
    fn read(resolved: &Resolved<'a>, side: Side, contradictions: &mut Vec<String>) -> Self {
        let mut schemas = Vec::new();
        let held: BTreeSet<_> = resolved
            .objects(side)
            .map(|object| &object.schema)
            .collect();
        for pair in &resolved.schemas {
            let Some(schema) = pair.side(side) else {
                continue;
            };
            let twin = pair.side(side.other());
            let record = match Written::read(schema.comment.as_deref()) {
                Written::Nothing => None,
                Written::Broken(why) => {
                    contradictions.push(format!("The comment of schema {}: {why}.", schema.name));
                    None
                }
                // Meant for the other side: who lost the race for a swap wrote it by a name that had moved meanwhile.
                Written::Record(record) if record.twin == Some(schema.id) => None,
                Written::Record(record) => match disagrees(resolved, twin, &record) {
                    Some(why) => {
                        contradictions.push(format!("The record on schema {} {why}.", schema.name));
                        None
                    }
                    None => Some(*record),
                },
            };
            schemas.push((schema, twin, record));
        }
        let filled = schemas
            .iter()
            .map(|(schema, ..)| held.contains(&schema.id))
            .collect();
        Self {
            side,
            schemas,
            filled,
        }
    }

    fn records(&self) -> impl Iterator<Item = &Record> {
        self.schemas
            .iter()
            .filter_map(|(.., record)| record.as_ref())
    }

    /// One incomplete record outweighs complete ones: the operation that wrote it did not finish.
    fn first(&self) -> Option<Record> {
        self.records()
            .find(|record| !record.complete)
            .or_else(|| self.records().next())
            .cloned()
    }

    fn is_mixed(&self) -> bool {
        let mut roles = self
            .schemas
            .iter()
            .map(|(.., record)| record.as_ref().map(|record| record.role));
        let first = roles.next();
        roles.any(|role| Some(role) != first)
    }

    /// Schemas of one side that say different things, though no build is under way there.
    fn disagreement(&self) -> Option<String> {
        if self.records().any(|record| !record.complete) {
            return None;
        }
        let said: BTreeSet<_> = self
            .records()
            .map(|record| (record.role.as_str(), &record.manifest))
            .collect();
        (said.len() > 1).then(|| {
            format!(
                "The records on the schemas of the {} side say different things.",
                self.side
            )
        })
    }

    /// A filled schema without a record beside others with one, where the events do not tell the same.
    fn hole(&self, standing: &Standing) -> Option<String> {
        let record = self.first()?;
        let told = match record.role {
            Role::Candidate => !record.complete || standing.is_newer(),
            Role::Retired | Role::Production => {
                matches!(standing, Standing::Retired | Standing::Newer)
            }
            Role::Synced => !record.complete,
        };
        let bare = self
            .schemas
            .iter()
            .zip(&self.filled)
            .find(|((.., record), filled)| record.is_none() && **filled && !told);
        bare.map(|((schema, ..), _)| {
            format!(
                "Schema {} has no record, while others of the {} side have one.",
                schema.name, self.side
            )
        })
    }

    /// Retired and synced is only what was production.
    fn never_retired(&self, resolved: &Resolved<'_>, lineage: Option<&Lineage>) -> Option<String> {
        let lineage = lineage?;
        let claims = self
            .records()
            .find(|record| matches!(record.role, Role::Retired | Role::Synced))?;
        (!lineage.was_production(resolved)).then(|| {
            format!(
                "The records call the deployment side {}, and it never was production.",
                claims.role.as_str()
            )
        })
    }

    /// Finishing writes the deployment side's records first, so a production name keeps the mark until the very end. Where the twin is gone
    /// the pair has ended, and the record only tells what its own side holds.
    fn unfinished(
        &self,
        resolved: &Resolved<'_>,
        lineage: Option<&Lineage>,
        contradictions: &mut Vec<String>,
    ) -> Option<Unfinished> {
        let mut found = None;
        for (schema, twin, record) in &self.schemas {
            let Some(record) = record else { continue };
            let unfinished = match record.role {
                Role::Candidate => Unfinished::Promote,
                Role::Retired => Unfinished::Rollback,
                Role::Production | Role::Synced => continue,
            };
            if twin.is_none() || record.twin.as_ref() != twin.map(|twin| &twin.id) {
                continue;
            }
            let before_swap = lineage.is_none_or(|lineage| {
                let took = lineage.took(&Subject::Schema(schema.id), schema.name.as_str());
                // Finishing a promote only writes records, so a look between its last statements may see them out of order. Finishing a
                // rollback makes a candidate of the other side: there the order must prove it.
                let ordered =
                    unfinished == Unfinished::Promote || lineage.commented(&schema.id) < took;
                took.is_some() && ordered
            });
            if !before_swap {
                contradictions.push(format!(
                    "The record on schema {} calls it {}, and no swap followed it.",
                    schema.name,
                    record.role.as_str()
                ));
                continue;
            }
            if found != Some(Unfinished::Promote) {
                found = Some(unfinished);
            }
        }
        found.filter(|_| !resolved.schemas.is_empty())
    }

    /// When the first of the records was written.
    fn written(&self, lineage: Option<&Lineage>) -> Option<EventId> {
        let recorded = self
            .schemas
            .iter()
            .filter(|(.., record)| record.is_some())
            .map(|(schema, ..)| &schema.id);
        lineage?.recorded(recorded)
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

/// dbt marks production after its swap, and the mark of the swap before travels to the deployment side. After the very first swap only
/// production is marked; then the deployment schema, being the older one, has the smaller id.
fn marked_retired(resolved: &Resolved<'_>) -> bool {
    let marked = |schema: Option<&Schema>| {
        schema.is_some_and(|s| record::promoted_by_dbt(s.comment.as_deref()))
    };
    let is_older = |one: Option<&Schema>, other: Option<&Schema>| matches!((one, other), (Some(one), Some(other)) if one.id < other.id);
    resolved.schemas.iter().any(|pair| {
        marked(pair.deployment)
            || (marked(pair.production) && is_older(pair.deployment, pair.production))
    })
}
