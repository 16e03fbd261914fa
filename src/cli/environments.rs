//! environments: the dbt targets that have a deployment, and where each stands.

use super::context::PIPE_CLOSED;
use super::printer::{Closed, Printer};
use super::status::word;
use super::{finish, interrupted};
use crate::domain::failure::Remedy;
use crate::ops::error::OpsError;
use crate::ops::workspace::Workspace;
use serde_json::json;
use tokio_util::sync::CancellationToken;

/// One dbt target of the project; the workspace is an error where the target can't be used.
pub struct TargetRow {
    pub name: String,
    pub workspace: Result<Workspace, OpsError>,
}

/// Prints one line per target; ends with 1 when where one stands can't be told.
pub async fn environments(
    printer: Printer,
    targets: Vec<TargetRow>,
    cancel: &CancellationToken,
) -> u8 {
    if targets.is_empty() {
        printer.say(
            "No dbt target has a deployment: add `vars.deployment.<target>` to dbt_project.yml.",
        );
    }
    let mut code = 0;
    for target in targets {
        let stands = match &target.workspace {
            Ok(workspace) => match workspace.unless(cancel, workspace.status()).await {
                Ok(status) => status,
                Err(how) => return finish(printer, &interrupted(how)),
            },
            Err(error) => Err(error.clone()),
        };
        code = code.max(u8::from(stands.is_err()));
        let printed = match stands {
            Ok(status) if printer.is_json() => printer.json_line(&json!({
                "environment": target.name, "strategy": status.strategy, "phase": status.phase, "readiness": status.readiness,
            })),
            Ok(status) => printer.data(&format!("{:20} {:12} {:10} way back {}", target.name, status.phase, word(status.readiness), status.way_back)),
            Err(error) if printer.is_json() => printer.json_line(&json!({
                "environment": target.name, "error": error.told(), "remedy": error.remedy(),
            })),
            Err(error) => printer.data(&format!("{:20} unreachable  {}", target.name, error.told_with_remedy())),
        };
        if let Err(Closed) = printed {
            return PIPE_CLOSED;
        }
    }
    code
}
