//! Opens the cockpit on a workspace.

use super::Typed;
use super::port::SessionPort;
use cutover::cli::printer::Printer;
use cutover::cli::{fail, finish};
use cutover::config::{Color, Variables};
use cutover::ops::error::{FailureKind, OpsError};
use cutover::ops::progress::{Outcome, OutcomeKind};
use cutover::ops::workspace::Workspace;
use cutover::tui::glyphs::Glyphs;
use cutover::tui::keymap::Keymap;
use cutover::tui::state::TargetInfo;
use cutover::tui::theme::Theme;
use cutover::tui::{self, CockpitOptions};
use std::io::IsTerminal;
use std::sync::Arc;

/// `cutover` without a command.
pub async fn open(typed: &Typed) -> u8 {
    let printer = Printer::new(&typed.common);
    match super::workspace::open(typed) {
        Ok(workspace) => show(printer, workspace, false).await,
        Err(error) => fail(printer, &error),
    }
}

/// Shows the cockpit until its operator leaves, then says on the normal screen what was done.
pub async fn show(printer: Printer, workspace: Arc<Workspace>, demo: bool) -> u8 {
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        let error = OpsError::usage("the cockpit needs a terminal");
        let remedy = "without one use the commands, for example `cutover status`";
        return fail(printer, &error.with_remedy(remedy));
    }
    let options = match options(&workspace, demo) {
        Ok(options) => options,
        Err(error) => return fail(printer, &error),
    };
    match tui::run(Arc::new(SessionPort::new(workspace)), options).await {
        Ok(farewell) => {
            let text = farewell.to_string();
            if !text.is_empty() {
                printer.say(&text);
            }
            farewell.exit_code()
        }
        Err(error) => finish(
            printer,
            &Outcome::new(
                OutcomeKind::Failed,
                format!("the terminal can't be used: {error}"),
            ),
        ),
    }
}

fn options(workspace: &Workspace, demo: bool) -> Result<CockpitOptions, OpsError> {
    let settings = workspace.settings();
    let connection = settings.connection()?;
    let screen = &settings.screen;
    let keys = screen
        .keys
        .iter()
        .map(|binding| (binding.action.clone(), binding.keys.clone()))
        .collect();
    let keymap = Keymap::configured(&keys).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        OpsError::new(FailureKind::Configuration, lines.join("\n"))
            .with_remedy("correct `[keys]` in cutover.toml")
    })?;
    Ok(CockpitOptions {
        target: TargetInfo {
            target: settings.target().to_owned(),
            project: settings
                .project()
                .map(|project| project.name.clone())
                .unwrap_or_default(),
            address: format!(
                "{}:{}/{}",
                connection.host, connection.port, connection.database
            ),
            role: connection.user.clone(),
            read_only: settings.read_only.then(|| "read-only".to_owned()),
            badge: screen.badge.clone(),
            demo,
        },
        theme: theme(screen.color, &screen.theme)?,
        keymap,
        mouse: screen.mouse,
        gate: workspace.gate().clone(),
    })
}

fn theme(color: Color, name: &str) -> Result<Theme, OpsError> {
    let variables = Variables::from_process();
    let glyphs = Glyphs::for_locale(["LC_ALL", "LC_CTYPE", "LANG"].map(|name| variables.get(name)));
    if !color.paints(variables.no_color(), true) || name == "mono" {
        return Ok(Theme::mono(glyphs));
    }
    let base = Theme::ansi(glyphs);
    if tui::theme::names().contains(&name) {
        return Ok(base);
    }
    let text = std::fs::read_to_string(name).map_err(OpsError::file(format!(
        "the theme file {name} can't be read"
    )))?;
    base.patched(&text).map_err(|error| {
        OpsError::foreign(FailureKind::Configuration, &error)
            .during(format!("the theme file {name} can't be used"))
    })
}
