//! dbt's node selection over a [`Comparison`].

mod error;
mod evaluate;
mod grammar;
mod indirect;
mod matching;
mod method;
mod path;
mod request;
mod selectors;
#[cfg(test)]
mod tests;
mod wildcard;

pub use error::SelectionError;
pub use indirect::IndirectSelection;
pub use method::StateSelector;
pub use request::{ResourceTypes, Selection};

use super::compare::Comparison;
use super::graph::NodeSet;
use super::manifest::UniqueId;
use std::collections::BTreeSet;

/// The ids that dbt would list, sorted.
///
/// # Errors
/// When a `state:` criterion has no state to compare with, or dbt stops at a broken contract or a missing macro.
pub fn select(
    comparison: &Comparison,
    selection: &Selection,
) -> Result<BTreeSet<UniqueId>, SelectionError> {
    let nodes = comparison.after().nodes();
    let found = select_positions(comparison, selection)?;
    Ok(found.iter().map(|at| nodes[at].unique_id.clone()).collect())
}

/// Like [`select`], by position in the project's manifest.
///
/// # Errors
/// As [`select`].
pub fn select_positions(
    comparison: &Comparison,
    selection: &Selection,
) -> Result<NodeSet, SelectionError> {
    comparison.check_state().map_err(|abort| abort.clone())?;
    let nodes = comparison.after().nodes();
    let found = evaluate::evaluate(comparison, selection)?;
    let mut listed = NodeSet::empty(nodes.len());
    for at in found.iter().filter(|at| selection.lists(&nodes[*at])) {
        listed.insert(at);
    }
    Ok(listed)
}
