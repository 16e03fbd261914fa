//! Statements without a connection: a world's start, a scripted colleague, a test's hand.

use super::{Session, variables::Variables};
use crate::engine::{Shared, Texts};
use crate::error::{Notice, SqlError, SqlResult};
use crate::statement::tokens::split;
use crate::statement::{self, Statement};
use crate::text::show;
use crate::types::Column;
use crate::value::Value;
use crate::wire::{Conversation, Ended, Reply};
use async_trait::async_trait;
use futures_util::FutureExt;

/// Runs statements as a role and gives the rows of the last one. Faults leave it alone.
///
/// # Errors
/// What the server says against one of them; 0A000 for one that would have to wait.
pub fn run(shared: &Shared, role: &str, sql: &str) -> SqlResult<Texts> {
    let variables = Variables::of(&shared.release().says);
    let (connection, id) = {
        let mut engine = shared.engine();
        let id = engine.current().role(role)?;
        (engine.live.next_connection(), id)
    };
    let mut session = Session::new(shared.clone(), connection, id, variables).beyond_faults();
    let mut reply = Collected::default();
    // One by one, as a person types them: together they would be one transaction, which most DDL refuses.
    for statement in split(sql)? {
        match session.query(&statement.text, &mut reply).now_or_never() {
            Some(Ok(())) => {}
            Some(Err(Ended::Refused(error))) => return Err(error),
            Some(Err(Ended::Hangup)) | None => {
                return Err(SqlError::unsupported(format!(
                    "waiting for `{}` without a connection",
                    statement.text
                )));
            }
        }
    }
    Ok(reply.rows)
}

/// Changes the catalog as a role, by many statements in one change: a catalog is copied for each change, which for thousands of them is
/// most of the work.
///
/// # Errors
/// What the server says against one of them, and then none of them is done; 0A000 for one that is no DDL.
pub fn load(shared: &Shared, role: &str, statements: &[String]) -> SqlResult<()> {
    let variables = Variables::of(&shared.release().says);
    let (connection, id) = {
        let mut engine = shared.engine();
        let id = engine.current().role(role)?;
        (engine.live.next_connection(), id)
    };
    let session = Session::new(shared.clone(), connection, id, variables).beyond_faults();
    shared.change(|catalog, now| {
        for text in statements {
            for statement in split(text)? {
                let Statement::Ddl(ddl) = statement::parse(&statement.tokens)? else {
                    return Err(SqlError::unsupported(format!("loading by `{text}`")));
                };
                session.apply(&ddl, catalog, now)?;
            }
        }
        Ok(())
    })
}

/// Keeps the rows of the last statement.
#[derive(Default)]
struct Collected {
    columns: Vec<Column>,
    rows: Texts,
}

#[async_trait]
impl Reply for Collected {
    async fn columns(&mut self, columns: &[Column]) -> Result<(), Ended> {
        self.columns = columns.to_vec();
        self.rows.clear();
        Ok(())
    }

    async fn row(&mut self, row: &[Value]) -> Result<(), Ended> {
        let fields = row.iter().zip(&self.columns);
        self.rows
            .push(fields.map(|(value, c)| show(value, c.ty)).collect());
        Ok(())
    }

    async fn copy_begin(&mut self, _columns: usize) -> Result<(), Ended> {
        Ok(())
    }

    async fn copy_line(&mut self, _line: &str) -> Result<(), Ended> {
        Ok(())
    }

    async fn copy_end(&mut self) -> Result<(), Ended> {
        Ok(())
    }

    async fn notice(&mut self, _notice: &Notice) -> Result<(), Ended> {
        Ok(())
    }

    async fn complete(&mut self, _tag: &str) -> Result<(), Ended> {
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), Ended> {
        Ok(())
    }
}
