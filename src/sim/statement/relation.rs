//! CREATE TABLE, VIEW, MATERIALIZED VIEW and INDEX.

use super::Name;
use super::query;
use super::tokens::{Cursor, shown};
use crate::error::{SqlError, SqlResult};
use crate::time::{parse_interval, parse_timestamp};
use crate::types::SqlType;
use sqlparser::ast::{Expr, Query};
use sqlparser::tokenizer::Token;

#[derive(Debug, Clone)]
pub struct ColumnSpec {
    pub name: String,
    pub ty: SqlType,
    pub not_null: bool,
}

#[derive(Debug, Clone)]
pub enum TableOf {
    Columns(Vec<ColumnSpec>),
    /// FROM SOURCE .. (REFERENCE ..).
    Source {
        source: Name,
        reference: Name,
    },
}

#[derive(Debug, Clone)]
pub struct CreateTable {
    pub name: Name,
    pub if_not_exists: bool,
    pub temporary: bool,
    pub of: TableOf,
    /// RETAIN HISTORY FOR, as it was written.
    pub retain: Option<String>,
}

#[derive(Debug, Clone)]
pub struct CreateView {
    pub name: Name,
    pub or_replace: bool,
    pub if_not_exists: bool,
    pub temporary: bool,
    pub columns: Vec<String>,
    pub query: Box<Query>,
}

/// `REFRESH = ..` before its times are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefreshSpec {
    OnCommit,
    /// Microseconds.
    Every {
        interval: i64,
        aligned_to: Option<i64>,
    },
    /// Microseconds since the epoch; `None` for the creation.
    At(Option<i64>),
}

#[derive(Debug, Clone)]
pub struct CreateMaterializedView {
    pub name: Name,
    /// The one that it waits to replace.
    pub replaces: Option<Name>,
    pub or_replace: bool,
    pub if_not_exists: bool,
    pub columns: Vec<String>,
    /// `None` for the session's cluster.
    pub cluster: Option<String>,
    pub refresh: RefreshSpec,
    /// RETAIN HISTORY FOR, as it was written.
    pub retain: Option<String>,
    pub assert_not_null: Vec<String>,
    pub partition_by: Vec<String>,
    pub query: Box<Query>,
}

#[derive(Debug, Clone)]
pub struct CreateIndex {
    /// `None` for a name of the server's choice.
    pub name: Option<String>,
    pub if_not_exists: bool,
    pub cluster: Option<String>,
    pub on: Name,
    /// `None` for the default key.
    pub keys: Option<Vec<Expr>>,
    /// RETAIN HISTORY FOR, as it was written.
    pub retain: Option<String>,
}

pub fn parse_table(cursor: &mut Cursor<'_>, temporary: bool) -> SqlResult<CreateTable> {
    let if_not_exists = cursor.if_not_exists();
    let name = cursor.name()?;
    let of = if cursor.accept("from source") {
        let source = cursor.name()?;
        let references = cursor.list(|cursor| {
            cursor.expect("reference")?;
            cursor.accept_token(&Token::Eq);
            cursor.name()
        })?;
        let reference = references
            .into_iter()
            .next()
            .ok_or_else(|| SqlError::syntax("Expected REFERENCE"))?;
        TableOf::Source { source, reference }
    } else {
        TableOf::Columns(cursor.list(column)?)
    };
    let retain = only_retain(cursor)?;
    cursor.end()?;
    Ok(CreateTable {
        name,
        if_not_exists,
        temporary,
        of,
        retain,
    })
}

fn column(cursor: &mut Cursor<'_>) -> SqlResult<ColumnSpec> {
    let name = cursor.identifier()?;
    let ty = type_name(cursor)?;
    let mut column = ColumnSpec {
        name,
        ty,
        not_null: false,
    };
    loop {
        if cursor.accept("not null") {
            column.not_null = true;
        } else if cursor.accept("null") {
            column.not_null = false;
        } else if cursor.accept("default") {
            return Err(SqlError::unsupported("DEFAULT in CREATE TABLE"));
        } else {
            return Ok(column);
        }
    }
}

/// A type: schema, words, modifiers and brackets.
pub fn type_name(cursor: &mut Cursor<'_>) -> SqlResult<SqlType> {
    const LONG: [&str; 4] = [
        "double precision",
        "character varying",
        "timestamp with time zone",
        "timestamp without time zone",
    ];
    let long = LONG.iter().find(|words| cursor.accept(words));
    let mut name = match long {
        Some(words) => (*words).to_owned(),
        None => {
            let parts = cursor.name()?;
            parts.last().cloned().unwrap_or_default()
        }
    };
    if cursor.peek() == Some(&Token::LParen) {
        cursor.list(|cursor| {
            cursor.advance();
            Ok(())
        })?;
    }
    if cursor.accept_token(&Token::LBracket) {
        cursor.expect_token(&Token::RBracket)?;
        name.push_str("[]");
    } else if cursor.accept("list") {
        name.push_str(" list");
    }
    SqlType::by_name(&name).ok_or_else(|| SqlError::plan(format!("type \"{name}\" does not exist")))
}

