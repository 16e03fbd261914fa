//! The tokens of `CREATE CLUSTER "name" (OPTION = value, ...)`, and the lists that they make.

use super::{ClusterOption, OptionValue, UnreadableOptions};

/// How deep lists may stand in lists: the server's stand two deep.
const DEPTH: usize = 8;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// A bare word, as it was written.
    Word(String),
    /// A quoted name, unquoted.
    Name(String),
    Text(String),
    Number(String),
    /// One of `( ) , = ;`.
    Mark(char),
}

/// Reads tokens from left to right.
pub(super) struct Scanner {
    tokens: Vec<Token>,
    at: usize,
}

impl Scanner {
    pub(super) fn new(sql: &str) -> Result<Self, UnreadableOptions> {
        let mut tokens = Vec::new();
        let mut rest = sql.trim_start();
        while let Some(c) = rest.chars().next() {
            let (token, length) = match c {
                '"' => quoted(rest, '"').map(|(text, length)| (Token::Name(text), length)),
                '\'' => quoted(rest, '\'').map(|(text, length)| (Token::Text(text), length)),
                '(' | ')' | ',' | '=' | ';' => Some((Token::Mark(c), 1)),
                '0'..='9' => {
                    let number = run(rest, |c| c.is_ascii_digit() || c == '.');
                    Some((Token::Number(number.to_owned()), number.len()))
                }
                'A'..='Z' | 'a'..='z' | '_' => {
                    let word = run(rest, |c| c.is_ascii_alphanumeric() || c == '_');
                    Some((Token::Word(word.to_owned()), word.len()))
                }
                _ => None,
            }
            .ok_or_else(|| form(rest))?;
            tokens.push(token);
            rest = rest[length..].trim_start();
        }
        Ok(Self { tokens, at: 0 })
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn accept(&mut self, mark: char) -> bool {
        let found = self.peek() == Some(&Token::Mark(mark));
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, mark: char) -> Result<(), UnreadableOptions> {
        if self.accept(mark) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    pub(super) fn accept_word(&mut self, word: &str) -> bool {
        let found =
            matches!(self.peek(), Some(Token::Word(found)) if found.eq_ignore_ascii_case(word));
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect_words(&mut self, words: &str) -> Result<(), UnreadableOptions> {
        for word in words.split(' ') {
            if !self.accept_word(word) {
                return Err(self.unexpected());
            }
        }
        Ok(())
    }

    /// A name, quoted or bare; the server folds bare ones to lower case.
    pub(super) fn name(&mut self) -> Result<String, UnreadableOptions> {
        match self.next() {
            Some(Token::Name(name)) => Ok(name),
            Some(Token::Word(word)) => Ok(word.to_lowercase()),
            _ => {
                self.at -= 1;
                Err(self.unexpected())
            }
        }
    }

    /// Nothing more, but for a semicolon.
    pub(super) fn end(&mut self) -> Result<(), UnreadableOptions> {
        self.accept(';');
        if self.peek().is_none() {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    /// `(NAME = value, ...)`.
    pub(super) fn list(&mut self) -> Result<Vec<ClusterOption>, UnreadableOptions> {
        self.list_within(DEPTH)
    }

    fn list_within(&mut self, depth: usize) -> Result<Vec<ClusterOption>, UnreadableOptions> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(self.unexpected());
        };
        self.expect('(')?;
        let mut entries = Vec::new();
        if self.accept(')') {
            return Ok(entries);
        }
        loop {
            entries.push(self.entry(depth)?);
            if self.accept(')') {
                return Ok(entries);
            }
            self.expect(',')?;
        }
    }

    fn entry(&mut self, depth: usize) -> Result<ClusterOption, UnreadableOptions> {
        let name = self.words().to_uppercase();
        let value = if self.accept('=') {
            self.value(depth)?
        } else {
            match self.peek() {
                Some(Token::Mark(',' | ')')) if !name.is_empty() => OptionValue::Absent,
                Some(Token::Mark('(')) => OptionValue::List(self.list_within(depth)?),
                _ => self.value(depth)?,
            }
        };
        Ok(ClusterOption { name, value })
    }

    fn value(&mut self, depth: usize) -> Result<OptionValue, UnreadableOptions> {
        if self.peek() == Some(&Token::Mark('(')) {
            return Ok(OptionValue::List(self.list_within(depth)?));
        }
        match self.peek().cloned() {
            Some(Token::Text(text)) => {
                self.at += 1;
                Ok(OptionValue::Text(text))
            }
            Some(Token::Number(number)) => {
                self.at += 1;
                Ok(OptionValue::Number(number))
            }
            Some(Token::Word(_)) => self.worded(depth),
            _ => Err(self.unexpected()),
        }
    }

    /// `MANUAL`, `INTERVAL '1s'`, `ON REFRESH (...)`.
    fn worded(&mut self, depth: usize) -> Result<OptionValue, UnreadableOptions> {
        let words = self.words();
        match self.peek().cloned() {
            Some(Token::Text(text)) if words.eq_ignore_ascii_case("INTERVAL") => {
                self.at += 1;
                Ok(OptionValue::Interval(text))
            }
            Some(Token::Mark('(')) => Ok(OptionValue::Clause(words, self.list_within(depth)?)),
            _ => Ok(OptionValue::Words(words)),
        }
    }

    /// The bare words that come next, with single blanks; may be none.
    fn words(&mut self) -> String {
        let mut words: Vec<String> = Vec::new();
        while let Some(Token::Word(word)) = self.peek() {
            words.push(word.clone());
            self.at += 1;
        }
        words.join(" ")
    }

    fn unexpected(&self) -> UnreadableOptions {
        match self.peek() {
            None => UnreadableOptions::Form("its end".to_owned()),
            Some(
                Token::Word(text) | Token::Name(text) | Token::Text(text) | Token::Number(text),
            ) => form(text),
            Some(Token::Mark(mark)) => UnreadableOptions::Form(format!("`{mark}`")),
        }
    }
}

/// The start of what could not be read, quoted.
fn form(rest: &str) -> UnreadableOptions {
    let start: String = rest.chars().take(30).collect();
    UnreadableOptions::Form(format!("{start:?}"))
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> &str {
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    &text[..end]
}

/// The quoted text that `sql` begins with, unquoted, and its length with quotes; doubled quotes belong to it.
fn quoted(sql: &str, quote: char) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut at = 1;
    loop {
        let found = sql[at..].find(quote)?;
        text.push_str(&sql[at..at + found]);
        at += found + 1;
        if !sql[at..].starts_with(quote) {
            return Some((text, at));
        }
        text.push(quote);
        at += 1;
    }
}
