//! Two SQL texts line by line: syntax roles by sqlparser's tokenizer, word-level marks by `similar`.

use crate::domain::changes::Versions;
use crate::ops::secrets::hide;
use crate::tui::theme::ThemeRole;
use similar::{ChangeTag, TextDiff};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::tokenizer::{Token, Tokenizer, Whitespace};

/// A piece of a line that looks one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlPiece {
    pub role: ThemeRole,
    pub text: String,
}

/// One line of one text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SqlLine {
    /// Counted from 1.
    pub number: usize,
    pub pieces: Vec<SqlPiece>,
}

/// One line of the comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiffLine {
    Same(SqlLine, SqlLine),
    Removed(SqlLine),
    Added(SqlLine),
    Changed(SqlLine, SqlLine),
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SqlDiff {
    pub lines: Vec<DiffLine>,
    /// Which text is missing altogether.
    pub without_before: bool,
    pub without_after: bool,
}

impl SqlDiff {
    #[must_use]
    pub fn new(versions: &Versions) -> Self {
        // Before anything is cut into words, which would show a secret by halves.
        let before = hide(versions.before.as_deref().unwrap_or(""));
        let after = hide(versions.after.as_deref().unwrap_or(""));
        let (before, after) = (&*before, &*after);
        let (old, new) = (highlight(before), highlight(after));
        let compared = TextDiff::from_lines(before, after);
        let mut lines = Vec::new();
        for op in compared.ops() {
            let (mut removed, mut added) = (Vec::new(), Vec::new());
            for change in compared.iter_inline_changes(op) {
                let marks = marks(change.values());
                match (change.tag(), change.old_index(), change.new_index()) {
                    (ChangeTag::Equal, Some(left), Some(right)) => {
                        lines.push(DiffLine::Same(
                            line(&old, left, &[], ThemeRole::Text),
                            line(&new, right, &[], ThemeRole::Text),
                        ));
                    }
                    (ChangeTag::Delete, Some(at), _) => {
                        removed.push(line(&old, at, &marks, ThemeRole::MarkRemoved));
                    }
                    (ChangeTag::Insert, _, Some(at)) => {
                        added.push(line(&new, at, &marks, ThemeRole::MarkAdded));
                    }
                    _ => {}
                }
            }
            pair_up(removed, added, &mut lines);
        }
        Self {
            lines,
            without_before: versions.before.is_none(),
            without_after: versions.after.is_none(),
        }
    }

    /// Whether both texts are there and equal.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.lines
            .iter()
            .all(|line| matches!(line, DiffLine::Same(..)))
    }

    /// The lines one under the other: what goes above what comes.
    #[must_use]
    pub fn unified(&self) -> Vec<(char, &SqlLine)> {
        let mut unified = Vec::new();
        let mut coming: Vec<&SqlLine> = Vec::new();
        for line in &self.lines {
            if !matches!(line, DiffLine::Changed(..)) {
                unified.extend(coming.drain(..).map(|line| ('+', line)));
            }
            match line {
                DiffLine::Same(_, right) => unified.push((' ', right)),
                DiffLine::Removed(left) => unified.push(('-', left)),
                DiffLine::Added(right) => unified.push(('+', right)),
                DiffLine::Changed(left, right) => {
                    unified.push(('-', left));
                    coming.push(right);
                }
            }
        }
        unified.extend(coming.into_iter().map(|line| ('+', line)));
        unified
    }
}

fn pair_up(removed: Vec<SqlLine>, added: Vec<SqlLine>, lines: &mut Vec<DiffLine>) {
    let (mut removed, mut added) = (removed.into_iter(), added.into_iter());
    loop {
        match (removed.next(), added.next()) {
            (Some(left), Some(right)) => lines.push(DiffLine::Changed(left, right)),
            (Some(left), None) => lines.push(DiffLine::Removed(left)),
            (None, Some(right)) => lines.push(DiffLine::Added(right)),
            (None, None) => return,
        }
    }
}

/// Which characters of a line are emphasised.
fn marks(values: &[(bool, &str)]) -> Vec<bool> {
    values
        .iter()
        .flat_map(|(emphasised, text)| text.chars().map(move |_| *emphasised))
        .collect()
}

fn line(
    highlighted: &[Vec<(char, ThemeRole)>],
    at: usize,
    marks: &[bool],
    mark: ThemeRole,
) -> SqlLine {
    let mut pieces: Vec<SqlPiece> = Vec::new();
    for (column, (c, role)) in highlighted.get(at).into_iter().flatten().enumerate() {
        let marked = marks.get(column).copied().unwrap_or(false) && !c.is_whitespace();
        let role = if marked { mark } else { *role };
        match pieces.last_mut() {
            Some(piece) if piece.role == role => piece.text.push(*c),
            _ => pieces.push(SqlPiece {
                role,
                text: c.to_string(),
            }),
        }
    }
    SqlLine {
        number: at + 1,
        pieces,
    }
}

