//! SQLite: where rows live and queries run.
//!
//! Each relation with rows of its own is a table named by its id (`s412`, `u12`) with columns `c1`, `c2`, ... Built-in relations
//! are filled from the catalog, from the dynamics' readings or from the live sessions, and only when a query reads them.

mod containers;
mod digest;
pub mod functions;
mod items;
pub mod listing;
pub mod postgres;
pub mod relations;
pub mod rights;
pub mod row;
mod shapes;
pub mod views;

pub use row::Row;

use super::catalog::id::Id;
use super::error::{SqlError, SqlResult};
use super::types::{Column, SqlType};
use super::value::Value;
use functions::Facts;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The SQLite table of a relation.
#[must_use]
pub fn table_name(id: Id) -> String {
    format!("t_{id}")
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Bool(flag) => ValueRef::Integer(i64::from(*flag)),
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Float(number) => ValueRef::Real(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

pub struct Store {
    sqlite: Connection,
    /// What each filled relation was filled from.
    filled: BTreeMap<Id, u64>,
    pub facts: Arc<Facts>,
}

impl Store {
    /// # Errors
    /// When SQLite can't be opened in memory.
    pub fn open(facts: Arc<Facts>) -> SqlResult<Self> {
        let sqlite = Connection::open_in_memory()?;
        sqlite.set_prepared_statement_cache_capacity(256);
        sqlite.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
        functions::register(&sqlite, &facts)?;
        Ok(Self {
            sqlite,
            filled: BTreeMap::new(),
            facts,
        })
    }

    /// # Errors
    /// When SQLite refuses.
    pub fn create_table(&self, id: Id, columns: &[Column]) -> SqlResult<()> {
        // SQLite wants a column; a source with tables of its own has none.
        let fields: Vec<String> = (1..=columns.len().max(1))
            .map(|n| format!("c{n}"))
            .collect();
        let table = table_name(id);
        self.sqlite
            .execute_batch(&format!("CREATE TABLE {table} ({})", fields.join(", ")))?;
        for (at, column) in columns.iter().enumerate() {
            if is_key(&column.name) {
                let n = at + 1;
                self.sqlite
                    .execute_batch(&format!("CREATE INDEX {table}_{n} ON {table} (c{n})"))?;
            }
        }
        Ok(())
    }

    /// # Errors
    /// When SQLite refuses.
    pub fn drop_table(&mut self, id: Id) -> SqlResult<()> {
        self.filled.remove(&id);
        let table = table_name(id);
        Ok(self
            .sqlite
            .execute_batch(&format!("DROP TABLE IF EXISTS {table}"))?)
    }

    /// Whether a relation still holds what this version of its source gave.
    #[must_use]
    pub fn is_filled(&self, id: Id, version: u64) -> bool {
        self.filled.get(&id) == Some(&version)
    }

    /// Replaces all rows of a built-in relation.
    ///
    /// # Errors
    /// When SQLite refuses, for example because a row has the wrong width.
    pub fn fill(
        &mut self,
        id: Id,
        columns: &[Column],
        version: u64,
        rows: &[Row],
    ) -> SqlResult<()> {
        if !self.filled.contains_key(&id) {
            self.create_table(id, columns)?;
        }
        let transaction = self.sqlite.unchecked_transaction()?;
        let table = table_name(id);
        transaction.execute_batch(&format!("DELETE FROM {table}"))?;
        {
            let marks = vec!["?"; columns.len()].join(", ");
            let mut insert =
                transaction.prepare_cached(&format!("INSERT INTO {table} VALUES ({marks})"))?;
            for row in rows {
                insert.execute(params_from_iter(row))?;
            }
        }
        transaction.commit()?;
        self.filled.insert(id, version);
        Ok(())
    }

    /// Adds rows to a table.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn append(&self, id: Id, rows: &[Row]) -> SqlResult<()> {
        let Some(width) = rows.first().map(Vec::len) else {
            return Ok(());
        };
        let transaction = self.sqlite.unchecked_transaction()?;
        {
            let marks = vec!["?"; width].join(", ");
            let table = table_name(id);
            let mut insert =
                transaction.prepare_cached(&format!("INSERT INTO {table} VALUES ({marks})"))?;
            for row in rows {
                insert.execute(params_from_iter(row))?;
            }
        }
        Ok(transaction.commit()?)
    }

    /// # Errors
    /// What the query's functions refuse, such as a division by zero.
    pub fn select(
        &self,
        sql: &str,
        columns: &[Column],
        parameters: &[Value],
    ) -> SqlResult<Vec<Row>> {
        let mut statement = self.sqlite.prepare_cached(sql).map_err(|error| {
            tracing::debug!(sql, %error, "SQLite refused a planned query");
            SqlError::from(error)
        })?;
        let mut rows = statement.query(params_from_iter(parameters))?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            let mut fields = Vec::with_capacity(columns.len());
            for (at, column) in columns.iter().enumerate() {
                fields.push(read(row.get_ref(at)?, column.ty));
            }
            all.push(fields);
        }
        Ok(all)
    }

    /// Runs an INSERT, UPDATE or DELETE on a table; gives the number of rows.
    ///
    /// # Errors
    /// What the statement's functions refuse.
    pub fn change(&self, sql: &str, parameters: &[Value]) -> SqlResult<usize> {
        let mut statement = self.sqlite.prepare(sql)?;
        Ok(statement.execute(params_from_iter(parameters))?)
    }
}

/// Columns that joins go by. SQLite makes an index of its own where a query needs another one.
fn is_key(name: &str) -> bool {
    matches!(
        name,
        "id" | "object_id" | "referenced_object_id" | "on_id" | "oid"
    )
}

fn read(field: ValueRef<'_>, ty: SqlType) -> Value {
    match (field, ty) {
        (ValueRef::Null, _) => Value::Null,
        (ValueRef::Integer(number), SqlType::Bool) => Value::Bool(number != 0),
        (ValueRef::Integer(number), SqlType::Float4 | SqlType::Float8) => {
            #[allow(clippy::cast_precision_loss, reason = "the column is a float")]
            let number = number as f64;
            Value::Float(number)
        }
        (ValueRef::Integer(number), _) => Value::Int(number),
        (ValueRef::Real(number), _) => Value::Float(number),
        (ValueRef::Text(text) | ValueRef::Blob(text), _) => {
            Value::Text(String::from_utf8_lossy(text).into_owned())
        }
    }
}
