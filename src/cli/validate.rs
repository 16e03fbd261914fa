//! validate: green against blue, relation by relation, then the configured commands.

use super::printer::{Closed, Printer};
use super::{CommandContext, finish};
use crate::domain::quantity::count;
use crate::domain::validation::{ContentMatch, Contents, TwinReport};
use crate::ops::validate::{CommandReport, Validation};

/// Compares and prints; ends with the code of a block when an unchanged relation differs or a command fails.
pub async fn validate(context: &CommandContext) -> u8 {
    match context.reading(run(context)).await {
        Ok(code) => code,
        Err(interrupted) => finish(context.printer, &interrupted),
    }
}

async fn run(context: &CommandContext) -> u8 {
    let printer = context.printer;
    let twin_told = |twin: &TwinReport| told(printer, twin);
    let command_told = |command: &CommandReport| command_told(printer, command);
    let validation = match context.workspace.validate(twin_told, command_told).await {
        Ok(validation) => validation,
        Err(error) => return context.fail(&error),
    };
    match print(printer, &validation) {
        Ok(()) | Err(Closed) => validation.outcome().exit_code(),
    }
}

/// Large relations take their time: words tell what is done already.
fn told(printer: Printer, twin: &TwinReport) {
    printer.say(&format!("{} {}.{}", twin.verdict, twin.schema, twin.name));
}

fn command_told(printer: Printer, command: &CommandReport) {
    if !command.passed {
        for line in &command.output {
            printer.say(&format!("  {line}"));
        }
    }
}

fn print(printer: Printer, validation: &Validation) -> Result<(), Closed> {
    if printer.is_json() {
        return printer.json(validation);
    }
    printer.data(&format!(
        "{:40} {:17} {:8} {:11} {:>12} {:>12}  {}",
        "RELATION", "KIND", "VERDICT", "CHANGE", "BLUE ROWS", "GREEN ROWS", "NOTES"
    ))?;
    validation
        .relations
        .iter()
        .try_for_each(|twin| printer.data(&line(twin)))?;
    for command in &validation.commands {
        let end = match (command.passed, command.exit_code) {
            (true, _) => "passed".to_owned(),
            (false, Some(code)) => format!("FAILED with exit code {code}"),
            (false, None) => "FAILED: not started, or ended by a signal".to_owned(),
        };
        let seconds = command.seconds;
        printer.data(&format!("{:40} {end} in {seconds:.1} s", command.name))?;
    }
    printer.must_say(&summary(validation));
    Ok(())
}

fn line(twin: &TwinReport) -> String {
    let rows = |contents: &Option<Contents>| {
        contents
            .as_ref()
            .map_or_else(|| "-".to_owned(), |contents| contents.rows.to_string())
    };
    let mut notes = twin.columns.clone();
    if let (Some(one), Some(other)) = (&twin.production, &twin.deployment)
        && one.rows == other.rows
        && one.checksum != other.checksum
    {
        notes.push("as many rows, other values".to_owned());
    }
    notes.extend(twin.message.clone());
    let text = format!(
        "{:40} {:17} {:8} {:11} {:>12} {:>12}  {}",
        format!("{}.{}", twin.schema, twin.name),
        twin.kind,
        twin.verdict,
        twin.change,
        rows(&twin.production),
        rows(&twin.deployment),
        notes.join("; ")
    );
    text.trim_end().to_owned()
}

fn summary(validation: &Validation) -> String {
    let with = |verdict| {
        let twins = validation.relations.iter();
        twins.filter(|twin| twin.verdict == verdict).count()
    };
    let parts = [
        (with(ContentMatch::Equal), "equal"),
        (with(ContentMatch::Changed), "changed as the project says"),
        (with(ContentMatch::Differs), "differing without a change"),
        (
            with(ContentMatch::Unknown),
            "differing or missing, unknown whether meant",
        ),
        (with(ContentMatch::Missing), "missing"),
        (with(ContentMatch::Unread), "not readable"),
    ];
    let mut words: Vec<String> = parts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{number} {word}"))
        .collect();
    let failed = validation.commands.iter().filter(|command| !command.passed);
    match failed.count() {
        0 => {}
        failed => words.push(format!("{} failed", count(failed, "command"))),
    }
    if words.is_empty() {
        "There are no relations to compare.".to_owned()
    } else {
        format!("{}.", words.join(", "))
    }
}
