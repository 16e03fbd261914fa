//! One field of one row, as the simulator stores it.

use std::cmp::Ordering;

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
#[derive(Debug, Clone)]
pub enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
}

/// A total order: NULL first, then by kind, floats by `total_cmp`. Rows can be keys.
impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Float(a), Self::Float(b)) => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (a, b) => a.kind().cmp(&b.kind()),
        }
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Value {}

impl Value {
    const fn kind(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Bool(_) => 1,
            Self::Int(_) => 2,
            Self::Float(_) => 3,
            Self::Text(_) => 4,
        }
    }
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