/// The characters of each line with what they are. Text that the tokenizer can't read stays plain.
fn highlight(sql: &str) -> Vec<Vec<(char, ThemeRole)>> {
    let mut lines: Vec<Vec<(char, ThemeRole)>> = sql
        .lines()
        .map(|line| line.chars().map(|c| (c, ThemeRole::Text)).collect())
        .collect();
    // Jinja's braces and blocks are tokens like others; a lone quote in a comment of Jinja is not, and costs only the colours.
    let dialect = PostgreSqlDialect {};
    let Ok(tokens) = Tokenizer::new(&dialect, sql).tokenize_with_location() else {
        return lines;
    };
    for token in tokens {
        let Some(role) = role(&token.token) else {
            continue;
        };
        let (start, end) = (token.span.start, token.span.end);
        let above = usize::try_from(start.line.saturating_sub(1)).unwrap_or(usize::MAX);
        for (number, line) in (start.line..=end.line).zip(lines.iter_mut().skip(above)) {
            let first = if number == start.line {
                start.column
            } else {
                1
            };
            let last = if number == end.line {
                end.column
            } else {
                u64::MAX
            };
            for (column, (_, slot)) in (1u64..).zip(line.iter_mut()) {
                if column >= first && column < last {
                    *slot = role;
                }
            }
        }
    }
    lines
}

fn role(token: &Token) -> Option<ThemeRole> {
    match token {
        Token::Word(word) if word.keyword != sqlparser::keywords::Keyword::NoKeyword => {
            Some(ThemeRole::SqlKeyword)
        }
        Token::Number(..) => Some(ThemeRole::SqlNumber),
        Token::SingleQuotedString(_)
        | Token::DollarQuotedString(_)
        | Token::EscapedStringLiteral(_)
        | Token::NationalStringLiteral(_)
        | Token::UnicodeStringLiteral(_) => Some(ThemeRole::SqlString),
        Token::Whitespace(
            Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_),
        ) => Some(ThemeRole::SqlComment),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn diff(before: &str, after: &str) -> SqlDiff {
        SqlDiff::new(&Versions {
            before: Some(before.into()),
            after: Some(after.into()),
        })
    }

    fn text(line: &SqlLine) -> String {
        line.pieces
            .iter()
            .map(|piece| piece.text.as_str())
            .collect()
    }

    #[test]
    fn a_secret_is_hidden_before_words_are_compared() {
        crate::ops::secrets::keep("open sesame", &[]);
        let diff = diff("select 'open sesame'", "select 'open up'");
        let unified = diff.unified();
        let texts: Vec<String> = unified.iter().map(|(_, line)| text(line)).collect();
        assert_eq!(texts, ["select '***'", "select 'open up'"]);
    }

    #[test]
    fn a_changed_word_is_marked_and_the_rest_keeps_its_colours() {
        let diff = diff(
            "select a, 1\nfrom bar -- as is\n",
            "select a, 2\nfrom bar -- as is\n",
        );
        let DiffLine::Changed(left, right) = &diff.lines[0] else {
            panic!("{diff:?}")
        };
        assert_eq!(
            (text(left), text(right)),
            ("select a, 1".into(), "select a, 2".into())
        );
        let marked = |line: &SqlLine, role: ThemeRole| -> String {
            let pieces = line.pieces.iter().filter(|piece| piece.role == role);
            pieces.map(|piece| piece.text.as_str()).collect()
        };
        assert_eq!(marked(left, ThemeRole::MarkRemoved), "1");
        assert_eq!(marked(right, ThemeRole::MarkAdded), "2");
        assert_eq!(marked(left, ThemeRole::SqlKeyword), "select");
        let DiffLine::Same(_, same) = &diff.lines[1] else {
            panic!("{diff:?}")
        };
        assert_eq!(marked(same, ThemeRole::SqlComment), "-- as is");
        assert!(!diff.is_equal());
    }

    #[test]
    fn a_text_that_is_not_sql_stays_readable() {
        let diff = diff("it's {{ ref('x') }}", "it's {{ ref('x') }}");
        assert!(diff.is_equal());
        assert_eq!(diff.unified().len(), 1);
    }

    proptest! {
        #[test]
        fn both_texts_are_there_line_by_line(before in "[a-c' \\n]{0,40}", after in "[a-c' \\n]{0,40}") {
            let diff = diff(&before, &after);
            let mut left = Vec::new();
            let mut right = Vec::new();
            for line in &diff.lines {
                match line {
                    DiffLine::Same(l, r) | DiffLine::Changed(l, r) => {
                        left.push(text(l));
                        right.push(text(r));
                    }
                    DiffLine::Removed(l) => left.push(text(l)),
                    DiffLine::Added(r) => right.push(text(r)),
                }
            }
            prop_assert_eq!(left, before.lines().map(str::to_owned).collect::<Vec<_>>());
            prop_assert_eq!(right, after.lines().map(str::to_owned).collect::<Vec<_>>());
        }
    }
}
