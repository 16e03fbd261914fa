//! What the compiled runner is asked to build.

use crate::dbt::manifest::{Manifest, UniqueId};
use crate::domain::{
    environment::Environment,
    name::{Identifier, QualifiedName},
    object::ObjectKind,
};
use std::collections::{BTreeMap, BTreeSet};

/// A relation that stands on the deployment side already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExistingRelation {
    pub kind: ObjectKind,
    /// Whether something that is not rebuilt depends on it, and may go along.
    pub cascade: bool,
}

/// What is to be built.
#[derive(Debug, Clone, Copy)]
pub struct BuildRequest<'a> {
    /// Compiled without the deploy variable: its names are production's.
    pub manifest: &'a Manifest,
    pub selected: &'a BTreeSet<UniqueId>,
    pub environment: &'a Environment,
    /// The profile's cluster, for models that name none.
    pub default_cluster: Option<&'a Identifier>,
    /// By the name on the deployment side.
    pub existing: &'a BTreeMap<QualifiedName, ExistingRelation>,
}
