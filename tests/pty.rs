//! The real binary in a real terminal: a whole deployment by keys, and the terminal given back in every way of leaving.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "pty/dbt.rs"]
mod dbt;
#[path = "support/server.rs"]
mod server;

use cutover::ops::sample;
use cutover::sim::world::{Fault, FaultKind};
use cutover::sim::{Simulator, World};
use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use server::serve;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::num::NonZero;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use vt100::Screen;

/// Longer than anything here takes, even on a busy machine: a limit for what never comes, not a pause.
const LIMIT: Duration = Duration::from_secs(180);

/// One cockpit with its server at a time: side by side they only make each other late.
static ONE: Mutex<()> = Mutex::new(());

struct Model {
    parser: vt100::Parser,
    closed: bool,
    /// The reader is to let go of the terminal.
    closing: bool,
}

/// A terminal with the cockpit in it.
struct Terminal {
    master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    model: Arc<(Mutex<Model>, Condvar)>,
    before: String,
    home: tempfile::TempDir,
    _alone: MutexGuard<'static, ()>,
}

impl Terminal {
    fn demo(environment: &[(&str, &str)]) -> Self {
        Self::start(tempfile::tempdir().unwrap(), &["demo"], environment)
    }

    /// The cockpit on a server, in the sample project, with these settings before its own.
    fn on(address: SocketAddr, settings: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        sample::unpack(home.path()).unwrap();
        let file = home.path().join("cutover.toml");
        let own = std::fs::read_to_string(&file).unwrap_or_default();
        std::fs::write(&file, format!("{settings}\n{own}")).unwrap();
        let url = server::url(address);
        Self::start(home, &["--url", &url], &[])
    }

