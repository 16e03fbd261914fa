//! Whether the manifest still tells the project's files: what is compared and built by it is else another project.

use super::workspace::Workspace;
use crate::dbt::staleness::{clause, departures};
use crate::domain::finding::{Finding, FindingId, Severity};

impl Workspace {
    /// The files that are no longer what the project's manifest says, as a warning. Reads each file of the project.
    #[must_use]
    pub fn stale(&self) -> Option<Finding> {
        let manifest = self.candidate().ok().flatten()?;
        let project = self.settings().project().ok()?;
        let departures = departures(&manifest, &project.dir, &project.model_paths);
        let clause = clause(&departures)?;
        Some(Finding {
            id: FindingId::ManifestStale,
            severity: Severity::Warn,
            message: format!("{clause}; what changed in them is neither compared nor built."),
            remedy: "Run `dbt compile` in the project.".to_owned(),
            objects: departures.into_iter().map(|(file, _)| file).collect(),
        })
    }
}
