//! The verbs that an operator performs, shared by the cockpit and the command line.

pub mod progress;
pub mod sample;
