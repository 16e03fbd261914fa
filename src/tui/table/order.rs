//! How rows compare by each column.

use crate::domain::board::{Board, ObjectRow};
use crate::domain::name::ObjectId;
use crate::domain::readiness::ObjectReadiness;
use crate::domain::snapshot::Lag;
use crate::tui::observed::Observed;
use std::cmp::Ordering;

/// Two rows, by what is known of them.
pub type RowOrder = fn(&ObjectRow, &ObjectRow, &Board, &Observed) -> Ordering;

/// What is compared comes first, by the kind of its change.
pub fn change(one: &ObjectRow, other: &ObjectRow, _: &Board, _: &Observed) -> Ordering {
    let is_compared = other.compared.is_some().cmp(&one.compared.is_some());
    is_compared.then(one.compared.cmp(&other.compared))
}

pub fn name(one: &ObjectRow, other: &ObjectRow, _: &Board, _: &Observed) -> Ordering {
    one.name.cmp(&other.name)
}

pub fn schema(one: &ObjectRow, other: &ObjectRow, _: &Board, _: &Observed) -> Ordering {
    let schemas = one.schema.cmp(&other.schema);
    schemas.then_with(|| one.name.cmp(&other.name))
}

pub fn kind(one: &ObjectRow, other: &ObjectRow, _: &Board, _: &Observed) -> Ordering {
    one.kind.cmp(&other.kind)
}

pub fn cluster(one: &ObjectRow, other: &ObjectRow, _: &Board, _: &Observed) -> Ordering {
    one.cluster.cmp(&other.cluster)
}

pub fn hydrated(one: &ObjectRow, other: &ObjectRow, board: &Board, _: &Observed) -> Ordering {
    let of = |row: &ObjectRow| {
        let object = row.of(board.phase.subject())?;
        Some((object.hydrated_on.len(), object.replicas))
    };
    of(one).cmp(&of(other))
}

pub fn deployment_lag(one: &ObjectRow, other: &ObjectRow, _: &Board, _: &Observed) -> Ordering {
    lag(one.deployment.as_ref()).cmp(&lag(other.deployment.as_ref()))
}

pub fn production_lag(one: &ObjectRow, other: &ObjectRow, _: &Board, _: &Observed) -> Ordering {
    lag(one.production.as_ref()).cmp(&lag(other.production.as_ref()))
}

/// An unknown lag counts as the largest.
fn lag(object: Option<&ObjectReadiness>) -> Option<u64> {
    object.map(|object| match object.lag {
        Lag::Millis(millis) => millis,
        Lag::Unknown => u64::MAX,
    })
}

pub fn difference(one: &ObjectRow, other: &ObjectRow, _: &Board, _: &Observed) -> Ordering {
    let of = |row| lag_difference(row).unwrap_or(i64::MAX);
    of(one).cmp(&of(other))
}

/// The deployment object's lag minus the production object's, in milliseconds, where both are known.
#[must_use]
pub fn lag_difference(row: &ObjectRow) -> Option<i64> {
    match (row.deployment.as_ref()?.lag, row.production.as_ref()?.lag) {
        (Lag::Millis(green), Lag::Millis(blue)) => {
            Some(i64::try_from(green).ok()? - i64::try_from(blue).ok()?)
        }
        _ => None,
    }
}

pub fn trend(one: &ObjectRow, other: &ObjectRow, board: &Board, observed: &Observed) -> Ordering {
    let of = |row| observed.slope(shown_id(row, board)?);
    of(one).cmp(&of(other))
}

pub fn since(one: &ObjectRow, other: &ObjectRow, board: &Board, observed: &Observed) -> Ordering {
    let of = |row| {
        let time = observed.in_state(shown_id(row, board)?, board.snapshot.time)?;
        Some(time.millis)
    };
    of(one).cmp(&of(other))
}

pub fn state(one: &ObjectRow, other: &ObjectRow, board: &Board, _: &Observed) -> Ordering {
    let subject = board.phase.subject();
    one.readiness(subject).cmp(&other.readiness(subject))
}

fn shown_id<'r>(row: &'r ObjectRow, board: &Board) -> Option<&'r ObjectId> {
    row.of(board.phase.subject()).map(|object| &object.id)
}
