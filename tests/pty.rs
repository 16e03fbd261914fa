//! The real binary in a real terminal: a whole deployment by keys, and the terminal given back in every way of leaving.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{Read, Write};
use std::num::NonZero;
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
}

/// A terminal with the cockpit in it.
struct Terminal {
    master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    model: Arc<(Mutex<Model>, Condvar)>,
    before: String,
    _home: tempfile::TempDir,
    _alone: MutexGuard<'static, ()>,
}

impl Terminal {
    fn demo(environment: &[(&str, &str)]) -> Self {
        let alone = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let size = PtySize {
            rows: 40,
            cols: 120,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let home = tempfile::tempdir().unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_cutover"));
        command.arg("demo");
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
                if read == 0 {
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
            _home: home,
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

    /// Waits for the end of the process and holds that the terminal is as it was.
    fn end(mut self) -> ExitStatus {
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
        status
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
    terminal.see("none: no deployment side");

    terminal.press("I");
    terminal.see("y yes");
    // Enter never confirms.
    terminal.press("\r");
    terminal.see("Enter does not confirm");
    terminal.press("y");
    terminal.see("init done");
    terminal.see("initialized: the deployment side is empty");

    terminal.press("D");
    terminal.see("y yes");
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
    terminal.see("none: no deployment side");

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
    terminal.see("none: no deployment side");
    terminal.press(CTRL_Z);
    terminal.until("the shell's screen", |screen| !screen.alternate_screen());
    terminal.go_on();
    terminal.see("none: no deployment side");
    // What lay open is closed by the first ctrl-c, twice leaves.
    terminal.press("?");
    terminal.see("Keys; esc closes");
    terminal.press("\u{3}");
    terminal.see_not("Keys; esc closes");
    terminal.signal(Signal::TERM);
    terminal.end();
}