fn with_options(
    cursor: &mut Cursor<'_>,
    mut each: impl FnMut(&[Token]) -> SqlResult<()>,
) -> SqlResult<()> {
    if !cursor.accept("with") {
        return Ok(());
    }
    cursor.expect_token(&Token::LParen)?;
    loop {
        each(cursor.until(&[","]))?;
        if cursor.accept_token(&Token::RParen) {
            return Ok(());
        }
        cursor.expect_token(&Token::Comma)?;
    }
}

fn columns(cursor: &mut Cursor<'_>) -> SqlResult<Vec<String>> {
    if cursor.peek() == Some(&Token::LParen) {
        cursor.list(Cursor::identifier)
    } else {
        Ok(Vec::new())
    }
}

fn body(cursor: &mut Cursor<'_>) -> SqlResult<Box<Query>> {
    cursor.expect("as")?;
    query::parse(cursor.rest())
}

pub fn parse_view(
    cursor: &mut Cursor<'_>,
    or_replace: bool,
    temporary: bool,
) -> SqlResult<CreateView> {
    Ok(CreateView {
        if_not_exists: cursor.if_not_exists(),
        name: cursor.name()?,
        or_replace,
        temporary,
        columns: columns(cursor)?,
        query: body(cursor)?,
    })
}

pub fn parse_materialized_view(
    cursor: &mut Cursor<'_>,
    or_replace: bool,
    is_replacement: bool,
) -> SqlResult<CreateMaterializedView> {
    let if_not_exists = cursor.if_not_exists();
    let name = cursor.name()?;
    let mut replaces = None;
    if is_replacement {
        cursor.expect("for")?;
        replaces = Some(cursor.name()?);
    }
    let columns = columns(cursor)?;
    let cluster = in_cluster(cursor)?;
    let mut refresh = RefreshSpec::OnCommit;
    let mut retain = None;
    let (mut assert_not_null, mut partition_by) = (Vec::new(), Vec::new());
    with_options(cursor, |words| {
        let mut option = Cursor::new(words);
        if option.accept("refresh") {
            refresh = refresh_spec(&mut option)?;
        } else if option.accept("retain history") {
            retain = Some(retain_spec(&mut option)?);
        } else if option.accept("assert not null") {
            option.accept_token(&Token::Eq);
            assert_not_null.push(option.identifier()?);
        } else if option.accept("partition by") {
            option.accept_token(&Token::Eq);
            partition_by = option.list(Cursor::identifier)?;
        } else {
            return Err(option.unexpected("a materialized view option"));
        }
        option.end()
    })?;
    Ok(CreateMaterializedView {
        name,
        replaces,
        or_replace,
        if_not_exists,
        columns,
        cluster,
        refresh,
        retain,
        assert_not_null,
        partition_by,
        query: body(cursor)?,
    })
}

/// `RETAIN HISTORY = FOR '1hr'`, behind its first two words.
fn retain_spec(option: &mut Cursor<'_>) -> SqlResult<String> {
    option.accept_token(&Token::Eq);
    option.expect("for")?;
    let text = option.string()?;
    parse_interval(&text)?;
    Ok(text)
}

/// WITH where nothing but RETAIN HISTORY is known.
fn only_retain(cursor: &mut Cursor<'_>) -> SqlResult<Option<String>> {
    let mut retain = None;
    with_options(cursor, |words| {
        let mut option = Cursor::new(words);
        if !option.accept("retain history") {
            return Err(SqlError::unsupported(format!("WITH ({})", shown(words))));
        }
        retain = Some(retain_spec(&mut option)?);
        option.end()
    })?;
    Ok(retain)
}

fn refresh_spec(option: &mut Cursor<'_>) -> SqlResult<RefreshSpec> {
    option.accept_token(&Token::Eq);
    if option.accept("on commit") {
        return Ok(RefreshSpec::OnCommit);
    }
    if option.accept("at") {
        let at = if option.accept("creation") {
            None
        } else {
            Some(parse_timestamp(&option.string()?)?)
        };
        return Ok(RefreshSpec::At(at));
    }
    option.expect("every")?;
    option.accept("interval");
    let interval = parse_interval(&option.string()?)?;
    let aligned_to = if option.accept("aligned to") {
        Some(parse_timestamp(&option.string()?)?)
    } else {
        None
    };
    Ok(RefreshSpec::Every {
        interval,
        aligned_to,
    })
}

pub fn in_cluster(cursor: &mut Cursor<'_>) -> SqlResult<Option<String>> {
    if cursor.accept("in cluster") {
        cursor.identifier().map(Some)
    } else {
        Ok(None)
    }
}

pub fn parse_index(cursor: &mut Cursor<'_>) -> SqlResult<CreateIndex> {
    let default = cursor.accept("default");
    cursor.expect("index")?;
    let if_not_exists = cursor.if_not_exists();
    let name = if cursor.sees("in cluster") || cursor.sees("on") {
        None
    } else {
        Some(cursor.identifier()?)
    };
    let cluster = in_cluster(cursor)?;
    cursor.expect("on")?;
    let on = cursor.name()?;
    if cursor.accept("using") {
        cursor.identifier()?;
    }
    let keys = if default {
        None
    } else {
        Some(cursor.list(|cursor| query::parse_expression(cursor.until(&[","])))?)
    };
    let retain = only_retain(cursor)?;
    cursor.end()?;
    Ok(CreateIndex {
        name,
        if_not_exists,
        cluster,
        on,
        keys,
        retain,
    })
}
