//! What comes out of a query.

use super::typed::Typed;
use crate::types::Column;

/// A planned query: its result columns are `c1`, `c2`, ...
#[derive(Debug)]
pub struct Planned {
    pub sql: String,
    pub columns: Vec<Column>,
}

pub(super) struct Output {
    pub name: String,
    pub typed: Typed,
    /// The columns that it names outside aggregates: as SQLite reaches them, and as they were written.
    pub named: Vec<(String, String)>,
    pub(super) nullable: bool,
}
