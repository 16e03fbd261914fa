//! A pull reader over JSON text that reports where values are.

use super::escape::unescape;
use super::value::{Number, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Nesting beyond this is refused, as Python refuses it (its own limit is near 1,000).
const MAX_DEPTH: u16 = 500;

/// What is wrong with the text, and at which byte.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} at byte {at}")]
pub struct Malformed {
    pub what: &'static str,
    pub at: usize,
}

/// Where a value stands in its text, in bytes. The default span is empty: no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// Texts are shorter than 4 GiB: the manifest refuses longer ones before it reads them.
    fn new(start: usize, end: usize) -> Self {
        let clamp = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self {
            start: clamp(start),
            end: clamp(end),
        }
    }

    #[must_use]
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The value's text, or `None` for the empty span.
    #[must_use]
    pub fn of(self, text: &str) -> Option<&str> {
        if self.is_empty() {
            return None;
        }
        text.get(self.start as usize..self.end as usize)
    }
}

/// What kind of value comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Object,
    List,
    Text,
    Null,
    /// A number or a truth value.
    Scalar,
}

impl Kind {
    /// By the value's first byte.
    pub(super) fn of(first: Option<u8>) -> Self {
        match first {
            Some(b'{') => Self::Object,
            Some(b'[') => Self::List,
            Some(b'"') => Self::Text,
            Some(b'n') => Self::Null,
            _ => Self::Scalar,
        }
    }
}

/// Reads one JSON text from front to back.
#[derive(Debug)]
pub struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: u16,
}