    fn start(home: tempfile::TempDir, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let alone = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let size = PtySize {
            rows: 40,
            cols: 120,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_cutover"));
        command.args(arguments);
        command.cwd(home.path());
        command.env("HOME", home.path());
        command.env("TERM", "xterm-256color");
        command.env("LC_ALL", "C.UTF-8");
        command.env_remove("NO_COLOR");
        for (name, value) in environment {
            command.env(name, value);
        }
        let before = modes(pair.master.as_ref());
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let model = Arc::new((
            Mutex::new(Model {
                parser: vt100::Parser::new(nonzero(40), nonzero(120), 0),
                closed: false,
                closing: false,
            }),
            Condvar::new(),
        ));
        let mut output = pair.master.try_clone_reader().unwrap();
        let shared = Arc::clone(&model);
        std::thread::spawn(move || {
            let mut bytes = [0; 8192];
            loop {
                let read = output.read(&mut bytes).unwrap_or(0);
                let (model, changed) = &*shared;
                let mut model = model.lock().unwrap();
                model.parser.process(&bytes[..read]);
                model.closed = read == 0;
                changed.notify_all();
                if read == 0 || model.closing {
                    return;
                }
            }
        });
        Self {
            keyboard: pair.master.take_writer().unwrap(),
            master: pair.master,
            child,
            model,
            before,
            home,
            _alone: alone,
        }
    }

    /// Waits until the screen is as wanted.
    fn until(&self, what: &str, wanted: impl Fn(&Screen) -> bool) {
        let (model, changed) = &*self.model;
        let mut model = model.lock().unwrap();
        let start = Instant::now();
        while !wanted(model.parser.screen()) {
            let left = LIMIT.saturating_sub(start.elapsed());
            assert!(
                !left.is_zero() && !model.closed,
                "{what} never came; the screen is\n{}",
                model.parser.screen().contents()
            );
            model = changed.wait_timeout(model, left).unwrap().0;
        }
    }

    fn see(&self, text: &str) {
        self.until(text, |screen| screen.contents().contains(text));
    }

    fn see_not(&self, text: &str) {
        self.until(&format!("the end of {text}"), |screen| {
            !screen.contents().contains(text)
        });
    }

    fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Opens the plan of an operation that asks for the word. On a busy machine green may lag for a moment, which blocks a
    /// promote; then the plan is asked for again, as an operator would.
    fn open(&mut self, key: &str) {
        self.press(key);
        loop {
            self.until("a plan that listens", |screen| {
                let text = screen.contents();
                text.contains("esc cancel") || text.contains("ctrl-r look again")
            });
            if self.shows("esc cancel") {
                return;
            }
            self.press(CTRL_R);
            self.see_not("ctrl-r look again");
        }
    }

    fn shows(&self, text: &str) -> bool {
        let (model, _) = &*self.model;
        model
            .lock()
            .unwrap()
            .parser
            .screen()
            .contents()
            .contains(text)
    }

    fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.process_id().unwrap()).unwrap();
        kill_process(Pid::from_raw(id).unwrap(), signal).unwrap();
    }

    /// Continues a process that is about to stop itself: a signal that comes before it has stopped is lost, so it is sent again.
    fn go_on(&self) {
        let (model, changed) = &*self.model;
        let start = Instant::now();
        while !model.lock().unwrap().parser.screen().alternate_screen() {
            assert!(start.elapsed() < LIMIT, "the cockpit never came back");
            self.signal(Signal::CONT);
            let model = model.lock().unwrap();
            drop(
                changed
                    .wait_timeout(model, Duration::from_millis(200))
                    .unwrap(),
            );
        }
    }

    fn resize(&self, rows: u16, cols: u16) {
        let (model, _) = &*self.model;
        model
            .lock()
            .unwrap()
            .parser
            .screen_mut()
            .set_size(nonzero(rows), nonzero(cols));
        let size = PtySize {
            rows,
            cols,
            pixel_width: 0,
            pixel_height: 0,
        };
        self.master.resize(size).unwrap();
    }

    /// Waits until a statement is on its way: its audit line is written right before.
    fn until_sent(&self, operation: &str, statement: &str) {
        let home = self.home.path().to_owned();
        // Looked at whenever something is drawn, which is each second.
        self.until(statement, |_| {
            let audit = audit(&home, operation);
            audit.is_some_and(|text| {
                text.lines()
                    .last()
                    .is_some_and(|line| line.contains(statement))
            })
        });
    }

    /// Closes the terminal, as closing its window does; the process goes on alone until its end.
    fn close(self) -> (Box<dyn Child + Send + Sync>, tempfile::TempDir) {
        // The reader shares the terminal; the next thing that is drawn, within a second, makes it let go.
        self.model.0.lock().unwrap().closing = true;
        while Arc::strong_count(&self.model) > 1 {
            std::thread::yield_now();
        }
        drop(self.master);
        drop(self.keyboard);
        (self.child, self.home)
    }

    /// Waits for the end of the process and holds that the terminal is as it was.
    fn end(self) -> ExitStatus {
        self.end_keeping().0
    }

    /// As [`Terminal::end`], with what the process left in its folder.
    fn end_keeping(mut self) -> (ExitStatus, tempfile::TempDir) {
        self.until("leaving the alternate screen", |screen| {
            !screen.alternate_screen()
        });
        let status = self.child.wait().unwrap();
        let after = modes(self.master.as_ref());
        let (model, _) = &*self.model;
        let model = model.lock().unwrap();
        let screen = model.parser.screen();
        assert!(!screen.hide_cursor(), "the cursor is still hidden");
        assert!(!screen.bracketed_paste(), "paste is still bracketed");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        assert_eq!(after, self.before, "the terminal's modes differ");
        drop(model);
        (status, self.home)
    }
}

fn nonzero(number: u16) -> NonZero<u16> {
    NonZero::new(number).unwrap()
}

/// The line discipline, for comparing.
fn modes(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios())
}

const CTRL_Y: &str = "\u{19}";
const CTRL_Z: &str = "\u{1a}";
const CTRL_R: &str = "\u{12}";

