//! Headless commands: text and JSON output, exit codes.
//!
//! Each command is a file; all of them return the process exit code. stdout is data, stderr is words. Without a terminal nothing asks.

pub mod args;
mod confirm;
mod context;
pub mod demo;
pub mod diff;
pub mod doctor;
pub mod environments;
pub mod findings;
pub mod history;
pub mod operation;
pub mod printer;
mod report;
pub mod run;
pub mod sink;
pub mod status;
pub mod validate;
pub mod wait;

pub use context::{CommandContext, fail, finish, interrupted};
