//! When to publish, when to try again.

use crate::domain::snapshot::LogicalTime;
use crate::materialize::decode::changes::ChangedIds;
use std::time::Duration;
use tokio::time::Instant;

/// At most ten pictures a second: more than a screen or a person can use.
const PUBLISH_EVERY: Duration = Duration::from_millis(100);

/// When nothing changed, the time of the picture moves on in steps of this, in milliseconds: lag grows by standing still.
const TIME_ALONE_EVERY: u64 = 1_000;

/// Gathers steps until they are worth a picture.
#[derive(Debug, Default)]
pub struct Pace {
    changes: ChangedIds,
    /// The newest step that is not published.
    time: Option<LogicalTime>,
    published: Option<(Instant, LogicalTime)>,
}

impl Pace {
    /// Notes a step forward.
    pub fn step(&mut self, time: LogicalTime, changes: ChangedIds) {
        self.time = Some(time);
        self.changes.extend(changes);
    }

    /// When the next picture is due; `None` while there is nothing new worth one.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        let time = self.time?;
        let Some((at, shown)) = self.published else {
            return Some(Instant::now());
        };
        let worth_it = !self.changes.is_empty() || time.millis_since(shown) >= TIME_ALONE_EVERY;
        worth_it.then_some(at + PUBLISH_EVERY)
    }

    /// What to publish now: the time and what changed since the last picture.
    pub fn take(&mut self, now: Instant) -> Option<(LogicalTime, ChangedIds)> {
        let time = self.time.take()?;
        self.published = Some((now, time));
        Some((time, std::mem::take(&mut self.changes)))
    }
}

/// The longest wait between two attempts to connect.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
const FIRST_WAIT: Duration = Duration::from_millis(250);

/// How long to wait before an attempt, when `attempts` failed in a row: doubling, capped, for ever.
#[must_use]
pub fn retry_wait(attempts: u32) -> Duration {
    2u32.checked_pow(attempts)
        .and_then(|factor| FIRST_WAIT.checked_mul(factor))
        .map_or(LONGEST_WAIT, |wait| wait.min(LONGEST_WAIT))
}

/// Polling never takes more than about a fifth of the server's attention.
const POLL_SHARE: u32 = 4;
const LONGEST_POLL: Duration = Duration::from_secs(60);

/// How long to wait before the next reading, when the last one took `took`.
#[must_use]
pub fn poll_wait(every: Duration, took: Duration) -> Duration {
    every.max((took * POLL_SHARE).min(LONGEST_POLL))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::materialize::queries::CatalogQuery;
    use crate::materialize::row::TextRow;

    #[test]
    fn waits_grow_to_a_cap() {
        assert_eq!(retry_wait(0), FIRST_WAIT);
        assert_eq!(retry_wait(1), FIRST_WAIT * 2);
        assert_eq!(retry_wait(10), LONGEST_WAIT);
        assert_eq!(retry_wait(u32::MAX), LONGEST_WAIT);
    }

    #[test]
    fn a_slow_server_is_polled_less() {
        let every = Duration::from_secs(2);
        assert_eq!(poll_wait(every, Duration::from_millis(100)), every);
        assert_eq!(
            poll_wait(every, Duration::from_secs(3)),
            Duration::from_secs(12)
        );
        assert_eq!(poll_wait(every, Duration::from_secs(300)), LONGEST_POLL);
    }

    #[tokio::test(start_paused = true)]
    async fn pictures_come_at_most_ten_times_a_second() {
        let mut pace = Pace::default();
        assert_eq!(pace.due(), None);
        let changed = || {
            let mut changes = ChangedIds::default();
            let row = TextRow::new([Some("u1"), None].into_iter());
            changes.note(CatalogQuery::Frontiers, &row);
            changes
        };
        pace.step(LogicalTime(1), changed());
        let now = Instant::now();
        assert_eq!(pace.due(), Some(now), "the first at once");
        assert_eq!(pace.take(now), Some((LogicalTime(1), changed())));
        assert_eq!(pace.due(), None);
        pace.step(LogicalTime(2), changed());
        assert_eq!(pace.due(), Some(now + PUBLISH_EVERY));
    }

    #[tokio::test(start_paused = true)]
    async fn time_alone_is_shown_once_a_second() {
        let mut pace = Pace::default();
        pace.step(LogicalTime(1), ChangedIds::default());
        pace.take(Instant::now());
        pace.step(LogicalTime(900), ChangedIds::default());
        assert_eq!(pace.due(), None);
        pace.step(LogicalTime(1_001), ChangedIds::default());
        assert!(pace.due().is_some());
    }
}
