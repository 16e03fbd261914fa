//! How an error is told: what happened, what lies behind it, and what to do next.
//!
//! The three are kept apart: a message never repeats its causes or says what to do, so that whoever tells it can say each once.

use std::error::Error;
use std::fmt;

/// An error that knows what to do next.
pub trait Remedy: Error {
    /// One clause without a full stop; `None` where the message says all that is known.
    fn remedy(&self) -> Option<String>;
}

/// What lies behind an error, as texts of which none repeats the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    text: String,
    source: Option<Box<Self>>,
}

impl Cause {
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            source: None,
        }
    }

    /// An error of others with its own causes; many repeat these in their message.
    #[must_use]
    pub fn of(error: &(dyn Error + 'static)) -> Self {
        let text = error.to_string();
        let Some(source) = error.source().map(Self::of) else {
            return Self::new(text);
        };
        let before = text.strip_suffix(&told(&source));
        match before.map(|before| before.trim_end_matches([':', ' '])) {
            Some("") => source,
            Some(before) => Self {
                text: before.to_owned(),
                source: Some(Box::new(source)),
            },
            None if text.contains(&source.text) => Self::new(text),
            None => Self {
                text,
                source: Some(Box::new(source)),
            },
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let source = self.source.as_deref()?;
        Some(source)
    }
}

/// `message: cause: its cause`, in one line.
#[must_use]
pub fn told(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

/// As [`told`], and what to do next, where that is known.
#[must_use]
pub fn told_with_remedy(error: &(impl Remedy + 'static)) -> String {
    let text = told(error);
    match error.remedy() {
        Some(remedy) => format!("{text}; {remedy}"),
        None => text,
    }
}

/// An error of others, kept with what to do next: for pictures, which know nothing of servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub cause: Cause,
    pub remedy: Option<String>,
    /// Whether the settings can't be used as they are, so that no other try can help.
    pub is_of_settings: bool,
}

impl Failure {
    /// One that no settings are to blame for and nothing is known to do about.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            cause: Cause::new(text),
            remedy: None,
            is_of_settings: false,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.source()
    }
}

impl Remedy for Failure {
    fn remedy(&self) -> Option<String> {
        self.remedy.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[derive(Debug, thiserror::Error)]
    #[error("{said}")]
    struct Other {
        said: &'static str,
        source: io::Error,
    }

    #[test]
    fn no_cause_is_told_twice() {
        let tell = |said| {
            let source = io::Error::other("refused");
            told(&Cause::of(&Other { said, source }))
        };
        assert_eq!(tell("no connection"), "no connection: refused");
        assert_eq!(tell("no connection: refused"), "no connection: refused");
        assert_eq!(
            tell("no connection (refused) now"),
            "no connection (refused) now"
        );
        assert_eq!(tell("refused"), "refused");
    }
}
