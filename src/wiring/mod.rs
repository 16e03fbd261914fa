//! From a command's words to the parts that carry it out.

mod cockpit;
#[cfg(feature = "sim")]
mod demo;
mod logging;
mod port;
mod settings;
mod signals;

use clap::CommandFactory;
use cutover::cli::args::{
    Arguments, Command, Common, ConfigCommand, DiffFlags, Output, Until, WaitFlags,
};
use cutover::cli::environments::Target;
use cutover::cli::printer::Printer;
use cutover::cli::{self, Desk};
use cutover::config::Need;
use cutover::domain::action::Operation;
use cutover::domain::phase::Phase;
use cutover::ops::error::OpsError;
use cutover::ops::progress::OutcomeKind;
use cutover::ops::request::Request;
use cutover::ops::session::Session;
use settings::Extra;
use std::sync::Arc;

/// Carries out a command and returns the exit code.
pub async fn dispatch(arguments: Arguments) -> u8 {
    let common = arguments.common;
    let printer = Printer::new(&common);
    if common.output == Output::Ids && !matches!(arguments.command, Some(Command::Diff(_))) {
        return usage(printer, "--output ids is for `cutover diff` only");
    }
    match arguments.command {
        None => cockpit::open(&common).await,
        #[cfg(feature = "sim")]
        Some(Command::Demo { headless, speed }) => demo::demo(&common, headless, speed).await,
        #[cfg(feature = "sim")]
        Some(Command::Sim(flags)) => demo::sim(printer, &flags).await,
        #[cfg(not(feature = "sim"))]
        Some(Command::Demo { .. } | Command::Sim(_)) => usage(
            printer,
            "this build has no simulated Materialize (feature `sim`)",
        ),
        Some(Command::Diff(flags)) => diff(printer, &common, &flags),
        Some(Command::Findings) => cli::catalogue::findings(printer),
        Some(Command::Keys) => keys(),
        Some(Command::Completions { shell }) => completions(shell),
        Some(Command::Man) => man(printer),
        Some(Command::Config { command }) => configure(printer, &common, &command),
        Some(Command::Environments) => environments(printer, &common).await,
        Some(command) => with_session(printer, common, command).await,
    }
}

fn usage(printer: Printer, message: &str) -> u8 {
    cli::fail(printer, &OpsError::Usage(message.to_owned()))
}

/// Commands that work on one environment of one server.
async fn with_session(printer: Printer, common: Common, command: Command) -> u8 {
    let extra = extra_of(&command);
    let session = match open(&common, &extra) {
        Ok(session) => session,
        Err(error) => return cli::fail(printer, &error),
    };
    let desk = Desk {
        session,
        printer,
        common,
        cancel: signals::cancelled_by_signals(),
    };
    match command {
        Command::Status { watch: false } => cli::status::status(&desk).await,
        Command::Status { watch: true } => cli::status::watch(&desk).await,
        Command::Doctor => cli::doctor::doctor(&desk).await,
        Command::Await { .. } => cli::wait::wait(&desk).await,
        Command::History { limit } => cli::history::history(&desk, limit),
        Command::Validate => cli::validate::validate(&desk).await,

        Command::Run {
            until,
            deploy,
            allow,
            ..
        } => run(&desk, until, deploy, &allow).await,
        Command::Init { size, operation } => {
            let mut request = Request::new(Operation::Init);
            for text in &size {
                let Some((cluster, size)) = text
                    .split_once('=')
                    .filter(|(cluster, size)| !cluster.is_empty() && !size.is_empty())
                else {
                    return usage(printer, &format!("--size {text}: write CLUSTER=SIZE"));
                };
                request.sizes.insert(cluster.to_owned(), size.to_owned());
            }
            cli::operation::operate(&desk, request, &operation).await
        }
        Command::Deploy { deploy, operation } => {
            let mut request = Request::new(Operation::Deploy);
            request.full = deploy.full;
            request.select = deploy.select;
            request.exclude = deploy.exclude;
            request.state = deploy.state;
            cli::operation::operate(&desk, request, &operation).await
        }
        Command::Promote {
            wait, operation, ..
        } => promote(&desk, wait, &operation).await,
        Command::Sync { operation } => {
            cli::operation::operate(&desk, Request::new(Operation::Sync), &operation).await
        }
        Command::Rollback { operation, .. } => {
            cli::operation::operate(&desk, Request::new(Operation::Rollback), &operation).await
        }
        Command::Cleanup { operation } => {
            cli::operation::operate(&desk, Request::new(Operation::Cleanup), &operation).await
        }
        _ => usage(printer, "this command is not for an environment"),
    }
}

async fn run(desk: &Desk, until: Until, deploy: cli::args::DeployFlags, allow: &[String]) -> u8 {
    cli::run::run(desk, until, &deploy, allow).await
}

