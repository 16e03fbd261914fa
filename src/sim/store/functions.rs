//! The functions that planned queries call inside SQLite. Their names start with `sim_`, so no query can reach them.

mod access;
mod json;
mod numbers;
mod texts;

use crate::catalog::Catalog;
use crate::error::SqlError;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{ToSqlOutput, Value as Sqlite, ValueRef};
use rusqlite::{Connection, Error, Result};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What functions read beside their arguments.
#[derive(Debug)]
pub struct Facts {
    /// The server's clock, milliseconds.
    now: AtomicU64,
    /// The logical time of the query that runs, milliseconds: `mz_now()`.
    logical: AtomicU64,
    catalog: Mutex<Arc<Catalog>>,
    /// Connections that a query asked to cancel; the caller carries it out.
    cancelled: Mutex<BTreeSet<u32>>,
    /// Connections that can be cancelled.
    live: Mutex<BTreeSet<u32>>,
}

impl Facts {
    #[must_use]
    pub fn new(catalog: Arc<Catalog>, now: u64) -> Self {
        Self {
            now: AtomicU64::new(now),
            logical: AtomicU64::new(now),
            catalog: Mutex::new(catalog),
            cancelled: Mutex::default(),
            live: Mutex::default(),
        }
    }

    pub fn set_now(&self, now: u64) {
        self.now.store(now, Ordering::Relaxed);
    }

    #[must_use]
    pub fn now(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }

    pub fn set_logical_time(&self, time: u64) {
        self.logical.store(time, Ordering::Relaxed);
    }

    #[must_use]
    pub fn logical_time(&self) -> u64 {
        self.logical.load(Ordering::Relaxed)
    }

    pub fn set_catalog(&self, catalog: Arc<Catalog>) {
        *lock(&self.catalog) = catalog;
    }

    #[must_use]
    pub fn catalog(&self) -> Arc<Catalog> {
        lock(&self.catalog).clone()
    }

    pub fn set_live(&self, connections: BTreeSet<u32>) {
        *lock(&self.live) = connections;
    }

    /// Hands over the connections that queries asked to cancel.
    pub fn take_cancelled(&self) -> BTreeSet<u32> {
        std::mem::take(&mut *lock(&self.cancelled))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

type Args<'a> = &'a Context<'a>;

/// # Errors
/// When SQLite refuses a registration.
pub fn register(sqlite: &Connection, facts: &Arc<Facts>) -> Result<()> {
    texts::register(sqlite)?;
    numbers::register(sqlite)?;
    json::register(sqlite)?;
    access::register(sqlite, facts)?;
    super::digest::register(sqlite)
}

fn pure<T>(
    sqlite: &Connection,
    name: &str,
    arity: i32,
    function: impl Fn(Args<'_>) -> Result<T> + Send + 'static,
) -> Result<()>
where
    T: rusqlite::ToSql,
{
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    sqlite.create_scalar_function(name, arity, flags, move |context| {
        // Strict, as nearly all functions of Postgres are.
        if (0..context.len()).any(|at| context.get_raw(at) == ValueRef::Null) {
            return Ok(ToSqlOutput::Owned(Sqlite::Null));
        }
        let result = function(context)?;
        match result.to_sql()? {
            ToSqlOutput::Owned(value) => Ok(ToSqlOutput::Owned(value)),
            ToSqlOutput::Borrowed(value) => Ok(ToSqlOutput::Owned(owned(value))),
            _ => Ok(ToSqlOutput::Owned(Sqlite::Null)),
        }
    })
}

fn owned(field: ValueRef<'_>) -> Sqlite {
    Sqlite::try_from(field).unwrap_or(Sqlite::Null)
}

fn refuse(error: SqlError) -> Error {
    Error::UserFunctionError(error.message.into())
}

fn text(context: Args<'_>, at: usize) -> Result<String> {
    Ok(match context.get_raw(at) {
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        _ => String::new(),
    })
}

fn number(context: Args<'_>, at: usize) -> f64 {
    match context.get_raw(at) {
        #[allow(clippy::cast_precision_loss, reason = "the operation is one on floats")]
        ValueRef::Integer(number) => number as f64,
        ValueRef::Real(number) => number,
        ValueRef::Text(text) => String::from_utf8_lossy(text).parse().unwrap_or(f64::NAN),
        _ => f64::NAN,
    }
}
