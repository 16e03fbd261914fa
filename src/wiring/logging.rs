//! The log goes to a file in the state directory of the user, never to the screen.

use cutover::config::LOG_VARIABLE;
use cutover::ops::secrets;
use std::io::{self, Write};
use std::path::Path;
use std::sync::OnceLock;
use tracing_appender::non_blocking::{NonBlocking, WorkerGuard};
use tracing_subscriber::EnvFilter;

/// Kept for the life of the process: dropping it would lose the last lines.
static GUARD: OnceLock<WorkerGuard> = OnceLock::new();

/// Starts to log. Where the file can't be written there is no log, and nothing else is worse for it.
pub fn start(file: &Path, verbose: u8) {
    let (Some(dir), Some(name)) = (file.parent(), file.file_name()) else {
        return;
    };
    if std::fs::create_dir_all(dir).is_err() {
        return;
    }
    let Ok(appender) = tracing_appender::rolling::Builder::new()
        .filename_prefix(name.to_string_lossy())
        .build(dir)
    else {
        return;
    };
    let (writer, guard) = tracing_appender::non_blocking(appender);
    let level = match verbose {
        0 => "cutover=info,dbt=info,warn",
        1 => "cutover=debug,dbt=info,info",
        _ => "trace",
    };
    let started = tracing_subscriber::fmt()
        .with_env_filter(filter(level))
        .with_ansi(false)
        .with_writer(move || Discreet(writer.clone()))
        .try_init();
    if started.is_ok() {
        let _ = GUARD.set(guard);
    }
}

/// Writes without secrets. A line comes as a whole.
struct Discreet(NonBlocking);

impl Write for Discreet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        self.0.write_all(secrets::hide(&text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// What `CUTOVER_LOG` asks for, in the form of `tracing` (`cutover=debug`), else by the number of `-v`. A variable that can't be read
/// counts as not set: a log is no reason to fail.
fn filter(level: &str) -> EnvFilter {
    std::env::var(LOG_VARIABLE)
        .ok()
        .filter(|wanted| !wanted.is_empty())
        .and_then(|wanted| EnvFilter::try_new(wanted).ok())
        .unwrap_or_else(|| EnvFilter::new(level))
}
