//! Instants and intervals as text and as numbers: microseconds throughout.

use crate::error::{SqlError, SqlResult};
use jiff::Timestamp;
use jiff::tz::TimeZone;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// Reads an interval: `1s`, `500 ms`, `1 day`, `01:00:00`, `1 day 02:03:04.5`. A month counts 30 days.
///
/// # Errors
/// XX000 in the server's words.
pub fn parse_interval(text: &str) -> SqlResult<i64> {
    let bad = || {
        SqlError::plan(format!(
            "invalid input syntax for type interval: {:?}",
            text
        ))
    };
    let mut total = 0_i64;
    let mut number: Option<f64> = None;
    for token in interval_tokens(text) {
        if let Some(clock) = parse_clock(&token) {
            total += clock;
        } else if let Ok(value) = token.parse::<f64>() {
            if number.replace(value).is_some() {
                return Err(bad());
            }
        } else {
            let unit = unit_micros(&token).ok_or_else(bad)?;
            let count = number.take().ok_or_else(bad)?;
            total += micros(count * unit);
        }
    }
    // A bare number counts seconds.
    total += number.map_or(0, |seconds| micros(seconds * 1e6));
    if text.trim().is_empty() {
        return Err(bad());
    }
    Ok(total)
}

fn micros(value: f64) -> i64 {
    #[allow(
        clippy::cast_possible_truncation,
        reason = "saturates, which is far beyond any interval in use"
    )]
    let micros = value.round() as i64;
    micros
}

/// Splits `1day 2 ms` into `1`, `day`, `2`, `ms`; clock times stay whole.
fn interval_tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    for word in text.split_whitespace() {
        let split = word.find(|c: char| c.is_ascii_alphabetic());
        match split {
            Some(at) if at > 0 && !word.contains(':') => {
                tokens.push(word[..at].to_owned());
                tokens.push(word[at..].to_lowercase());
            }
            _ => tokens.push(word.to_lowercase()),
        }
    }
    tokens
}

fn parse_clock(token: &str) -> Option<i64> {
    if !token.contains(':') {
        return None;
    }
    let (sign, token) = token.strip_prefix('-').map_or((1, token), |t| (-1, t));
    let mut parts = token.split(':');
    let hours: f64 = parts.next()?.parse().ok()?;
    let minutes: f64 = parts.next()?.parse().ok()?;
    let seconds: f64 = parts.next().map_or(Some(0.0), |s| s.parse().ok())?;
    Some(sign * micros((hours * 3600.0 + minutes * 60.0 + seconds) * 1e6))
}

fn unit_micros(unit: &str) -> Option<f64> {
    let seconds = match unit.trim_end_matches('s') {
        "u" | "microsecond" => 1e-6,
        "m" if unit == "ms" => 1e-3,
        "millisecond" | "msec" => 1e-3,
        "" if unit == "s" => 1.0,
        "sec" | "second" => 1.0,
        "m" | "min" | "minute" => 60.0,
        "h" | "hr" | "hour" => 3600.0,
        "d" | "day" => 86_400.0,
        "w" | "week" => 604_800.0,
        "mon" | "month" => 2_592_000.0,
        "y" | "yr" | "year" => 31_557_600.0,
        _ => return None,
    };
    Some(seconds * 1e6)
}

/// As Postgres writes it: `01:00:00`, `1 day`, `2 days 00:00:01.5`.
#[must_use]
pub fn show_interval(micros: i64) -> String {
    let days = micros / DAY;
    let rest = micros % DAY;
    let plural = if days.abs() == 1 { "" } else { "s" };
    let clock = show_clock(rest);
    match (days, rest) {
        (0, _) => clock,
        (days, 0) => format!("{days} day{plural}"),
        (days, _) => format!("{days} day{plural} {clock}"),
    }
}

