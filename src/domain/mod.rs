//! The pure core: no IO, no async, no clock, no terminal, no SQL execution.

pub mod name;
