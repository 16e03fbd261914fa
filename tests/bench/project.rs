//! What a large project costs: one of 20,000 models (its two manifests have 89 MB each), of which 20 stand on the server. Run with
//! `cargo bench --bench project`.
//!
//! | line | means | budget |
//! |---|---|---|
//! | `status, own time` | processor time of `cutover status`, user and system | 0.6 s |
//! | `status, memory` | its resident set at its largest | 150 MB |
//! | `changes` | `2` in a cockpit that has just started, until the diff is on the screen | 2.5 s |
//! | `cockpit, memory` | its resident set at its largest, with the diff on the screen | 150 MB |
//!
//! Ends with 1 when a budget is missed. Linux only: the numbers come from `/proc`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/manifests.rs"]
#[allow(dead_code)]
mod manifests;
#[path = "../support/process_time.rs"]
mod process_time;
#[path = "../support/server.rs"]
mod server;
#[path = "../support/shop.rs"]
mod shop;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use process_time::processor_time;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

const MODELS: u64 = 20_000;
const ON_THE_SERVER: u64 = 20;
const RUNS: usize = 5;
/// For what never comes.
const LIMIT: Duration = Duration::from_secs(120);

/// A field of `/proc/<pid>/status` in kB.
fn kilobytes(pid: u32, field: &str) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find(|line| line.starts_with(field))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Processor time and largest resident set of one `cutover status`.
fn status(folder: &Path, url: &str) -> (Duration, u64) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_cutover"))
        .args(["status", "--output", "json", "--url", url])
        .current_dir(folder)
        .env("HOME", folder)
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let id = child.id();
    let pid = Pid::from_raw(i32::try_from(id).unwrap()).unwrap();
    let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    let mut largest = 0;
    while waitid(WaitId::Pid(pid), ended).unwrap().is_none() {
        largest = largest.max(kilobytes(id, "VmHWM").unwrap_or(0));
        std::thread::sleep(Duration::from_millis(2));
    }
    let time = processor_time(id);
    let ended = child.wait().unwrap();
    assert!(ended.success(), "`cutover status`: {ended}");
    (time, largest)
}

struct Screen {
    parser: vt100::Parser,
    ended: bool,
}

/// A cockpit in a terminal.
struct Cockpit {
    keyboard: Box<dyn Write + Send>,
    child: Box<dyn portable_pty::Child + Send + Sync>,
    screen: Arc<(Mutex<Screen>, Condvar)>,
}

impl Cockpit {
    fn start(folder: &Path, url: &str) -> Self {
        let size = PtySize {
            rows: 50,
            cols: 160,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_cutover"));
        command.args(["--url", url]);
        command.cwd(folder);
        command.env("HOME", folder);
        command.env("TERM", "xterm-256color");
        command.env("LC_ALL", "C.UTF-8");
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let rows = std::num::NonZero::new(size.rows).unwrap();
        let columns = std::num::NonZero::new(size.cols).unwrap();
        let screen = Arc::new((
            Mutex::new(Screen {
                parser: vt100::Parser::new(rows, columns, 0),
                ended: false,
            }),
            Condvar::new(),
        ));
        let mut output = pair.master.try_clone_reader().unwrap();
        let shared = Arc::clone(&screen);
        let keyboard = pair.master.take_writer().unwrap();
        std::thread::spawn(move || {
            // Kept here: the terminal ends with its last master.
            let _master = pair.master;
            let mut bytes = [0; 65_536];
            loop {
                let read = output.read(&mut bytes).unwrap_or(0);
                let (screen, changed) = &*shared;
                let mut screen = screen.lock().unwrap();
                screen.parser.process(&bytes[..read]);
                screen.ended = read == 0;
                changed.notify_all();
                if read == 0 {
                    return;
                }
            }
        });
        Self {
            keyboard,
            child,
            screen,
        }
    }

    fn until(&self, what: &str, wanted: impl Fn(&str) -> bool) {
        let (screen, changed) = &*self.screen;
        let mut screen = screen.lock().unwrap();
        let begun = Instant::now();
        loop {
            let contents = screen.parser.screen().contents();
            if wanted(&contents) {
                return;
            }
            assert!(
                !screen.ended && begun.elapsed() < LIMIT,
                "no {what}:\n{contents}"
            );
            screen = changed
                .wait_timeout(screen, Duration::from_secs(1))
                .unwrap()
                .0;
        }
    }

    /// From a key to what it brings.
    fn time(&mut self, key: &str, what: &str, wanted: impl Fn(&str) -> bool) -> Duration {
        let pressed = Instant::now();
        self.keyboard.write_all(key.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
        self.until(what, wanted);
        pressed.elapsed()
    }

    fn memory(&self) -> u64 {
        let id = self.child.process_id().unwrap();
        kilobytes(id, "VmHWM").unwrap()
    }
}

impl Drop for Cockpit {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Prints the line of one measurement; whether the worst is within its budget.
fn report(name: &str, unit: &str, mut values: Vec<f64>, budget: f64) -> bool {
    values.sort_by(f64::total_cmp);
    let (median, worst) = (values[values.len() / 2], values[values.len() - 1]);
    let good = worst <= budget;
    println!(
        "{name:20} median {median:8.2} {unit:2}   worst {worst:8.2} {unit:2}   budget {budget:6.2} {unit:2}{}",
        if good { "" } else { "   OVER BUDGET" }
    );
    good
}

fn megabytes(kilobytes: u64) -> f64 {
    f64::from(u32::try_from(kilobytes).unwrap()) * 1_024.0 / 1e6
}

fn main() -> ExitCode {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let simulator = shop::server(&runtime);
    shop::fill(&simulator, ON_THE_SERVER);
    let folder = tempfile::tempdir().unwrap();
    shop::write_project(folder.path(), MODELS);
    let url = server::url(simulator.address());

    let runs: Vec<(Duration, u64)> = (0..RUNS).map(|_| status(folder.path(), &url)).collect();
    let times = runs.iter().map(|(time, _)| time.as_secs_f64()).collect();
    let mut good = report("status, own time", "s", times, 0.6);
    let memory = runs.iter().map(|(_, memory)| megabytes(*memory)).collect();
    good &= report("status, memory", "MB", memory, 150.0);

    let (mut times, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let mut cockpit = Cockpit::start(folder.path(), &url);
        cockpit.until("objects", |screen| screen.contains("model_1"));
        let diff = |screen: &str| screen.contains(" modified, ");
        times.push(cockpit.time("2", "diff", diff).as_secs_f64());
        memory.push(megabytes(cockpit.memory()));
    }
    good &= report("changes", "s", times, 2.5);
    good &= report("cockpit, memory", "MB", memory, 150.0);
    runtime.shutdown_background();
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
