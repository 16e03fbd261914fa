//! The verbs that an operator performs, shared by the cockpit and the command line.
//!
//! | module | is |
//! |---|---|
//! | [`session`] | settings, connections and manifests of one environment; one look at everything |
//! | [`planning`] | request -> observe, plan, rehearse |
//! | [`execute`], `run`, `conduct` | confirmed plan -> observe again, run under the audit, read back, verify |
//! | `build`, `dbt`, `proof` | what a deploy or a sync builds, dbt at work, and dbt's word for where it will build |
//! | [`project`], [`state`] | manifests, compared and kept |
//! | [`changes`] | what the candidate changes, and where each node stands |
//! | [`audit`], [`progress`] | what is written down, what is told |
//! | [`gate`] | when the process must not be stopped |

pub mod audit;
mod build;
pub mod changes;
mod conduct;
mod dbt;
pub mod diff;
pub mod doctor;
pub mod error;
pub mod execute;
pub mod gate;
mod git;
pub mod lineage;
pub mod planning;
pub mod progress;
pub mod project;
mod proof;
pub mod request;
mod run;
pub mod sample;
pub mod session;
pub mod state;
pub mod status;
pub mod validate;
mod verify;
pub mod wait;
pub mod watch;
mod way_back;
