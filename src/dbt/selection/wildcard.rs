//! Shell wildcards as Python's `fnmatch` reads them: `*`, `?`, `[abc]`, `[a-z]`, `[!abc]`, case counts.

/// A pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wildcard(Vec<Token>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Literal(char),
    /// `?`
    One,
    /// `*`
    Any,
    /// `[...]`: inclusive ranges; a range that runs backwards holds nothing.
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

impl Wildcard {
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        let chars: Vec<char> = pattern.chars().collect();
        let mut tokens = Vec::new();
        let mut at = 0;
        while let Some(&c) = chars.get(at) {
            at += 1;
            tokens.push(match c {
                '*' => Token::Any,
                '?' => Token::One,
                '[' => match class_end(&chars, at) {
                    Some(end) => {
                        let class = class(&chars[at..end]);
                        at = end + 1;
                        class
                    }
                    None => Token::Literal('['),
                },
                c => Token::Literal(c),
            });
        }
        Self(tokens)
    }

    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        // Where to go on after the last `*`: the token behind it, and the next character it may swallow.
        let mut retry: Option<(usize, usize)> = None;
        let (mut token, mut at) = (0, 0);
        loop {
            match (self.0.get(token), text.get(at)) {
                (None, None) => return true,
                (Some(Token::Any), _) => {
                    token += 1;
                    retry = Some((token, at));
                    continue;
                }
                (Some(one), Some(&c)) if one.admits(c) => {
                    token += 1;
                    at += 1;
                    continue;
                }
                _ => {}
            }
            match retry {
                Some((behind, from)) if from < text.len() => {
                    retry = Some((behind, from + 1));
                    (token, at) = (behind, from + 1);
                }
                _ => return false,
            }
        }
    }
}

impl Token {
    fn admits(&self, c: char) -> bool {
        match self {
            Self::Literal(literal) => *literal == c,
            Self::One => true,
            Self::Any => false,
            Self::Class { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated
            }
        }
    }
}

/// Where the class that opens before `start` closes; a bracket that never closes is no class. A `]` in front is a member.
fn class_end(chars: &[char], start: usize) -> Option<usize> {
    let mut from = start;
    if chars.get(from) == Some(&'!') {
        from += 1;
    }
    if chars.get(from) == Some(&']') {
        from += 1;
    }
    (from..chars.len()).find(|at| chars[*at] == ']')
}

fn class(inside: &[char]) -> Token {
    let negated = inside.first() == Some(&'!');
    let mut left = if negated { &inside[1..] } else { inside };
    let mut ranges = Vec::new();
    while let Some(&low) = left.first() {
        // A hyphen at the end stands for itself.
        let high = match left {
            [_, '-', high, ..] => {
                left = &left[3..];
                *high
            }
            _ => {
                left = &left[1..];
                low
            }
        };
        ranges.push((low, high));
    }
    Token::Class { negated, ranges }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_as_fnmatch_does() {
        for (pattern, text) in [
            ("*", ""),
            ("*", "a/b.c"),
            ("a?c", "abc"),
            ("*b*d", "abcbd"),
            ("[a-c]x", "bx"),
            ("[!a-c]x", "dx"),
            ("[]]", "]"),
            ("[a-]", "-"),
            ("a[", "a["),
            ("[!]]", "a"),
            ("stg_*_v[12]", "stg_orders_v2"),
            ("", ""),
        ] {
            assert!(Wildcard::new(pattern).matches(text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("a?c", "ac"),
            ("a", "A"),
            ("[!a-c]x", "bx"),
            ("[c-a]", "b"),
            ("*b", "bc"),
            ("", "a"),
            ("[]", ""),
        ] {
            assert!(!Wildcard::new(pattern).matches(text), "{pattern} {text}");
        }
    }
}
