//! Headless commands: text and JSON output, exit codes.
//!
//! Each command is a file; all of them return the process exit code. stdout is data, stderr is words. Without a terminal nothing asks.

pub mod args;
pub mod catalogue;
mod confirm;
pub mod demo;
mod desk;
pub mod diff;
pub mod doctor;
pub mod environments;
pub mod history;
pub mod operation;
pub mod printer;
mod report;
pub mod run;
pub mod sink;
pub mod status;
pub mod validate;
pub mod wait;

pub use desk::{Desk, fail, finish, interrupted};
