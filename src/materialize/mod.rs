//! The only module that speaks SQL to a server: connect, observe, execute.
//!
//! | module | is |
//! |---|---|
//! | [`settings`] | everything needed to reach a server, passwords behind [`settings::Secret`] |
//! | [`connection`] | [`connection::Connector`] and [`connection::Link`]: one authenticated session |
//! | [`error`] | what can go wrong, classed by what to do next |
//! | [`queries`] | the registry of the reading SQL in `assets/sql/` |
//! | [`picture`] | what the live feed publishes |

pub mod connection;
pub mod error;
pub mod picture;
pub mod queries;
pub mod settings;
mod tap;
mod tls;
