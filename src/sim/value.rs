//! One field of one row, as the simulator stores it.

/// A stored field. The column's type says how to read it:
///
/// | column type | stored as |
/// |---|---|
/// | boolean | `Bool` |
/// | smallint, integer, bigint, oid, uint2, uint4, uint8 | `Int` |
/// | real, double precision, numeric | `Float`, or `Int` for whole numbers |
/// | timestamp with time zone | `Int`, microseconds since the Unix epoch |
/// | interval | `Int`, microseconds |
/// | mz_timestamp | `Int`, milliseconds since the Unix epoch |
/// | text, uuid, jsonb, char | `Text` |
/// | arrays and lists | `Text`, a JSON array of the elements' texts (`null` for NULL) |
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(field: Option<T>) -> Self {
        field.map_or(Self::Null, Into::into)
    }
}
