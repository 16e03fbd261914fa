//! Arguments -> cockpit or command -> exit code; the only place that wires real parts together.

mod wiring;

use clap::Parser;
use cutover::cli::args::Arguments;
use std::process::ExitCode;

fn main() -> ExitCode {
    if let Err(error) = color_eyre::install() {
        eprintln!("the error reporter can't be installed: {error}");
    }
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // clap's own ends: help and version are data, mistakes are words and exit code 2.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("the runtime can't be started: {error}");
            return ExitCode::from(1);
        }
    };
    let code = runtime.block_on(wiring::dispatch(arguments));
    // A thread that still reads the terminal must not keep the process.
    runtime.shutdown_background();
    ExitCode::from(code)
}
