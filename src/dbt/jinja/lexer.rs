//! From text to tokens. Template text between tags yields none: nobody asks for it.

use super::{SyntaxError, python};

/// Longer ones first.
const OPERATORS: [&str; 26] = [
    "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}",
    ">", "<", "=", ".", ":", "|", ",", ";",
];

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    BlockBegin,
    BlockEnd,
    VariableBegin,
    VariableEnd,
    Name(String),
    Text(String),
    Integer(String),
    Float(f64),
    Operator(&'static str),
    End,
}

pub(super) struct Lexer<'a> {
    rest: &'a str,
    tokens: Vec<Token>,
}

impl<'a> Lexer<'a> {
    /// `source` has `\n` at the end of its lines and nothing else there.
    pub fn new(source: &'a str) -> Self {
        Self {
            rest: source,
            tokens: Vec::new(),
        }
    }

    /// All tokens, the end apart.
    pub fn tokens(mut self) -> Result<Vec<Token>, SyntaxError> {
        while let Some(at) = self.next_tag() {
            let (begin, rest) = self.rest.split_at(at + 2);
            self.rest = rest;
            if begin.ends_with('%') && self.raw()? {
                continue;
            }
            self.rest = self.rest.strip_prefix(['-', '+']).unwrap_or(self.rest);
            match begin.as_bytes().last() {
                Some(b'#') => self.comment()?,
                Some(b'%') => self.tag(Token::BlockBegin, Token::BlockEnd)?,
                _ => self.tag(Token::VariableBegin, Token::VariableEnd)?,
            }
        }
        Ok(self.tokens)
    }

    fn next_tag(&self) -> Option<usize> {
        let bytes = self.rest.as_bytes();
        let pairs = bytes.windows(2);
        pairs
            .enumerate()
            .find(|(_, pair)| pair[0] == b'{' && matches!(pair[1], b'%' | b'{' | b'#'))
            .map(|(at, _)| at)
    }

    fn comment(&mut self) -> Result<(), SyntaxError> {
        let end = self.rest.find("#}");
        let end = end.ok_or_else(|| SyntaxError::new("a comment has no end"))?;
        self.rest = &self.rest[end + 2..];
        Ok(())
    }

    /// Skips a raw block, when this tag (behind `{%`) begins one.
    fn raw(&mut self) -> Result<bool, SyntaxError> {
        let Some(mut rest) = word_tag(self.rest, "raw") else {
            return Ok(false);
        };
        while let Some(at) = rest.find("{%") {
            rest = &rest[at + 2..];
            if let Some(behind) = word_tag(rest, "endraw") {
                self.rest = behind;
                return Ok(true);
            }
        }
        Err(SyntaxError::new("a raw block has no end"))
    }

    fn tag(&mut self, begin: Token, end: Token) -> Result<(), SyntaxError> {
        let closes: &[&str] = match end {
            Token::BlockEnd => &["+%}", "-%}", "%}"],
            _ => &["-}}", "}}"],
        };
        self.tokens.push(begin);
        let mut open: Vec<&str> = Vec::new();
        // A float does not begin right behind a dot.
        let mut behind_dot = false;
        loop {
            if open.is_empty()
                && let Some(rest) = closes
                    .iter()
                    .find_map(|close| self.rest.strip_prefix(close))
            {
                self.rest = rest;
                self.tokens.push(end);
                return Ok(());
            }
            let trimmed = self.rest.trim_start();
            if trimmed.len() < self.rest.len() {
                self.rest = trimmed;
                behind_dot = false;
                continue;
            }
            let Some(first) = self.rest.chars().next() else {
                return Ok(());
            };
            let token = self.token(first, behind_dot)?;
            behind_dot = token == Token::Operator(".");
            if let Token::Operator(operator) = token {
                balance(&mut open, operator)?;
            }
            self.tokens.push(token);
        }
    }

