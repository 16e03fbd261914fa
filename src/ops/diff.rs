//! The diff of two manifests, for the command line: it needs neither a project nor a connection.

use super::error::OpsError;
use crate::dbt::diff::{self, DiffRequest};
use crate::dbt::selection::{IndirectSelection, ResourceTypes};
use std::path::PathBuf;
use std::str::FromStr;

pub use crate::dbt::diff::{Diff, DiffNode, NodeState};

/// What to compare and select, as it was typed.
#[derive(Debug, Clone, Default)]
pub struct DiffOptions {
    pub state: PathBuf,
    pub manifest: PathBuf,
    /// Where dbt writes the project's manifest, where there is a project.
    pub target_dir: Option<PathBuf>,
    pub select: Vec<String>,
    /// A selector of `selectors.yml`, instead of `select` and `exclude`.
    pub selector: Option<String>,
    pub exclude: Vec<String>,
    pub resource_types: Vec<String>,
    pub indirect_selection: String,
    /// The project flag `state_modified_compare_more_unrendered_values`, where it is set.
    pub compare_unrendered: Option<bool>,
}

/// Compares and selects.
///
/// # Errors
/// When a file can't be read, a selector is malformed, or dbt itself would stop.
pub fn diff(options: DiffOptions) -> Result<Diff, OpsError> {
    let resource_types =
        ResourceTypes::parse(&options.resource_types).map_err(OpsError::refused)?;
    let indirect =
        IndirectSelection::from_str(&options.indirect_selection).map_err(OpsError::refused)?;
    let request = DiffRequest {
        state_dir: options.state,
        manifest: options.manifest,
        target_dir: options.target_dir,
        select: options.select,
        selector: options.selector,
        exclude: options.exclude,
        resource_types,
        indirect,
        compare_unrendered: options.compare_unrendered,
    };
    Ok(diff::diff(&request)?)
}

/// `--resource-type` values, which dbt separates by blanks in its environment variable too.
#[must_use]
pub fn words(values: &[String]) -> Vec<String> {
    values
        .iter()
        .flat_map(|value| value.split_whitespace())
        .map(str::to_owned)
        .collect()
}