fn show_clock(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let micros = micros.abs();
    let seconds = micros / SECOND;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let fraction = show_fraction(micros % SECOND);
    format!("{sign}{hours:02}:{minutes:02}:{seconds:02}{fraction}")
}

fn show_fraction(micros: i64) -> String {
    if micros == 0 {
        String::new()
    } else {
        format!(".{micros:06}").trim_end_matches('0').to_owned()
    }
}

/// `2026-11-20 09:34:12.165493+00`.
#[must_use]
pub fn show_timestamptz(micros: i64) -> String {
    format!("{}+00", show_timestamp(micros))
}

/// `2026-11-20 09:34:12.165493`.
#[must_use]
pub fn show_timestamp(micros: i64) -> String {
    let Ok(instant) = Timestamp::from_microsecond(micros) else {
        return "infinity".to_owned();
    };
    let civil = instant.to_zoned(TimeZone::UTC).datetime();
    let fraction = show_fraction(micros.rem_euclid(SECOND));
    format!("{}{fraction}", civil.strftime("%Y-%m-%d %H:%M:%S"))
}

/// Reads an instant; without an offset it is UTC.
///
/// # Errors
/// XX000 in the server's words.
pub fn parse_timestamp(text: &str) -> SqlResult<i64> {
    let bad = || {
        SqlError::plan(format!(
            "invalid input syntax for type timestamp with time zone: {text:?}"
        ))
    };
    let trimmed = text.trim();
    let normal = trimmed.replacen(' ', "T", 1);
    let whole = if normal.len() == 10 {
        format!("{normal}T00:00:00Z")
    } else if normal.ends_with('Z') {
        normal
    } else if let Some(offset) = normal
        .rfind(['+'])
        .or_else(|| normal.rfind('-').filter(|at| *at > 10))
    {
        let (before, tail) = normal.split_at(offset);
        match tail.len() {
            2 => format!("{before}{}0{}:00", &tail[..1], &tail[1..]),
            3 => format!("{normal}:00"),
            _ => normal,
        }
    } else {
        format!("{normal}Z")
    };
    whole
        .parse::<Timestamp>()
        .map(Timestamp::as_microsecond)
        .map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_read_in_every_spelling() {
        for (text, expected) in [
            ("1s", SECOND),
            ("500ms", SECOND / 2),
            ("1 day", DAY),
            ("1 hour", 3600 * SECOND),
            ("01:00:00", 3600 * SECOND),
            ("1 day 00:00:01.5", DAY + 3 * SECOND / 2),
            ("3 minutes", 180 * SECOND),
        ] {
            assert_eq!(parse_interval(text), Ok(expected), "{text}");
        }
        assert!(parse_interval("soon").is_err());
    }

    #[test]
    fn intervals_are_written_as_recorded() {
        assert_eq!(show_interval(SECOND), "00:00:01");
        assert_eq!(show_interval(3600 * SECOND), "01:00:00");
        assert_eq!(show_interval(DAY), "1 day");
        assert_eq!(show_interval(2 * DAY + SECOND / 2), "2 days 00:00:00.5");
    }

    #[test]
    fn instants_are_written_as_recorded() {
        let micros = parse_timestamp("2026-11-20 09:34:12.165493+00").unwrap();
        assert_eq!(show_timestamptz(micros), "2026-11-20 09:34:12.165493+00");
        for offset in ["+00", "-0", "+00:00", "Z", ""] {
            let text = format!("2013-11-03 00:00:00{offset}");
            let micros = parse_timestamp(&text).unwrap_or_else(|_| panic!("{text}"));
            assert_eq!(show_timestamptz(micros), "2013-11-03 00:00:00+00");
        }
        let whole = parse_timestamp("2026-11-20").unwrap();
        assert_eq!(show_timestamptz(whole), "2026-11-20 00:00:00+00");
        assert_eq!(
            show_timestamptz(parse_timestamp("2026-11-20 10:33:08.227+00").unwrap()),
            "2026-11-20 10:33:08.227+00"
        );
    }
}
