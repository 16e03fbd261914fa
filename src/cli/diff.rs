//! diff: what changed, exactly as dbt selects it, and why.

use super::args::{DiffFlags, OutputFormat};
use super::context::PIPE_CLOSED;
use super::fail;
use super::printer::{Closed, Printer};
use crate::ops::diff::{Diff, DiffNode, DiffOptions, diff, words};
use crate::ops::error::OpsError;
use std::path::{Path, PathBuf};

/// What the surroundings say where flags say nothing.
#[derive(Debug, Clone, Default)]
pub struct Defaults {
    /// The directory with production's manifest.
    pub state: Option<PathBuf>,
    /// The project's manifest.
    pub manifest: Option<PathBuf>,
    /// What the project says, where there is one.
    pub project_flags: Option<ProjectFlags>,
}

/// The flags of a `dbt_project.yml` that change a comparison.
#[derive(Debug, Clone, Default)]
pub struct ProjectFlags {
    pub file: PathBuf,
    /// `state_modified_compare_more_unrendered_values`, where it is set.
    pub compare_unrendered: Option<bool>,
}

/// The project decides, as it does for dbt; the flag speaks for a project that is not there.
fn compare_unrendered(
    flag: Option<bool>,
    project: Option<&ProjectFlags>,
) -> Result<Option<bool>, OpsError> {
    match (flag, project) {
        (flag, None) => Ok(flag),
        (None, Some(project)) => Ok(project.compare_unrendered),
        (Some(_), Some(project)) => Err(OpsError::usage(format!(
            "--compare-more-unrendered-values is for manifests without a project; here {} decides, as it does for dbt",
            project.file.display()
        ))
        .with_remedy("set `state_modified_compare_more_unrendered_values` under its `flags:`")),
    }
}

/// Compares and prints.
#[must_use]
pub fn run(printer: Printer, flags: &DiffFlags, defaults: Defaults) -> u8 {
    let target_dir = defaults
        .manifest
        .as_deref()
        .and_then(Path::parent)
        .map(Path::to_owned);
    let project = defaults.project_flags.as_ref();
    let compare_unrendered = match compare_unrendered(flags.compare_more_unrendered_values, project)
    {
        Ok(chosen) => chosen,
        Err(error) => return fail(printer, &error),
    };
    let options = DiffOptions {
        state: flags
            .state
            .clone()
            .or(defaults.state)
            .unwrap_or_else(|| "state".into()),
        manifest: flags
            .manifest
            .clone()
            .or(defaults.manifest)
            .unwrap_or_else(|| "target/manifest.json".into()),
        target_dir,
        select: flags.select.clone(),
        selector: flags.selector.clone(),
        exclude: flags.exclude.clone(),
        resource_types: words(&flags.resource_type),
        indirect_selection: flags.indirect_selection.clone(),
        compare_unrendered,
    };
    match diff(options) {
        Ok(diff) => match print(printer, &diff) {
            Ok(()) => 0,
            Err(Closed) => PIPE_CLOSED,
        },
        Err(error) => fail(printer, &error),
    }
}

fn print(printer: Printer, diff: &Diff) -> Result<(), Closed> {
    for warning in &diff.warnings {
        printer.must_say(&format!(
            "warning: the contract of {} ({}) is broken: {}",
            warning.id,
            warning.file,
            warning.breaking.join("; ")
        ));
    }
    for (side, version) in &diff.written_by_fusion {
        printer.must_say(&format!(
            "warning: dbt {version} wrote the manifest of the {side}; its checksums and configurations are not comparable with those of dbt-core, so nodes may be listed that did not change. Write both manifests with one of the two"
        ));
    }
    match printer.output {
        OutputFormat::Ids => diff
            .selected
            .iter()
            .try_for_each(|id| printer.data(id.as_str())),
        OutputFormat::Json => printer.json(diff),
        OutputFormat::Text => {
            if diff.nodes.is_empty() {
                printer.say(&format!("Nothing is selected by `{}`.", diff.selector));
            }
            diff.nodes
                .iter()
                .try_for_each(|node| print_node(printer, node))
        }
    }
}

fn print_node(printer: Printer, node: &DiffNode) -> Result<(), Closed> {
    let change = serde_json::to_value(node.change).unwrap_or_default();
    printer.data(&format!(
        "{:10} {}",
        change.as_str().unwrap_or_default(),
        node.unique_id
    ))?;
    for reason in &node.reasons {
        printer.data(&format!("             {reason}"))?;
    }
    if !node.path.is_empty() {
        let path: Vec<&str> = node.path.iter().map(|id| id.as_str()).collect();
        printer.data(&format!("             path {}", path.join(" -> ")))?;
    }
    Ok(())
}
