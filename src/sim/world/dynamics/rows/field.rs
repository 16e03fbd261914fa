//! The fields of a row.

use crate::Value;
use crate::world::clock::Timestamp;
use crate::world::dynamics::node::Frontier;
use std::time::Duration;

pub(super) type Row = Vec<Value>;

pub(super) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

pub(super) fn millis(number: u64) -> Value {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

pub(super) fn frontier(at: Frontier) -> Value {
    match at {
        Frontier::At(at) => millis(at),
        Frontier::Complete | Frontier::None => Value::Null,
    }
}

pub(super) fn interval(duration: Option<Duration>) -> Value {
    duration
        .map(|duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX))
        .into()
}

pub(super) fn timestamptz(at: Timestamp) -> Value {
    Value::Int(i64::try_from(at.millis().saturating_mul(1_000)).unwrap_or(i64::MAX))
}
