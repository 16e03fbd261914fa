//! From a key to what it paints, in a pseudo-terminal, beside a program that only echoes. Run with `cargo bench --bench keys`.
//!
//! | line | means | budget |
//! |---|---|---|
//! | `echo` | a program in raw mode that writes back what it reads: what the terminal and the machine themselves need | none |
//! | `cursor, quiet` | the cursor moves, nothing else happens | 20 ms at the 99th percentile |
//! | `cursor, 10,000 moving` | the same, while 10,000 objects move each second | 20 ms at the 99th percentile |
//! | `filter, 10,000 moving` | a letter in the filter line over the same objects | 20 ms at the 99th percentile |
//! | `changes` | `2` on 5,000 models of which 50 have another SQL, until the diff is on the screen | 500 ms |
//!
//! Keys come alone, at distances that hit every phase of the server's second. Ends with 1 when a budget is missed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/manifests.rs"]
#[allow(dead_code)]
mod manifests;
#[path = "../support/server.rs"]
mod server;
#[path = "../support/shop.rs"]
mod shop;

use cutover::sim::Simulator;
use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::num::NonZero;
use std::process::ExitCode;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};
use vt100::Screen;

const MODELS: u64 = 5_000;
const KEYS: usize = 300;
const ROWS: u16 = 50;
const COLUMNS: u16 = 160;
/// For what never comes.
const LIMIT: Duration = Duration::from_secs(60);

type Wanted = Box<dyn Fn(&Screen) -> bool + Send>;

struct Model {
    parser: vt100::Parser,
    /// What is waited for, until it is there; then when its bytes were read.
    wanted: Option<Wanted>,
    came: Option<Instant>,
}

struct Pty {
    keyboard: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    model: Arc<(Mutex<Model>, Condvar)>,
}

