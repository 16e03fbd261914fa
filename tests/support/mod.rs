//! What the tests of the cockpit share. Each binary uses its part.
#![allow(dead_code)]

pub mod boards;
pub mod changes;
pub mod plans;
pub mod screen;
