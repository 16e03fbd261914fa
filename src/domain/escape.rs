//! Text that is not ours, on its way to a person: what a terminal would obey instead of showing it.
//!
//! Names, comments, the server's errors and dbt's words can hold anything. Each sink escapes what it writes, whoever it comes from: the
//! command line in its sink, the cockpit in its canvas and its clipboard, saved files in its export.

use std::borrow::Cow;

/// Whether a terminal obeys this character, or turns round what follows it: C0 (ESC, CR, BEL, ...), DEL, C1 (CSI, OSC, ...), the
/// controls of writing direction (Unicode's `Bidi_Control`), and the separators that some readers take for line ends.
#[must_use]
pub fn is_obeyed(c: char) -> bool {
    c.is_control() || is_directional(c) || matches!(c, '\u{2028}' | '\u{2029}')
}

fn is_directional(c: char) -> bool {
    matches!(
        c,
        '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// The text in one line, with what would be obeyed written out: `\n`, `\u{1b}`, `\u{202e}`.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    written_out(text, is_obeyed)
}

/// As [`visible`], with line ends (`\n`) and tabs left as they are.
#[must_use]
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    written_out(text, |c| is_obeyed(c) && !matches!(c, '\n' | '\t'))
}

fn written_out(text: &str, obeyed: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&obeyed) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if obeyed(c) {
            // Of these, `escape_default` writes line ends and tabs short and the rest by their number.
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// The text without the colours of a terminal (`ESC [ ... m`): dbt colours its words even where nobody sees them.
#[must_use]
pub fn without_colours(text: &str) -> Cow<'_, str> {
    const START: &str = "\u{1b}[";
    if !text.contains(START) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(START) {
        let after = &rest[at + START.len()..];
        let digits = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        let (keep, next) = match digits.strip_prefix('m') {
            Some(next) => (at, next),
            None => (at + START.len(), after),
        };
        plain.push_str(&rest[..keep]);
        rest = next;
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_a_terminal_obeys_is_written_out() {
        assert_eq!(visible("a\u{1b}[2J\r\n\tb"), "a\\u{1b}[2J\\r\\n\\tb");
        assert_eq!(
            visible("\u{9b}31m\u{9d}0;x\u{7}"),
            "\\u{9b}31m\\u{9d}0;x\\u{7}"
        );
        assert_eq!(visible_lines("a\n\tb\rc"), "a\n\tb\\rc");
        for c in [
            '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}',
            '\u{2068}', '\u{2069}', '\u{200e}', '\u{200f}', '\u{61c}', '\u{7f}', '\u{85}',
        ] {
            assert!(is_obeyed(c), "{c:?}");
        }
        assert!(matches!(visible("Straße 漢字 🚀"), Cow::Borrowed(_)));
    }

    #[test]
    fn colours_go_and_nothing_else() {
        assert_eq!(without_colours("\u{1b}[32mOK\u{1b}[0m done"), "OK done");
        assert_eq!(without_colours("\u{1b}[1;31mno\u{1b}[2J"), "no\u{1b}[2J");
        assert_eq!(without_colours("\u{1b}["), "\u{1b}[");
    }

    proptest! {
        #[test]
        fn nothing_obeyed_is_left(text in any::<String>()) {
            prop_assert!(!visible(&text).contains(is_obeyed));
            prop_assert!(!visible_lines(&text).contains(|c| is_obeyed(c) && c != '\n' && c != '\t'));
            prop_assert!(matches!(visible(&visible(&text)), Cow::Borrowed(_)));
        }
    }
}
