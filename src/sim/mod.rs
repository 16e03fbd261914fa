//! A simulated Materialize that speaks the Postgres wire protocol.
//!
//! It answers what the recordings of a real server answer, and refuses everything else by name (0A000). Nothing of it is
//! reachable except over the wire and through `Control`.
//!
//! | module | is |
//! |---|---|
//! | `value` | one field of one row |
//! | `inventory` | what the dynamics may know of the catalog |
//! | `wire` | the Postgres wire protocol, up to a session |
//! | `error`, `types`, `text`, `time` | errors, types, and how values read |
//! | `world` | the clock, hydration, frontiers, statuses, faults; where the world starts from |

pub mod error;
pub mod inventory;
pub mod text;
pub mod time;
pub mod types;
pub mod value;
pub mod wire;
pub mod world;

pub use value::Value;
pub use world::{Clock, Fault, World};
