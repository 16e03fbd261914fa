//! CREATE SOURCE, SINK and CONNECTION.

use super::Name;
use super::relation::in_cluster;
use super::tokens::{Cursor, shown};
use crate::error::{SqlError, SqlResult};
use sqlparser::tokenizer::Token;

/// An option as the server writes it: `TICK INTERVAL = '500ms'`.
pub type OptionText = String;

#[derive(Debug, Clone)]
pub enum SourceFrom {
    LoadGenerator {
        /// `AUCTION`, `COUNTER`, ...
        generator: String,
        options: Vec<OptionText>,
    },
    /// KAFKA, POSTGRES, MYSQL, SQL SERVER.
    Connection {
        kind: &'static str,
        connection: Name,
        options: Vec<OptionText>,
    },
}

#[derive(Debug, Clone)]
pub struct CreateSource {
    pub name: Name,
    pub if_not_exists: bool,
    pub cluster: Option<String>,
    pub from: SourceFrom,
    pub format: Option<String>,
    pub envelope: Option<String>,
    /// FOR ALL TABLES.
    pub for_all_tables: bool,
    /// EXPOSE PROGRESS AS.
    pub progress: Option<Name>,
}

#[derive(Debug, Clone)]
pub struct CreateSink {
    pub name: Name,
    pub if_not_exists: bool,
    pub cluster: Option<String>,
    pub from: Name,
    pub connection: Name,
    pub options: Vec<OptionText>,
    pub key: Option<Key>,
    /// `JSON`, `AVRO USING ..`.
    pub format: String,
    /// `UPSERT`, `DEBEZIUM`.
    pub envelope: String,
}

#[derive(Debug, Clone)]
pub struct Key {
    pub columns: Vec<String>,
    pub not_enforced: bool,
}

#[derive(Debug, Clone)]
pub struct CreateConnection {
    pub name: Name,
    pub if_not_exists: bool,
    pub kind: &'static str,
    pub options: Vec<OptionText>,
}

const CONNECTION_KINDS: [(&str, &str); 8] = [
    ("kafka", "kafka"),
    ("postgres", "postgres"),
    ("mysql", "mysql"),
    ("sql server", "sql-server"),
    ("confluent schema registry", "confluent-schema-registry"),
    ("ssh tunnel", "ssh-tunnel"),
    ("aws privatelink", "aws-privatelink"),
    ("aws", "aws"),
];

fn connection_kind(cursor: &mut Cursor<'_>) -> SqlResult<&'static str> {
    CONNECTION_KINDS
        .iter()
        .find(|(words, _)| cursor.accept(words))
        .map(|(_, kind)| *kind)
        .ok_or_else(|| cursor.unexpected("a connection type"))
}

pub fn parse_source(cursor: &mut Cursor<'_>) -> SqlResult<CreateSource> {
    let if_not_exists = cursor.if_not_exists();
    let name = cursor.name()?;
    let cluster = in_cluster(cursor)?;
    cursor.expect("from")?;
    let from = if cursor.accept("load generator") {
        SourceFrom::LoadGenerator {
            generator: cursor.identifier()?.to_uppercase(),
            options: options(cursor)?,
        }
    } else {
        let kind = connection_kind(cursor)?;
        cursor.expect("connection")?;
        SourceFrom::Connection {
            kind,
            connection: cursor.name()?,
            options: options(cursor)?,
        }
    };
    let mut source = CreateSource {
        name,
        if_not_exists,
        cluster,
        from,
        format: None,
        envelope: None,
        for_all_tables: false,
        progress: None,
    };
    while !cursor.is_at_end() {
        if cursor.accept("for all tables") {
            source.for_all_tables = true;
        } else if cursor.accept("expose progress as") {
            source.progress = Some(cursor.name()?);
        } else if cursor.accept("format") {
            let mut format = shown(cursor.until(&["envelope", "include", "with"]));
            if format.eq_ignore_ascii_case("csv") && cursor.accept("with") {
                let columns = shown(cursor.until(&["envelope", "include", "with"]));
                format = format!("{format} WITH {columns}");
            }
            source.format = Some(format);
        } else if cursor.accept("envelope") {
            source.envelope = Some(shown(cursor.until(&["with", "expose"])));
        } else {
            return Err(SqlError::unsupported(format!(
                "CREATE SOURCE .. {}",
                shown(cursor.rest())
            )));
        }
    }
    Ok(source)
}

pub fn parse_sink(cursor: &mut Cursor<'_>) -> SqlResult<CreateSink> {
    let if_not_exists = cursor.if_not_exists();
    let name = cursor.name()?;
    let cluster = in_cluster(cursor)?;
    cursor.expect("from")?;
    let from = cursor.name()?;
    cursor.expect("into kafka connection")?;
    let connection = cursor.name()?;
    let options = options(cursor)?;
    let key = if cursor.accept("key") {
        Some(Key {
            columns: cursor.list(Cursor::identifier)?,
            not_enforced: cursor.accept("not enforced"),
        })
    } else {
        None
    };
    cursor.expect("format")?;
    let format = shown(cursor.until(&["envelope", "with"]));
    cursor.expect("envelope")?;
    let envelope = shown(cursor.until(&["with"]));
    if cursor.accept("with") {
        options_in_parentheses(cursor)?;
    }
    cursor.end()?;
    Ok(CreateSink {
        name,
        if_not_exists,
        cluster,
        from,
        connection,
        options,
        key,
        format,
        envelope,
    })
}

pub fn parse_connection(cursor: &mut Cursor<'_>) -> SqlResult<CreateConnection> {
    let if_not_exists = cursor.if_not_exists();
    let name = cursor.name()?;
    cursor.expect("to")?;
    let kind = connection_kind(cursor)?;
    let options = options(cursor)?;
    if cursor.accept("with") {
        options_in_parentheses(cursor)?;
    }
    cursor.end()?;
    Ok(CreateConnection {
        name,
        if_not_exists,
        kind,
        options,
    })
}

fn options(cursor: &mut Cursor<'_>) -> SqlResult<Vec<OptionText>> {
    if cursor.peek() == Some(&Token::LParen) {
        options_in_parentheses(cursor)
    } else {
        Ok(Vec::new())
    }
}

fn options_in_parentheses(cursor: &mut Cursor<'_>) -> SqlResult<Vec<OptionText>> {
    cursor.list(|cursor| Ok(option_text(cursor.until(&[","]))))
}

/// `topic 'totals'` and `topic = 'totals'` both become `TOPIC = 'totals'`.
fn option_text(tokens: &[Token]) -> OptionText {
    let mut words = Vec::new();
    let mut value = Vec::new();
    for token in tokens {
        match token {
            Token::Eq if value.is_empty() => {}
            Token::Word(word) if value.is_empty() && word.quote_style.is_none() => {
                words.push(word.value.to_uppercase());
            }
            token => value.push(token.clone()),
        }
    }
    if value.is_empty() && words.len() > 1 {
        // The value was a bare word: SECURITY PROTOCOL PLAINTEXT.
        let last = words.pop().unwrap_or_default();
        return format!("{} = {last}", words.join(" "));
    }
    if value.is_empty() {
        return words.join(" ");
    }
    format!("{} = {}", words.join(" "), shown(&value))
}
