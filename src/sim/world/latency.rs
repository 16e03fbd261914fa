//! How long a world's statements take.

use std::str::FromStr;
use std::time::Duration;

/// How long statements take, in time here: it is what who waits for them feels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Latency {
    /// No longer than the simulator needs.
    #[default]
    None,
    /// This long, each of them.
    Each(Duration),
    /// As long as on a real server, by kind (recorded: v26.39), with its waits: under `strict serializable` for the tick of what is told
    /// once a second, and for the catalog to show the last DDL.
    Real,
}

/// What no latency is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no latency: it is `none`, `real`, or a time for each statement such as `20ms`")]
pub struct NoLatency(String);

impl FromStr for Latency {
    type Err = NoLatency;

    fn from_str(text: &str) -> Result<Self, NoLatency> {
        let each = |text: &str| {
            let span: jiff::SignedDuration = text.parse().ok()?;
            Duration::try_from(span).ok()
        };
        match text {
            "none" => Ok(Self::None),
            "real" => Ok(Self::Real),
            text => each(text)
                .map(Self::Each)
                .ok_or_else(|| NoLatency(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latency_is_a_word_or_a_time() {
        assert_eq!("real".parse(), Ok(Latency::Real));
        assert_eq!("none".parse(), Ok(Latency::None));
        let each = Latency::Each(Duration::from_millis(20));
        assert_eq!("20ms".parse(), Ok(each));
        assert!("slow".parse::<Latency>().is_err());
        assert!("-1s".parse::<Latency>().is_err());
    }
}
