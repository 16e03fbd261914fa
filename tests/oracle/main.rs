//! What real dbt selects.
//!
//! The data under `tests/data/oracle` was recorded by running dbt-core 1.11.16 with dbt-materialize 1.9.11: a project
//! parsed, edited, parsed again, and `dbt ls` asked. `cases` holds whole edits, `fields` thousands of states in which one
//! value of one node was changed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod cases;
mod data;
mod fields;
mod files;
