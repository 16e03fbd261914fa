//! World time: the only clock that anything in the simulated server reads.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// A point in world time, in milliseconds since 1970 UTC: the unit of `mz_timestamp`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub u64);

impl Timestamp {
    #[must_use]
    pub fn millis(self) -> u64 {
        self.0
    }

    #[must_use]
    pub fn plus(self, by: Duration) -> Self {
        Self(self.0.saturating_add(whole_millis(by)))
    }

    #[must_use]
    pub fn minus(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(whole_millis(by)))
    }

    /// How long `earlier` lies back; zero when it lies ahead.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

pub(super) fn whole_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// World time, shared by everything in one simulated server. Clones tell the same time.
#[derive(Debug, Clone)]
pub struct Clock {
    pace: Passing,
    skipped: Arc<watch::Sender<Duration>>,
    start: Timestamp,
}

#[derive(Debug, Clone, Copy)]
enum Passing {
    /// Time passes by itself: so many world seconds per second here.
    Real { since: Instant, speed: f64 },
    /// Time passes only by [`Clock::advance`].
    Manual,
}

impl Clock {
    /// A clock that runs by itself from `start`, `speed` times as fast as the clock here. A speed that isn't positive counts as 1.
    #[must_use]
    pub fn real(start: Timestamp, speed: f64) -> Self {
        let speed = if speed.is_finite() && speed > 0.0 {
            speed
        } else {
            1.0
        };
        Self::new(
            start,
            Passing::Real {
                since: Instant::now(),
                speed,
            },
        )
    }

    /// A clock that stands until [`Clock::advance`] moves it.
    #[must_use]
    pub fn manual(start: Timestamp) -> Self {
        Self::new(start, Passing::Manual)
    }

    fn new(start: Timestamp, pace: Passing) -> Self {
        Self {
            pace,
            skipped: Arc::new(watch::channel(Duration::ZERO).0),
            start,
        }
    }

    #[must_use]
    pub fn now(&self) -> Timestamp {
        let skipped = *self.skipped.borrow();
        let passed = match self.pace {
            Passing::Real { since, speed } => since.elapsed().mul_f64(speed),
            Passing::Manual => Duration::ZERO,
        };
        self.start.plus(skipped + passed)
    }

    /// Moves world time forward at once, on either kind of clock, and wakes whoever waits for it.
    pub fn advance(&self, by: Duration) {
        self.skipped.send_modify(|skipped| *skipped += by);
    }

    /// World seconds per second here; `None` when time stands until it is advanced.
    #[must_use]
    pub fn speed(&self) -> Option<f64> {
        match self.pace {
            Passing::Real { speed, .. } => Some(speed),
            Passing::Manual => None,
        }
    }

    /// Returns once world time has reached `until`.
    pub async fn wait_until(&self, until: Timestamp) {
        let mut skips = self.skipped.subscribe();
        loop {
            let now = self.now();
            if now >= until {
                return;
            }
            match self.pace {
                Passing::Real { speed, .. } => {
                    // Rounded up, so that the wait never ends just short of `until` and spins.
                    let here = until.since(now).div_f64(speed) + Duration::from_millis(1);
                    tokio::select! {
                        () = tokio::time::sleep(here) => {}
                        _ = skips.changed() => {}
                    }
                }
                Passing::Manual => {
                    if skips.changed().await.is_err() {
                        // Can't happen while `self` holds the sender; waiting for ever is what a standing clock does.
                        std::future::pending::<()>().await;
                    }
                }
            }
        }
    }

    /// Returns once `duration` of world time has passed.
    pub async fn sleep(&self, duration: Duration) {
        self.wait_until(self.now().plus(duration)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp(1_700_000_000_000);

    #[tokio::test(start_paused = true)]
    async fn a_real_clock_runs_at_its_speed() {
        let clock = Clock::real(START, 20.0);
        tokio::time::advance(Duration::from_millis(500)).await;
        assert_eq!(clock.now(), START.plus(Duration::from_secs(10)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_manual_clock_stands_and_wakes_who_waits() {
        let clock = Clock::manual(START);
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(clock.now(), START);
        let waiting = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep(Duration::from_secs(30)).await }
        });
        tokio::task::yield_now().await;
        clock.advance(Duration::from_secs(29));
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        clock.advance(Duration::from_secs(1));
        waiting.await.unwrap();
        assert_eq!(clock.now(), START.plus(Duration::from_secs(30)));
    }

    #[tokio::test(start_paused = true)]
    async fn skipping_ahead_ends_a_wait_on_a_real_clock() {
        let clock = Clock::real(START, 1.0);
        let waiting = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep(Duration::from_secs(3600)).await }
        });
        tokio::task::yield_now().await;
        clock.advance(Duration::from_secs(3600));
        waiting.await.unwrap();
        assert!(clock.now() < START.plus(Duration::from_secs(3601)));
    }
}