    fn token(&mut self, first: char, behind_dot: bool) -> Result<Token, SyntaxError> {
        if first.is_ascii_digit() {
            if !behind_dot && let Some(length) = float_length(self.rest) {
                let written = self.take(length).replace('_', "");
                let value = written.parse();
                return value
                    .map(Token::Float)
                    .map_err(|_| SyntaxError::new(format!("`{written}` is no number")));
            }
            let length = integer_length(self.rest);
            return Ok(Token::Integer(python::integer(self.take(length))));
        }
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        if is_word(first) {
            let length = self.rest.find(|c| !is_word(c)).unwrap_or(self.rest.len());
            return Ok(Token::Name(self.take(length).to_owned()));
        }
        if first == '\'' || first == '"' {
            return self.quoted(first);
        }
        let found = OPERATORS
            .iter()
            .find(|operator| self.rest.starts_with(**operator));
        let operator = found.ok_or_else(|| SyntaxError::new(format!("unexpected `{first}`")))?;
        self.take(operator.len());
        Ok(Token::Operator(operator))
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    fn quoted(&mut self, quote: char) -> Result<Token, SyntaxError> {
        let mut is_escaped = false;
        let end = self.rest.char_indices().skip(1).find(|(_, c)| {
            let ends = !is_escaped && *c == quote;
            is_escaped = !is_escaped && *c == '\\';
            ends
        });
        let (end, _) = end.ok_or_else(|| SyntaxError::new("a text has no end"))?;
        let written = self.take(end + 1);
        python::unescaped(&written[1..end]).map(Token::Text)
    }
}

/// What stands behind a tag that holds this word alone; `rest` begins behind `{%`.
fn word_tag<'t>(rest: &'t str, word: &str) -> Option<&'t str> {
    let rest = rest.strip_prefix(['-', '+']).unwrap_or(rest).trim_start();
    let rest = rest.strip_prefix(word)?.trim_start();
    let rest = if word == "raw" {
        rest.strip_prefix('-').unwrap_or(rest)
    } else {
        rest.strip_prefix(['-', '+']).unwrap_or(rest)
    };
    rest.strip_prefix("%}")
}

fn balance(open: &mut Vec<&'static str>, operator: &'static str) -> Result<(), SyntaxError> {
    match operator {
        "{" => open.push("}"),
        "(" => open.push(")"),
        "[" => open.push("]"),
        "}" | ")" | "]" if open.pop() != Some(operator) => {
            return Err(SyntaxError::new(format!("unexpected `{operator}`")));
        }
        _ => {}
    }
    Ok(())
}

/// The length of digits with single underscores between them.
fn digits(text: &str, is_digit: impl Fn(u8) -> bool) -> usize {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(|b| is_digit(*b));
    let mut length = 0;
    loop {
        if digit(length) {
            length += 1;
        } else if length > 0 && bytes.get(length) == Some(&b'_') && digit(length + 1) {
            length += 2;
        } else {
            return length;
        }
    }
}

fn float_length(text: &str) -> Option<usize> {
    let decimal = |text: &str| digits(text, |b| b.is_ascii_digit());
    let whole = decimal(text);
    let fraction = match text[whole..].strip_prefix('.').map(decimal) {
        Some(length @ 1..) => length + 1,
        _ => 0,
    };
    let mantissa = whole + fraction;
    let exponent = text[mantissa..].strip_prefix(['e', 'E']).and_then(|rest| {
        let unsigned = rest.strip_prefix(['+', '-']).unwrap_or(rest);
        let length = decimal(unsigned);
        (length > 0).then_some(1 + rest.len() - unsigned.len() + length)
    });
    match (fraction, exponent) {
        (0, None) => None,
        (_, exponent) => Some(mantissa + exponent.unwrap_or(0)),
    }
}

fn integer_length(text: &str) -> usize {
    let prefixed = |is_digit: fn(u8) -> bool| {
        let rest = &text[2..];
        let skipped = usize::from(rest.starts_with('_'));
        let length = digits(&rest[skipped..], is_digit);
        (length > 0).then_some(2 + skipped + length)
    };
    let found = match text.get(..2).map(str::to_lowercase).as_deref() {
        Some("0b") => prefixed(|b| matches!(b, b'0' | b'1')),
        Some("0o") => prefixed(|b| matches!(b, b'0'..=b'7')),
        Some("0x") => prefixed(|b| b.is_ascii_hexdigit()),
        _ => None,
    };
    found.unwrap_or_else(|| {
        if text.starts_with('0') {
            digits(text, |b| b == b'0')
        } else {
            digits(text, |b| b.is_ascii_digit())
        }
    })
}
