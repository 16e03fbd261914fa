//! The verbs that an operator performs, shared by the cockpit and the command line.
//!
//! | module | is |
//! |---|---|
//! | [`workspace`] | settings, connections and manifests of one environment |
//! | `observe` | one look at everything |
//! | [`planning`] | request -> observe, plan, rehearse |
//! | [`execute`], `run`, `recovery` | confirmed plan -> observe again, run under the audit, verify |
//! | `swap`, `read_back` | names change behind a fence; after a lost connection it is read back what took effect |
//! | `harm` | production after a build, however that ended |
//! | `build`, `dbt`, `proof` | what a deploy or a sync builds, dbt at work, and dbt's word for where it will build |
//! | [`goal`] | the workflow, step by step to a goal |
//! | `others` | who else was at work |
//! | `offers` | which relations a server was found to have |
//! | [`project`], [`state`] | manifests, compared and kept |
//! | [`changes`] | what the candidate changes, and where each node stands |
//! | `reporter` over [`audit`] and [`listener`], [`progress`] | what is written down and told, by whom, and in what form |
//! | [`error`], [`secrets`] | how failures are told, and what never is |
//! | [`gate`] | when the process must not be stopped |

pub mod audit;
pub mod beside;
mod build;
pub mod changes;
mod dbt;
pub mod diff;
pub mod doctor;
pub mod error;
pub mod execute;
pub mod gate;
mod git;
pub mod goal;
mod harm;
mod lease;
mod lineage;
pub mod listener;
mod observe;
mod offers;
mod others;
pub mod planning;
pub mod progress;
pub mod project;
mod proof;
mod read_back;
mod recovery;
mod reporter;
mod run;
pub mod sample;
pub mod secrets;
mod stale;
mod stand_by;
pub mod state;
pub mod status;
mod swap;
pub mod validate;
mod verify;
pub mod wait;
pub mod watch;
mod way_back;
pub mod workspace;
