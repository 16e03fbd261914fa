//! A simulated Materialize that speaks the Postgres wire protocol.
//!
//! It answers what the recordings of a real server answer, and refuses everything else by name (0A000). Nothing of it is
//! reachable except over the wire and through `Control`.
//!
//! | module | is |
//! |---|---|
//! | `value` | one field of one row |
//! | `inventory` | what the dynamics may know of the catalog |
//! | `world` | the clock, hydration, frontiers, statuses, faults; where the world starts from |

pub mod inventory;
pub mod value;
pub mod world;

pub use value::Value;
pub use world::{Clock, Fault, World};
