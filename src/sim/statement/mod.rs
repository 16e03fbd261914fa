//! Statements, parsed.
//!
//! Queries go through `sqlparser`; everything that Materialize says differently from Postgres (which is all of DDL) is read by
//! hand from its tokens.

pub mod cluster;
pub mod custom_type;
pub mod ingest;
pub mod object;
mod object_kind;
mod parsed;
pub mod query;
pub mod relation;
pub mod rights;
pub mod settings;
pub mod show;
pub mod subscribe;
pub mod tokens;

pub use parsed::{CursorOf, Ddl, Statement};
pub use tokens::Name;

use crate::error::{SqlError, SqlResult};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::Token;
use tokens::Cursor;

/// Parses one statement.
///
/// # Errors
/// 42601 for what is not SQL, 0A000 for what the simulator does not know.
pub fn parse(tokens: &[Token]) -> SqlResult<Statement> {
    let mut cursor = Cursor::new(tokens);
    let Some(Token::Word(first)) = cursor.peek() else {
        return match cursor.peek() {
            Some(Token::LParen) => query::parse(tokens).map(Statement::Select),
            _ => Err(cursor.unexpected("a keyword at the beginning of a statement")),
        };
    };
    match first.keyword {
        Keyword::SELECT | Keyword::WITH | Keyword::VALUES | Keyword::TABLE => {
            query::parse(tokens).map(Statement::Select)
        }
        Keyword::INSERT | Keyword::UPDATE | Keyword::DELETE => {
            query::parse_dml(tokens).map(Statement::Dml)
        }
        Keyword::CREATE => parse_create(&mut cursor).map(ddl),
        Keyword::ALTER => parse_alter(&mut cursor).map(ddl),
        Keyword::DROP => object::parse_drop(&mut cursor).map(ddl),
        Keyword::COMMENT => object::parse_comment(&mut cursor).map(ddl),
        Keyword::GRANT | Keyword::REVOKE => rights::parse_grant(&mut cursor).map(ddl),
        Keyword::SHOW => show::parse(&mut cursor).map(Statement::Show),
        _ if cursor.sees("reassign") => object::parse_reassign(&mut cursor).map(ddl),
        _ => parse_other(tokens, &mut cursor),
    }
}

fn ddl(ddl: Ddl) -> Statement {
    Statement::Ddl(Box::new(ddl))
}

fn parse_other(tokens: &[Token], cursor: &mut Cursor<'_>) -> SqlResult<Statement> {
    if let Some(statement) = settings::parse(cursor)? {
        return Ok(statement);
    }
    if let Some(statement) = subscribe::parse(cursor)? {
        return Ok(statement);
    }
    match cursor.peek() {
        Some(Token::Word(word)) if word.keyword == Keyword::NoKeyword => {
            Err(cursor.unexpected("a keyword at the beginning of a statement"))
        }
        _ => Err(SqlError::unsupported(tokens::shown(tokens))),
    }
}

fn parse_create(cursor: &mut Cursor<'_>) -> SqlResult<Ddl> {
    let statement = cursor.clone();
    cursor.expect("create")?;
    let or_replace = cursor.accept("or replace");
    let temporary = cursor.accept("temporary") || cursor.accept("temp");
    if cursor.accept("view") {
        relation::parse_view(cursor, or_replace, temporary).map(Ddl::CreateView)
    } else if cursor.accept("materialized view") {
        relation::parse_materialized_view(cursor, or_replace, false)
            .map(Ddl::CreateMaterializedView)
    } else if cursor.accept("replacement materialized view") {
        relation::parse_materialized_view(cursor, false, true).map(Ddl::CreateMaterializedView)
    } else if cursor.accept("table") {
        relation::parse_table(cursor, temporary).map(Ddl::CreateTable)
    } else if cursor.sees("default index") || cursor.sees("index") {
        relation::parse_index(cursor).map(Ddl::CreateIndex)
    } else if cursor.accept("source") {
        ingest::parse_source(cursor).map(Ddl::CreateSource)
    } else if cursor.accept("sink") {
        ingest::parse_sink(cursor).map(Ddl::CreateSink)
    } else if cursor.accept("connection") {
        ingest::parse_connection(cursor).map(Ddl::CreateConnection)
    } else if cursor.accept("cluster replica") {
        cluster::parse_create_replica(cursor)
    } else if cursor.accept("cluster") {
        cluster::parse_create(cursor)
    } else if cursor.accept("type") {
        custom_type::parse_type(cursor).map(Ddl::CreateType)
    } else {
        object::parse_create(cursor, &statement)
    }
}

fn parse_alter(cursor: &mut Cursor<'_>) -> SqlResult<Ddl> {
    let statement = cursor.clone();
    cursor.expect("alter")?;
    if cursor.accept("default privileges") {
        return rights::parse_default_privileges(cursor).map(Ddl::DefaultPrivileges);
    }
    if cursor.accept("system") {
        return settings::parse_alter_system(cursor);
    }
    object::parse_alter(cursor, &statement)
}
