//! What is drawn up before a build.

use crate::dbt::runner::arguments::{
    BuildCommand, Program, SelectionArguments as DbtSelection, Suffix,
};
use crate::domain::name::QualifiedName;
use crate::domain::plan::{Build, DbtCommand};
use std::collections::BTreeMap;

/// A build, and what dbt must be asked before it counts.
pub(in crate::ops) struct Drawn {
    pub build: Build,
    pub by_dbt: Option<ByDbt>,
}

/// How dbt builds, for the proof of where.
pub(in crate::ops) struct ByDbt {
    pub program: Program,
    pub suffix: Suffix,
    pub parts: Vec<Part>,
    /// The twin that the plan shows, by id.
    pub planned: BTreeMap<String, QualifiedName>,
}

/// One command of a build.
pub(in crate::ops) struct Part {
    pub verb: BuildCommand,
    pub selection: DbtSelection,
    /// Tells the ids that the command will take.
    pub list: DbtCommand,
    pub command: DbtCommand,
}
