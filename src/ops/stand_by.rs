//! The dbt that stands by between the plan and the build.

use crate::dbt::manifest::Manifest;
use crate::dbt::rendering::Reported;
use crate::dbt::runner::driver::Driver;
use crate::dbt::runner::limit::Limit;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// The dbt that a plan relies on.
#[derive(Default)]
pub(super) enum StandBy {
    /// None yet, or none any more.
    #[default]
    Nobody,
    /// One process that has parsed, or is about to.
    Driver(Box<StandbyDriver>),
    /// dbt is no Python program: each command is a process of its own.
    Processes,
}

/// A driver with what it was told and what it has told.
pub(super) struct StandbyDriver {
    pub(super) driver: Driver,
    /// For one compile, parse or list.
    pub(super) reading: Limit,
    /// The arguments of a parse that is under way.
    pub(super) ordered: Option<Vec<String>>,
    pub(super) parsed: Option<Told>,
}

/// A parse, with what was told of it since.
pub(super) struct Told {
    pub(super) arguments: Vec<String>,
    pub(super) manifest: Arc<Manifest>,
    /// The ids that a listing took, by its arguments.
    pub(super) listed: HashMap<Vec<String>, Vec<String>>,
    /// Where a build would put things, by its arguments.
    pub(super) placed: HashMap<Vec<String>, Vec<Reported>>,
}

/// What the commands of a build take of a parse, and where they put it.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) selected: BTreeSet<String>,
    pub(super) report: Vec<Reported>,
}
