//! Relation names in compiled SQL, moved from production to the deployment side.
//!
//! Only whole, quoted names as dbt writes them (`"database"."schema"."name"`) are touched, and only outside string constants
//! and comments. Everything else stays byte for byte.

use crate::domain::name::{Identifier, QualifiedName};
use sqlparser::{
    dialect::PostgreSqlDialect,
    tokenizer::{Location, Token, TokenWithSpan, Tokenizer},
};
use std::ops::Range;

/// Why a query can't be moved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RewriteError {
    #[error("its SQL can't be read: {0}")]
    Unreadable(String),
    #[error("its SQL holds a semicolon, so it is more than one statement")]
    SeveralStatements,
}

/// Replaces every relation name for which `moved` gives another.
///
/// # Errors
/// When the text is no sequence of SQL tokens, or holds more than one statement.
pub fn relations(
    sql: &str,
    moved: impl Fn(&QualifiedName) -> Option<QualifiedName>,
) -> Result<String, RewriteError> {
    let tokens = Tokenizer::new(&PostgreSqlDialect {}, sql)
        .tokenize_with_location()
        .map_err(|error| RewriteError::Unreadable(error.to_string()))?;
    if tokens.iter().any(|token| token.token == Token::SemiColon) {
        return Err(RewriteError::SeveralStatements);
    }
    let bytes = Bytes::of(sql);
    let mut rewritten = String::with_capacity(sql.len());
    let mut copied = 0;
    let mut at = 0;
    while at < tokens.len() {
        let Some((name, range)) = tokens
            .get(at..at + 5)
            .and_then(|five| relation(five, &bytes))
        else {
            at += 1;
            continue;
        };
        let part_of_longer = at > 0
            && tokens
                .get(at - 1)
                .is_some_and(|token| token.token == Token::Period);
        // The tokenizer's places are checked against the text: a wrong one must not cut anything else in two.
        if sql.get(range.clone()) != Some(name.quoted().as_str()) {
            let name = name.to_string();
            return Err(RewriteError::Unreadable(format!(
                "`{name}` is not where it was found"
            )));
        }
        if let (Some(new), false) = (moved(&name), part_of_longer) {
            rewritten.push_str(sql.get(copied..range.start).unwrap_or_default());
            rewritten.push_str(&new.quoted());
            copied = range.end;
        }
        at += 5;
    }
    rewritten.push_str(sql.get(copied..).unwrap_or_default());
    Ok(rewritten)
}

/// `"a"."b"."c"` with nothing between, and where it stands.
fn relation(tokens: &[TokenWithSpan], bytes: &Bytes) -> Option<(QualifiedName, Range<usize>)> {
    let [database, dot, schema, second_dot, name] = tokens else {
        return None;
    };
    if dot.token != Token::Period || second_dot.token != Token::Period {
        return None;
    }
    let qualified = QualifiedName {
        database: quoted(database)?,
        schema: quoted(schema)?,
        name: quoted(name)?,
    };
    let range = bytes.at(database.span.start)?..bytes.at(name.span.end)?;
    Some((qualified, range))
}

fn quoted(token: &TokenWithSpan) -> Option<Identifier> {
    match &token.token {
        Token::Word(word) if word.quote_style == Some('"') => {
            Identifier::new(word.value.clone()).ok()
        }
        _ => None,
    }
}

/// Where lines start, to turn the tokenizer's lines and columns (in characters) into bytes.
struct Bytes<'t> {
    text: &'t str,
    lines: Vec<usize>,
}

impl<'t> Bytes<'t> {
    fn of(text: &'t str) -> Self {
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            text,
            lines: std::iter::once(0).chain(breaks).collect(),
        }
    }

    fn at(&self, location: Location) -> Option<usize> {
        let line = usize::try_from(location.line).ok()?.checked_sub(1)?;
        let column = usize::try_from(location.column).ok()?.checked_sub(1)?;
        let start = *self.lines.get(line)?;
        let rest = self.text.get(start..)?;
        let offsets = rest.char_indices().map(|(offset, _)| offset);
        offsets
            .chain([rest.len()])
            .nth(column)
            .map(|offset| start + offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Moves schema `s` of database `d` to `s_dbt_deploy`.
    fn moved(name: &QualifiedName) -> Option<QualifiedName> {
        let schema = (name.schema.as_str() == "s" && name.database.as_str() == "d")
            .then(|| name.schema.deployment_twin().unwrap())?;
        Some(QualifiedName {
            schema,
            ..name.clone()
        })
    }

    fn rewrite(sql: &str) -> String {
        relations(sql, moved).unwrap()
    }

    #[test]
    fn whole_quoted_names_move_and_nothing_else() {
        let sql = "\
SELECT \"d\".\"s\".\"t\".x, 'über \"d\".\"s\".\"t\"', s.t.y -- \"d\".\"s\".\"t\"
FROM \"d\".\"s\".\"t\" /* \"d\".\"s\".\"t\" /* nested */ */ JOIN \"d\".\"other\".\"t\" ON true
WHERE \"x\".\"d\".\"s\".\"t\" = $$\"d\".\"s\".\"t\"$$ AND \"d\".\"s\" = 1";
        let expected = "\
SELECT \"d\".\"s_dbt_deploy\".\"t\".x, 'über \"d\".\"s\".\"t\"', s.t.y -- \"d\".\"s\".\"t\"
FROM \"d\".\"s_dbt_deploy\".\"t\" /* \"d\".\"s\".\"t\" /* nested */ */ JOIN \"d\".\"other\".\"t\" ON true
WHERE \"x\".\"d\".\"s\".\"t\" = $$\"d\".\"s\".\"t\"$$ AND \"d\".\"s\" = 1";
        assert_eq!(rewrite(sql), expected);
    }

    #[test]
    fn names_with_quotes_in_them_move_too() {
        assert_eq!(
            rewrite("SELECT * FROM \"d\".\"s\".\"we\"\"ird\""),
            "SELECT * FROM \"d\".\"s_dbt_deploy\".\"we\"\"ird\""
        );
    }

    #[test]
    fn a_second_statement_is_refused() {
        let refused = relations("SELECT 1); DROP SCHEMA x; --", moved);
        assert_eq!(refused, Err(RewriteError::SeveralStatements));
        assert!(relations("SELECT 'a;b' -- ;", moved).is_ok());
        assert!(matches!(
            relations("SELECT 'open", moved),
            Err(RewriteError::Unreadable(_))
        ));
    }

    proptest! {
        /// What stands around a name comes through unharmed, whatever it is.
        #[test]
        fn everything_around_a_name_stays(before in "[a-zé0-9(),\n\t *+=<]{0,30}", text in "[^'\\\\\u{0}]{0,30}", after in "[a-zé0-9(),\n ]{0,30}") {
            let sql = |schema: &str| format!("SELECT {before} '{text}' \"d\".\"{schema}\".\"t\" {after}");
            prop_assert_eq!(relations(&sql("s"), moved), Ok(sql("s_dbt_deploy")));
        }
    }
}
