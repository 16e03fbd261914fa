//! What a process runs in, and how long it is left alone when it shall end.

use crate::domain::connection::Secret;
use std::{path::PathBuf, time::Duration};

/// How long dbt is left alone after each signal before the next, stronger one.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// After SIGINT, at which dbt cancels its queries.
    pub interrupt: Duration,
    /// After SIGTERM; then comes SIGKILL.
    pub terminate: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            interrupt: Duration::from_secs(10),
            terminate: Duration::from_secs(5),
        }
    }
}

/// What a process runs in.
#[derive(Debug, Clone)]
pub struct Surroundings {
    pub dir: PathBuf,
    /// Variables beside our own environment's.
    pub variables: Vec<(String, Secret)>,
    pub patience: Patience,
}

impl Surroundings {
    #[must_use]
    pub fn folder(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            variables: Vec::new(),
            patience: Patience::default(),
        }
    }
}
