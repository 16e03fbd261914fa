//! SQL that follows its objects: names of items and clusters are held by id and written when asked for, so that a rename or
//! a swap needs no rewriting.

use super::id::Id;

/// One piece of a stored statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Keywords, operators, constants: written as they are.
    Text(String),
    /// An identifier: always quoted in the catalog, quoted where needed by SHOW CREATE.
    Name(String),
    /// A relation, connection or secret: `[u12 AS "materialize"."blue"."v"]` or `materialize.blue.v`.
    Item(Id),
    /// A cluster: `[u5]` or its name.
    Cluster(Id),
    /// Where SHOW CREATE breaks the line; a space in the catalog.
    Break(&'static str),
}

/// How a script is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// `create_sql` and `definition` in the catalog.
    Catalog,
    /// SHOW CREATE.
    Show,
}

/// A stored statement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Script(pub Vec<Piece>);

impl Script {
    pub fn text(&mut self, text: impl Into<String>) {
        let text = text.into();
        match self.0.last_mut() {
            Some(Piece::Text(last)) => last.push_str(&text),
            _ => self.0.push(Piece::Text(text)),
        }
    }

    pub fn name(&mut self, name: impl Into<String>) {
        self.0.push(Piece::Name(name.into()));
    }

    pub fn push(&mut self, piece: Piece) {
        self.0.push(piece);
    }

    pub fn append(&mut self, other: &Self) {
        self.0.extend(other.0.iter().cloned());
    }
}

#[must_use]
pub fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Quoted unless the bare word reads back as the same name.
#[must_use]
pub fn quote_if_needed(name: &str) -> String {
    let mut chars = name.chars();
    let starts = chars
        .next()
        .is_some_and(|c| c.is_ascii_lowercase() || c == '_');
    let plain = chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '$');
    if starts && plain && !RESERVED.contains(&name) {
        name.to_owned()
    } else {
        quote(name)
    }
}

/// Words that can't stand bare as a name.
const RESERVED: [&str; 29] = [
    "select",
    "from",
    "where",
    "group",
    "order",
    "having",
    "limit",
    "offset",
    "union",
    "except",
    "intersect",
    "with",
    "as",
    "on",
    "using",
    "join",
    "left",
    "right",
    "full",
    "inner",
    "cross",
    "natural",
    "and",
    "or",
    "not",
    "null",
    "true",
    "false",
    "table",
];

/// A string constant as SQL text; backslashes are read literally (standard-conforming strings).
#[must_use]
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
