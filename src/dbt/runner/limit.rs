//! How long dbt is waited for.

use crate::domain::quantity::span;
use std::fmt;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// What is counted at a time: a process that was stopped for an hour (ctrl-z), or a machine that slept, has waited this long at most.
const SLICE: Duration = Duration::from_secs(1);

/// What dbt is given before it is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// To be there: its imports, or its version.
    Start(Duration),
    /// To read the project, by one compile, parse or list. It may say nothing all the while.
    Reading(Duration),
    /// To say anything at all while it builds. How long a build takes is its own affair.
    Silence(Duration),
}

impl Limit {
    fn span(self) -> Duration {
        match self {
            Self::Start(span) | Self::Reading(span) | Self::Silence(span) => span,
        }
    }
}

/// What dbt did not do in time, with the setting that says so.
impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span = span(self.span());
        match self {
            Self::Start(_) => write!(f, "dbt did not answer within {span} (`dbt_start_deadline`)"),
            Self::Reading(_) => write!(
                f,
                "dbt did not read the project within {span} (`dbt_read_deadline`)"
            ),
            Self::Silence(_) => write!(
                f,
                "dbt said nothing for {span} while it built (`dbt_silence_deadline`)"
            ),
        }
    }
}

/// Counts what is left of a limit.
pub(super) struct Timer {
    limit: Limit,
    waited: Duration,
    since: Instant,
}

impl Timer {
    pub fn new(limit: Limit) -> Self {
        Self {
            limit,
            waited: Duration::ZERO,
            since: Instant::now(),
        }
    }

    /// dbt said something.
    pub fn heard(&mut self) {
        if matches!(self.limit, Limit::Silence(_)) {
            *self = Self::new(self.limit);
        }
    }

    /// Ends when the limit is reached. Nothing is lost when it is dropped and called again.
    pub async fn over(&mut self) {
        loop {
            let left = self.limit.span().saturating_sub(self.waited);
            if left.is_zero() {
                return;
            }
            let slice = left.min(SLICE);
            sleep_until(self.since + slice).await;
            self.waited += slice;
            self.since = Instant::now();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::{advance, timeout};

    const SECOND: Duration = Duration::from_secs(1);

    /// Whether it is over within a time, by which it is dropped and asked again as the loops do that use it.
    async fn is_over_within(timer: &mut Timer, span: Duration) -> bool {
        timeout(span, timer.over()).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_build_may_take_for_ever_as_long_as_it_talks() {
        let mut timer = Timer::new(Limit::Silence(10 * SECOND));
        for _ in 0..100 {
            assert!(!is_over_within(&mut timer, 9 * SECOND).await);
            timer.heard();
        }
        let began = Instant::now();
        timer.over().await;
        assert_eq!(began.elapsed(), 10 * SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn reading_must_end_whatever_it_says() {
        let mut timer = Timer::new(Limit::Reading(10 * SECOND));
        assert!(!is_over_within(&mut timer, 9 * SECOND).await);
        timer.heard();
        assert!(is_over_within(&mut timer, 2 * SECOND).await);
    }

    #[tokio::test(start_paused = true)]
    async fn an_hour_in_which_we_were_stopped_is_no_silence() {
        let mut timer = Timer::new(Limit::Silence(10 * SECOND));
        assert!(!is_over_within(&mut timer, SECOND / 2).await);
        advance(3600 * SECOND).await;
        assert!(!is_over_within(&mut timer, SECOND / 2).await);
    }
}
