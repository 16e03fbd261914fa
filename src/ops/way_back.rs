//! rollback.sql: what psql needs to go back, beside the audit of each promote.

use super::planning::Planned;
use super::workspace::Workspace;
use crate::domain::action::Operation;
use crate::domain::plan::{self, Plan};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

impl Workspace {
    /// Leaves the script beside the audit file of a promote, before its first statement; `None` where there is nothing to swap back.
    pub(super) fn leave_way_back(
        &self,
        plan: &Plan,
        planned: &Planned,
        audit: &Path,
    ) -> io::Result<Option<PathBuf>> {
        if plan.operation != Operation::Promote {
            return Ok(None);
        }
        let stamp = self.stamp();
        let script = planned
            .observation
            .with_inputs(|inputs| plan::rollback_script(inputs, &stamp));
        let Some(script) = script else {
            return Ok(None);
        };
        let path = audit.with_extension("rollback.sql");
        let mut file = OpenOptions::new()
            .create_new(true)
            .write(true)
            .open(&path)?;
        file.write_all(script.as_bytes())?;
        file.sync_data()?;
        Ok(Some(path))
    }
}
