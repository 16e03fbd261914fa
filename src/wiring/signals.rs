//! SIGINT, SIGTERM and SIGHUP ask an operation to stop; after COMMIT it finishes first. SIGTSTP waits for that end too.

use cutover::cli::printer::Printer;
use cutover::ops::gate::Gate;
use rustix::process::{Signal, getpid, kill_process};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// A token that the first signal cancels.
pub fn cancelled_by_signals() -> CancellationToken {
    let token = CancellationToken::new();
    let cancel = token.clone();
    tokio::spawn(async move {
        any_signal().await;
        cancel.cancel();
    });
    token
}

/// SIGTSTP stops the process, as ever, unless a swap is under way: a stopped one leaves production without its records.
pub fn stop_by_the_gate(gate: Gate, printer: Printer) {
    let Ok(mut asked) = signal(SignalKind::from_raw(Signal::TSTP.as_raw())) else {
        return;
    };
    tokio::spawn(async move {
        while asked.recv().await.is_some() {
            let Some(held) = gate.pass() else {
                printer.must_say(
                    "Not stopped: a swap is under way, until its last record is written.",
                );
                continue;
            };
            // STOP can't be caught, so the process does stop here, and goes on here with SIGCONT.
            let _ = kill_process(getpid(), Signal::STOP);
            drop(held);
        }
    });
}

async fn any_signal() {
    let kinds = [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ];
    let mut waits = Vec::new();
    for kind in kinds {
        if let Ok(mut stream) = signal(kind) {
            waits.push(Box::pin(async move {
                stream.recv().await;
            }));
        }
    }
    if waits.is_empty() {
        std::future::pending::<()>().await;
    }
    futures_util::future::select_all(waits).await;
}
