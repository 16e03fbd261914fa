//! A swap that is committed while its last steps are not done: all schemas and clusters took part, or it is none.

use super::contradiction::Contradiction;
use super::environment::{Resolved, Strategy};
use super::lineage::{EventId, Lineage, Subject, pairs};
use super::placement::{Alone, Placement};
use super::record::DeploymentRole;
use super::records::{Recorded, Records};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What was cut off after its COMMIT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unfinished {
    Promote,
    Rollback,
}

impl Unfinished {
    /// The role of the side that left production, once the operation is finished.
    fn behind(self) -> DeploymentRole {
        match self {
            Self::Promote => DeploymentRole::Retired,
            Self::Rollback => DeploymentRole::Candidate,
        }
    }
}

/// Both sides as a swap under way is looked for in them.
pub(super) struct Look<'l, 'a> {
    pub resolved: &'l Resolved<'a>,
    pub lineage: Option<&'l Lineage>,
    pub placement: &'l Placement<'l, 'a>,
    pub production: &'l Records<'a>,
    pub deployment: &'l Records<'a>,
}

impl Look<'_, '_> {
    /// Finishing writes the deployment side's records first, so a production name keeps the mark until the very end. Where the twin is gone
    /// the pair has ended, and the record only tells what its own side holds.
    pub fn unfinished(&self, contradictions: &mut Vec<Contradiction>) -> Option<Unfinished> {
        let mut marked: BTreeMap<usize, (&Recorded<'_>, Unfinished)> = BTreeMap::new();
        for recorded in &self.production.schemas {
            let Some(unfinished) = mark(recorded) else {
                continue;
            };
            if self.follows_its_record(recorded, unfinished) {
                marked.insert(recorded.at, (recorded, unfinished));
            } else {
                contradictions.push(Contradiction::of_records(format!(
                    "The record on schema {} calls it {}, and no swap followed it.",
                    recorded.schema.name,
                    recorded.role().map_or("", DeploymentRole::as_str)
                )));
            }
        }
        let promotes = marked.values().any(|(_, it)| *it == Unfinished::Promote);
        let unfinished = match (marked.is_empty(), promotes) {
            (true, _) => return None,
            (_, true) => Unfinished::Promote,
            (_, false) => Unfinished::Rollback,
        };
        match self.is_whole(&marked, unfinished) {
            Ok(()) => Some(unfinished),
            Err(contradiction) => {
                contradictions.push(contradiction);
                None
            }
        }
    }

    /// The record of a swap under way was written before it, by the events.
    fn follows_its_record(&self, recorded: &Recorded<'_>, unfinished: Unfinished) -> bool {
        self.lineage.is_none_or(|lineage| {
            let subject = Subject::Schema(recorded.schema.id);
            let took = lineage.took(&subject, recorded.schema.name.as_str());
            // Finishing a promote only writes records, so a look between its last statements may see them out of order. Finishing a
            // rollback makes a candidate of the other side: there the order must prove it.
            let ordered =
                unfinished == Unfinished::Promote || lineage.commented(&recorded.schema.id) < took;
            took.is_some() && ordered
        })
    }

    /// Under `targets` no name moves, so there is nothing that could have moved alone.
    fn is_whole(
        &self,
        marked: &BTreeMap<usize, (&Recorded<'_>, Unfinished)>,
        unfinished: Unfinished,
    ) -> Result<(), Contradiction> {
        if self.resolved.environment.strategy == Strategy::Targets {
            return Ok(());
        }
        let since = marked.values().filter_map(|(recorded, _)| {
            let lineage = self.lineage?;
            let subject = Subject::Schema(recorded.schema.id);
            let written = lineage.commented(&recorded.schema.id)?;
            // One that is younger than the swap is being finished at this moment.
            (Some(written) < lineage.took(&subject, recorded.schema.name.as_str()))
                .then_some(written)
        });
        let since = since.max();
        let all = pairs(self.resolved);
        let schemas = self.resolved.schemas.len();
        let stayed: BTreeSet<usize> = all
            .iter()
            .enumerate()
            .filter(|(_, pair)| pair.production.is_some() && pair.deployment.is_some())
            .filter(|(at, _)| !marked.get(at).is_some_and(|(_, it)| *it == unfinished))
            .filter(|(at, pair)| match *at < schemas {
                true => !self.is_finished(*at, unfinished) && !self.came(pair, since, false),
                false => !self.came(pair, since, true),
            })
            .map(|(at, _)| at)
            .collect();
        if stayed.is_empty() {
            return Ok(());
        }
        let changed: Vec<String> = marked
            .keys()
            .filter_map(|at| all.get(*at))
            .map(|pair| pair.names.production.to_string())
            .collect();
        let stayed: Vec<String> = stayed
            .iter()
            .filter_map(|at| all.get(*at))
            .map(|pair| format!("{} {}", pair.noun, pair.names.production))
            .collect();
        let alone = self.moved_with(&changed);
        Err(Contradiction::of_part(
            format!(
                "Schema {} changed sides, by the record on it; {} did not: a swap is committed as a whole, or not at all.",
                changed.join(", "),
                stayed.join(", ")
            ),
            &alone,
        ))
    }

    /// Whether the records of this pair are those that the operation leaves at its end.
    fn is_finished(&self, at: usize, unfinished: Unfinished) -> bool {
        let role = |records: &Records<'_>| {
            let mut schemas = records.schemas.iter();
            schemas.find(|it| it.at == at).and_then(Recorded::role)
        };
        role(self.production) == Some(DeploymentRole::Production)
            && role(self.deployment) == Some(unfinished.behind())
    }

    /// Whether the pair changed sides since the records of this swap were written; `unknown` where nothing tells.
    fn came(&self, pair: &super::lineage::Both<'_>, since: Option<EventId>, unknown: bool) -> bool {
        match (self.lineage, since) {
            (Some(lineage), Some(since)) => lineage.last_move(pair) > Some(since),
            _ => unknown,
        }
    }

    /// What the last swap moved, if these are all the schemas among it.
    fn moved_with(&self, schemas: &[String]) -> Vec<Alone> {
        let alone = self.placement.moved_alone();
        let of_schemas = alone.iter().filter(|pair| pair.noun == "schema");
        let moved: BTreeSet<&str> = of_schemas.map(|pair| pair.name.as_str()).collect();
        if moved == schemas.iter().map(String::as_str).collect() {
            alone
        } else {
            Vec::new()
        }
    }
}

/// A production name whose record says that it is not production: it came there by a swap.
fn mark(recorded: &Recorded<'_>) -> Option<Unfinished> {
    let record = recorded.record.as_ref()?;
    let twin = recorded.twin?;
    match record.role {
        _ if record.twin.as_ref() != Some(&twin.id) => None,
        DeploymentRole::Candidate => Some(Unfinished::Promote),
        DeploymentRole::Retired => Some(Unfinished::Rollback),
        DeploymentRole::Production | DeploymentRole::Synced => None,
    }
}
