//! The records that end an operation: what each schema holds, as far as it is proven.

use super::draft::{record, with_twin};
use super::stamp::Stamp;
use crate::domain::environment::Side;
use crate::domain::guard::PlanInputs;
use crate::domain::name::Identifier;
use crate::domain::object::Schema;
use crate::domain::record::{DeploymentRole, Record};

/// A schema of a side with the record that tells what it holds.
pub(super) struct Holding<'a> {
    /// The schema's names on both sides.
    pub names: &'a crate::domain::environment::NamePair,
    pub schema: &'a Schema,
    pub record: Record,
}

impl Holding<'_> {
    /// The name by which the schema goes on this side.
    pub fn name(&self, side: Side) -> &Identifier {
        self.names.name(side)
    }

    pub fn comment(&self) -> Option<&str> {
        self.schema.comment.as_deref()
    }
}

/// The schemas of a side, each with its record in this role. Who promotes may have something else checked out, so manifest and commit are
/// those of the schema's own record, and only while nobody built there since.
pub(super) fn holdings<'a>(
    inputs: &PlanInputs<'a>,
    stamp: &Stamp,
    side: Side,
    role: DeploymentRole,
) -> Vec<Holding<'a>> {
    let pairs = inputs.resolved.schemas.iter();
    pairs
        .filter_map(|pair| {
            let schema = pair.side(side)?;
            let record = of_schema(inputs, stamp, side, schema, role);
            Some(Holding {
                names: pair.names,
                schema,
                record: with_twin(&record, pair.side(side.other())),
            })
        })
        .collect()
}

fn of_schema(
    inputs: &PlanInputs<'_>,
    stamp: &Stamp,
    side: Side,
    schema: &Schema,
    role: DeploymentRole,
) -> Record {
    let provenance = &inputs.board.provenance;
    // Where records contradict each other, one schema's tells nothing of another's.
    let of_side = provenance
        .record(side)
        .filter(|_| provenance.contradictions.is_empty());
    let own = provenance.own.get(&schema.id).or(of_side);
    // A build of somebody else, at another commit, must not pass for ours.
    let written = Record {
        commit: None,
        tag: None,
        ..record(inputs, stamp, role, true, None)
    };
    let claimed = claimed(inputs, side, own).filter(|_| role != DeploymentRole::Candidate);
    let Some(own) = own else {
        return Record { claimed, ..written };
    };
    let is_built_on = provenance.is_built_on(side);
    let manifest = own
        .manifest
        .clone()
        .filter(|_| own.complete && !is_built_on);
    Record {
        claimed: claimed.filter(|_| manifest.is_none()),
        project: own.project.clone().filter(|_| manifest.is_some()),
        manifest,
        commit: own.commit.clone().filter(|_| !is_built_on),
        tag: own.tag.clone().filter(|_| !is_built_on),
        ..written
    }
}

/// What production was said to run, where nothing proves it: a rollback makes `manifest.json` of the state directory say it again.
pub(super) fn claimed(inputs: &PlanInputs<'_>, side: Side, own: Option<&Record>) -> Option<String> {
    match own {
        Some(own) => own.claimed.clone().or_else(|| {
            own.manifest
                .clone()
                .filter(|_| own.role == DeploymentRole::Production)
        }),
        None if side == Side::Production => inputs
            .project()
            .and_then(|project| project.production.clone()),
        None => None,
    }
}
