//! doctor: what is right, what is not, and what to do.

use super::printer::Closed;
use super::{CommandContext, finish};
use crate::ops::doctor::{Check, Health};

/// Prints one line per check; ends with 1 when one fails.
pub async fn doctor(context: &CommandContext) -> u8 {
    let checks = match context.reading(context.workspace.doctor()).await {
        Ok(checks) => checks,
        Err(interrupted) => return finish(context.printer, &interrupted),
    };
    let printed = if context.printer.is_json() {
        context.printer.json(&checks)
    } else {
        checks.iter().try_for_each(|check| print(context, check))
    };
    match printed {
        Ok(()) | Err(Closed) => u8::from(checks.iter().any(|check| check.health == Health::Fail)),
    }
}

fn print(context: &CommandContext, check: &Check) -> Result<(), Closed> {
    let word = match check.health {
        Health::Ok => "ok",
        Health::Warn => "warn",
        Health::Fail => "FAIL",
        Health::Skipped => "skip",
    };
    context
        .printer
        .data(&format!("{word:5} {:11} {}", check.name, check.message))?;
    if check.remedy.is_empty() {
        return Ok(());
    }
    context
        .printer
        .data(&format!("                  {}", check.remedy))
}
