//! From a command's words to the parts that carry it out.

mod cockpit;
mod config;
#[cfg(feature = "sim")]
mod demo;
pub mod flags;
mod logging;
mod port;
mod settings;
mod signals;
mod typed;
mod workspace;

use cutover::cli::args::{Arguments, Command, DiffFlags, OutputFormat, Until};
use cutover::cli::environments::TargetRow;
use cutover::cli::printer::Printer;
use cutover::cli::{self, CommandContext};
use cutover::config::{Need, Overrides};
use cutover::ops::error::OpsError;
use cutover::ops::progress::OutcomeKind;
use cutover::ops::workspace::Workspace;
pub use typed::Typed;
pub use workspace::open;

/// Carries out a command and returns the exit code.
pub async fn dispatch(arguments: Arguments, flags: Overrides) -> u8 {
    let typed = Typed {
        common: arguments.common,
        flags,
    };
    let printer = Printer::new(&typed.common);
    if typed.common.output == OutputFormat::Ids
        && !matches!(arguments.command, Some(Command::Diff(_)))
    {
        return usage(printer, "--output ids is for `cutover diff` only");
    }
    match arguments.command {
        None => cockpit::open(&typed).await,
        #[cfg(feature = "sim")]
        Some(Command::Demo { headless, speed }) => demo::demo(&typed, headless, speed).await,
        #[cfg(feature = "sim")]
        Some(Command::Sim(flags)) => demo::sim(printer, &flags).await,
        #[cfg(not(feature = "sim"))]
        Some(Command::Demo { .. } | Command::Sim(_)) => usage(
            printer,
            "this build has no simulated Materialize (feature `sim`)",
        ),
        Some(Command::Diff(flags)) => diff(printer, &typed, &flags),
        Some(Command::Findings) => cli::findings::findings(printer),
        Some(Command::Keys) => keys(),
        Some(Command::Completions { shell }) => completions(shell),
        Some(Command::Man) => man(printer),
        Some(Command::Config { command }) => config::run(printer, &typed, &command),
        Some(Command::Environments) => environments(printer, &typed).await,
        Some(command) => with_workspace(printer, typed, command).await,
    }
}

fn usage(printer: Printer, message: &str) -> u8 {
    cli::fail(printer, &OpsError::usage(message))
}

/// Commands that work on one environment of one server.
async fn with_workspace(printer: Printer, typed: Typed, command: Command) -> u8 {
    let workspace = match open(&typed) {
        Ok(workspace) => workspace,
        Err(error) => return cli::fail(printer, &error),
    };
    let printer = settings::colored(printer, workspace.settings().screen.color);
    signals::stop_by_the_gate(workspace.gate().clone(), printer);
    let context = CommandContext {
        workspace,
        printer,
        common: typed.common,
        cancel: signals::cancelled_by_signals(),
    };
    match command.request() {
        Ok(Some((request, flags))) => {
            if matches!(command, Command::Promote { wait: true, .. })
                && let Err(code) = await_candidate(&context).await
            {
                return code;
            }
            return cli::operation::operate(&context, request, flags).await;
        }
        Ok(None) => {}
        Err(message) => return usage(printer, &message),
    }
    match command {
        Command::Status { watch: false } => cli::status::status(&context).await,
        Command::Status { watch: true } => cli::status::watch(&context).await,
        Command::Doctor => cli::doctor::doctor(&context).await,
        Command::Await => cli::wait::wait(&context).await,
        Command::History { limit } => cli::history::history(&context, limit),
        Command::Validate => cli::validate::validate(&context).await,

        Command::Run {
            until,
            deploy,
            allow,
        } => run(&context, until, deploy, &allow).await,
        _ => usage(printer, "this command is not for an environment"),
    }
}

async fn run(
    context: &CommandContext,
    until: Until,
    deploy: cli::args::DeployFlags,
    allow: &[String],
) -> u8 {
    cli::run::run(context, until, &deploy, allow).await
}

/// Waits for a side that is not ready; what is committed already is finished without waiting. The exit code where that does not end well.
async fn await_candidate(context: &CommandContext) -> Result<(), u8> {
    let phase = match context.reading(context.workspace.observe()).await {
        Ok(Ok(observation)) => observation.board.phase,
        Ok(Err(error)) => return Err(context.fail(&error)),
        Err(interrupted) => return Err(cli::finish(context.printer, &interrupted)),
    };
    if phase.holds_candidate() {
        let outcome = cli::wait::until_ready(context).await;
        if outcome.outcome != OutcomeKind::Done {
            return Err(cli::finish(context.printer, &outcome));
        }
    }
    Ok(())
}

/// With both files named, neither a project nor a connection is needed; else the project says where they are.
fn diff(printer: Printer, typed: &Typed, flags: &DiffFlags) -> u8 {
    let standalone = flags.state.is_some() && flags.manifest.is_some();
    let need = if standalone && !settings::has_project(typed) {
        Need::Tool
    } else {
        Need::Project
    };
    let settings = match settings::load(typed, need) {
        Ok(settings) => settings,
        Err(error) if standalone => {
            let error = OpsError::from(error).told_with_remedy();
            printer.say(&format!(
                "note: the project's own flags are not known: {error}"
            ));
            match settings::load(typed, Need::Tool) {
                Ok(settings) => settings,
                Err(error) => return cli::fail(printer, &error.into()),
            }
        }
        Err(error) => return cli::fail(printer, &error.into()),
    };
    let project = settings.project().ok();
    let defaults = cli::diff::Defaults {
        state: settings::dbt_state().or_else(|| Some(settings.folders.state.clone())),
        manifest: project.map(|project| project.target_path.join("manifest.json")),
        project_flags: project.map(|project| cli::diff::ProjectFlags {
            file: project.file(),
            compare_unrendered: project.compare_more_unrendered_values,
        }),
    };
    cli::diff::run(printer, flags, defaults)
}

async fn environments(printer: Printer, typed: &Typed) -> u8 {
    let settings = match settings::load(typed, Need::Project) {
        Ok(settings) => settings,
        Err(error) => return cli::fail(printer, &error.into()),
    };
    let names: Vec<String> = match settings.project() {
        Ok(project) => project.deployments.keys().cloned().collect(),
        Err(error) => return cli::fail(printer, &error.into()),
    };
    let targets = names
        .into_iter()
        .map(|name| {
            let named = Typed {
                flags: typed.flags.clone().with("--target", &name),
                ..typed.clone()
            };
            let settings = settings::load(&named, Need::Server);
            let workspace = settings.map_err(OpsError::from).and_then(Workspace::new);
            TargetRow { name, workspace }
        })
        .collect();
    let cancel = signals::cancelled_by_signals();
    cli::environments::environments(printer, targets, &cancel).await
}

fn keys() -> u8 {
    write_out(
        cutover::tui::keymap::Keymap::default()
            .markdown()
            .as_bytes(),
    )
}

fn completions(shell: clap_complete::Shell) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut flags::command(), "cutover", &mut script);
    write_out(&script)
}

fn write_out(text: &[u8]) -> u8 {
    u8::from(cli::sink::own(text).is_err())
}

fn man(printer: Printer) -> u8 {
    let mut page = Vec::new();
    match clap_mangen::Man::new(flags::command()).render(&mut page) {
        Ok(()) => write_out(&page),
        Err(error) => usage(printer, &format!("the manual page can't be made: {error}")),
    }
}
