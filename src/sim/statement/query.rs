//! Queries and DML, by `sqlparser`.

use crate::sim::error::{SqlError, SqlResult};
use sqlparser::ast::{Expr, Query, Statement};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Word};

/// The alias that stands for `.*` behind a function call, which `sqlparser` does not read. No SQL text can spell it.
pub const EXPAND: &str = "\u{1}.*";

static DIALECT: PostgreSqlDialect = PostgreSqlDialect {};

/// # Errors
/// 42601 for what `sqlparser` can't read.
pub fn parse(tokens: &[Token]) -> SqlResult<Box<Query>> {
    let mut parser = parser(tokens);
    let query = parser.parse_query().map_err(syntax)?;
    at_end(&parser)?;
    Ok(query)
}

/// # Errors
/// 42601 for what `sqlparser` can't read.
pub fn parse_dml(tokens: &[Token]) -> SqlResult<Box<Statement>> {
    let mut parser = parser(tokens);
    let statement = parser.parse_statement().map_err(syntax)?;
    at_end(&parser)?;
    Ok(Box::new(statement))
}

/// # Errors
/// 42601 for what `sqlparser` can't read.
pub fn parse_expression(tokens: &[Token]) -> SqlResult<Expr> {
    let mut parser = parser(tokens);
    let expression = parser.parse_expr().map_err(syntax)?;
    at_end(&parser)?;
    Ok(expression)
}

/// Parses SQL text of our own: SHOW commands and built-in views.
///
/// # Errors
/// 42601 for what can't be read.
pub fn parse_text(sql: &str) -> SqlResult<Box<Query>> {
    let statements = super::tokens::split(sql)?;
    let statement = statements
        .first()
        .ok_or_else(|| SqlError::syntax("an empty query"))?;
    parse(&statement.tokens)
}

fn parser(tokens: &[Token]) -> Parser<'static> {
    Parser::new(&DIALECT).with_tokens(mark_expansions(tokens))
}

fn at_end(parser: &Parser<'_>) -> SqlResult<()> {
    match parser.peek_token().token {
        Token::EOF => Ok(()),
        found => Err(SqlError::syntax(format!(
            "Expected end of statement, found {found}"
        ))),
    }
}

fn syntax(error: sqlparser::parser::ParserError) -> SqlError {
    let text = error.to_string();
    SqlError::syntax(text.trim_start_matches("sql parser error: "))
}

fn mark_expansions(tokens: &[Token]) -> Vec<Token> {
    let mut marked = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        marked.push(token.clone());
        at += 1;
        let expands = *token == Token::RParen
            && tokens.get(at) == Some(&Token::Period)
            && tokens.get(at + 1) == Some(&Token::Mul);
        if expands {
            marked.push(Token::make_keyword("AS"));
            marked.push(Token::Word(Word {
                value: EXPAND.to_owned(),
                quote_style: Some('"'),
                keyword: Keyword::NoKeyword,
            }));
            at += 2;
        }
    }
    marked
}
