//! One object on both sides.

use crate::domain::name::Identifier;
use crate::domain::object::Object;
use crate::domain::project::Compared;

/// A relation beside its twin, and where each is read.
pub(super) struct Twins<'a> {
    pub(super) production: &'a Object,
    pub(super) deployment: &'a Object,
    pub(super) schema: &'a Identifier,
    pub(super) expected: Compared,
}