impl Pty {
    fn run(command: CommandBuilder) -> Self {
        let size = PtySize {
            rows: ROWS,
            cols: COLUMNS,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let model = Arc::new((
            Mutex::new(Model {
                parser: vt100::Parser::new(nonzero(ROWS), nonzero(COLUMNS), 0),
                wanted: None,
                came: None,
            }),
            Condvar::new(),
        ));
        let mut output = pair.master.try_clone_reader().unwrap();
        let keyboard = pair.master.take_writer().unwrap();
        let shared = Arc::clone(&model);
        let master = pair.master;
        std::thread::spawn(move || {
            let _master = master;
            let mut bytes = [0; 65_536];
            while let Ok(length @ 1..) = output.read(&mut bytes) {
                let read = Instant::now();
                let (model, changed) = &*shared;
                let mut model = model.lock().unwrap();
                model.parser.process(&bytes[..length]);
                model.look(read);
                changed.notify_all();
            }
        });
        Self {
            keyboard,
            child,
            model,
        }
    }

    /// Waits for a screen; returns when it was painted.
    fn until(&self, what: &str, wanted: impl Fn(&Screen) -> bool + Send + 'static) -> Instant {
        self.expect(wanted);
        self.came(what)
    }

    fn expect(&self, wanted: impl Fn(&Screen) -> bool + Send + 'static) {
        let mut model = self.model.0.lock().unwrap();
        model.came = None;
        model.wanted = Some(Box::new(wanted));
        model.look(Instant::now());
    }

    fn came(&self, what: &str) -> Instant {
        let (model, changed) = &*self.model;
        let start = Instant::now();
        let mut model = model.lock().unwrap();
        loop {
            if let Some(came) = model.came {
                return came;
            }
            let left = LIMIT.saturating_sub(start.elapsed());
            let screen = model.parser.screen().contents();
            assert!(
                !left.is_zero(),
                "{what} never came; the screen is\n{screen}"
            );
            model = changed.wait_timeout(model, left).unwrap().0;
        }
    }

    fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// From the key to the screen that it makes.
    fn time(&mut self, key: &str, wanted: impl Fn(&Screen) -> bool + Send + 'static) -> Duration {
        self.expect(wanted);
        let pressed = Instant::now();
        self.press(key);
        self.came(key).saturating_duration_since(pressed)
    }

    fn screen<T>(&self, look: impl FnOnce(&Screen) -> T) -> T {
        look(self.model.0.lock().unwrap().parser.screen())
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Model {
    fn look(&mut self, read: Instant) {
        if self
            .wanted
            .as_ref()
            .is_some_and(|wanted| wanted(self.parser.screen()))
        {
            self.came = Some(read);
            self.wanted = None;
        }
    }
}

fn nonzero(number: u16) -> NonZero<u16> {
    NonZero::new(number).unwrap()
}

/// Distances between keys that are no multiple of anything: 20 to 83 ms.
fn pauses() -> impl Iterator<Item = Duration> {
    (0u64..).map(|number| {
        Duration::from_millis(20 + number.wrapping_mul(6_364_136_223_846_793_005) % 64)
    })
}

/// The row of the table that has the cursor.
fn selected(screen: &Screen) -> Option<u16> {
    (0..ROWS).find(|row| screen.cell(*row, 4).is_some_and(vt100::Cell::inverse))
}

fn echoed() -> Vec<Duration> {
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.arg("--echo");
    let mut pty = Pty::run(command);
    pty.until("the echo", |screen| screen.contents().contains("ready"));
    let mut times = Vec::new();
    for (pause, key) in pauses().zip("ab".chars().cycle()).take(KEYS) {
        let cell = move |screen: &Screen| {
            let (row, column) = screen.cursor_position();
            column > 0
                && screen
                    .cell(row, column - 1)
                    .is_some_and(|cell| cell.contents() == key.to_string())
        };
        times.push(pty.time(&key.to_string(), cell));
        std::thread::sleep(pause);
    }
    times
}

/// Writes back what it reads.
fn echo() -> ExitCode {
    crossterm::terminal::enable_raw_mode().unwrap();
    let mut out = std::io::stdout();
    out.write_all(b"ready\r\n").unwrap();
    out.flush().unwrap();
    let mut byte = [0];
    while let Ok(1) = std::io::stdin().read(&mut byte) {
        out.write_all(&byte).unwrap();
        out.flush().unwrap();
    }
    ExitCode::SUCCESS
}

/// A server with so many models on both sides, and a project whose manifest has changed since.
struct Stage {
    simulator: Simulator,
    folder: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
}

impl Stage {
    fn new(models: u64) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let simulator = shop::server(&runtime);
        shop::fill(&simulator, models);
        let folder = tempfile::tempdir().unwrap();
        shop::write_project(folder.path(), models);
        Self {
            simulator,
            folder,
            runtime,
        }
    }

    fn cockpit(&self) -> Pty {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_cutover"));
        command.args(["--url", &server::url(self.simulator.address())]);
        command.cwd(self.folder.path());
        command.env("HOME", self.folder.path());
        command.env("TERM", "xterm-256color");
        command.env("LC_ALL", "C.UTF-8");
        command.env_remove("NO_COLOR");
        let pty = Pty::run(command);
        pty.until("the objects", |screen| selected(screen).is_some());
        pty
    }
}

/// Moves the cursor down and up.
fn cursor(pty: &mut Pty) -> Vec<Duration> {
    let first = pty.screen(selected).unwrap();
    let mut times = Vec::new();
    for (pause, down) in pauses().zip([true, false].into_iter().cycle()).take(KEYS) {
        let (key, row) = if down { ("j", first + 1) } else { ("k", first) };
        times.push(pty.time(key, move |screen| selected(screen) == Some(row)));
        std::thread::sleep(pause);
    }
    times
}

/// Types and deletes a letter.
fn filter(pty: &mut Pty) -> Vec<Duration> {
    pty.press("/model_1");
    pty.until("the filter", |screen| screen.contents().contains("model_1"));
    let mut times = Vec::new();
    for (pause, typed) in pauses().zip([true, false].into_iter().cycle()).take(KEYS) {
        let key = if typed { "7" } else { "\u{7f}" };
        let shown = move |screen: &Screen| screen.contents().contains("/model_17") == typed;
        times.push(pty.time(key, shown));
        std::thread::sleep(pause);
    }
    times
}

fn changes(stage: &Stage) -> Vec<Duration> {
    let once = |_| {
        let mut pty = stage.cockpit();
        // Whatever the cockpit does by itself after its start is done first.
        std::thread::sleep(Duration::from_secs(5));
        pty.time("2", |screen| screen.contents().contains(" modified, "))
    };
    (0..5).map(once).collect()
}

/// Prints the line of one measurement; whether it is within its budget.
fn report(name: &str, mut times: Vec<Duration>, budget: Option<Duration>) -> bool {
    times.sort();
    let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)];
    let millis = |time: Duration| time.as_secs_f64() * 1_000.0;
    let good = budget.is_none_or(|budget| at(99) <= budget);
    println!(
        "{name:24} median {:8.2} ms   p99 {:8.2} ms   worst {:8.2} ms{}",
        millis(at(50)),
        millis(at(99)),
        millis(at(100)),
        if good { "" } else { "   OVER BUDGET" }
    );
    good
}

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--echo") {
        return echo();
    }
    let budget = Some(Duration::from_millis(20));
    let mut good = report("echo", echoed(), None);
    let quiet = Stage::new(20);
    good &= report("cursor, quiet", cursor(&mut quiet.cockpit()), budget);
    quiet.runtime.shutdown_background();
    let stage = Stage::new(MODELS);
    let mut pty = stage.cockpit();
    good &= report("cursor, 10,000 moving", cursor(&mut pty), budget);
    good &= report("filter, 10,000 moving", filter(&mut pty), budget);
    drop(pty);
    let budget = Some(Duration::from_millis(500));
    good &= report("changes", changes(&stage), budget);
    stage.runtime.shutdown_background();
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
