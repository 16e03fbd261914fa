//! A plan as text: for people, and for psql at the other end of a pipe.

use super::{Plan, Statement, Step};

/// What ends a line, and with it a `--` comment, for psql. A comment that is not cut at each of them becomes a command.
pub const LINE_ENDS: [char; 2] = ['\n', '\r'];

/// Makes psql end with 3 at the first statement that fails: what follows rests on it, records on their swap.
pub const STOP_AT_FAILURE: &str = "\\set ON_ERROR_STOP on";

/// The text as comments, one for each line that psql would see: it runs nothing of it.
#[must_use]
pub fn commented(text: &str) -> String {
    text.replace("\r\n", "\n")
        .split(LINE_ENDS)
        .map(|line| format!("-- {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}

impl Plan {
    /// The statements in order, `BEGIN` and `COMMIT` included, as psql would run them. A dbt step shows its command as a comment.
    #[must_use]
    pub fn script(&self) -> Vec<String> {
        self.steps.iter().flat_map(Step::script).collect()
    }
}

impl Step {
    /// The step as SQL text for psql, each statement ending in `;`.
    #[must_use]
    pub fn script(&self) -> Vec<String> {
        match self {
            Self::Run(statement) | Self::MoveSink { statement, .. } => vec![ended(statement)],
            Self::Transaction(swap) => std::iter::once("BEGIN;".to_owned())
                .chain(
                    swap.renames()
                        .iter()
                        .map(|rename| format!("{};", rename.sql())),
                )
                .chain(std::iter::once("COMMIT;".to_owned()))
                .collect(),
            Self::Build { statements, .. } => statements.iter().map(ended).collect(),
            Self::Dbt(command) => vec![commented(&command.display())],
            Self::Verify(_) => Vec::new(),
        }
    }
}

/// The statement with its semicolon, which must not end up in a comment that a model's SQL ends with.
fn ended(statement: &Statement) -> String {
    let sql = statement.sql();
    let last = sql.rsplit(LINE_ENDS).next().unwrap_or_default();
    let separator = if last.contains("--") { "\n" } else { "" };
    format!("{sql}{separator};")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::plan::DbtCommand;
    use proptest::prelude::*;

    #[test]
    fn a_comment_is_cut_at_every_line_end() {
        assert_eq!(
            commented("a\r\\! b\nc\r\n\r\\! d"),
            "-- a\n-- \\! b\n-- c\n-- \n-- \\! d"
        );
        assert_eq!(commented(""), "-- ");
    }

    #[test]
    fn a_dbt_step_is_a_comment() {
        let command = |word: &str| DbtCommand {
            program: "dbt".to_owned(),
            arguments: vec!["build".to_owned(), word.to_owned()],
            models: Vec::new(),
        };
        let plain = Step::Dbt(command("--full-refresh")).script();
        assert_eq!(plain, ["-- dbt build --full-refresh"]);
        let hostile = Step::Dbt(command("x'\r\\! touch y")).script();
        let lines: Vec<_> = hostile[0].split(LINE_ENDS).collect();
        assert_eq!(lines.len(), 2);
        assert!(
            lines.iter().all(|line| line.starts_with("-- ")),
            "{lines:?}"
        );
    }

    #[test]
    fn a_semicolon_stands_outside_of_comments() {
        let script = |sql: &str| Step::Run(Statement::built(sql.to_owned())).script();
        assert_eq!(script("SELECT 1"), ["SELECT 1;"]);
        assert_eq!(script("SELECT 1 -- one"), ["SELECT 1 -- one\n;"]);
        assert_eq!(script("-- one\nSELECT 1"), ["-- one\nSELECT 1;"]);
    }

    proptest! {
        #[test]
        fn every_line_of_a_comment_is_one(text in "[a\\\\!\\r\\n\\t\\x0b\\x0c\\u{85}\\u{2028} -]{0,40}") {
            prop_assert!(commented(&text).split(LINE_ENDS).all(|line| line.starts_with("-- ")));
        }
    }
}
