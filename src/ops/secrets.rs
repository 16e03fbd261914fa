//! What must not be told: passwords, in whatever text of others they may turn up.
//!
//! No message of ours holds one. This is for what servers, dbt and typing errors repeat.

use std::borrow::Cow;
use std::sync::{PoisonError, RwLock};

/// A shorter text stands in too many words to be found again.
const SHORTEST: usize = 4;

const HIDDEN: &str = "***";

static SECRETS: RwLock<Vec<String>> = RwLock::new(Vec::new());

/// From now on this text is hidden, unless it is no secret: the name of something that is told anyway.
pub fn keep(secret: &str, public: &[&str]) {
    if secret.len() < SHORTEST || public.contains(&secret) {
        return;
    }
    let mut secrets = SECRETS.write().unwrap_or_else(PoisonError::into_inner);
    if !secrets.iter().any(|known| known == secret) {
        secrets.push(secret.to_owned());
        // A secret that holds another one must not be left with half of itself.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    }
}

/// The text with every secret as `***`, and every password of a URL, known or not.
#[must_use]
pub fn hide(text: &str) -> Cow<'_, str> {
    let mut shown = without_url_passwords(text);
    for secret in SECRETS
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .iter()
    {
        if shown.contains(secret.as_str()) {
            shown = Cow::Owned(shown.replace(secret.as_str(), HIDDEN));
        }
    }
    shown
}

/// Whether the text would be told whole: nothing in it is a secret.
#[must_use]
pub fn is_public(text: &str) -> bool {
    hide(text) == text
}

/// A JSON text, as a serializer wrote it, with the secrets hidden in its values, however they are escaped there; still JSON.
#[must_use]
pub fn hide_in_json(text: &str) -> Cow<'_, str> {
    let mut shown = String::new();
    let (mut copied, mut at) = (0, 0);
    while let Some(start) = text[at..].find('"').map(|found| at + found) {
        at = string_end(text, start);
        // The names of fields are ours.
        if text[at..].trim_start().starts_with(':') {
            continue;
        }
        let value: String = serde_json::from_str(&text[start..at]).unwrap_or_default();
        if let Cow::Owned(hidden) = hide(&value)
            && hidden != value
        {
            shown.push_str(&text[copied..start]);
            shown.push_str(&serde_json::Value::from(hidden).to_string());
            copied = at;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    shown.push_str(&text[copied..]);
    Cow::Owned(shown)
}

/// Behind the quote that ends the string which begins here.
fn string_end(text: &str, start: usize) -> usize {
    let mut is_escaped = false;
    let end = text[start + 1..].find(|c| {
        let ends = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        ends
    });
    end.map_or(text.len(), |end| start + end + 2)
}

/// `scheme://user:password@host`: what stands between the first colon and the last `@` of a word.
fn without_url_passwords(text: &str) -> Cow<'_, str> {
    let mut shown = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        let end = after
            .find(|c: char| c.is_whitespace() || "'\"`".contains(c))
            .unwrap_or(after.len());
        let (word, further) = after.split_at(end);
        let password = word.rfind('@').and_then(|at| {
            let colon = word[..at].find(':')?;
            Some((colon + 1, at))
        });
        shown.push_str(before);
        shown.push_str("://");
        match password {
            Some((start, end)) => {
                shown.push_str(&word[..start]);
                shown.push_str(HIDDEN);
                shown.push_str(&word[end..]);
            }
            None => shown.push_str(word),
        }
        rest = further;
    }
    if rest.len() == text.len() {
        return Cow::Borrowed(text);
    }
    shown.push_str(rest);
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_hidden_and_public_names_are_not() {
        keep("correct horse", &["materialize"]);
        keep("correct horse battery", &[]);
        keep("materialize", &["materialize"]);
        keep("abc", &[]);
        assert_eq!(
            hide("abc correct horse battery of materialize: correct horse"),
            "abc *** of materialize: ***"
        );
    }

    #[test]
    fn json_stays_json_and_its_names_stay() {
        keep("a\"b\nc", &[]);
        keep("own_field", &[]);
        let text = r#"{"own_field": ["xa\"b\ncx", "own_field", {"a\\": "\\a\"b\n"}], "n": 1}"#;
        let hidden = r#"{"own_field": ["x***x", "***", {"a\\": "\\a\"b\n"}], "n": 1}"#;
        assert_eq!(hide_in_json(text), hidden);
        assert_eq!(hide_in_json("[1, \"open"), "[1, \"open");
        assert!(is_public("a://b") && !is_public("an own_field"));
    }

    #[test]
    fn the_password_of_a_url_is_hidden_wherever_it_stands() {
        for (text, shown) in [
            ("no url: a@b", "no url: a@b"),
            ("'postgres://u:p@h/d' typed", "'postgres://u:***@h/d' typed"),
            ("x://u:p:q@r@h y://u@h:1", "x://u:***@h y://u@h:1"),
            ("x://h:1/d", "x://h:1/d"),
        ] {
            assert_eq!(hide(text), shown);
        }
    }
}
