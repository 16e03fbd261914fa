//! The only module that speaks SQL to a server: connect, observe, execute.
//!
//! | module | is |
//! |---|---|
//! | [`settings`] | everything needed to reach a server, passwords behind [`settings::Secret`] |
//! | [`connection`] | [`connection::Connector`] and [`connection::Connection`]: one authenticated session |
//! | [`error`] | what can go wrong, classed by what to do next |
//! | [`queries`] | the registry of the reading SQL in `assets/sql/` |
//! | [`offer`], [`probe`] | what a server is and offers: relations differ by version |
//! | [`row`] | one row of an answer, its cells read by name |
//! | [`decode`], [`assemble`] | from rows to snapshots, pure |
//! | [`observe`] | one-shot readings: a consistent snapshot, access, cluster definitions |
//! | [`execute`] | statements and transactions that change something |
//! | [`waiting`] | what a server is waited for, and how long at most |

pub mod assemble;
pub mod connection;
pub mod decode;
pub mod error;
pub mod execute;
mod history;
pub mod lease;
mod lineage;
pub mod live;
mod look;
mod notices;
pub mod observe;
pub mod offer;
pub mod probe;
pub mod queries;
pub mod reader;
pub mod row;
pub mod settings;
mod tls;
pub mod waiting;
