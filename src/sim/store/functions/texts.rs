//! Texts: patterns, casts, quoting.

use super::scalar::{pure, refuse, text};
use crate::error::SqlError;
use crate::select::typed::{constant, read_bool};
use crate::text::show;
use crate::types::SqlType;
use crate::value::Value;
use regex::Regex;
use rusqlite::types::{Value as Sqlite, ValueRef};
use rusqlite::{Connection, Result};
use std::cell::RefCell;
use std::collections::HashMap;

pub(super) fn register(sqlite: &Connection) -> Result<()> {
    pure(sqlite, "sim_like", 2, |c| like(&text(c, 0)?, &text(c, 1)?))?;
    pure(sqlite, "sim_ilike", 2, |c| {
        like(&text(c, 0)?.to_lowercase(), &text(c, 1)?.to_lowercase())
    })?;
    pure(sqlite, "sim_regex", 2, |c| {
        matches(&text(c, 0)?, Pattern::Regex, &text(c, 1)?)
    })?;
    pure(sqlite, "sim_iregex", 2, |c| {
        matches(
            &text(c, 0)?,
            Pattern::Regex,
            &format!("(?i){}", text(c, 1)?),
        )
    })?;
    pure(sqlite, "sim_quote_ident", 1, |c| {
        Ok(crate::catalog::script::quote_if_needed(&text(c, 0)?))
    })?;
    pure(sqlite, "sim_quote_literal", 1, |c| {
        Ok(crate::catalog::script::literal(&text(c, 0)?))
    })?;
    pure(sqlite, "sim_starts_with", 2, |c| {
        Ok(text(c, 0)?.starts_with(&text(c, 1)?))
    })?;
    pure(sqlite, "sim_split_part", 3, |c| {
        let (whole, by) = (text(c, 0)?, text(c, 1)?);
        let at = usize::try_from(c.get::<i64>(2)?).unwrap_or(0);
        let part = whole.split(by.as_str()).nth(at.saturating_sub(1));
        Ok(part.unwrap_or_default().to_owned())
    })?;
    pure(sqlite, "sim_left", 2, |c| {
        let count = usize::try_from(c.get::<i64>(1)?).unwrap_or(0);
        Ok(text(c, 0)?.chars().take(count).collect::<String>())
    })?;
    pure(sqlite, "sim_right", 2, |c| {
        let whole: Vec<char> = text(c, 0)?.chars().collect();
        let count = usize::try_from(c.get::<i64>(1)?).unwrap_or(0);
        let from = whole.len().saturating_sub(count);
        Ok(whole.into_iter().skip(from).collect::<String>())
    })?;
    pure(sqlite, "sim_encoding", 1, |c| {
        Ok(if c.get::<i64>(0)? == 6 { "UTF8" } else { "" })
    })?;
    pure(sqlite, "sim_record", -1, |c| {
        let fields = (0..c.len()).map(|at| text(c, at));
        let fields = fields.collect::<Result<Vec<_>>>()?;
        Ok(format!("({})", fields.join(",")))
    })?;
    pure(sqlite, "sim_text", 2, |c| {
        let ty = SqlType::by_name(&text(c, 0)?).unwrap_or(SqlType::Text);
        Ok(as_text(c.get_raw(1), ty))
    })?;
    pure(sqlite, "sim_parse", 2, |c| {
        let ty = SqlType::by_name(&text(c, 0)?).unwrap_or(SqlType::Text);
        parse(&text(c, 1)?, ty)
    })?;
    pure(sqlite, "sim_reg_text", 1, |c| {
        let oid = text(c, 0)?;
        let ty = oid.parse().ok().and_then(SqlType::by_oid);
        Ok(ty.map_or(oid, |ty| ty.long_name().to_owned()))
    })?;
    pure(sqlite, "sim_format_type", 2, |c| {
        let oid = u32::try_from(c.get::<i64>(0)?).unwrap_or(0);
        Ok(SqlType::by_oid(oid).map_or("???", SqlType::long_name))
    })
}

thread_local! {
    /// Every pattern that was asked for is compiled once.
    static COMPILED: RefCell<HashMap<(Pattern, String), Regex>> = RefCell::default();
}

/// What a pattern is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Pattern {
    Like,
    Regex,
}

fn like(value: &str, pattern: &str) -> Result<bool> {
    matches(value, Pattern::Like, pattern)
}

/// LIKE with Postgres's rules: case counts, backslash escapes.
fn regex_of_like(pattern: &str) -> String {
    let mut regex = String::from("(?s)^");
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '%' => regex.push_str(".*"),
            '_' => regex.push('.'),
            '\\' => {
                let escaped = chars.next().unwrap_or('\\');
                regex.push_str(&regex::escape(&escaped.to_string()));
            }
            c => regex.push_str(&regex::escape(&c.to_string())),
        }
    }
    regex.push('$');
    regex
}

fn matches(value: &str, kind: Pattern, pattern: &str) -> Result<bool> {
    COMPILED.with_borrow_mut(|known| {
        let key = (kind, pattern.to_owned());
        if let Some(regex) = known.get(&key) {
            return Ok(regex.is_match(value));
        }
        let regex = match kind {
            Pattern::Like => Regex::new(&regex_of_like(pattern)),
            Pattern::Regex => Regex::new(pattern),
        };
        let regex = regex.map_err(|_| {
            refuse(SqlError::plan(format!(
                "invalid regular expression: {pattern}"
            )))
        })?;
        let matched = regex.is_match(value);
        known.insert(key, regex);
        Ok(matched)
    })
}

/// As `::text` shows it: booleans are spelled out.
fn as_text(field: ValueRef<'_>, ty: SqlType) -> String {
    let value = match field {
        ValueRef::Integer(flag) if ty == SqlType::Bool => {
            return if flag == 0 { "false" } else { "true" }.to_owned();
        }
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Real(number) => Value::Float(number),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        _ => Value::Null,
    };
    show(&value, ty).unwrap_or_default()
}

fn parse(text: &str, ty: SqlType) -> Result<Sqlite> {
    let constant = constant(text, ty).map_err(refuse)?;
    Ok(match ty {
        SqlType::Bool => Sqlite::Integer(i64::from(read_bool(text.trim()).unwrap_or(0))),
        SqlType::Float4 | SqlType::Float8 => Sqlite::Real(constant.parse().unwrap_or(0.0)),
        SqlType::Numeric => match constant.parse() {
            Ok(whole) => Sqlite::Integer(whole),
            Err(_) => Sqlite::Real(constant.parse().unwrap_or(0.0)),
        },
        _ => match constant.parse() {
            Ok(number) if !constant.starts_with('\'') => Sqlite::Integer(number),
            _ => Sqlite::Text(
                constant
                    .trim_start_matches('\'')
                    .trim_end_matches('\'')
                    .replace("''", "'"),
            ),
        },
    })
}
