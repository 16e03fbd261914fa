//! One session: statements in order, transactions, variables, cursors.
//!
//! | module | is |
//! |---|---|
//! | `login` | who may come in |
//! | `variables` | SET and SHOW |
//! | `transaction` | what may share a transaction |
//! | `state` | what a session holds |
//! | `conversation` | what a client says |
//! | `perform` | one statement |
//! | `change` | DDL, COMMIT |
//! | `rows` | INSERT, UPDATE, DELETE |
//! | `show` | SHOW, as queries |
//! | `subscription` | the differences of a query over time |
//! | `cursor` | what DECLARE made |
//! | `stream` | SUBSCRIBE and FETCH |
//! | `script` | statements without a connection |

mod change;
mod conversation;
mod cursor;
mod latency;
pub mod login;
mod perform;
mod rows;
pub mod script;
mod show;
mod state;
mod stream;
mod subscription;
mod transaction;
pub mod variables;

#[cfg(test)]
mod tests;

pub use state::Session;
