//! `cutover config`: the tool's own configuration, written, checked and shown.

use super::{Typed, settings};
use cutover::cli::args::ConfigCommand;
use cutover::cli::fail;
use cutover::cli::printer::{Closed, Printer};
use cutover::config::{self, Described, Need, Problem, Problems, Settings};
use cutover::ops::error::OpsError;
use serde_json::{Value, json};

/// Carries out one of them.
pub fn run(printer: Printer, typed: &Typed, command: &ConfigCommand) -> u8 {
    match command {
        ConfigCommand::Init => write_example(printer, typed),
        ConfigCommand::Check => check(printer, typed),
        ConfigCommand::Show => {
            let need = if settings::has_project(typed) {
                Need::Server
            } else {
                Need::Tool
            };
            let (settings, problems) = settings::look(typed, need);
            show(printer, &settings, problems)
        }
    }
}

/// Writes `cutover.toml` beside the project; an existing file is never touched.
fn write_example(printer: Printer, typed: &Typed) -> u8 {
    let named = typed.flags.config.as_ref();
    let here = std::env::current_dir().unwrap_or_default();
    let file = match named {
        Some(file) => here.join(file),
        None => settings::look(typed, Need::Tool)
            .0
            .project_dir
            .join("cutover.toml"),
    };
    if file.exists() {
        let message = format!("{} exists already and was left as it is", file.display());
        return fail(printer, &OpsError::usage(message));
    }
    match std::fs::write(&file, config::example()) {
        Ok(()) => {
            printer.say(&format!(
                "Wrote {} with every setting and its default.",
                file.display()
            ));
            0
        }
        Err(error) => fail(
            printer,
            &OpsError::file(format!("{} can't be written", file.display()))(error),
        ),
    }
}

fn check(printer: Printer, typed: &Typed) -> u8 {
    let settings = match settings::load(typed, Need::Server) {
        Ok(settings) => settings,
        Err(error) => return fail(printer, &error.into()),
    };
    printer.say(&match &settings.config_file {
        Some(file) => format!(
            "{}, the project and the profile are read without a mistake.",
            file.display()
        ),
        None => "The project and the profile are read without a mistake; there is no cutover.toml."
            .to_owned(),
    });
    0
}

/// Every setting, then what was found, with value and origin. What is wrong is told, too, and hides nothing of what is right.
fn show(printer: Printer, settings: &Settings, problems: Vec<Problem>) -> u8 {
    let problems = Problems::none_in(problems).err();
    let shown = if printer.is_json() {
        printer.json(&as_json(settings, problems.as_ref()))
    } else {
        as_text(printer, settings)
    };
    match (shown, problems) {
        (Ok(()) | Err(Closed), None) => 0,
        (Ok(()) | Err(Closed), Some(problems)) if printer.is_json() => {
            OpsError::from(problems).outcome().exit_code()
        }
        (Ok(()) | Err(Closed), Some(problems)) => fail(printer, &problems.into()),
    }
}

fn as_text(printer: Printer, settings: &Settings) -> Result<(), Closed> {
    let width = |text: &dyn Fn(&Described) -> usize| {
        let all = settings.describe().iter().chain(settings.found());
        all.map(text).max().unwrap_or_default()
    };
    let names = width(&|one| one.name.len());
    // A long value moves its own line alone.
    let values = width(&|one| value(one).chars().count()).min(40);
    let print = |one: &Described| {
        let (name, value, origin) = (one.name, value(one), &one.origin);
        let line = match one.value {
            Some(_) => format!("{name:names$}  {value:values$}  {origin}"),
            None => format!("{name:names$}  {value}"),
        };
        printer.data(&line)
    };
    settings.describe().iter().try_for_each(print)?;
    printer.data("")?;
    settings.found().iter().try_for_each(print)
}

fn value(one: &Described) -> String {
    match &one.value {
        Some(value) => value.to_string(),
        None => "(not set)".to_owned(),
    }
}

fn as_json(settings: &Settings, problems: Option<&Problems>) -> Value {
    json!({
        "settings": settings.describe(),
        "found": settings.found(),
        "problems": problems.map_or(&[][..], Problems::list),
    })
}
