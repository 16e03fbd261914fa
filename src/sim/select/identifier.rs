//! Names as a statement writes them.

use crate::error::{SqlError, SqlResult};
use sqlparser::ast::{Ident, ObjectName};

/// An identifier of `sqlparser` as the catalog stores it.
#[must_use]
pub fn ident(ident: &Ident) -> String {
    if ident.quote_style.is_some() {
        ident.value.clone()
    } else {
        ident.value.to_lowercase()
    }
}

/// Marks a relation that is named by id: `\u{1}u12`. No SQL text can spell it.
pub const BY_ID: char = '\u{1}';

/// The parts of a name as the catalog stores them.
pub fn parts(name: &ObjectName) -> SqlResult<Vec<String>> {
    name.0
        .iter()
        .map(|part| {
            part.as_ident()
                .map(ident)
                .ok_or_else(|| SqlError::unsupported(format!("the name {name}")))
        })
        .collect()
}
