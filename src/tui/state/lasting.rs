//! What has stood for a while: only lasting changes are worth a line, since ticks come and go.

use crate::domain::name::ClusterId;
use crate::domain::phase::Phase;
use crate::domain::readiness::Readiness;
use crate::domain::snapshot::LogicalTime;
use std::collections::BTreeMap;

/// A value, and the one that was told last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lasting<T> {
    told: T,
    now: T,
    since: LogicalTime,
}

impl<T: Copy + Eq> Lasting<T> {
    #[must_use]
    pub fn new(value: T, time: LogicalTime) -> Self {
        Self {
            told: value,
            now: value,
            since: time,
        }
    }

    /// Takes in the value of a picture: the value told before, when another has stood at every picture for `settle_ms`.
    pub fn look(&mut self, value: T, time: LogicalTime, settle_ms: u64) -> Option<T> {
        if value != self.now {
            self.now = value;
            self.since = time;
        }
        let lasts = self.now != self.told && time.millis_since(self.since) >= settle_ms;
        lasts.then(|| std::mem::replace(&mut self.told, self.now))
    }
}

/// What the journal has told about the deployment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standings {
    pub phase: Option<Lasting<Phase>>,
    pub clusters: BTreeMap<ClusterId, Lasting<Readiness>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flap_is_never_told_and_what_lasts_is_told_once() {
        let mut lasting = Lasting::new(Readiness::Ready, LogicalTime(0));
        let mut told = |value, at| lasting.look(value, LogicalTime(at), 3_000);
        assert_eq!(told(Readiness::Lagging, 1_000), None);
        assert_eq!(told(Readiness::Ready, 2_000), None);
        assert_eq!(told(Readiness::Lagging, 3_000), None);
        assert_eq!(told(Readiness::Lagging, 5_999), None);
        assert_eq!(told(Readiness::Lagging, 6_000), Some(Readiness::Ready));
        assert_eq!(told(Readiness::Lagging, 9_000), None);
    }
}
