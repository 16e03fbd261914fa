//! JSON as Python reads and writes it, because dbt's artifacts are Python's.
//!
//! A manifest may hold what strict readers refuse or round: `NaN` and `Infinity`, integers of any length, one half of a
//! surrogate pair. dbt compares the values with Python's `==`, so [`Value`] compares the same way. The [`Reader`] hands
//! out spans of the text instead of values: a manifest of 16 MB is walked once, and only what differs is ever decoded.

mod escape;
mod reader;
#[cfg(test)]
mod tests;
mod value;

pub use reader::{Kind, Malformed, Reader, Span};
pub use value::{Number, Value};
