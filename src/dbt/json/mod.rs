//! JSON as Python reads and writes it, because dbt's artifacts are Python's.
//!
//! A manifest may hold what strict readers refuse or round: `NaN` and `Infinity`, integers of any length, one half of a
//! surrogate pair. dbt compares the values with Python's `==`, so [`Value`] compares the same way. The [`Reader`] hands
//! out spans of the text instead of values, and only what differs is ever decoded. A [`Stream`] reads what is too large to be held,
//! member by member.

mod escape;
mod reader;
mod stream;
#[cfg(test)]
mod tests;
mod value;

pub use reader::{Kind, Malformed, Reader, Span};
pub use stream::{Passage, Stream, StreamError};
pub use value::{Number, Value};
