//! A simulated Materialize that speaks the Postgres wire protocol.
//!
//! A crate of its own, so that the compiler holds the wall: it uses nothing of `cutover`, and `cutover` reaches it over a socket.
//! It answers what the recordings of a real server answer, and refuses everything else by name (0A000). Nothing of it is
//! reachable except over the wire and through [`Control`].
//!
//! | module | is |
//! |---|---|
//! | `wire` | the Postgres wire protocol, up to a session |
//! | `session` | one connection's statements: transactions, variables, cursors, SUBSCRIBE |
//! | `statement` | statements, parsed |
//! | `ddl` | statements that change the catalog |
//! | `select` | queries, planned for SQLite |
//! | `store` | SQLite: rows, and the relations of the system schemas |
//! | `catalog` | names, owners, privileges, dependencies |
//! | `engine` | all of a server's state behind one lock |
//! | `world` | the clock, hydration, frontiers, statuses, faults; where the world starts from |
//! | `inventory` | what the dynamics may know of the catalog |
//! | `value`, `error`, `types`, `text`, `time` | fields, errors, types, and how values read |
//! | `version` | which Materialize it is, and what differs between the versions |

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod catalog;
mod control;
pub mod ddl;
mod door;
pub mod engine;
pub mod error;
mod functions;
pub mod inventory;
pub mod select;
mod server;
pub mod session;
pub mod statement;
pub mod store;
pub mod text;
pub mod time;
pub mod types;
pub mod value;
mod version;
pub mod wire;
pub mod world;

pub use control::Control;
pub use server::{Options, Passing, Simulator, StartError};
pub use value::Value;
pub use version::{Change, Release, ServerVersion, UnknownVersion};
pub use world::{Clock, Fault, World};
