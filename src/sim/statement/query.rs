//! Queries and DML, by `sqlparser`.

use crate::error::{SqlError, SqlResult};
use sqlparser::ast::{Expr, Query, Statement};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

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
    Parser::new(&DIALECT).with_tokens(readable(tokens))
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

/// Brings tokens into a form that `sqlparser` reads: `f(x).*` as an alias, `current_user()` without its parentheses.
fn readable(tokens: &[Token]) -> Vec<Token> {
    const BARE: [&str; 4] = ["current_user", "current_role", "session_user", "user"];
    let mut readable = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        readable.push(token.clone());
        at += 1;
        let next = (tokens.get(at), tokens.get(at + 1));
        match (token, next) {
            (Token::RParen, (Some(Token::Period), Some(Token::Mul))) => {
                readable.push(Token::make_keyword("AS"));
                readable.push(Token::make_word(EXPAND, Some('"')));
                at += 2;
            }
            (Token::Word(word), (Some(Token::LParen), Some(Token::RParen)))
                if BARE.contains(&word.value.to_lowercase().as_str()) =>
            {
                at += 2;
            }
            _ => {}
        }
    }
    readable
}
