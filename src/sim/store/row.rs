//! A row, and how its fields are written.

use crate::catalog::id::Id;
use crate::value::Value;
use serde_json::json;

/// One row of a result, each field as its column's type says.
pub type Row = Vec<Value>;

pub fn id(id: Id) -> Value {
    Value::Text(id.to_string())
}

pub fn oid(oid: u32) -> Value {
    Value::Int(i64::from(oid))
}

pub fn list(texts: impl Iterator<Item = String>) -> Value {
    Value::Text(json!(texts.collect::<Vec<_>>()).to_string())
}
