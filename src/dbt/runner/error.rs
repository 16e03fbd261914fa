//! Why dbt could not be run.

use super::limit::Limit;
use crate::domain::failure::Remedy;
use std::{io, path::PathBuf};

/// Why dbt could not be run.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    #[error("there is no dbt executable `{program}`")]
    Missing { program: String },
    #[error("dbt (`{program}`) can't be started")]
    Start { program: String, source: io::Error },
    #[error("the folder {} can't be entered", dir.display())]
    Folder { dir: PathBuf, source: io::Error },
    #[error("dbt could not be watched")]
    Watch(#[source] io::Error),
    #[error("{0}, so it was ended")]
    Overdue(Limit),
}

impl Remedy for ProcessError {
    fn remedy(&self) -> Option<String> {
        let remedy = match self {
            Self::Missing { .. } => {
                "install dbt-materialize, or name the executable with the setting `dbt`, or use --runner compiled"
            }
            Self::Start { .. } => "check that it runs in a shell",
            Self::Folder { .. } => "check --project-dir",
            Self::Watch(_) => "look at what it built before going on",
            Self::Overdue(_) => "run the same with dbt by hand, or use --runner compiled",
        };
        Some(remedy.to_owned())
    }
}
