//! A JSON object of any size, read member by member from where it lies.

use super::reader::{Kind, Malformed, Reader};
use std::io::{self, Read};

/// How much is read at once, in bytes.
const CHUNK: usize = 1 << 20;

/// Why a stream can't be read on.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Positions of bytes are kept in 32 bits.
    #[error("it is larger than 4 GiB")]
    TooLarge,
}

/// One value of a stream, as it is spelled there.
#[derive(Debug, Clone, Copy)]
pub struct Passage<'t> {
    pub text: &'t str,
    /// At which byte of the stream it begins.
    start: usize,
}

impl<'t> Passage<'t> {
    /// Reads the whole passage.
    ///
    /// # Errors
    /// When `read` fails or leaves something; the error names the byte of the stream.
    pub fn read<T>(
        self,
        read: impl FnOnce(&mut Reader<'t>) -> Result<T, Malformed>,
    ) -> Result<T, Malformed> {
        let mut reader = Reader::new(self.text);
        let read = read(&mut reader).and_then(|value| {
            reader.finish()?;
            Ok(value)
        });
        read.map_err(|malformed| Malformed {
            at: malformed.at + self.start,
            ..malformed
        })
    }
}

/// Reads one JSON text from front to back and holds no more of it than the value at hand.
#[derive(Debug)]
pub struct Stream<R> {
    from: R,
    buffer: Vec<u8>,
    /// Where the next value or token stands in the buffer.
    at: usize,
    /// How many bytes stood before the buffer.
    passed: usize,
    ended: bool,
}

impl<R: Read> Stream<R> {
    pub fn new(from: R) -> Self {
        Self {
            from,
            buffer: Vec::new(),
            at: 0,
            passed: 0,
            ended: false,
        }
    }

    /// What the bytes came from.
    pub fn into_inner(self) -> R {
        self.from
    }

    /// The kind of the next value; anything that is not a value counts as [`Kind::Scalar`] and fails when it is read.
    ///
    /// # Errors
    /// When the bytes can't be read.
    pub fn peek(&mut self) -> Result<Kind, StreamError> {
        Ok(Kind::of(self.token()?))
    }

    /// Reads an object and calls `each` once per member; `each` has to read the member's value.
    ///
    /// # Errors
    /// When the bytes can't be read, the text is malformed, or `each` fails.
    pub fn object<E: From<StreamError>>(
        &mut self,
        mut each: impl FnMut(&mut Self, &str) -> Result<(), E>,
    ) -> Result<(), E> {
        self.expect(b'{', "expected an object")?;
        if self.token()? == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            let key = self.value()?;
            let key = key.read(|reader| reader.string().map(String::from));
            let key = key.map_err(StreamError::from)?;
            self.expect(b':', "expected `:`")?;
            each(self, &key)?;
            match self.token()? {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(self.malformed("expected `,` or `}`").into()),
            }
        }
        self.at += 1;
        Ok(())
    }

    /// The next value, which nothing has checked yet but for being text.
    ///
    /// # Errors
    /// When the bytes can't be read or are no text.
    pub fn value(&mut self) -> Result<Passage<'_>, StreamError> {
        self.token()?;
        let length = self.length_of_value()?;
        let (start, from) = (self.passed + self.at, self.at);
        self.at += length;
        let text = std::str::from_utf8(&self.buffer[from..self.at]).map_err(|error| Malformed {
            what: "invalid UTF-8",
            at: start + error.valid_up_to(),
        })?;
        Ok(Passage { text, start })
    }

    /// Passes over the next value if it is spelled like this one, which has to be an object, a list or a string.
    ///
    /// # Errors
    /// When the bytes can't be read.
    pub fn passes(&mut self, like: &str) -> Result<bool, StreamError> {
        self.token()?;
        while self.buffer.len() - self.at < like.len() && self.fill()? {}
        let is_alike = self.buffer[self.at..].starts_with(like.as_bytes());
        if is_alike {
            self.at += like.len();
        }
        Ok(is_alike)
    }

    /// Checks the next value and passes over it.
    ///
    /// # Errors
    /// When the bytes can't be read or the value is malformed.
    pub fn skip(&mut self) -> Result<(), StreamError> {
        Ok(self.value()?.read(|reader| reader.skip().map(drop))?)
    }

    /// Checks that nothing but white space is left.
    ///
    /// # Errors
    /// When something is, or the bytes can't be read.
    pub fn finish(&mut self) -> Result<(), StreamError> {
        match self.token()? {
            None => Ok(()),
            Some(_) => Err(self.malformed("extra text after the end of the value")),
        }
    }

    fn malformed(&self, what: &'static str) -> StreamError {
        let at = self.passed + self.at;
        StreamError::Malformed(Malformed { what, at })
    }

    fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), StreamError> {
        if self.token()? == Some(byte) {
            self.at += 1;
            Ok(())
        } else {
            Err(self.malformed(what))
        }
    }

    /// The next byte that is no white space; `None` at the end. Bytes that were passed are let go.
    fn token(&mut self) -> Result<Option<u8>, StreamError> {
        loop {
            while let Some(byte) = self.buffer.get(self.at) {
                if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                    return Ok(Some(*byte));
                }
                self.at += 1;
            }
            self.buffer.clear();
            self.passed += self.at;
            self.at = 0;
            if !self.fill()? {
                return Ok(None);
            }
        }
    }

    /// Reads on; `false` at the end.
    fn fill(&mut self) -> Result<bool, StreamError> {
        if self.ended {
            return Ok(false);
        }
        if self.at >= CHUNK {
            self.buffer.drain(..self.at);
            self.passed += self.at;
            self.at = 0;
        }
        let wanted = u64::try_from(CHUNK).unwrap_or(u64::MAX);
        let read = (&mut self.from)
            .take(wanted)
            .read_to_end(&mut self.buffer)?;
        self.ended = read == 0;
        if u32::try_from(self.passed + self.buffer.len()).is_err() {
            return Err(StreamError::TooLarge);
        }
        Ok(!self.ended)
    }

    /// How long the next value is, in bytes; where it is cut short, all that is left.
    fn length_of_value(&mut self) -> Result<usize, StreamError> {
        let mut scan = Scan::default();
        loop {
            if let Some(length) = scan.length(&self.buffer[self.at..]) {
                return Ok(length);
            }
            if !self.fill()? {
                return Ok(self.buffer.len() - self.at);
            }
        }
    }
}

