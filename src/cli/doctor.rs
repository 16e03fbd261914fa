//! doctor: what is right, what is not, and what to do.

use super::printer::Closed;
use super::{CommandContext, finish};
use crate::ops::doctor::{Check, Health};

/// Prints one line per check; ends with 1 when one fails.
pub async fn doctor(desk: &CommandContext) -> u8 {
    let checks = match desk.reading(desk.session.doctor()).await {
        Ok(checks) => checks,
        Err(interrupted) => return finish(desk.printer, &interrupted),
    };
    let printed = if desk.printer.is_json() {
        desk.printer.json(&checks)
    } else {
        checks.iter().try_for_each(|check| print(desk, check))
    };
    match printed {
        Ok(()) | Err(Closed) => u8::from(checks.iter().any(|check| check.health == Health::Fail)),
    }
}

fn print(desk: &CommandContext, check: &Check) -> Result<(), Closed> {
    let word = match check.health {
        Health::Ok => "ok",
        Health::Warn => "warn",
        Health::Fail => "FAIL",
        Health::Skipped => "skip",
    };
    desk.printer
        .data(&format!("{word:5} {:11} {}", check.name, check.message))?;
    if check.remedy.is_empty() {
        return Ok(());
    }
    desk.printer
        .data(&format!("                  {}", check.remedy))
}
