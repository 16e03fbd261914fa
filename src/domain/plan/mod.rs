//! Plans: ordered steps with the facts they rely on, their findings and a fingerprint.
//!
//! A [`Plan`] only shows. What may be executed is a [`ConfirmedPlan`], and [`Plan::confirm`] is the only way to one.

mod bounds;
mod cleanup;
mod confirm;
mod deploy;
mod draft;
mod fingerprint;
mod holding;
mod identities;
mod init;
mod planned;
mod promise;
mod promote;
mod proof;
mod relation;
mod repair;
mod request;
mod rollback;
mod script;
mod sink_move;
mod sinks;
mod stamp;
mod statement;
mod step;
mod swap;
mod twin;
mod way_back;

pub use super::closure::ClosureItem;
pub use bounds::Bounds;
pub use cleanup::cleanup;
pub use confirm::{Confirmation, ConfirmedPlan, NotConfirmed, WithoutFence};
pub use deploy::{Build, deploy, sync};
pub use fingerprint::Fingerprint;
pub use identities::Identities;
pub use init::init;
pub use planned::Plan;
pub use promise::{Harm, Promise};
pub use promote::{promote, rehearsal_refused};
pub use proof::{Confirmed, Difference, Proof};
pub use relation::{ColumnText, IndexDefinition, ViewOption};
pub use repair::repair;
pub use request::{BurstStrategy, Bursts, Request, Sizes};
pub use rollback::rollback;
pub use script::{LINE_ENDS, STOP_AT_FAILURE, commented};
pub use sink_move::{SinkMove, qualified};
pub use sinks::sinks_reading;
pub use stamp::Stamp;
pub use statement::{GrantTarget, Statement};
pub use step::{DbtCommand, Step};
pub use swap::{Rename, Swap};
pub use way_back::rollback_script;

#[cfg(test)]
mod tests;
