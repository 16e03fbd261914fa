//! Races: two processes of the real binary at once on one simulated server, from a world that was saved. However it ends, what a process
//! says last must be what the catalog shows.
//!
//! `CUTOVER_RACES=20 cargo test --test races` runs 20 of each ordered pair in place of 2; `CUTOVER_RACES_SEED` draws other moments.
#![cfg(feature = "sim")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "races/judge.rs"]
mod judge;
#[path = "races/pairs.rs"]
mod pairs;
#[path = "races/process.rs"]
mod process;
#[path = "races/saved.rs"]
mod saved;
#[path = "support/server.rs"]
mod server;
#[allow(dead_code)]
#[path = "journeys/stage.rs"]
mod stage;
#[allow(dead_code)]
#[path = "simulator/wire.rs"]
mod wire;
