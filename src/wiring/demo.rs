//! `demo` and `sim`: the simulated Materialize, reached over the wire like any server.

use super::{Typed, cockpit, logging, settings};
use cutover::cli::args::{Common, SimFlags};
use cutover::cli::printer::Printer;
use cutover::cli::{self, CommandContext};
use cutover::config::Need;
use cutover::ops::error::{FailureKind, OpsError};
use cutover::ops::sample;
use cutover::ops::workspace::Workspace;
use cutover::sim::world::{NoLatency, WorldError};
use cutover::sim::{Options, Passing, ServerVersion, Simulator, UnknownVersion, World};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tempfile::TempDir;

/// The name of the world that the demo and `cutover sim` start by default.
const DEMO_WORLD: &str = "demo";

/// The simulated Materialize alone, until a signal ends it.
pub async fn sim(printer: Printer, flags: &SimFlags) -> u8 {
    let mut world = match World::named_or_file(&flags.world) {
        Ok(world) => world,
        Err(error) => return cli::fail(printer, &unknown_world(&error)),
    };
    if let Err(error) = set(&mut world, flags) {
        return cli::fail(printer, &error);
    }
    if !(flags.speed.is_finite() && flags.speed > 0.0) {
        return cli::fail(printer, &no_speed(flags.speed));
    }
    let simulator = match start(world, flags.listen, flags.speed).await {
        Ok(simulator) => simulator,
        Err(error) => return cli::fail(printer, &error),
    };
    if printer
        .data(&format!("listening on {}", simulator.address()))
        .is_err()
    {
        return 0;
    }
    super::signals::cancelled_by_signals().cancelled().await;
    0
}

async fn start(world: World, listen: SocketAddr, speed: f64) -> Result<Simulator, OpsError> {
    let options = Options {
        world,
        listen,
        passing: Passing::Real { speed },
    };
    Simulator::start(options)
        .await
        .map_err(|error| OpsError::foreign(FailureKind::Tool, &error))
}

fn unknown_world(error: &WorldError) -> OpsError {
    let refused = OpsError::foreign(FailureKind::Usage, error);
    match error {
        WorldError::UnknownName { known, .. } => refused.with_remedy(format!(
            "the built-in ones are {known}; anything else is a file"
        )),
        WorldError::Read { .. } | WorldError::Invalid { .. } => refused,
    }
}

/// Lays the flags over what the world says.
fn set(world: &mut World, flags: &SimFlags) -> Result<(), OpsError> {
    if let Some(text) = &flags.server_version {
        let version: ServerVersion = text.parse().map_err(|error: UnknownVersion| {
            OpsError::foreign(FailureKind::Usage, &error)
                .with_remedy("give one of them with --server-version")
        })?;
        world.release = version.into();
    }
    if let Some(text) = &flags.latency {
        world.latency = text.parse().map_err(|error: NoLatency| {
            OpsError::foreign(FailureKind::Usage, &error).with_remedy("give one with --latency")
        })?;
    }
    Ok(())
}

fn no_speed(speed: f64) -> OpsError {
    OpsError::usage(format!("the speed {speed} can't be used"))
        .with_remedy("give a number above 0 with --speed")
}

/// The folder that the demo works in, of a name that nobody can guess; it goes when the demo ends.
fn sample_folder() -> std::io::Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("cutover-demo-").tempdir()?;
    sample::unpack(folder.path())?;
    Ok(folder)
}

/// The cockpit on the embedded server with the sample project, or the whole loop without a terminal.
pub async fn demo(typed: &Typed, headless: bool, speed: f64) -> u8 {
    let printer = Printer::new(&typed.common);
    match prepare(typed, speed).await {
        Ok((_simulator, folder, workspace)) => {
            let printer = settings::colored(printer, workspace.settings().screen.color);
            let code = if headless {
                cli::demo::headless(&context(printer, &typed.common, workspace)).await
            } else {
                cockpit::show(printer, workspace, true).await
            };
            if let Err(error) = folder.close() {
                tracing::warn!(%error, "the demo's folder is left behind");
            }
            code
        }
        Err(error) => cli::fail(printer, &error),
    }
}

fn context(printer: Printer, common: &Common, workspace: Arc<Workspace>) -> CommandContext {
    super::signals::stop_by_the_gate(workspace.gate().clone(), printer);
    CommandContext {
        workspace,
        printer,
        common: Common {
            yes: true,
            ..common.clone()
        },
        cancel: super::signals::cancelled_by_signals(),
    }
}

async fn prepare(
    typed: &Typed,
    speed: f64,
) -> Result<(Simulator, TempDir, Arc<Workspace>), OpsError> {
    if !(speed.is_finite() && speed > 0.0) {
        return Err(no_speed(speed));
    }
    let world = World::named(DEMO_WORLD).map_err(|error| unknown_world(&error))?;
    let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let simulator = start(world, anywhere, speed).await?;
    let folder = sample_folder().map_err(OpsError::file(
        "the sample project can't be written to the temporary folder",
    ))?;
    let dir = folder.path().display().to_string();
    let url = format!(
        "postgres://materialize@{}/materialize?sslmode=disable",
        simulator.address()
    );
    let mut flags = typed.flags.clone().without("--target").without("--profile");
    flags.config = None;
    let located = Typed {
        flags: flags
            .with("--project-dir", &dir)
            .with("--profiles-dir", dir)
            .with("--url", url),
        ..typed.clone()
    };
    let settings = settings::load(&located, Need::Server)?;
    logging::start(&settings.folders.log_file(), typed.common.verbose);
    let workspace = Arc::new(Workspace::new(settings)?);
    Ok((simulator, folder, workspace))
}
