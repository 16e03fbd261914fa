//! JSON, arrays, and functions that give rows (as JSON arrays).

use super::scalar::{Args, pure, refuse, text};
use crate::catalog::acl::{Privileges, read_item};
use crate::error::SqlError;
use crate::text::elements;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Result};
use serde_json::json;

pub(super) fn register(sqlite: &Connection) -> Result<()> {
    pure(sqlite, "sim_array_to_string", -1, |c| {
        let by = text(c, 1)?;
        let null = (c.len() > 2).then(|| text(c, 2)).transpose()?;
        let parts: Vec<String> = elements(&text(c, 0)?)
            .into_iter()
            .filter_map(|element| element.or_else(|| null.clone()))
            .collect();
        Ok(parts.join(&by))
    })?;
    pure(sqlite, "sim_json_field", 2, |c| {
        Ok(field(c)?.map(|value| value.to_string()))
    })?;
    pure(sqlite, "sim_json_text", 2, |c| {
        Ok(field(c)?.and_then(|value| match value {
            serde_json::Value::Null => None,
            serde_json::Value::String(text) => Some(text),
            other => Some(other.to_string()),
        }))
    })?;
    pure(sqlite, "sim_json_scalar", 1, |c| {
        Ok(text(c, 0)?.trim_matches('"').to_owned())
    })?;
    pure(sqlite, "sim_json_type", 1, |c| {
        let value: serde_json::Value = serde_json::from_str(&text(c, 0)?).unwrap_or_default();
        Ok(match value {
            serde_json::Value::Null => "null",
            serde_json::Value::Bool(_) => "boolean",
            serde_json::Value::Number(_) => "number",
            serde_json::Value::String(_) => "string",
            serde_json::Value::Array(_) => "array",
            serde_json::Value::Object(_) => "object",
        })
    })?;
    pure(sqlite, "sim_series", 3, |c| {
        let (start, stop, step) = (c.get::<i64>(0)?, c.get::<i64>(1)?, c.get::<i64>(2)?);
        if step == 0 {
            return Err(refuse(SqlError::plan("step size cannot equal zero")));
        }
        let mut all = Vec::new();
        let mut at = start;
        while (step > 0 && at <= stop) || (step < 0 && at >= stop) {
            all.push(at);
            at += step;
        }
        Ok(json!(all).to_string())
    })?;
    pure(sqlite, "sim_format_privileges", 1, |c| {
        let names: Vec<&str> = Privileges::from_letters(&text(c, 0)?).names().collect();
        Ok(json!(names).to_string())
    })?;
    pure(sqlite, "sim_aclexplode", 1, |c| {
        let mut rows = Vec::new();
        for item in elements(&text(c, 0)?).into_iter().flatten() {
            if let Some((grantor, grantee, privileges)) = read_item(&item) {
                for name in privileges.names() {
                    rows.push(json!([grantor, grantee, name, 0]));
                }
            }
        }
        Ok(json!(rows).to_string())
    })
}

fn field(context: Args<'_>) -> Result<Option<serde_json::Value>> {
    let value: serde_json::Value = serde_json::from_str(&text(context, 0)?).unwrap_or_default();
    Ok(match context.get_raw(1) {
        ValueRef::Integer(at) => usize::try_from(at)
            .ok()
            .and_then(|at| value.get(at).cloned()),
        _ => value.get(text(context, 1)?).cloned(),
    })
}
