//! `cutover`: a cockpit for blue/green and slim deployments of dbt projects on Materialize.
//!
//! The map, and who may use whom (held by `tests/architecture.rs`):
//!
//! | module | is | uses |
//! |---|---|---|
//! | [`domain`] | names, objects, snapshots, readiness, findings, plans: pure, no IO, no clock | nothing |
//! | [`config`] | `cutover.toml`, profiles, project variables, environment, flags -> [`config::Settings`] | `domain` |
//! | [`materialize`] | the only module that speaks SQL: connect, observe, execute | `domain` |
//! | [`dbt`] | manifests, state comparison, selection, runners | `domain` |
//! | [`ops`] | the verbs (init, deploy, await, promote, ...), shared by terminal and command line | all above |
//! | [`cli`] | headless commands, text and JSON, exit codes | `ops`, `domain` |
//! | [`tui`] | the cockpit: event -> update -> effects -> view | `ops`, `domain` |
//! | `sim` | the simulated Materialize, a crate of its own, reached only over the wire | nothing |
//!
//! `main.rs` alone wires real parts together.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod cli;
pub mod config;
pub mod dbt;
pub mod domain;
pub mod materialize;
pub mod ops;
pub mod tui;

#[cfg(feature = "sim")]
pub use cutover_sim as sim;