/// The search for the end of a value: counts brackets outside of strings, and leaves it to a [`Reader`] to say what is wrong.
#[derive(Debug, Default)]
struct Scan {
    at: usize,
    depth: usize,
    in_string: bool,
}

impl Scan {
    /// How long the value is; `None` while its end is not among the bytes, which may only grow from call to call.
    fn length(&mut self, bytes: &[u8]) -> Option<usize> {
        loop {
            if self.in_string {
                self.string(bytes)?;
                if self.depth == 0 {
                    return Some(self.at);
                }
            }
            match bytes.get(self.at)? {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.depth > 1 => self.depth -= 1,
                b'}' | b']' => return Some(self.at + self.depth),
                b',' | b':' | b' ' | b'\n' | b'\r' | b'\t' if self.depth == 0 => {
                    return Some(self.at);
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    /// Goes behind the closing quote.
    fn string(&mut self, bytes: &[u8]) -> Option<()> {
        while self.in_string {
            let rest = bytes.get(self.at..)?;
            let Some(found) = memchr::memchr2(b'"', b'\\', rest) else {
                self.at = bytes.len();
                return None;
            };
            let is_escape = rest[found] == b'\\';
            self.at += found;
            if is_escape {
                bytes.get(self.at + 1)?;
            }
            self.at += 1 + usize::from(is_escape);
            self.in_string = is_escape;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives its bytes one by one, so that every place is the end of a reading once.
    struct Drops<'b>(&'b [u8]);

    impl Read for Drops<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let length = self.0.len().min(out.len()).min(1);
            out[..length].copy_from_slice(&self.0[..length]);
            self.0 = &self.0[length..];
            Ok(length)
        }
    }

    /// The members as they are spelled, or what is wrong.
    fn members(text: &[u8]) -> Result<Vec<(String, String)>, String> {
        let mut stream = Stream::new(Drops(text));
        let mut found = Vec::new();
        let read = stream.object(|stream, key| {
            let value = stream.value()?;
            value.read(|reader| reader.skip().map(drop))?;
            found.push((key.to_owned(), value.text.to_owned()));
            Ok::<_, StreamError>(())
        });
        read.and_then(|()| stream.finish())
            .map(|()| found)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn finds_each_member_as_it_is_spelled() {
        let text = r#" {"a" : {"x":[1,{"y":"}"}]} ,"b\n":"q\"]\\", "c":-1.5e3 ,"d":null,"é":[] } "#;
        let found = members(text.as_bytes()).unwrap();
        let wanted = [
            ("a", r#"{"x":[1,{"y":"}"}]}"#),
            ("b\n", r#""q\"]\\""#),
            ("c", "-1.5e3"),
            ("d", "null"),
            ("é", "[]"),
        ];
        assert_eq!(
            found,
            wanted.map(|(key, value)| (key.to_owned(), value.to_owned()))
        );
        assert_eq!(members(b"{}"), Ok(Vec::new()));
    }

    #[test]
    fn says_at_which_byte_the_text_is_wrong() {
        for (text, wrong) in [
            (&b"[]"[..], "expected an object at byte 0"),
            (b"", "expected an object at byte 0"),
            (b" {\"a\":1,}", "expected a string at byte 8"),
            (b"{\"a\" 1}", "expected `:` at byte 5"),
            (b"{\"a\":1 2}", "expected `,` or `}` at byte 7"),
            (b"{\"a\":}", "expected a value at byte 5"),
            (b"{\"a\":[1,]}", "expected a value at byte 8"),
            (b"{\"a\":[1}}", "expected `,` or `]` at byte 7"),
            (b"{\"a\":\"b", "unterminated string at byte 5"),
            (b"{\"a\":1", "expected `,` or `}` at byte 6"),
            (b"{} x", "extra text after the end of the value at byte 3"),
            (b"{\"a\":\"b\xff\"}", "invalid UTF-8 at byte 7"),
        ] {
            assert_eq!(members(text).unwrap_err(), wrong, "{text:?}");
        }
    }

    #[test]
    fn passes_over_what_is_spelled_alike() {
        let mut stream = Stream::new(Drops(b" {\"a\": 1} {\"a\": 2}"));
        assert!(!stream.passes("{\"a\": 2}").unwrap());
        assert!(stream.passes("{\"a\": 1}").unwrap());
        assert!(!stream.passes("{\"a\": 2, \"b\": 3}").unwrap());
        assert!(stream.passes("{\"a\": 2}").unwrap());
        stream.finish().unwrap();
    }
}
