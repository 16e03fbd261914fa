//! The tokens of one statement, read from left to right.

use crate::error::{SqlError, SqlResult};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::tokenizer::{Location, Token, Tokenizer, Word};

/// One statement of a query string.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// As it was written.
    pub text: String,
    pub tokens: Vec<Token>,
}

/// Splits a query string into statements; empty ones are left out.
///
/// # Errors
/// 42601 where the text can't be tokenized.
pub fn split(sql: &str) -> SqlResult<Vec<Statement>> {
    let dialect = PostgreSqlDialect {};
    let tokens = Tokenizer::new(&dialect, sql)
        .tokenize_with_location()
        .map_err(|error| SqlError::syntax(error.message))?;
    let lines = line_starts(sql);
    let mut statements = Vec::new();
    let mut current = Vec::new();
    let mut start = 0;
    for token in tokens {
        match token.token {
            Token::Whitespace(_) | Token::EOF => {}
            Token::SemiColon => {
                let end = offset(sql, &lines, token.span.start);
                push(&mut statements, &mut current, sql.get(start..end));
                start = end + 1;
            }
            other => current.push(other),
        }
    }
    push(&mut statements, &mut current, sql.get(start..));
    Ok(statements)
}

fn push(statements: &mut Vec<Statement>, tokens: &mut Vec<Token>, text: Option<&str>) {
    if !tokens.is_empty() {
        statements.push(Statement {
            text: text.unwrap_or_default().trim().to_owned(),
            tokens: std::mem::take(tokens),
        });
    }
}

fn line_starts(sql: &str) -> Vec<usize> {
    let breaks = sql.match_indices('\n').map(|(at, _)| at + 1);
    std::iter::once(0).chain(breaks).collect()
}

/// The byte at which a location starts; lines and columns count from 1, columns in characters.
fn offset(sql: &str, lines: &[usize], location: Location) -> usize {
    let line = usize::try_from(location.line)
        .unwrap_or(1)
        .saturating_sub(1);
    let column = usize::try_from(location.column)
        .unwrap_or(1)
        .saturating_sub(1);
    let start = lines.get(line).copied().unwrap_or(sql.len());
    let rest = sql.get(start..).unwrap_or_default();
    let within = rest
        .char_indices()
        .nth(column)
        .map_or(rest.len(), |(at, _)| at);
    start + within
}

/// An identifier as the catalog stores it: bare words fold to lower case.
#[must_use]
pub fn fold(word: &Word) -> String {
    if word.quote_style.is_some() {
        word.value.clone()
    } else {
        word.value.to_lowercase()
    }
}

/// The statement as the server shows it in messages: keywords in capitals, names as they are.
#[must_use]
pub fn shown(tokens: &[Token]) -> String {
    let mut text = String::new();
    let mut glue = true;
    for token in tokens {
        let tight = matches!(
            token,
            Token::Period | Token::Comma | Token::RParen | Token::DoubleColon
        );
        if !glue && !tight {
            text.push(' ');
        }
        match token {
            Token::Word(word)
                if word.quote_style.is_none() && is_keyword(word) && !text.ends_with('.') =>
            {
                text.push_str(&word.value.to_uppercase());
            }
            token => text.push_str(&token.to_string()),
        }
        glue = matches!(token, Token::Period | Token::LParen | Token::DoubleColon);
    }
    text
}

fn is_keyword(word: &Word) -> bool {
    // Materialize's own, which sqlparser does not know.
    const MORE: [&str; 9] = [
        "sink",
        "subsource",
        "upsert",
        "debezium",
        "avro",
        "protobuf",
        "confluent",
        "registry",
        "kafka",
    ];
    word.keyword != sqlparser::keywords::Keyword::NoKeyword
        || MORE.contains(&word.value.to_lowercase().as_str())
}

/// Reads the tokens of one statement.
#[derive(Debug, Clone)]
pub struct Cursor<'a> {
    tokens: &'a [Token],
    at: usize,
}

impl<'a> Cursor<'a> {
    #[must_use]
    pub const fn new(tokens: &'a [Token]) -> Self {
        Self { tokens, at: 0 }
    }

