//! How functions are given to SQLite, and how they read their arguments.

use crate::error::SqlError;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{ToSqlOutput, Value as Sqlite, ValueRef};
use rusqlite::{Connection, Error, Result};

pub(super) type Args<'a> = &'a Context<'a>;

pub(super) fn pure<T>(
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

pub(super) fn owned(field: ValueRef<'_>) -> Sqlite {
    Sqlite::try_from(field).unwrap_or(Sqlite::Null)
}

pub(super) fn refuse(error: SqlError) -> Error {
    Error::UserFunctionError(error.message.into())
}

pub(super) fn text(context: Args<'_>, at: usize) -> Result<String> {
    Ok(match context.get_raw(at) {
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        _ => String::new(),
    })
}

pub(super) fn number(context: Args<'_>, at: usize) -> f64 {
    match context.get_raw(at) {
        #[allow(clippy::cast_precision_loss, reason = "the operation is one on floats")]
        ValueRef::Integer(number) => number as f64,
        ValueRef::Real(number) => number,
        ValueRef::Text(text) => String::from_utf8_lossy(text).parse().unwrap_or(f64::NAN),
        _ => f64::NAN,
    }
}
