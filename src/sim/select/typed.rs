//! Planned expressions: SQLite text with a type.

use crate::error::{SqlError, SqlResult};
use crate::time::{parse_interval, parse_timestamp};
use crate::types::{Element, SqlType};

/// What is known of an expression beside its text.
#[derive(Debug, Clone, PartialEq)]
pub enum Origin {
    Plain,
    /// A string constant, which takes the type that its surroundings ask for.
    Text(String),
    /// A number constant, which takes the width that its surroundings ask for.
    Number,
    /// NULL.
    Null,
    /// `$n` whose type is not known yet.
    Parameter(usize),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Typed {
    pub sql: String,
    pub ty: SqlType,
    pub origin: Origin,
}

impl Typed {
    #[must_use]
    pub fn new(sql: impl Into<String>, ty: SqlType) -> Self {
        Self {
            sql: sql.into(),
            ty,
            origin: Origin::Plain,
        }
    }

    #[must_use]
    pub fn text(text: &str) -> Self {
        Self {
            sql: quote(text),
            ty: SqlType::Text,
            origin: Origin::Text(text.to_owned()),
        }
    }

    #[must_use]
    pub fn null() -> Self {
        Self {
            sql: "NULL".to_owned(),
            ty: SqlType::Text,
            origin: Origin::Null,
        }
    }

    /// Whether its own type gives way to that of its surroundings.
    #[must_use]
    pub fn is_untyped(&self) -> bool {
        matches!(
            self.origin,
            Origin::Text(_) | Origin::Null | Origin::Parameter(_)
        )
    }
}

/// A SQLite string constant.
#[must_use]
pub fn quote(text: &str) -> String {
    if text.contains('\0') {
        // SQLite ends a text at NUL; none of the catalog's texts holds one.
        return format!("'{}'", text.replace('\0', "").replace('\'', "''"));
    }
    format!("'{}'", text.replace('\'', "''"))
}

/// A string constant read as a value of a type, as SQLite text.
///
/// # Errors
/// XX000 where the text is no such value.
pub fn constant(text: &str, ty: SqlType) -> SqlResult<String> {
    let bad = || {
        SqlError::plan(format!(
            "invalid input syntax for type {}: {text:?}",
            ty.long_name()
        ))
    };
    let trimmed = text.trim();
    Ok(match ty {
        SqlType::Bool => read_bool(trimmed).ok_or_else(bad)?.to_string(),
        SqlType::Interval => parse_interval(trimmed)?.to_string(),
        SqlType::Timestamp | SqlType::TimestampTz | SqlType::Date => {
            parse_timestamp(trimmed)?.to_string()
        }
        SqlType::RegType | SqlType::RegClass | SqlType::RegProc => trimmed
            .parse::<i64>()
            .map_or_else(|_| quote(trimmed), |n| n.to_string()),
        SqlType::MzTimestamp => trimmed
            .parse::<i64>()
            .or_else(|_| parse_timestamp(trimmed).map(|micros| micros / 1_000))
            .map_err(|_| bad())?
            .to_string(),
        ty if ty.is_integer() => trimmed.parse::<i64>().map_err(|_| bad())?.to_string(),
        SqlType::Float4 | SqlType::Float8 | SqlType::Numeric => {
            trimmed.parse::<f64>().map_err(|_| bad())?;
            trimmed.to_owned()
        }
        SqlType::Jsonb => {
            let json: serde_json::Value = serde_json::from_str(text).map_err(|_| bad())?;
            quote(&json.to_string())
        }
        ty if ty.is_array() => quote(&read_array(trimmed).ok_or_else(bad)?),
        _ => quote(text),
    })
}

#[must_use]
pub fn read_bool(text: &str) -> Option<u8> {
    match text.to_lowercase().as_str() {
        "t" | "true" | "y" | "yes" | "on" | "1" => Some(1),
        "f" | "false" | "n" | "no" | "off" | "0" => Some(0),
        _ => None,
    }
}

/// `{a,"b c",NULL}` as a JSON array of texts.
#[must_use]
pub fn read_array(text: &str) -> Option<String> {
    let inner = text.strip_prefix('{')?.strip_suffix('}')?;
    let mut elements: Vec<Option<String>> = Vec::new();
    let mut chars = inner.chars().peekable();
    while chars.peek().is_some() {
        let mut element = String::new();
        let mut quoted = false;
        let mut open = false;
        while let Some(c) = chars.next() {
            match c {
                '"' => {
                    quoted = true;
                    open = !open;
                }
                '\\' => element.extend(chars.next()),
                ',' if !open => break,
                c => element.push(c),
            }
        }
        elements.push((quoted || !element.eq_ignore_ascii_case("null")).then_some(element));
    }
    serde_json::to_string(&elements).ok()
}

#[must_use]
pub fn truth(sql: String) -> Typed {
    Typed::new(sql, SqlType::Bool)
}

pub fn element_of(ty: SqlType) -> SqlResult<Element> {
    Ok(match ty {
        SqlType::Text | SqlType::Varchar | SqlType::Char => Element::Text,
        SqlType::AclItem => Element::AclItem,
        SqlType::Int2 => Element::Int2,
        SqlType::Int4 => Element::Int4,
        SqlType::Int8 => Element::Int8,
        SqlType::Oid => Element::Oid,
        ty => {
            return Err(SqlError::unsupported(format!(
                "arrays of {}",
                ty.long_name()
            )));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_read_with_quotes_and_nulls() {
        assert_eq!(
            read_array(r#"{a,"b, c",NULL,"NULL"}"#).as_deref(),
            Some(r#"["a","b, c",null,"NULL"]"#)
        );
        assert_eq!(read_array("{}").as_deref(), Some("[]"));
        assert_eq!(read_array("a"), None);
    }

    #[test]
    fn constants_take_the_type_that_is_asked_for() {
        assert_eq!(constant("t", SqlType::Bool), Ok("1".to_owned()));
        assert_eq!(constant("1s", SqlType::Interval), Ok("1000000".to_owned()));
        assert!(constant("x", SqlType::Int4).is_err());
    }
}
