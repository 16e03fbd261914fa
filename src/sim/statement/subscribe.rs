//! SUBSCRIBE, COPY .. TO STDOUT, and cursors.

use super::tokens::Cursor;
use super::{CursorOf, Statement, query};
use crate::error::{SqlError, SqlResult};
use crate::time::parse_interval;
use sqlparser::ast::Query;
use sqlparser::tokenizer::Token;

pub use super::parsed::Subscribe;

/// Reads a statement of this family, or `None`.
pub fn parse(cursor: &mut Cursor<'_>) -> SqlResult<Option<Statement>> {
    if cursor.sees("subscribe") {
        return subscribe(cursor).map(Statement::Subscribe).map(Some);
    }
    if cursor.accept("copy") {
        return copy(cursor).map(Some);
    }
    if cursor.accept("declare") {
        return declare(cursor).map(Some);
    }
    if cursor.accept("fetch") {
        return fetch(cursor).map(Some);
    }
    if cursor.accept("close") {
        return Ok(Some(Statement::CloseCursor(cursor.identifier()?)));
    }
    Ok(None)
}

fn copy(cursor: &mut Cursor<'_>) -> SqlResult<Statement> {
    cursor.expect_token(&Token::LParen)?;
    let inner = cursor.until(&[]);
    cursor.expect_token(&Token::RParen)?;
    cursor.expect("to stdout")?;
    if cursor.accept("with") {
        cursor.list(|cursor| {
            cursor.expect("format")?;
            cursor.expect("text")
        })?;
    }
    cursor.end()?;
    let mut inner = Cursor::new(inner);
    if inner.sees("subscribe") {
        subscribe(&mut inner).map(Statement::CopySubscribe)
    } else {
        query::parse(inner.rest()).map(Statement::CopySelect)
    }
}

fn declare(cursor: &mut Cursor<'_>) -> SqlResult<Statement> {
    let name = cursor.identifier()?;
    cursor.expect("cursor")?;
    let _ = cursor.accept("with hold") || cursor.accept("without hold");
    cursor.expect("for")?;
    let of = if cursor.sees("subscribe") {
        CursorOf::Subscribe(subscribe(cursor)?)
    } else {
        CursorOf::Select(query::parse(cursor.rest())?)
    };
    Ok(Statement::Declare { cursor: name, of })
}

fn fetch(cursor: &mut Cursor<'_>) -> SqlResult<Statement> {
    cursor.accept("forward");
    let count = if cursor.accept("all") {
        None
    } else if matches!(cursor.peek(), Some(Token::Number(..))) {
        Some(number(cursor)?)
    } else {
        Some(1)
    };
    let _ = cursor.accept("from") || cursor.accept("in");
    let name = cursor.identifier()?;
    let mut timeout = None;
    if cursor.accept("with") {
        cursor
            .list(|cursor| {
                cursor.expect("timeout")?;
                cursor.accept_token(&Token::Eq);
                cursor.string()
            })?
            .into_iter()
            .try_for_each(|text| {
                #[allow(clippy::cast_precision_loss, reason = "a timeout in seconds")]
                let seconds = parse_interval(&text)? as f64 / 1e6;
                timeout = Some(seconds);
                Ok::<(), SqlError>(())
            })?;
    }
    cursor.end()?;
    Ok(Statement::Fetch {
        cursor: name,
        count,
        timeout,
    })
}

fn number(cursor: &mut Cursor<'_>) -> SqlResult<u64> {
    match cursor.peek() {
        Some(Token::Number(text, _)) => {
            let number = text.parse().map_err(|_| cursor.unexpected("a number"))?;
            cursor.advance();
            Ok(number)
        }
        Some(Token::SingleQuotedString(text)) => {
            let number = text.parse().map_err(|_| cursor.unexpected("a number"))?;
            cursor.advance();
            Ok(number)
        }
        _ => Err(cursor.unexpected("a number")),
    }
}

fn subscribe(cursor: &mut Cursor<'_>) -> SqlResult<Subscribe> {
    cursor.expect("subscribe")?;
    cursor.accept("to");
    let query = if cursor.accept_token(&Token::LParen) {
        let query = query::parse(cursor.until(&[]))?;
        cursor.expect_token(&Token::RParen)?;
        query
    } else {
        relation(cursor.name()?)?
    };
    let mut subscribe = Subscribe {
        query,
        progress: false,
        snapshot: true,
        as_of: None,
        up_to: None,
        upsert: None,
    };
    while !cursor.is_at_end() {
        clause(cursor, &mut subscribe)?;
    }
    Ok(subscribe)
}

fn clause(cursor: &mut Cursor<'_>, subscribe: &mut Subscribe) -> SqlResult<()> {
    if cursor.accept("with") {
        for (name, on) in cursor.list(option)? {
            match name.as_str() {
                "progress" => subscribe.progress = on,
                "snapshot" => subscribe.snapshot = on,
                _ => return Err(SqlError::syntax(format!("unknown SUBSCRIBE option {name}"))),
            }
        }
        Ok(())
    } else if cursor.accept("as of") {
        cursor.accept("at least");
        subscribe.as_of = Some(number(cursor)?);
        Ok(())
    } else if cursor.accept("up to") {
        subscribe.up_to = Some(number(cursor)?);
        Ok(())
    } else if cursor.accept("envelope upsert") {
        let keys = cursor.list(|cursor| {
            cursor.expect("key")?;
            cursor.list(Cursor::identifier)
        })?;
        subscribe.upsert = keys.into_iter().next();
        Ok(())
    } else if cursor.accept("within timestamp order by") {
        // Recorded: 08.
        Err(SqlError::unavailable(
            "`WITHIN TIMESTAMP ORDER BY ..`",
            "enable_within_timestamp_order_by_in_subscribe",
        ))
    } else {
        Err(cursor.unexpected("end of statement"))
    }
}

fn option(cursor: &mut Cursor<'_>) -> SqlResult<(String, bool)> {
    let name = cursor.identifier()?;
    cursor.accept_token(&Token::Eq);
    let on = if cursor.accept("false") || cursor.accept("off") {
        false
    } else {
        let _ = cursor.accept("true") || cursor.accept("on");
        true
    };
    Ok((name, on))
}

/// `SELECT * FROM name`, for a subscription to a relation.
fn relation(name: Vec<String>) -> SqlResult<Box<Query>> {
    let mut tokens = vec![
        Token::make_keyword("SELECT"),
        Token::Mul,
        Token::make_keyword("FROM"),
    ];
    for (at, part) in name.iter().enumerate() {
        if at > 0 {
            tokens.push(Token::Period);
        }
        tokens.push(Token::make_word(part, Some('"')));
    }
    query::parse(&tokens)
}
