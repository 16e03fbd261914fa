//! One parse with what is to be built of it.

use super::report::Reported;
use crate::dbt::manifest::Manifest;
use crate::domain::environment::Environment;
use crate::domain::name::QualifiedName;
use std::collections::{BTreeMap, BTreeSet};

/// One parse with what is to be built of it.
#[derive(Debug, Clone, Copy)]
pub struct Parsed<'a> {
    /// As parsed for the build: with the deploy variable where it is given.
    pub manifest: &'a Manifest,
    pub report: &'a [Reported],
    /// What dbt selects to build.
    pub selected: &'a BTreeSet<String>,
    /// The twin that the plan shows, by id.
    pub planned: &'a BTreeMap<String, QualifiedName>,
    pub environment: &'a Environment,
    /// Whether the adapter puts its suffix behind every cluster.
    pub is_suffixed: bool,
}