#[test]
fn a_whole_deployment_by_keys() {
    let mut terminal = Terminal::demo(&[]);
    terminal.see("DEMO");
    terminal.see("none: there is no deployment side");

    terminal.press("I");
    terminal.see("y yes");
    // Enter never confirms.
    terminal.press("\r");
    terminal.see("Enter does not confirm");
    terminal.press("y");
    terminal.see("init done");
    terminal.see("initialized: nothing is built there yet");

    terminal.press("D");
    terminal.see("y yes");
    terminal.see("lag now: green -,");
    terminal.press("y");
    terminal.see("deploy done");

    // The new state must be on the screen before there is something to wait for.
    terminal.press("1");
    terminal.until("the phase after the deploy", |screen| {
        let text = screen.contents();
        text.contains("hydrating: ") || text.contains("ready: every object")
    });
    terminal.press("A");
    terminal.see("await done: the deployment side is ready");

    terminal.open("P");
    terminal.see("type compute and then ctrl-y");
    // A pasted word is no typed word.
    terminal.press("\u{1b}[200~compute\u{1b}[201~");
    terminal.see("pasted text is ignored");
    terminal.press("compute");
    terminal.see("The word stands");
    terminal.press(CTRL_Y);
    terminal.see("promote done");
    terminal.see("BACK: ready");
    // The picture comes with the server's next tick; until then the promote counts as unfinished, and nothing else may begin.
    terminal.see("promoted: production moved");

    terminal.resize(10, 40);
    terminal.see("The terminal is too small");
    terminal.resize(40, 120);
    terminal.see("BACK: ready");

    terminal.open("X");
    terminal.see("Goes for good");
    terminal.press("compute");
    terminal.see("The word stands");
    terminal.press(CTRL_Y);
    terminal.see("cleanup done");
    terminal.see("none: there is no deployment side");

    terminal.press("q");
    assert!(terminal.end().success());
}

#[test]
fn without_colours_the_selected_row_is_still_reversed() {
    let mut terminal = Terminal::demo(&[("NO_COLOR", "1")]);
    terminal.until("a reversed row of the table", |screen| {
        let (rows, _) = screen.size();
        (0..rows.get()).any(|row| {
            let line = screen.contents_between(row, 0, row, 120);
            line.contains("auction_board ") && screen.cell(row, 4).is_some_and(vt100::Cell::inverse)
        })
    });
    terminal.until("no colour anywhere", |screen| {
        let (rows, columns) = screen.size();
        (0..rows.get()).all(|row| {
            (0..columns.get()).all(|column| {
                screen
                    .cell(row, column)
                    .is_none_or(|cell| cell.fgcolor() == vt100::Color::Default)
            })
        })
    });
    terminal.press("q");
    assert!(terminal.end().success());
}

#[test]
fn a_signal_and_a_suspension_give_the_terminal_back() {
    let mut terminal = Terminal::demo(&[]);
    terminal.see("none: there is no deployment side");
    terminal.press(CTRL_Z);
    terminal.until("the shell's screen", |screen| !screen.alternate_screen());
    terminal.go_on();
    terminal.see("none: there is no deployment side");
    // What lay open is closed by the first ctrl-c, twice leaves.
    terminal.press("?");
    terminal.see("Keys; esc closes");
    terminal.press("\u{3}");
    terminal.see_not("Keys; esc closes");
    terminal.signal(Signal::TERM);
    terminal.end();
}

#[test]
fn the_header_and_the_mouse_are_as_the_settings_say() {
    let (_runtime, simulator) = server();
    let mut terminal = Terminal::on(simulator.address(), "badge = \"STAGING\"\nmouse = true");
    terminal.see(" STAGING ");
    terminal.until("the mouse", |screen| {
        screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None
    });
    terminal.press("m");
    terminal.until("no mouse", |screen| {
        screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
    });
    terminal.press("q");
    terminal.end();
}

/// A simulated server beside the cockpit.
fn server() -> (tokio::runtime::Runtime, Simulator) {
    serve(World::named("demo").unwrap())
}

/// The only audit file of an operation.
fn audit(home: &Path, operation: &str) -> Option<String> {
    let files = std::fs::read_dir(home.join("state/audit")).ok()?;
    let mut files = files.map(|entry| entry.unwrap().path());
    // The script that rolls a promote back lies beside its audit file, under the same name.
    let of_it = files.find(|file| {
        file.to_string_lossy().contains(operation)
            && file.extension().is_some_and(|ending| ending == "jsonl")
    })?;
    Some(std::fs::read_to_string(of_it).unwrap())
}

/// Its last line.
fn audit_end(home: &Path, operation: &str) -> serde_json::Value {
    let text = audit(home, operation).unwrap();
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}

const NO_SIDE: &str = "none: there is no deployment side";

