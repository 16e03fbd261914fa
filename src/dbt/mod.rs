//! What dbt knows: manifests, state comparison, selection, project files, runners.

pub mod compare;
pub mod diff;
pub mod drift;
pub mod graph;
pub mod json;
pub mod manifest;
pub mod rendering;
pub mod runner;
pub mod selection;
pub mod staleness;
