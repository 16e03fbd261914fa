//! Readings at an interval, where SUBSCRIBE is refused or not wanted.

use super::pace::poll_wait;
use super::session::Publish;
use crate::materialize::error::Error;
use crate::materialize::observe::Observer;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

/// Reads until the connection breaks. `wake` asks for a reading now.
pub(super) async fn run(
    mut observer: Observer,
    every: Duration,
    wake: &Notify,
    publish: &mut impl Publish,
) -> Error {
    loop {
        let started = Instant::now();
        match observer.observe().await {
            Ok(snapshot) => {
                publish.heard(Instant::now());
                publish.snapshot(snapshot);
            }
            Err(error) => return error,
        }
        tokio::select! {
            () = sleep(poll_wait(every, started.elapsed())) => {}
            () = wake.notified() => {}
        }
    }
}
