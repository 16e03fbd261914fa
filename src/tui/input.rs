//! Keys and pastes of the terminal, read by a thread of their own.
//!
//! crossterm waits for the rest of a sequence that came in part, and takes a terminal that hung up (it answers every read with nothing)
//! for one on which nobody types. Neither may ever stop the loop, so nothing but this thread reads, and it looks for the end itself.
//! Its feature `use-dev-tty` matters: the usual source forgets that there is a key when a resize comes at the same moment.

use crossterm::event::{self, Event};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use std::io;
use std::time::Duration;
use tokio::sync::mpsc;

/// Events that may wait for the loop: a long paste waits in the terminal instead of our memory.
const WAITING: usize = 1_024;

/// How long crossterm looks before the end of the terminal is looked for again; it reads nothing at all without any time.
const LOOK: Duration = Duration::from_millis(10);

/// Starts to read. An error is the last event: the terminal is gone.
#[must_use]
pub fn listen() -> mpsc::Receiver<io::Result<Event>> {
    let (sender, receiver) = mpsc::channel(WAITING);
    std::thread::spawn(move || {
        if let Err(error) = read(&sender) {
            // Only a session that has ended does not listen.
            let _ = sender.blocking_send(Err(error));
        }
    });
    receiver
}

/// Whether the terminal is gone: then nothing may be written to it.
#[must_use]
pub fn has_hung_up() -> bool {
    let stdin = io::stdin();
    let mut terminal = [PollFd::new(&stdin, PollFlags::IN)];
    let now = rustix::event::Timespec::default();
    poll(&mut terminal, Some(&now)).is_err() || is_gone(&terminal[0])
}

fn is_gone(terminal: &PollFd<'_>) -> bool {
    let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
    terminal.revents().intersects(gone)
}

fn read(sender: &mpsc::Sender<io::Result<Event>>) -> io::Result<()> {
    let stdin = io::stdin();
    loop {
        let mut terminal = [PollFd::new(&stdin, PollFlags::IN)];
        match poll(&mut terminal, None) {
            Ok(_) => {}
            Err(Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        if is_gone(&terminal[0]) {
            return Err(io::Error::new(
                io::ErrorKind::BrokenPipe,
                "the terminal hung up",
            ));
        }
        while event::poll(LOOK)? {
            if sender.blocking_send(Ok(event::read()?)).is_err() {
                return Ok(());
            }
        }
    }
}
