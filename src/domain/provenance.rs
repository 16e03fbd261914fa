//! What each side holds and where it comes from: the records, as far as they agree with the catalog, with what runs where and with the
//! audit events.
//!
//! A record can be overwritten, copied or made up by anybody who may comment. So it counts only where its twin is the id of the other
//! side's schema, its environment is this one, the schemas of a side say the same, and no event contradicts it. Whatever asks which side is
//! what, or what it holds, asks here.

use super::contradiction::Contradiction;
use super::deployment_age::{DeploymentAge, deployment_age, is_defined_as_in_production};
use super::environment::{Resolved, Side, Strategy};
use super::lineage::{Lineage, number};
use super::name::SchemaId;
use super::object::Schema;
use super::placement::{Alone, Placement};
use super::quantity::{agree, count, some_of};
use super::record::{self, DeploymentRole, Record};
use super::records::Records;
use super::unfinished::Look;
pub use super::unfinished::Unfinished;
use std::cmp::Ordering;
use std::collections::BTreeMap;

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
    /// Why it is unknown what stands where. Not empty: the phase is unknown.
    pub contradictions: Vec<Contradiction>,
    pub age: DeploymentAge,
    /// The side with the younger release, of what the last swap moved. `None`: there is no telling.
    pub younger: Option<Side>,
    /// What changed sides without the rest, as far as it is known which.
    pub alone: Vec<Alone>,
    /// The records that agree with the catalog, by the schema that carries them.
    pub own: BTreeMap<SchemaId, Record>,
    /// Whether a name of production ever moved.
    pub was_swapped: bool,
    /// Whether something of the deployment side has borne production's name.
    pub was_production: bool,
    /// Whether relations on a side are younger than its records; `None` where there is no telling.
    built_on: (Option<bool>, Option<bool>),
    /// Whether the deployment side's record was written after the last swap; `None` where there is no telling.
    current: Option<bool>,
    /// dbt's comments call the deployment side retired. A hint, for where no events can be read.
    marked_retired: bool,
    /// The records on a side's schemas say different things, or what the events refute: production's, the deployment side's.
    disagrees: (bool, bool),
    strategy: Strategy,
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
            age: DeploymentAge::Empty,
            younger: None,
            alone: Vec::new(),
            own: BTreeMap::new(),
            was_swapped: false,
            was_production: false,
            built_on: (None, None),
            current: None,
            marked_retired: false,
            disagrees: (false, false),
            strategy: Strategy::Swap,
        }
    }

    /// Whether the deployment side's record was written after the last swap.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.current == Some(true)
    }

    /// Whether the records that are left on a side say one thing.
    #[must_use]
    pub fn agrees(&self, side: Side) -> bool {
        !match side {
            Side::Production => self.disagrees.0,
            Side::Deployment => self.disagrees.1,
        }
    }

    /// The record of a side.
    #[must_use]
    pub fn record(&self, side: Side) -> Option<&Record> {
        match side {
            Side::Production => self.production.as_ref(),
            Side::Deployment => self.deployment.as_ref(),
        }
    }

    /// Whether relations on a side are known to be younger than what its records tell: then they tell of something else.
    #[must_use]
    pub fn is_built_on(&self, side: Side) -> bool {
        let known = match side {
            Side::Production => self.built_on.0,
            Side::Deployment => self.built_on.1,
        };
        known == Some(true)
    }

    /// Whether somebody built on a side since a record called it complete. While a build is under way everything is younger.
    #[must_use]
    pub fn is_outdated(&self, side: Side) -> bool {
        let record = self.record(side);
        record.is_some_and(|record| record.complete) && self.is_built_on(side)
    }

    /// The manifest that the contents of a side are: its record's, unless somebody built there since it was written.
    #[must_use]
    pub fn held(&self, side: Side) -> Option<&str> {
        match self.is_outdated(side) {
            true => None,
            false => self.record(side)?.held(),
        }
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
        match (record.role, record.complete, &self.age) {
            (DeploymentRole::Candidate | DeploymentRole::Synced, false, DeploymentAge::Retired)
                if overtaken =>
            {
                Judgement::Retired
            }
            (DeploymentRole::Candidate | DeploymentRole::Synced, false, _) => Judgement::Unfinished,
            (DeploymentRole::Candidate, true, age) if age.is_newer() => Judgement::Candidate,
            (role, _, DeploymentAge::Unread(_)) => by_role(role),
            (role, _, _) if self.current == Some(true) => by_role(role),
            _ => self.by_standing(),
        }
    }

    fn by_standing(&self) -> Judgement {
        match &self.age {
            age if age.is_same() && self.was_production => Judgement::Synced,
            age if age.is_not_older() => Judgement::Candidate,
            DeploymentAge::Retired => Judgement::Retired,
            DeploymentAge::Unread(_) if self.marked_retired => Judgement::Retired,
            DeploymentAge::Unread(_) => Judgement::Candidate,
            _ => Judgement::Contradicts,
        }
    }

    /// Whether it is proven that a promote would bring something newer than production.
    ///
    /// # Errors
    /// Why it is not proven, as a clause.
    pub fn is_newer(&self) -> Result<(), String> {
        if let Some(contradiction) = self.contradictions.first() {
            return Err(contradiction.message.trim_end_matches('.').to_owned());
        }
        let candidate = self
            .deployment
            .as_ref()
            .is_some_and(|record| record.role == DeploymentRole::Candidate);
        // What a rollback left is a candidate again: its record says so, and is younger than the swap back.
        let said = candidate
            && match self.strategy {
                Strategy::Targets => true,
                Strategy::Swap => self.current == Some(true),
            };
        if said || self.age.is_newer() {
            Ok(())
        } else {
            Err(self.age.reason())
        }
    }
}

