//! Which dbt there is.

use super::{
    event::DbtEvent,
    limit::Limit,
    process::{self, DbtExit, ProcessError, ProcessOptions},
};
use crate::domain::plan::DbtCommand;
use std::path::Path;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// What dbt prints for `--version`, when it runs at all.
///
/// # Errors
/// When dbt can't be started or watched, or exceeds the limit: it asks the network for newer versions, which may never answer.
pub async fn probe(
    command: &DbtCommand,
    dir: &Path,
    limit: Limit,
) -> Result<Option<DbtVersion>, ProcessError> {
    let (events, mut heard) = mpsc::channel(16);
    let run = async move {
        let options = ProcessOptions::folder(dir);
        // Dropping the sender with this block ends the listening below.
        let never = CancellationToken::new();
        process::run(command, &options, &events, &never, limit).await
    };
    let hear = async {
        let mut text = String::new();
        while let Some(event) = heard.recv().await {
            if let DbtEvent::Log { text: line, .. } = event {
                text.push_str(&line);
                text.push('\n');
            }
        }
        text
    };
    let (ended, text) = tokio::join!(run, hear);
    match ended?.exit {
        DbtExit::Overdue(limit) => Err(ProcessError::Overdue(limit)),
        _ => Ok(DbtVersion::read(&text)),
    }
}

/// The versions that `dbt --version` tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DbtVersion {
    pub core: String,
    /// dbt-materialize's; absent when the adapter is not installed.
    pub adapter: Option<String>,
}

impl DbtVersion {
    /// Reads lines such as `- installed: 1.11.16` and `- materialize: 1.9.11 - Up to date!`.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let after = |label: &str| {
            text.lines().find_map(|line| {
                let rest = line.trim().strip_prefix(label)?;
                rest.split_whitespace().next().map(str::to_owned)
            })
        };
        Some(Self {
            core: after("- installed:")?,
            adapter: after("- materialize:"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_dbt_prints() {
        let text = "Core:\n  - installed: 1.11.16\n  - latest:    1.12.6  - Update available!\n\nPlugins:\n  - postgres:    1.10.2 - Update available!\n  - materialize: 1.9.11 - Up to date!\n";
        let version = DbtVersion::read(text).unwrap();
        assert_eq!(version.core, "1.11.16");
        assert_eq!(version.adapter.as_deref(), Some("1.9.11"));
        assert_eq!(DbtVersion::read("command not found"), None);
    }
}
