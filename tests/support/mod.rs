//! What the tests of the cockpit share.

pub mod boards;
pub mod screen;