/// With `--wait` a side that is not ready is waited for; what is committed already is finished without waiting.
async fn promote(desk: &Desk, wait: bool, flags: &cli::args::OperationFlags) -> u8 {
    if wait {
        let phase = match desk.session.status().await {
            Ok(status) => status.phase,
            Err(error) => return desk.fail(&error),
        };
        if matches!(phase, Phase::Hydrating | Phase::Deploying | Phase::Ready) {
            let outcome = cli::wait::until_ready(desk).await;
            if outcome.outcome != OutcomeKind::Done {
                return cli::finish(desk.printer, &outcome);
            }
        }
    }
    cli::operation::operate(desk, Request::new(Operation::Promote), flags).await
}

fn extra_of(command: &Command) -> Extra {
    let waiting = |flags: &WaitFlags| Extra {
        settle: flags.settle.clone(),
        poll_interval: flags.poll_interval.clone(),
        timeout: flags.timeout.clone(),
        ..Extra::default()
    };
    match command {
        Command::Await { wait } => waiting(wait),
        Command::Run { waiting: flags, .. } => waiting(flags),
        Command::Promote {
            waiting: flags,
            max_retries,
            retry_backoff,
            ..
        } => Extra {
            max_retries: max_retries.clone(),
            retry_backoff: retry_backoff.clone(),
            ..waiting(flags)
        },
        Command::Rollback {
            max_retries,
            retry_backoff,
            ..
        } => Extra {
            max_retries: max_retries.clone(),
            retry_backoff: retry_backoff.clone(),
            ..Extra::default()
        },
        _ => Extra::default(),
    }
}

/// Settings, log and session of the environment that the flags name.
pub fn open(common: &Common, extra: &Extra) -> Result<Arc<Session>, OpsError> {
    let settings = settings::load(common, extra, Need::Server)?;
    logging::start(&settings.folders.log_file(), common.verbose);
    Ok(Arc::new(Session::new(settings)?))
}

/// With both files named, neither a project nor a connection is needed; else the project says where they are.
fn diff(printer: Printer, common: &Common, flags: &DiffFlags) -> u8 {
    let standalone = flags.state.is_some() && flags.manifest.is_some();
    let need = if standalone && !settings::has_project(common) {
        Need::Tool
    } else {
        Need::Project
    };
    let settings = match settings::load(common, &Extra::default(), need) {
        Ok(settings) => settings,
        Err(error) if standalone => {
            printer.say(&format!(
                "note: the project's own flags are not known: {error}"
            ));
            match settings::load(common, &Extra::default(), Need::Tool) {
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
        compare_unrendered: settings::compare_unrendered(
            project.is_some_and(|project| project.compare_more_unrendered_values),
        ),
    };
    cli::diff::run(printer, flags, defaults)
}

fn configure(printer: Printer, common: &Common, command: &ConfigCommand) -> u8 {
    match command {
        ConfigCommand::Init => settings::write_example(printer, common),
        ConfigCommand::Check => match settings::load(common, &Extra::default(), Need::Server) {
            Ok(settings) => {
                printer.say(&match &settings.config_file {
                    Some(file) => {
                        format!("{}, the project and the profile are read without a mistake.", file.display())
                    }
                    None => {
                        "The project and the profile are read without a mistake; there is no cutover.toml.".to_owned()
                    }
                });
                0
            }
            Err(error) => cli::fail(printer, &error.into()),
        },
        ConfigCommand::Show => match settings::load(common, &Extra::default(), Need::Tool) {
            Ok(settings) => settings::show(printer, &settings),
            Err(error) => cli::fail(printer, &error.into()),
        },
    }
}

async fn environments(printer: Printer, common: &Common) -> u8 {
    let settings = match settings::load(common, &Extra::default(), Need::Project) {
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
            let named = Common {
                target: Some(name.clone()),
                ..common.clone()
            };
            let settings = settings::load(&named, &Extra::default(), Need::Server);
            let session = settings
                .map_err(|error| error.to_string())
                .and_then(|settings| Session::new(settings).map_err(|error| error.to_string()));
            Target { name, session }
        })
        .collect();
    cli::environments::environments(printer, targets).await
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
    clap_complete::generate(shell, &mut Arguments::command(), "cutover", &mut script);
    write_out(&script)
}

fn write_out(text: &[u8]) -> u8 {
    u8::from(cli::sink::own(text).is_err())
}

fn man(printer: Printer) -> u8 {
    let mut page = Vec::new();
    match clap_mangen::Man::new(Arguments::command()).render(&mut page) {
        Ok(()) => write_out(&page),
        Err(error) => usage(printer, &format!("the manual page can't be made: {error}")),
    }
}