impl<'t> Reader<'t> {
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        Self {
            text,
            at: 0,
            depth: 0,
        }
    }

    /// Parses a whole text that holds one value.
    ///
    /// # Errors
    /// When the text is not one JSON value.
    pub fn parse(text: &'t str) -> Result<Value, Malformed> {
        let mut reader = Self::new(text);
        let value = reader.value()?;
        reader.finish()?;
        Ok(value)
    }

    /// The kind of the next value; anything that is not a value counts as [`Kind::Scalar`] and fails when it is read.
    pub fn peek(&mut self) -> Kind {
        Kind::of(self.next_token())
    }

    /// Reads an object and calls `each` once per member; `each` has to read the member's value.
    ///
    /// # Errors
    /// When the text is malformed or `each` fails.
    pub fn object<E: From<Malformed>>(
        &mut self,
        mut each: impl FnMut(&mut Self, &str) -> Result<(), E>,
    ) -> Result<(), E> {
        self.enter(b'{', "expected an object")?;
        if self.next_token() == Some(b'}') {
            self.at += 1;
        } else {
            loop {
                let key = self.string()?;
                self.expect(b':', "expected `:`")?;
                each(self, &key)?;
                if self.ends(b'}', "expected `,` or `}`")? {
                    break;
                }
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// Reads a list and calls `each` once per item; `each` has to read the item.
    ///
    /// # Errors
    /// When the text is malformed or `each` fails.
    pub fn list<E: From<Malformed>>(
        &mut self,
        mut each: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.enter(b'[', "expected a list")?;
        if self.next_token() == Some(b']') {
            self.at += 1;
        } else {
            loop {
                each(self)?;
                if self.ends(b']', "expected `,` or `]`")? {
                    break;
                }
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// Checks the next value without decoding it and says where it stands.
    ///
    /// # Errors
    /// When the text is malformed.
    pub fn skip(&mut self) -> Result<Span, Malformed> {
        let kind = self.peek();
        let start = self.at;
        match kind {
            Kind::Object => self.object(|reader, _| reader.skip().map(drop))?,
            Kind::List => self.list(|reader| reader.skip().map(drop))?,
            Kind::Text => {
                self.raw_string()?;
            }
            Kind::Null | Kind::Scalar => {
                self.scalar()?;
            }
        }
        Ok(Span::new(start, self.at))
    }

    /// Like [`Reader::object`], and says where the object stands.
    ///
    /// # Errors
    /// When the text is malformed or `each` fails.
    pub fn object_span<E: From<Malformed>>(
        &mut self,
        each: impl FnMut(&mut Self, &str) -> Result<(), E>,
    ) -> Result<Span, E> {
        self.peek();
        let start = self.at;
        self.object(each)?;
        Ok(Span::new(start, self.at))
    }

    /// Decodes the next value.
    ///
    /// # Errors
    /// When the text is malformed.
    pub fn value(&mut self) -> Result<Value, Malformed> {
        match self.peek() {
            Kind::Object => {
                let mut members = BTreeMap::new();
                self.object(|reader, key| {
                    let key = Box::from(key);
                    members.insert(key, reader.value()?);
                    Ok::<_, Malformed>(())
                })?;
                Ok(Value::Map(members))
            }
            Kind::List => {
                let mut items = Vec::new();
                self.list(|reader| {
                    items.push(reader.value()?);
                    Ok::<_, Malformed>(())
                })?;
                Ok(Value::List(items))
            }
            Kind::Text => Ok(Value::Text(self.string()?.into())),
            Kind::Null | Kind::Scalar => self.scalar(),
        }
    }

    /// Decodes the next value, which has to be a string.
    ///
    /// # Errors
    /// When the text is malformed or the next value is not a string.
    pub fn string(&mut self) -> Result<Cow<'t, str>, Malformed> {
        if self.next_token() != Some(b'"') {
            return Err(self.malformed("expected a string"));
        }
        let start = self.at;
        let raw = self.raw_string()?;
        if raw.contains('\\') {
            unescape(raw).map(Cow::Owned).ok_or(Malformed {
                what: "invalid escape in a string",
                at: start,
            })
        } else {
            Ok(Cow::Borrowed(raw))
        }
    }

    /// Checks that nothing but white space is left.
    ///
    /// # Errors
    /// When something is.
    pub fn finish(&mut self) -> Result<(), Malformed> {
        match self.next_token() {
            None => Ok(()),
            Some(_) => Err(self.malformed("extra text after the end of the value")),
        }
    }

    fn malformed(&self, what: &'static str) -> Malformed {
        Malformed { what, at: self.at }
    }

    fn bytes(&self) -> &'t [u8] {
        self.text.as_bytes()
    }

    fn next_token(&mut self) -> Option<u8> {
        while let Some(byte) = self.bytes().get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), Malformed> {
        if self.next_token() == Some(byte) {
            self.at += 1;
            Ok(())
        } else {
            Err(self.malformed(what))
        }
    }

    fn enter(&mut self, open: u8, what: &'static str) -> Result<(), Malformed> {
        self.expect(open, what)?;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.malformed("values are nested too deeply"));
        }
        Ok(())
    }

    /// After a member or an item: true at the closing character, false at a comma.
    fn ends(&mut self, close: u8, what: &'static str) -> Result<bool, Malformed> {
        let found = self.next_token();
        if found == Some(close) || found == Some(b',') {
            self.at += 1;
            Ok(found == Some(close))
        } else {
            Err(self.malformed(what))
        }
    }

    /// The text between the quotes of a string, escapes untouched; stands at the opening quote before, behind the closing one after.
    fn raw_string(&mut self) -> Result<&'t str, Malformed> {
        let bytes = self.bytes();
        let start = self.at + 1;
        let mut end = start;
        loop {
            let rest = bytes.get(end..).unwrap_or_default();
            match memchr::memchr2(b'"', b'\\', rest) {
                Some(found) if rest[found] == b'"' => {
                    end += found;
                    break;
                }
                Some(found) => end += found + 2,
                None => return Err(self.malformed("unterminated string")),
            }
        }
        let control = |byte: &u8| *byte < b' ';
        // Without a branch for each byte: no string that dbt writes holds one.
        if bytes[start..end]
            .iter()
            .fold(false, |any, byte| any | control(byte))
        {
            let found = bytes[start..end].iter().position(control);
            self.at = start + found.unwrap_or_default();
            return Err(self.malformed("control character in a string"));
        }
        self.at = end + 1;
        self.text.get(start..end).ok_or(Malformed {
            what: "invalid escape in a string",
            at: start,
        })
    }

    fn scalar(&mut self) -> Result<Value, Malformed> {
        const WORDS: [(&str, Value); 6] = [
            ("null", Value::Null),
            ("true", Value::Bool(true)),
            ("false", Value::Bool(false)),
            ("NaN", Value::Number(Number::Float(f64::NAN))),
            ("Infinity", Value::Number(Number::Float(f64::INFINITY))),
            ("-Infinity", Value::Number(Number::Float(f64::NEG_INFINITY))),
        ];
        let rest = self.text.get(self.at..).unwrap_or_default();
        for (word, value) in WORDS {
            if rest.starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        let length = number_length(rest.as_bytes());
        match rest.get(..length).and_then(Number::parse) {
            Some(number) => {
                self.at += length;
                Ok(Value::Number(number))
            }
            None => Err(self.malformed("expected a value")),
        }
    }
}

/// The length of the number at the front, 0 where there is none: `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?`.
fn number_length(bytes: &[u8]) -> usize {
    let digits = |from: usize| {
        bytes
            .get(from..)
            .unwrap_or_default()
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count()
    };
    let sign = usize::from(bytes.first() == Some(&b'-'));
    let mut length = match bytes.get(sign) {
        Some(b'0') => sign + 1,
        Some(b'1'..=b'9') => sign + digits(sign),
        _ => return 0,
    };
    if bytes.get(length) == Some(&b'.') && digits(length + 1) > 0 {
        length += 1 + digits(length + 1);
    }
    if matches!(bytes.get(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
        let exponent = digits(length + 1 + sign);
        if exponent > 0 {
            length += 1 + sign + exponent;
        }
    }
    length
}
