//! Arguments -> cockpit or command -> exit code; the only place that wires real parts together.

mod wiring;

use color_eyre::config::{HookBuilder, Theme};
use cutover::cli::sink::{self, Words};
use std::process::ExitCode;

fn main() -> ExitCode {
    let (panics, reports) = HookBuilder::default()
        .theme(Theme::new())
        .display_env_section(false)
        .display_location_section(false)
        .into_hooks();
    // Only this process installs one.
    let _ = reports.install();
    // A panic may repeat a name of the server's, so its report goes the way of all words.
    std::panic::set_hook(Box::new(move |info| {
        sink::say(&Words::new(&panics.panic_report(info).to_string()));
    }));
    let (arguments, flags) = match wiring::flags::parse() {
        Ok(typed) => typed,
        Err(error) => {
            // clap's own ends: help and version are data, mistakes are words and exit code 2.
            sink::clap(&error);
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            sink::say(&Words::new(&format!(
                "the runtime can't be started: {error}"
            )));
            return ExitCode::from(1);
        }
    };
    let code = runtime.block_on(wiring::dispatch(arguments, flags));
    // A thread that still reads the terminal must not keep the process.
    runtime.shutdown_background();
    ExitCode::from(code)
}
