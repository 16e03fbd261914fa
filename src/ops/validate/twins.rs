//! One relation of production, alone or beside its twin.

use crate::domain::name::Identifier;
use crate::domain::object::Object;
use crate::domain::project::Compared;
use crate::domain::validation::{TwinReport, without_twin};

/// A relation of production, and what the manifests say of it.
pub(super) struct Relation<'a> {
    pub(super) object: &'a Object,
    pub(super) schema: &'a Identifier,
    pub(super) expected: Compared,
}

/// A relation beside its twin.
pub(super) struct Twins<'a> {
    pub(super) production: &'a Relation<'a>,
    pub(super) deployment: &'a Object,
}

impl Relation<'_> {
    /// What there is to tell where it has no twin to be read beside.
    pub(super) fn alone(&self) -> TwinReport {
        TwinReport {
            schema: self.schema.clone(),
            name: self.object.name.clone(),
            kind: self.object.kind.clone(),
            change: self.expected,
            verdict: without_twin(self.expected),
            columns: Vec::new(),
            production: None,
            deployment: None,
            message: Some("the deployment side has none".to_owned()),
        }
    }
}
