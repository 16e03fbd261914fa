//! What a process runs in, and how long it is left alone when it shall end.

use crate::domain::connection::Secret;
use std::{path::PathBuf, time::Duration};

/// How long dbt is left alone after each signal before the next, stronger one.
#[derive(Debug, Clone, Copy)]
pub struct GracePeriods {
    /// After SIGINT, at which dbt cancels its queries.
    pub interrupt: Duration,
    /// After SIGTERM; then comes SIGKILL.
    pub terminate: Duration,
}

impl Default for GracePeriods {
    fn default() -> Self {
        Self {
            interrupt: Duration::from_secs(10),
            terminate: Duration::from_secs(5),
        }
    }
}

/// What a process runs in.
#[derive(Debug, Clone)]
pub struct ProcessOptions {
    pub dir: PathBuf,
    /// Variables beside our own environment's.
    pub variables: Vec<(String, Secret)>,
    pub grace: GracePeriods,
}

impl ProcessOptions {
    #[must_use]
    pub fn folder(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            variables: Vec::new(),
            grace: GracePeriods::default(),
        }
    }
}