fn by_role(role: DeploymentRole) -> Judgement {
    match role {
        DeploymentRole::Candidate => Judgement::Candidate,
        DeploymentRole::Retired => Judgement::Retired,
        DeploymentRole::Synced => Judgement::Synced,
        DeploymentRole::Production => Judgement::Contradicts,
    }
}

/// Reads the records of both sides and holds them against catalog and events. Without events the records alone speak.
#[must_use]
pub fn provenance(resolved: &Resolved<'_>, lineage: Option<&Lineage>) -> Provenance {
    let lineage = lineage.filter(|_| resolved.environment.strategy == Strategy::Swap);
    let placement = Placement::of(resolved, lineage);
    let age = deployment_age(resolved, lineage);
    let mut contradictions = crossings(&placement);
    let crossed = !contradictions.is_empty();
    let production = Records::read(resolved, Side::Production, &mut contradictions);
    let deployment = Records::read(resolved, Side::Deployment, &mut contradictions);
    contradictions.extend(unrecorded_targets(resolved, &production, &deployment));
    let look = Look {
        resolved,
        lineage,
        placement: &placement,
        production: &production,
        deployment: &deployment,
    };
    let before = contradictions.len();
    let unfinished = look.unfinished(&mut contradictions);
    let is_part = contradictions.len() > before;
    let built_on = (
        production.is_built_on(resolved, lineage),
        deployment.is_built_on(resolved, lineage),
    );
    let current = current(resolved, lineage, &deployment);
    let younger = younger(resolved, lineage);
    let mut disagrees = (false, false);
    if unfinished.is_none() && !is_part {
        let disagreement = production.disagreement();
        disagrees.0 = disagreement.is_some();
        contradictions.extend(disagreement);
        let before = contradictions.len();
        contradictions.extend(deployment.disagreement());
        contradictions.extend(deployment.never_retired(resolved, lineage));
        contradictions.extend(no_sync(resolved, lineage, &deployment, built_on.1));
        if current == Some(true) {
            contradictions.extend(no_candidate(&deployment, &age, younger));
        }
        disagrees.1 = contradictions.len() > before;
        contradictions.extend(deployment.hole(&age));
    }
    let overtaken = lineage.is_some() && is_overtaken(&deployment, &age, built_on.1);
    let record = deployment.first().filter(|_| !overtaken);
    let mut own = production.by_schema();
    own.extend(record.iter().flat_map(|_| deployment.by_schema()));
    let by_record = current == Some(true) && record.is_some();
    if let (DeploymentAge::Apart(why), false, None) = (&age, by_record, unfinished) {
        let told = format!("It is unknown which side is which: {why}.");
        contradictions.push(Contradiction::of_part(told, &placement.moved_alone()));
    }
    Provenance {
        mixed: production.is_mixed() || deployment.is_mixed(),
        was_swapped: lineage.is_some_and(|lineage| lineage.last_swap(resolved).is_some()),
        was_production: lineage.is_some_and(|lineage| lineage.was_production(resolved)),
        own,
        production: production.first(),
        deployment: record,
        alone: match (crossed, is_part || matches!(age, DeploymentAge::Apart(_))) {
            (true, _) => placement.cure(),
            (_, true) => placement.moved_alone(),
            _ => Vec::new(),
        },
        marked_retired: marked_retired(resolved),
        disagrees,
        strategy: resolved.environment.strategy,
        built_on,
        unfinished,
        contradictions,
        age,
        younger,
        current,
    }
}

fn crossings(placement: &Placement<'_, '_>) -> Vec<Contradiction> {
    let found = placement.crossings();
    if found.is_empty() {
        return Vec::new();
    }
    let cure = placement.cure();
    let told = found.iter();
    told.map(|crossing| Contradiction::of_crossing(crossing, &cure))
        .collect()
}

