//! How numbers become words on the screen, and how texts are cut to a width.

use crate::domain::board::Board;
use crate::domain::environment::Side;
use crate::domain::escape::{is_obeyed, visible};
use crate::domain::name::ObjectId;
use crate::domain::object::ObjectKind;
use crate::domain::snapshot::Lag;
use crate::ops::secrets::hide;
use std::borrow::Cow;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A span of time in at most six columns: `0.3 s`, `12 s`, `3m20s`, `2h05m`, `4d`.
#[must_use]
pub fn span(millis: u64) -> String {
    let seconds = millis / 1000;
    match seconds {
        0..10 => format!("{}.{} s", seconds, millis % 1000 / 100),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{}h{:02}m", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// Lag for a cell; `?` where it is unknown.
#[must_use]
pub fn lag(lag: Lag) -> String {
    match lag {
        Lag::Millis(millis) => span(millis),
        Lag::Unknown => "?".to_owned(),
    }
}

/// A difference of lags: `+1.2 s`, `-0.4 s`, `=` when it is below a tenth of a second.
#[must_use]
pub fn difference(millis: i64) -> String {
    let sign = if millis < 0 { "-" } else { "+" };
    match millis.unsigned_abs() {
        0..100 => "=".to_owned(),
        size => format!("{sign}{}", span(size)),
    }
}

/// The kind in a word that fits a narrow column.
#[must_use]
pub fn kind(kind: &ObjectKind) -> &str {
    match kind {
        ObjectKind::MaterializedView => "mat. view",
        other => other.as_str(),
    }
}

/// What a side is called: after a promote the deployment side holds the retired production.
#[must_use]
pub fn side(side: Side, board: &Board) -> &'static str {
    match side {
        Side::Production => "blue",
        Side::Deployment if board.holds_retired() => "retired",
        Side::Deployment => "green",
    }
}

/// `schema.name` of an object, with its database in front only where that is not the environment's.
#[must_use]
pub fn object(board: &Board, id: &ObjectId) -> String {
    let name = board.snapshot.catalog.display_name(id);
    let database = format!("{}.", board.environment.database);
    name.strip_prefix(&database)
        .map_or(name.clone(), str::to_owned)
}

/// The text as the screen shows it: blanks for tabs and line ends, and what a terminal would obey written out, so that the text is as
/// wide as it looks. Secrets are hidden.
#[must_use]
pub fn shown(text: &str) -> Cow<'_, str> {
    match hide(text) {
        Cow::Borrowed(text) => flat(text),
        Cow::Owned(text) => Cow::Owned(flat(&text).into_owned()),
    }
}

fn flat(text: &str) -> Cow<'_, str> {
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let flat = text.replace('\t', "    ").replace(['\n', '\r'], " ");
    Cow::Owned(visible(&flat).into_owned())
}

/// As [`shown`], line by line.
#[must_use]
pub fn shown_lines(text: &str) -> Cow<'_, str> {
    let text = hide(text);
    if !text.contains(is_obeyed) {
        return text;
    }
    let lines: Vec<Cow<'_, str>> = text
        .split('\n')
        .map(|line| flat(line.trim_end_matches('\r')))
        .collect();
    Cow::Owned(lines.join("\n"))
}

/// The text cut to `width` columns, with `ellipsis` where something is missing.
#[must_use]
pub fn cut(text: &str, width: usize, ellipsis: &str) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(ellipsis.width());
    let mut used = 0;
    let mut short: String = text
        .chars()
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= room
        })
        .collect();
    if width >= ellipsis.width() {
        short.push_str(ellipsis);
    }
    short
}

/// The text in lines of at most `width` columns, broken at blanks where there are any.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    if width == 0 {
        return Vec::new();
    }
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        for word in paragraph.split_inclusive(' ') {
            if !line.is_empty() && line.width() + word.trim_end().width() > width {
                lines.push(line.trim_end().to_owned());
                line = String::new();
            }
            let mut rest = word;
            while line.width() + rest.trim_end().width() > width {
                let at = columns_end(rest, width);
                lines.push(rest[..at].to_owned());
                rest = &rest[at..];
            }
            line.push_str(rest);
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// The text in two: as much as fits into `width` columns, and what is left.
#[must_use]
pub fn split(text: &str, width: usize) -> (&str, &str) {
    let mut used = 0;
    let end = text.char_indices().find(|(_, c)| {
        used += c.width().unwrap_or(0);
        used > width
    });
    text.split_at(end.map_or(text.len(), |(at, _)| at))
}

/// The byte position after at most `width` columns, and after one character at least.
fn columns_end(text: &str, width: usize) -> usize {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += c.width().unwrap_or(0);
        if used > width && at > 0 {
            return at;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spans_fit_six_columns_and_keep_their_unit() {
        for (millis, text) in [
            (0, "0.0 s"),
            (340, "0.3 s"),
            (9_999, "9.9 s"),
            (12_700, "12 s"),
            (200_000, "3m20s"),
            (7_500_000, "2h05m"),
            (400_000_000, "4d"),
        ] {
            assert_eq!(span(millis), text);
        }
        assert_eq!(difference(-1_250), "-1.2 s");
        assert_eq!(difference(99), "=");
    }

    #[test]
    fn what_is_shown_is_as_wide_as_it_looks() {
        assert_eq!(shown("a\u{202e}b\tc\n"), "a\\u{202e}b    c ");
        assert_eq!(shown_lines("a\r\n\u{1b}[1mb"), "a\n\\u{1b}[1mb");
    }

    #[test]
    fn secrets_are_hidden_before_anything_is_cut() {
        crate::ops::secrets::keep("a\tfull secret", &[]);
        assert_eq!(shown("is a\tfull secret"), "is ***");
        assert_eq!(shown_lines("is\na\tfull secret\t!"), "is\n***    !");
    }

    proptest! {
        #[test]
        fn what_is_cut_or_wrapped_fits(text in "[a-zÄ漢 \\n]{0,80}", width in 2usize..40) {
            prop_assert!(cut(&text.replace('\n', " "), width, "…").width() <= width);
            for line in wrap(&text, width) {
                prop_assert!(line.width() <= width, "{:?} in {}", line, width);
            }
        }

        #[test]
        fn wrapping_loses_no_letter(text in "[a-z ]{0,80}", width in 1usize..30) {
            let letters = |text: &str| text.replace(' ', "");
            prop_assert_eq!(letters(&wrap(&text, width).concat()), letters(&text));
        }
    }
}
