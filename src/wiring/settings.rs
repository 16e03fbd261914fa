//! Flags and environment -> settings, and what follows from them before anything runs.

use super::Typed;
use cutover::cli::printer::Printer;
use cutover::cli::sink;
use cutover::config::{Color, Need, Problem, Problems, Settings, Sources, Variables, Vocabulary};
use cutover::ops::secrets;
use cutover::tui;
use std::path::PathBuf;

/// Reads everything; what is wrong is told at once.
pub fn load(typed: &Typed, need: Need) -> Result<Settings, Problems> {
    with_sources(typed, need, Settings::load)
}

/// Reads everything as far as it goes.
pub fn look(typed: &Typed, need: Need) -> (Settings, Vec<Problem>) {
    with_sources(typed, need, Settings::look)
}

fn with_sources<T>(typed: &Typed, need: Need, read: impl FnOnce(&Sources<'_>) -> T) -> T {
    let actions = tui::keymap::action_names();
    let variables = Variables::from_process();
    for secret in variables.secrets() {
        secrets::keep(secret, &[]);
    }
    read(&Sources {
        flags: typed.flags.clone(),
        variables,
        working_dir: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
        need,
        vocabulary: Vocabulary {
            actions: &actions,
            themes: tui::theme::names(),
        },
    })
}

/// Whether a dbt project is named or found at or above the current directory.
pub fn has_project(typed: &Typed) -> bool {
    look(typed, Need::Tool).0.has_project_file()
}

/// `DBT_STATE`, as dbt reads it.
pub fn dbt_state() -> Option<PathBuf> {
    let variables = Variables::from_process();
    variables.filled("DBT_STATE").map(PathBuf::from)
}

/// A printer in the colours that the settings ask for.
pub fn colored(printer: Printer, color: Color) -> Printer {
    let no_color = Variables::from_process().no_color();
    printer.with_color(color.paints(no_color, sink::is_heard()))
}