/// Where names don't move, records alone tell which side is production. Configured is only where it began.
fn unrecorded_targets(
    resolved: &Resolved<'_>,
    production: &Records<'_>,
    deployment: &Records<'_>,
) -> Option<Contradiction> {
    let targets = resolved.environment.strategy == Strategy::Targets;
    let told = production.records().chain(deployment.records()).next();
    let holds = |side| resolved.contents(side).next().is_some();
    let open = targets && told.is_none() && holds(Side::Production) && holds(Side::Deployment);
    open.then(|| {
        Contradiction::of_records(
            "Both sides hold objects, and no record tells which of them is production.".to_owned(),
        )
    })
}

/// Whether the deployment side's records were written after the last swap of the whole environment.
fn current(
    resolved: &Resolved<'_>,
    lineage: Option<&Lineage>,
    deployment: &Records<'_>,
) -> Option<bool> {
    let lineage = lineage?;
    let Some(swap) = lineage.last_swap(resolved) else {
        return Some(true);
    };
    let written = deployment.written(Some(lineage))?;
    Some(written > swap || lineage.no_whole_swap_since(resolved, written))
}

/// Whether somebody who writes no record (dbt) built on a side that its record calls retired or synced.
fn is_overtaken(deployment: &Records<'_>, age: &DeploymentAge, built_on: Option<bool>) -> bool {
    let record = deployment.first();
    let is_complete = record.as_ref().is_some_and(|record| record.complete);
    match record.map(|record| record.role) {
        Some(DeploymentRole::Retired | DeploymentRole::Production) => matches!(
            age,
            DeploymentAge::Newer | DeploymentAge::Equal { .. } | DeploymentAge::Mixed { .. }
        ),
        // What a sync builds is younger than the record that it began with.
        Some(DeploymentRole::Synced) => is_complete && built_on == Some(true),
        Some(DeploymentRole::Candidate) | None => false,
    }
}

/// What was production until the last swap, and is older than what that swap brought, is no candidate: the one that a rollback left is the
/// younger of the two.
fn no_candidate(
    deployment: &Records<'_>,
    age: &DeploymentAge,
    younger: Option<Side>,
) -> Option<Contradiction> {
    let record = deployment.first()?;
    let claims = record.role == DeploymentRole::Candidate && record.complete;
    let is_older = *age == DeploymentAge::Retired && younger == Some(Side::Production);
    (claims && is_older).then(|| {
        Contradiction::of_records(
            "The records call the deployment side a candidate, and it was production until the last swap, with nothing built on it since: to go back there, `cutover rollback`.".to_owned(),
        )
    })
}

/// The side with the youngest of the relations that the last swap moved. What was made since, by hand, makes no other release of it.
fn younger(resolved: &Resolved<'_>, lineage: Option<&Lineage>) -> Option<Side> {
    let lineage = lineage?;
    let swap = lineage.last_swap(resolved)?;
    let youngest = |side| {
        let relations = resolved.objects(side).filter(|it| it.kind.is_relation());
        let swapped = relations.filter(|it| lineage.made_since(swap, &it.id) == Some(false));
        swapped.filter_map(|it| number(&it.id)).max()
    };
    match youngest(Side::Production)?.cmp(&youngest(Side::Deployment)?) {
        Ordering::Greater => Some(Side::Production),
        Ordering::Less => Some(Side::Deployment),
        Ordering::Equal => None,
    }
}

/// A sync leaves twins that are defined alike. What differs and is older than the record on both sides never was synced.
fn no_sync(
    resolved: &Resolved<'_>,
    lineage: Option<&Lineage>,
    deployment: &Records<'_>,
    built_on: Option<bool>,
) -> Option<Contradiction> {
    let record = deployment.first()?;
    let claims = record.role == DeploymentRole::Synced && record.complete && built_on != Some(true);
    // Under `targets` no event tells what was made by hand since.
    if !claims || resolved.environment.strategy == Strategy::Targets {
        return None;
    }
    let younger = |object: &super::object::Object| {
        let (lineage, written) = (lineage?, deployment.written(lineage)?);
        lineage.made_since(written, &object.id)
    };
    let differing: Vec<String> = resolved
        .objects(Side::Deployment)
        .filter(|object| object.kind.is_relation())
        .filter(|object| {
            // Made in production since: by hand, and no matter of the sync.
            let twin = resolved.twin(object);
            twin.is_some_and(|twin| younger(twin) != Some(true))
                && !is_defined_as_in_production(resolved, object)
        })
        .map(|object| resolved.catalog.display_name(&object.id))
        .collect();
    (!differing.is_empty()).then(|| {
        Contradiction::of_records(format!(
            "The records call the deployment side synced, and {} {} from production's: {}.",
            count(differing.len(), "object"),
            agree(differing.len(), "differs", "differ"),
            some_of(differing)
        ))
    })
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
