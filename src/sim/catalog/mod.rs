//! The catalog: databases, schemas, clusters, replicas, roles and items, with their names, owners, privileges and dependencies.
//!
//! A statement works on a copy (items are shared by `Arc`, so that is cheap) which is installed when it commits; that is
//! all there is to transactions, rehearsals and 40001.

pub mod acl;
pub mod audit;
pub mod builtin;
mod contents;
pub mod dependencies;
mod event;
pub mod id;
pub mod item;
pub mod names;
pub mod ownership;
mod replicas;
pub mod script;
pub mod sql;

pub use contents::{
    Burst, Catalog, Cluster, Counters, Database, DefaultScope, IN_PROGRESS, Managed, Membership,
    Reconfiguration, Replica, Role, Schema, Strategy, Subject,
};
