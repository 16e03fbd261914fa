//! What the operating system asks of the cockpit, as a stream for its loop.

use rustix::process::Signal as Number;
use std::io;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

/// What a signal asks of the loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// SIGTERM, SIGHUP, SIGINT.
    Leave,
    /// SIGTSTP.
    Stop,
    /// SIGCONT.
    Continue,
    /// SIGWINCH: the terminal has another size.
    Resize,
}

/// Hears signals from now on. Must be called within a runtime.
///
/// # Errors
/// When a handler can't be installed.
pub fn listen() -> io::Result<mpsc::Receiver<Wanted>> {
    let (sender, receiver) = mpsc::channel(8);
    let wanted = [
        (SignalKind::terminate(), Wanted::Leave),
        (SignalKind::hangup(), Wanted::Leave),
        (SignalKind::interrupt(), Wanted::Leave),
        (SignalKind::from_raw(Number::TSTP.as_raw()), Wanted::Stop),
        (
            SignalKind::from_raw(Number::CONT.as_raw()),
            Wanted::Continue,
        ),
        (SignalKind::window_change(), Wanted::Resize),
    ];
    for (kind, wanted) in wanted {
        let mut stream = signal(kind)?;
        let sender = sender.clone();
        tokio::spawn(async move {
            while stream.recv().await.is_some() {
                if sender.send(wanted).await.is_err() {
                    return;
                }
            }
        });
    }
    Ok(receiver)
}