/// Presses the keys of an init and waits until the server is at work on a statement that it does not answer.
fn stuck_in_init(simulator: &Simulator, terminal: &mut Terminal) {
    terminal.see(NO_SIDE);
    let wedged = Fault::once("CREATE SCHEMA", FaultKind::Wedge);
    simulator.control().arm(wedged);
    terminal.press("I");
    terminal.see("y yes");
    terminal.press("y");
    terminal.until_sent("init", "CREATE SCHEMA");
}

#[test]
fn an_operation_whose_terminal_is_closed_goes_on_to_its_safe_end() {
    let (_runtime, simulator) = server();
    let mut terminal = Terminal::on(simulator.address(), "cancel_deadline = \"500ms\"");
    stuck_in_init(&simulator, &mut terminal);
    let (mut child, home) = terminal.close();
    let status = child.wait().unwrap();
    assert_eq!(status.signal(), None, "{status}");
    assert_eq!(status.exit_code(), 130, "{status}");
    let end = audit_end(home.path(), "init");
    assert_eq!(end["event"], "ended", "{end}");
    assert_eq!(end["outcome"], "interrupted", "{end}");
}

#[test]
fn a_cockpit_that_a_signal_ends_during_an_operation_has_the_operations_exit_code() {
    let (_runtime, simulator) = server();
    let mut terminal = Terminal::on(simulator.address(), "cancel_deadline = \"2s\"");
    stuck_in_init(&simulator, &mut terminal);
    // Asked again and again it still stops in an orderly way.
    for _ in 0..3 {
        terminal.signal(Signal::TERM);
        terminal.see("stopping");
    }
    let (status, home) = terminal.end_keeping();
    assert_eq!(status.exit_code(), 130, "{status}");
    assert_eq!(audit_end(home.path(), "init")["outcome"], "interrupted");
}

#[test]
fn a_swap_under_way_is_not_suspended() {
    let (_runtime, simulator) = server();
    let mut terminal = Terminal::on(simulator.address(), "sink_deadline = \"10m\"");
    terminal.see(NO_SIDE);
    for (key, done) in [("I", "init done"), ("D", "deploy done")] {
        terminal.press(key);
        terminal.see("y yes");
        terminal.press("y");
        terminal.see(done);
    }
    terminal.press("1");
    terminal.until("the phase after the deploy", |screen| {
        let text = screen.contents();
        text.contains("hydrating: ") || text.contains("ready: every object")
    });
    terminal.press("A");
    terminal.see("await done: the deployment side is ready");
    // Longer than the keys below need (world time passes twenty times as fast as ours); then the clock is put forward. Not by more: the
    // world lives through every second of it.
    let long = Duration::from_secs(500);
    let slow = FaultKind::Slow(long);
    simulator.control().arm(Fault::once("ALTER SINK", slow));
    terminal.open("P");
    terminal.press("compute");
    terminal.see("The word stands");
    terminal.press(CTRL_Y);
    terminal.until_sent("promote", "ALTER SINK");
    terminal.press(CTRL_Z);
    terminal.see("stopping the process waits until the last record is written");
    terminal.signal(Signal::TSTP);
    // A process that had been stopped would not draw this.
    terminal.press("5");
    terminal.see("init");
    terminal.see("do not interrupt");
    simulator.control().advance(long);
    terminal.see("promote done");
    terminal.press(CTRL_Z);
    terminal.until("the shell's screen", |screen| !screen.alternate_screen());
    terminal.go_on();
    terminal.press("1");
    terminal.see("promoted");
    terminal.press("q");
    assert!(terminal.end().success());
}

#[test]
fn the_cockpit_of_a_silent_server_says_so_and_hears_keys_and_signals() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let held: Vec<_> = listener.incoming().collect();
        drop(held);
    });
    let mut terminal = Terminal::on(address, "");
    terminal.press("?");
    terminal.see("Keys; esc closes");
    terminal.press("q");
    terminal.see_not("Keys; esc closes");
    terminal.see("took the connection and said nothing");
    terminal.press("q");
    assert!(terminal.end().success());
    let terminal = Terminal::on(address, "");
    terminal.until("the cockpit", Screen::alternate_screen);
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.end().exit_code(), 130);
}