    #[must_use]
    pub fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at)
    }

    pub fn advance(&mut self) -> Option<&'a Token> {
        let token = self.tokens.get(self.at)?;
        self.at += 1;
        Some(token)
    }

    #[must_use]
    pub fn is_at_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    /// What has not been read yet.
    #[must_use]
    pub fn rest(&self) -> &'a [Token] {
        self.tokens.get(self.at..).unwrap_or_default()
    }

    /// Reads the rest up to a bare keyword that stands outside parentheses, or to the end.
    pub fn until(&mut self, stops: &[&str]) -> &'a [Token] {
        let start = self.at;
        let mut depth = 0_usize;
        while let Some(token) = self.peek() {
            match token {
                Token::LParen => depth += 1,
                Token::RParen if depth == 0 => break,
                Token::RParen => depth -= 1,
                Token::Comma if depth == 0 && stops.contains(&",") => break,
                Token::Word(word)
                    if depth == 0
                        && word.quote_style.is_none()
                        && stops.iter().any(|s| word.value.eq_ignore_ascii_case(s)) =>
                {
                    break;
                }
                _ => {}
            }
            self.at += 1;
        }
        self.tokens.get(start..self.at).unwrap_or_default()
    }

    fn is_word(&self, offset: usize, expected: &str) -> bool {
        matches!(self.tokens.get(self.at + offset), Some(Token::Word(word))
            if word.quote_style.is_none() && word.value.eq_ignore_ascii_case(expected))
    }

    /// Reads these words if they come next, else nothing.
    pub fn accept(&mut self, words: &str) -> bool {
        let count = words.split(' ').count();
        let all = words
            .split(' ')
            .enumerate()
            .all(|(offset, word)| self.is_word(offset, word));
        if all {
            self.at += count;
        }
        all
    }

    /// Whether these words come next.
    #[must_use]
    pub fn sees(&self, words: &str) -> bool {
        words
            .split(' ')
            .enumerate()
            .all(|(offset, word)| self.is_word(offset, word))
    }

    /// # Errors
    /// 42601 naming what was expected and what was found.
    pub fn expect(&mut self, words: &str) -> SqlResult<()> {
        if self.accept(words) {
            Ok(())
        } else {
            Err(self.unexpected(&words.to_uppercase()))
        }
    }

    pub fn accept_token(&mut self, token: &Token) -> bool {
        let found = self.peek() == Some(token);
        if found {
            self.at += 1;
        }
        found
    }

    /// # Errors
    /// 42601 naming what was expected and what was found.
    pub fn expect_token(&mut self, token: &Token) -> SqlResult<()> {
        if self.accept_token(token) {
            Ok(())
        } else {
            Err(self.unexpected(&token.to_string()))
        }
    }

    /// # Errors
    /// 42601 where another word follows.
    pub fn end(&self) -> SqlResult<()> {
        if self.is_at_end() {
            Ok(())
        } else {
            Err(self.unexpected("end of statement"))
        }
    }

    /// The syntax error of a real server: `Expected FOR, found IN` (recorded: 04).
    #[must_use]
    pub fn unexpected(&self, expected: &str) -> SqlError {
        let found = match self.peek() {
            None => "EOF".to_owned(),
            Some(Token::Word(word)) if word.quote_style.is_some() => {
                format!("identifier \"{}\"", word.value)
            }
            Some(Token::Word(word)) => {
                if word.keyword == sqlparser::keywords::Keyword::NoKeyword {
                    format!("identifier \"{}\"", word.value.to_lowercase())
                } else {
                    word.value.to_uppercase()
                }
            }
            Some(Token::SingleQuotedString(text)) => format!("string literal \"{text}\""),
            Some(Token::Number(number, _)) => format!("number \"{number}\""),
            Some(token) => format!("operator \"{token}\""),
        };
        SqlError::syntax(format!("Expected {expected}, found {found}"))
    }

    /// # Errors
    /// 42601 where no identifier follows.
    pub fn identifier(&mut self) -> SqlResult<String> {
        match self.peek() {
            Some(Token::Word(word)) => {
                self.at += 1;
                Ok(fold(word))
            }
            _ => Err(self.unexpected("identifier")),
        }
    }

    /// A name with any number of parts.
    ///
    /// # Errors
    /// 42601 where no identifier follows.
    pub fn name(&mut self) -> SqlResult<Vec<String>> {
        let mut parts = vec![self.identifier()?];
        while self.accept_token(&Token::Period) {
            parts.push(self.identifier()?);
        }
        Ok(parts)
    }

    /// A list of whatever `read` reads, between parentheses.
    ///
    /// # Errors
    /// 42601, or what `read` says.
    pub fn list<T>(&mut self, read: impl Fn(&mut Self) -> SqlResult<T>) -> SqlResult<Vec<T>> {
        self.expect_token(&Token::LParen)?;
        let mut all = Vec::new();
        if self.accept_token(&Token::RParen) {
            return Ok(all);
        }
        loop {
            all.push(read(self)?);
            if self.accept_token(&Token::RParen) {
                return Ok(all);
            }
            self.expect_token(&Token::Comma)?;
        }
    }

    /// # Errors
    /// 42601, or what `read` says.
    pub fn separated<T>(&mut self, read: impl Fn(&mut Self) -> SqlResult<T>) -> SqlResult<Vec<T>> {
        let mut all = vec![read(self)?];
        while self.accept_token(&Token::Comma) {
            all.push(read(self)?);
        }
        Ok(all)
    }

    /// A string constant, in single quotes or between dollars.
    ///
    /// # Errors
    /// 42601 where none follows.
    pub fn string(&mut self) -> SqlResult<String> {
        let text = match self.peek() {
            Some(Token::SingleQuotedString(text) | Token::EscapedStringLiteral(text)) => {
                text.clone()
            }
            Some(Token::DollarQuotedString(quoted)) => quoted.value.clone(),
            _ => return Err(self.unexpected("literal string")),
        };
        self.at += 1;
        Ok(text)
    }

    /// `IF EXISTS`, if it comes next.
    pub fn if_exists(&mut self) -> bool {
        self.accept("if exists")
    }

    pub fn if_not_exists(&mut self) -> bool {
        self.accept("if not exists")
    }
}

/// A name as it was written, one part per identifier.
pub type Name = Vec<String>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_at_semicolons_outside_constants() {
        let statements = split("begin; comment on schema a is 'x;y';; -- end\n commit").unwrap();
        assert_eq!(statements.len(), 3);
        assert_eq!(shown(&statements[0].tokens), "BEGIN");
        assert_eq!(statements[1].text, "comment on schema a is 'x;y'");
    }

    #[test]
    fn shows_statements_as_the_server_does() {
        let statements = split("alter sink sinks.totals_sink set from srcs.totals").unwrap();
        assert_eq!(
            shown(&statements[0].tokens),
            "ALTER SINK sinks.totals_sink SET FROM srcs.totals"
        );
        assert_eq!(
            shown(&split("create schema a1").unwrap()[0].tokens),
            "CREATE SCHEMA a1"
        );
    }
}
