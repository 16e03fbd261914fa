//! Identifiers and ids. Nothing else in the crate puts a name into SQL.
//!
//! An [`Identifier`] holds the name as the catalog stores it; [`Identifier::quoted`] is the only way into a statement.

mod id;

pub use id::{ClusterId, DatabaseId, Id, InvalidId, ObjectId, ReplicaId, RoleId, SchemaId};

use serde::{Deserialize, Serialize};
use std::fmt;

/// The suffix that dbt-materialize gives to the deployment twin of a schema or cluster.
pub const DEPLOY_SUFFIX: &str = "_dbt_deploy";

/// The longest identifier that Materialize accepts, in bytes of UTF-8.
pub const MAX_IDENTIFIER_BYTES: usize = 255;

/// Why a text can't be an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIdentifier {
    #[error("a name can't be empty")]
    Empty,
    #[error("the name `{0}` is longer than {MAX_IDENTIFIER_BYTES} bytes")]
    TooLong(String),
    #[error("the name {0:?} holds a NUL character")]
    Nul(String),
}

/// The name of a database, schema, cluster, role or object, exactly as the catalog stores it (never folded, never quoted).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Identifier(String);

impl Identifier {
    /// # Errors
    /// When the text is empty, holds NUL, or is longer than [`MAX_IDENTIFIER_BYTES`].
    pub fn new(name: impl Into<String>) -> Result<Self, InvalidIdentifier> {
        let name = name.into();
        if name.is_empty() {
            Err(InvalidIdentifier::Empty)
        } else if name.contains('\0') {
            Err(InvalidIdentifier::Nul(name))
        } else if name.len() > MAX_IDENTIFIER_BYTES {
            Err(InvalidIdentifier::TooLong(name))
        } else {
            Ok(Self(name))
        }
    }

    /// The name as the catalog stores it: for display and comparison, never for SQL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as SQL text: always in double quotes, inner quotes doubled.
    #[must_use]
    pub fn quoted(&self) -> String {
        format!("\"{}\"", self.0.replace('"', "\"\""))
    }

    /// The deployment twin's name under dbt-materialize's scheme.
    ///
    /// # Errors
    /// When the suffixed name is too long for the server.
    pub fn deployment_twin(&self) -> Result<Self, InvalidIdentifier> {
        Self::new(format!("{}{DEPLOY_SUFFIX}", self.0))
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Identifier {
    type Error = InvalidIdentifier;
    fn try_from(name: String) -> Result<Self, Self::Error> {
        Self::new(name)
    }
}

impl From<Identifier> for String {
    fn from(name: Identifier) -> Self {
        name.0
    }
}

/// A string constant as SQL text: in single quotes, inner quotes doubled.
///
/// Materialize reads backslashes in plain constants literally (standard-conforming strings), so nothing else is escaped there. A text with
/// control characters becomes `E'...'`, on one line, with every one of them escaped: neither a terminal nor psql takes it for more than
/// text. Of the escapes the server's lexer knows `\n`, `\r`, `\t`, `\\` and `\u` with four digits; `\x` and octal ones it refuses.
#[must_use]
pub fn literal(text: &str) -> String {
    if !text.contains(char::is_control) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let mut sql = String::from("E'");
    for c in text.chars() {
        match c {
            '\'' => sql.push_str("''"),
            '\\' => sql.push_str(r"\\"),
            '\n' => sql.push_str(r"\n"),
            '\r' => sql.push_str(r"\r"),
            '\t' => sql.push_str(r"\t"),
            c if c.is_control() => sql.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => sql.push(c),
        }
    }
    sql.push('\'');
    sql
}

/// A relation's full name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct QualifiedName {
    pub database: Identifier,
    pub schema: Identifier,
    pub name: Identifier,
}

impl QualifiedName {
    /// `"database"."schema"."name"`.
    #[must_use]
    pub fn quoted(&self) -> String {
        format!(
            "{}.{}.{}",
            self.database.quoted(),
            self.schema.quoted(),
            self.name.quoted()
        )
    }
}

impl fmt::Display for QualifiedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.database, self.schema, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Reads a quoted identifier back as a SQL scanner does.
    fn scan(sql: &str) -> Option<String> {
        let inner = sql.strip_prefix('"')?.strip_suffix('"')?;
        let mut name = String::new();
        let mut chars = inner.chars();
        while let Some(c) = chars.next() {
            if c == '"' && chars.next() != Some('"') {
                return None;
            }
            name.push(c);
        }
        Some(name)
    }

    /// Reads a constant back as the server's lexer does.
    fn scan_literal(sql: &str) -> Option<String> {
        let escapes = sql.starts_with('E');
        let inner = sql.trim_start_matches('E').strip_prefix('\'')?;
        let inner = inner.strip_suffix('\'')?;
        let mut text = String::new();
        let mut chars = inner.chars();
        while let Some(c) = chars.next() {
            text.push(match c {
                '\'' => chars.next().filter(|next| *next == '\'')?,
                '\\' if escapes => match chars.next()? {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'u' => {
                        let digits: String = chars.by_ref().take(4).collect();
                        char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?
                    }
                    '\\' => '\\',
                    _ => return None,
                },
                c => c,
            });
        }
        Some(text)
    }

    proptest! {
        #[test]
        fn quoting_round_trips(name in "[^\\x00]{1,60}") {
            let identifier = Identifier::new(name.clone()).unwrap();
            prop_assert_eq!(scan(&identifier.quoted()), Some(name));
        }

        #[test]
        fn literals_round_trip(text in "[^\\x00]{0,60}") {
            prop_assert_eq!(scan_literal(&literal(&text)), Some(text));
        }

        #[test]
        fn literals_hold_no_control_character(text in "[a'\\\\\\x01-\\x1f\\x7f-\\u{9f}]{0,40}") {
            let sql = literal(&text);
            prop_assert!(!sql.contains(char::is_control));
            prop_assert_eq!(scan_literal(&sql), Some(text));
        }
    }

    #[test]
    fn refuses_names_that_the_server_refuses() {
        assert_eq!(Identifier::new(""), Err(InvalidIdentifier::Empty));
        assert!(Identifier::new("a\0b").is_err());
        assert!(Identifier::new("x".repeat(MAX_IDENTIFIER_BYTES + 1)).is_err());
        assert!(
            Identifier::new("x".repeat(MAX_IDENTIFIER_BYTES))
                .unwrap()
                .deployment_twin()
                .is_err()
        );
    }
}
