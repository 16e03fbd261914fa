//! The world that a simulated server lives in: how it starts, what time it is, what hydrates how fast, what goes wrong.
//!
//! [`World`] is a start state, read from TOML. [`Clock`] is the only source of time. [`Dynamics`] is a pure model that is told about
//! catalog changes and yields, for any instant, the rows of every relation that moves by itself. [`Faults`] are disturbances of single
//! statements; [`Scripted`] events happen at given world times.

mod clock;
pub mod dynamics;
mod fault;
mod file;
mod latency;
mod load;
mod pace;
mod script;
mod start;

pub use clock::{Clock, Timestamp};
pub use dynamics::{Dynamics, Reading, Relation, UnknownTarget};
pub use fault::{Fault, FaultKind, Faults, Interference, LinkCut, Outcome, Refusal};
pub use latency::{Latency, NoLatency};
pub use load::WorldError;
pub use pace::{Model, Pace, PaceRule, ReplicaPace, ReplicaSize, SourcePace};
pub use script::{Action, Disturbance, ObjectName, Script, Scripted};
pub use start::{LoginRole, StartSql, World};
