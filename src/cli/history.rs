//! history: past operations from the audit trail.

use super::CommandContext;
use super::context::PIPE_CLOSED;
use super::printer::Closed;
use crate::domain::history::AuditEntry;
use crate::domain::quantity::count;
use crate::ops::audit;
use crate::ops::error::OpsError;
use serde_json::json;

/// Prints the newest operations.
#[must_use]
pub fn history(context: &CommandContext, limit: usize) -> u8 {
    let dir = &context.workspace.settings().folders.audit;
    let entries = match audit::history(dir) {
        Ok(entries) => entries,
        Err(error) => {
            return context.fail(&OpsError::file(format!(
                "the audit trail in {} can't be read",
                dir.display()
            ))(error));
        }
    };
    if entries.is_empty() {
        context
            .printer
            .say(&format!("No operation is on record in {}.", dir.display()));
    }
    let print = |entry: &AuditEntry| {
        if context.printer.is_json() {
            context.printer.json_line(&as_json(entry))
        } else {
            context.printer.data(&line(entry))
        }
    };
    match entries.iter().take(limit).try_for_each(print) {
        Ok(()) => 0,
        Err(Closed) => PIPE_CLOSED,
    }
}

fn line(entry: &AuditEntry) -> String {
    let outcome = entry.outcome.as_deref().unwrap_or("no end");
    let seconds = entry
        .seconds
        .map_or_else(String::new, |seconds| format!(" {seconds:.1} s"));
    format!(
        "{}  {:9} {:28} {:10} {}{seconds}  {}",
        entry.started,
        entry.operation,
        entry.environment,
        outcome,
        count(entry.statements.len(), "statement"),
        entry.message
    )
}

fn as_json(entry: &AuditEntry) -> serde_json::Value {
    json!({
        "operation": entry.operation,
        "environment": entry.environment,
        "started": entry.started,
        "by": entry.by,
        "outcome": entry.outcome,
        "message": entry.message,
        "seconds": entry.seconds,
        "statements": entry.statements.len(),
        "file": entry.file,
    })
}
