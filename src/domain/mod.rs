//! The pure core: no IO, no async, no clock, no terminal, no SQL execution.
//!
//! Facts come in as a [`snapshot::Snapshot`] (one logical time) beside an [`environment::Environment`] (configured names);
//! [`readiness`] and [`phase`] judge them, [`plan`] turns them into statements with findings and a fingerprint.

pub mod access;
pub mod action;
pub mod background;
pub mod board;
pub mod changes;
pub mod closure;
pub mod cluster_options;
pub mod connection;
pub mod contradiction;
pub mod definition;
pub mod deployment_age;
pub mod environment;
pub mod escape;
pub mod failure;
pub mod finding;
#[cfg(test)]
pub(crate) mod fixture;
pub mod guard;
pub mod history;
pub mod id_map;
pub mod last_build;
pub mod lease;
pub mod lineage;
pub mod name;
pub mod object;
pub mod phase;
pub mod picture;
pub mod placement;
pub mod plan;
pub mod project;
pub mod provenance;
pub mod quantity;
pub mod readiness;
pub mod reading;
pub mod record;
pub mod records;
pub mod rendered;
pub mod snapshot;
pub mod text;
pub mod time;
mod unfinished;
pub mod validation;
pub mod way_back;
pub mod whole;
mod word;
pub mod workflow;
