//! The functions that planned queries call inside SQLite. Their names start with `sim_`, so no query can reach them.

mod access;
mod facts;
mod json;
mod numbers;
mod scalar;
mod texts;

pub use facts::Facts;

use rusqlite::{Connection, Result};
use std::sync::Arc;

/// # Errors
/// When SQLite refuses a registration.
pub fn register(sqlite: &Connection, facts: &Arc<Facts>) -> Result<()> {
    texts::register(sqlite)?;
    numbers::register(sqlite)?;
    json::register(sqlite)?;
    access::register(sqlite, facts)?;
    super::digest::register(sqlite)
}
