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
