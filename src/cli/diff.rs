//! diff: what changed, exactly as dbt selects it, and why.

use super::args::{DiffFlags, Output};
use super::printer::{Closed, Printer};
use super::{PIPE_CLOSED, fail};
use crate::ops::diff::{Diff, DiffNode, DiffOptions, diff, words};
use std::path::{Path, PathBuf};

/// What the surroundings say where flags say nothing.
#[derive(Debug, Clone, Default)]
pub struct Defaults {
    /// The directory with production's manifest.
    pub state: Option<PathBuf>,
    /// The project's manifest.
    pub manifest: Option<PathBuf>,
    pub compare_unrendered: bool,
}

/// Compares and prints.
#[must_use]
pub fn run(printer: Printer, flags: &DiffFlags, defaults: Defaults) -> u8 {
    let target_dir = defaults
        .manifest
        .as_deref()
        .and_then(Path::parent)
        .map(Path::to_owned);
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
        exclude: flags.exclude.clone(),
        resource_types: words(&flags.resource_type),
        indirect_selection: flags.indirect_selection.clone(),
        compare_unrendered: defaults.compare_unrendered,
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
    match printer.output {
        Output::Ids => diff
            .selected
            .iter()
            .try_for_each(|id| printer.data(id.as_str())),
        Output::Json => printer.json(diff),
        Output::Text => {
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
