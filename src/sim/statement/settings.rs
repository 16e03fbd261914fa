//! SET, RESET, DISCARD, ALTER SYSTEM and transaction control.

use super::tokens::{Cursor, fold};
use super::{Ddl, Statement};
use crate::error::{SqlError, SqlResult};
use sqlparser::tokenizer::Token;

/// Reads a statement of this family, or `None`.
pub fn parse(cursor: &mut Cursor<'_>) -> SqlResult<Option<Statement>> {
    let statement = if cursor.accept("begin") || cursor.accept("start transaction") {
        cursor.until(&[]);
        Statement::Begin
    } else if cursor.accept("commit") || cursor.accept("end") {
        let _ = cursor.accept("transaction") || cursor.accept("work");
        Statement::Commit
    } else if cursor.accept("rollback") || cursor.accept("abort") {
        let _ = cursor.accept("transaction") || cursor.accept("work");
        Statement::Rollback
    } else if cursor.accept("discard all") {
        Statement::DiscardAll
    } else if cursor.accept("reset") {
        Statement::Reset(cursor.identifier()?)
    } else if cursor.accept("set") {
        set(cursor)?
    } else {
        return Ok(None);
    };
    cursor.end()?;
    Ok(Some(statement))
}

fn set(cursor: &mut Cursor<'_>) -> SqlResult<Statement> {
    let local = cursor.accept("local");
    if !local {
        cursor.accept("session");
    }
    if cursor.accept("transaction") || cursor.accept("characteristics") {
        cursor.until(&[]);
        return Ok(Statement::SetTransaction);
    }
    let name = if cursor.accept("time zone") {
        "timezone".to_owned()
    } else {
        let name = cursor.identifier()?;
        if !cursor.accept("to") {
            cursor.expect_token(&Token::Eq)?;
        }
        name
    };
    if cursor.accept("default") {
        return Ok(Statement::Set {
            name,
            value: None,
            local,
        });
    }
    Ok(Statement::Set {
        name,
        value: Some(cursor.separated(value)?),
        local,
    })
}

fn value(cursor: &mut Cursor<'_>) -> SqlResult<String> {
    let negative = cursor.accept_token(&Token::Minus);
    let text = match cursor.peek() {
        Some(Token::Word(word)) => {
            cursor.advance();
            fold(word)
        }
        Some(Token::Number(number, _)) => {
            cursor.advance();
            number.clone()
        }
        _ => cursor.string()?,
    };
    Ok(if negative { format!("-{text}") } else { text })
}

pub fn parse_alter_system(cursor: &mut Cursor<'_>) -> SqlResult<Ddl> {
    if cursor.accept("reset") {
        let name = cursor.identifier()?;
        cursor.end()?;
        return Ok(Ddl::AlterSystem { name, value: None });
    }
    cursor.expect("set")?;
    match set(cursor)? {
        Statement::Set { name, value, .. } => {
            cursor.end()?;
            Ok(Ddl::AlterSystem {
                name,
                value: value.map(|values| values.join(", ")),
            })
        }
        _ => Err(SqlError::syntax("Expected a system parameter")),
    }
}
