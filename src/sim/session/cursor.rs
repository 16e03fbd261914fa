//! What DECLARE made.

use super::subscription::Subscription;
use crate::error::SqlError;
use crate::store::Row;
use crate::types::Column;
use std::collections::VecDeque;

/// What DECLARE made.
pub struct Cursor {
    pub columns: Vec<Column>,
    pub(super) of: Rows,
}

pub(super) enum Rows {
    /// All of a SELECT, worked out at the first FETCH.
    Ready(VecDeque<Row>),
    Coming(Box<Subscription>),
}

#[must_use]
pub fn no_cursor(name: &str) -> SqlError {
    SqlError::new("34000", format!("cursor \"{name}\" does not exist"))
}
