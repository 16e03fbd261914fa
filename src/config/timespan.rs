//! Lengths of time as people write them: `500ms`, `15s`, `1m 30s`, `10 minutes`.

use jiff::SignedDuration;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt, str::FromStr, time::Duration};

/// A length of time, never negative, and never so long that no clock can tell when it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timespan(Duration);

/// The text is no length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTimespan {
    #[error("`{0}` is not a length of time")]
    Unreadable(String),
    #[error("`{0}` is longer than a year")]
    TooLong(String),
}

/// A whole number of seconds, as profiles and URLs write a length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seconds(pub Duration);

impl FromStr for Seconds {
    type Err = InvalidTimespan;

    fn from_str(text: &str) -> Result<Self, InvalidTimespan> {
        let seconds = text.parse();
        let seconds = seconds.map_err(|_| InvalidTimespan::Unreadable(text.to_owned()))?;
        bounded(Duration::from_secs(seconds), text).map(Self)
    }
}

fn bounded(span: Duration, text: &str) -> Result<Duration, InvalidTimespan> {
    if span > Timespan::LONGEST.0 {
        return Err(InvalidTimespan::TooLong(text.to_owned()));
    }
    Ok(span)
}

impl Timespan {
    const LONGEST: Self = Self::from_secs(366 * 24 * 60 * 60);

    #[must_use]
    pub const fn from_millis(milliseconds: u64) -> Self {
        Self(Duration::from_millis(milliseconds))
    }

    #[must_use]
    pub const fn from_secs(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    #[must_use]
    pub const fn duration(self) -> Duration {
        self.0
    }
}

impl From<Timespan> for Duration {
    fn from(span: Timespan) -> Self {
        span.0
    }
}

impl From<Duration> for Timespan {
    fn from(span: Duration) -> Self {
        Self(span)
    }
}

impl FromStr for Timespan {
    type Err = InvalidTimespan;

    fn from_str(text: &str) -> Result<Self, InvalidTimespan> {
        let invalid = || InvalidTimespan::Unreadable(text.to_owned());
        let signed: SignedDuration = text.trim().parse().map_err(|_| invalid())?;
        let span = Duration::try_from(signed).map_err(|_| invalid())?;
        bounded(span, text).map(Self)
    }
}

/// `1m 30s`: reads back as the same length.
impl fmt::Display for Timespan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match SignedDuration::try_from(self.0) {
            Ok(signed) => write!(f, "{signed:#}"),
            Err(_) => write!(f, "{}s", self.0.as_secs()),
        }
    }
}

impl<'de> Deserialize<'de> for Timespan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

impl Serialize for Timespan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, milliseconds) in [
            ("500ms", 500),
            ("15s", 15_000),
            ("1m 30s", 90_000),
            ("10 minutes", 600_000),
            (" 1s ", 1_000),
        ] {
            assert_eq!(
                text.parse::<Timespan>(),
                Ok(Timespan::from_millis(milliseconds)),
                "{text}"
            );
        }
    }

    #[test]
    fn refuses_numbers_without_a_unit_and_negative_lengths() {
        for text in ["15", "", "-1s", "1s ago", "soon"] {
            assert!(text.parse::<Timespan>().is_err(), "{text}");
        }
    }

    #[test]
    fn refuses_what_no_clock_can_tell_the_end_of() {
        for text in ["8785h", "1000000000000000s"] {
            let told = text.parse::<Timespan>().unwrap_err().to_string();
            assert_eq!(told, format!("`{text}` is longer than a year"));
        }
        let told = "18446744073709551615".parse::<Seconds>().unwrap_err();
        assert!(told.to_string().ends_with(" is longer than a year"));
        assert_eq!("8784h".parse(), Ok(Timespan::LONGEST));
        let year = "31622400".parse::<Seconds>();
        assert_eq!(year, Ok(Seconds(Timespan::LONGEST.0)));
    }

    #[test]
    fn what_it_shows_reads_back() {
        for milliseconds in [0, 1, 500, 1_000, 90_500, 3_600_000] {
            let span = Timespan::from_millis(milliseconds);
            assert_eq!(span.to_string().parse(), Ok(span), "{span}");
        }
    }
}
