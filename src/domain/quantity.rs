//! Numbers of things in sentences.

use std::fmt::Display;
use std::time::Duration;

/// `1 object`, `3 objects`, `0 indexes`.
#[must_use]
pub fn count<N: Display + PartialEq + From<u8>>(number: N, noun: &str) -> String {
    let several = match noun {
        _ if number == N::from(1) => "",
        _ if noun.ends_with(['s', 'x']) => "es",
        _ => "s",
    };
    format!("{number} {noun}{several}")
}

/// `1 of 1 model`, `2 of 3 models`.
#[must_use]
pub fn part<N: Display + PartialEq + From<u8>>(number: N, total: N, noun: &str) -> String {
    format!("{number} of {}", count(total, noun))
}

/// Milliseconds as seconds for people: `1.5 s`.
#[must_use]
pub fn seconds(millis: u64) -> String {
    format!("{}.{} s", millis / 1000, millis % 1000 / 100)
}

/// A length of time for people, to the tenth of a second: `60 s`, `0.2 s`.
#[must_use]
pub fn span(length: Duration) -> String {
    let tenths = (length.as_secs_f64() * 10.0).round() / 10.0;
    format!("{tenths} s")
}

/// How long ago or how far off, for people: `45 s`, `12 min`, `24 h`.
#[must_use]
pub fn age(millis: u64) -> String {
    let seconds = millis / 1000;
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        _ => format!("{} h", (seconds + 1_800) / 3_600),
    }
}

/// How many names a sentence or a list for people takes; JSON has all of them.
pub const MOST_NAMED: usize = 10;

/// The names, the first [`MOST_NAMED`] of them where there are more: `a, b`, `a, b, ... and 3 more`.
#[must_use]
pub fn some_of(names: impl IntoIterator<Item = impl Display>) -> String {
    let mut names = names.into_iter();
    let named: Vec<String> = names
        .by_ref()
        .take(MOST_NAMED)
        .map(|name| name.to_string())
        .collect();
    match names.count() {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// The first name and how many more: `a`, `a and 3 more`. For sentences beside a list.
#[must_use]
pub fn first_of(names: impl IntoIterator<Item = impl Display>) -> String {
    let mut names = names.into_iter();
    let first = names
        .next()
        .map_or_else(String::new, |name| name.to_string());
    match names.count() {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

/// The form of a verb that fits a number: `agree(1, "does", "do")`.
#[must_use]
pub fn agree<'a>(number: usize, one: &'a str, several: &'a str) -> &'a str {
    if number == 1 { one } else { several }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_no_plural() {
        assert_eq!(count(1, "schema"), "1 schema");
        assert_eq!(count(0, "index"), "0 indexes");
        assert_eq!(part(1, 1, "model"), "1 of 1 model");
        assert_eq!(part(1, 2, "model"), "1 of 2 models");
        assert_eq!(span(Duration::from_millis(60_004)), "60 s");
        assert_eq!(span(Duration::from_millis(190)), "0.2 s");
        assert_eq!(agree(2, "does", "do"), "do");
        assert_eq!(age(119_999), "119 s");
        assert_eq!(age(7_199_000), "119 min");
        assert_eq!(age(86_000_000), "24 h");
        assert_eq!(some_of(["a", "b"]), "a, b");
        assert_eq!(first_of(["a"]), "a");
        assert_eq!(first_of(1..=3), "1 and 2 more");
        assert!(some_of(1..=12).ends_with("9, 10 and 2 more"));
    }
}
