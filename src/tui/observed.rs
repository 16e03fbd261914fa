//! What the cockpit has seen over time: how long each object is in its state, and the trend of its lag.
//!
//! All times are the server's logical times, so nothing depends on this machine's clock.

use crate::domain::background::LagSample;
use crate::domain::board::Board;
use crate::domain::name::{ClusterId, ObjectId};
use crate::domain::readiness::{ObjectReadiness, Readiness, SideReadiness};
use crate::domain::snapshot::{Lag, LogicalTime};
use std::collections::{BTreeMap, HashMap, VecDeque};

/// How many readings a trend keeps; with one a second, the last two minutes.
pub const TREND_LENGTH: usize = 120;
/// Readings closer together than this, in milliseconds, count as one.
const TREND_STEP_MS: u64 = 900;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observed {
    objects: HashMap<ObjectId, Seen>,
    clusters: HashMap<ClusterId, VecDeque<(LogicalTime, usize)>>,
    last: Option<LogicalTime>,
}

#[derive(Debug, Clone, PartialEq)]
struct Seen {
    readiness: Readiness,
    since: LogicalTime,
    /// Whether the change into this state was seen; otherwise it is older than the first picture.
    exact: bool,
    /// `None`: unknown at that reading.
    lags: VecDeque<Option<u32>>,
    generation: LogicalTime,
}

/// Seconds as whole milliseconds; the server's samples are never negative or endless.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the conversion saturates at both ends"
)]
fn millis(seconds: f64) -> u32 {
    (seconds * 1000.0) as u32
}

/// One picture, as far as time goes.
#[derive(Clone, Copy)]
struct TrendReading {
    time: LogicalTime,
    /// Nothing was seen before it.
    first: bool,
    /// Far enough from the one before to be a point of the trends.
    step: bool,
}

/// How long something has been so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldFor {
    pub millis: u64,
    /// `false`: at least that long.
    pub exact: bool,
}

impl Observed {
    /// Takes in one picture.
    pub fn look(&mut self, board: &Board) {
        let time = board.snapshot.time;
        let reading = TrendReading {
            time,
            first: self.last.is_none(),
            step: self
                .last
                .is_none_or(|last| time.millis_since(last) >= TREND_STEP_MS),
        };
        if reading.step {
            self.last = Some(time);
        }
        for side in [&board.production, &board.deployment] {
            for object in side.objects.values() {
                self.look_at(object, reading);
            }
            self.count(side, time);
        }
        self.objects.retain(|_, seen| seen.generation == time);
    }

    /// Puts the samples of before in front of what was seen; one a minute, where the rest is one a second.
    pub fn remember(&mut self, past: &BTreeMap<ObjectId, Vec<LagSample>>) {
        for (id, seen) in &mut self.objects {
            let room = TREND_LENGTH.saturating_sub(seen.lags.len());
            let samples = past.get(id).into_iter().flatten().rev().take(room);
            for sample in samples {
                seen.lags.push_front(sample.seconds.map(millis));
            }
        }
    }

    fn look_at(&mut self, object: &ObjectReadiness, reading: TrendReading) {
        let time = reading.time;
        let seen = self.objects.entry(object.id).or_insert_with(|| Seen {
            readiness: object.readiness,
            since: time,
            // What appears later than the first picture was made while we watched.
            exact: !reading.first,
            lags: VecDeque::new(),
            generation: time,
        });
        seen.generation = time;
        if seen.readiness != object.readiness {
            seen.readiness = object.readiness;
            seen.since = time;
            seen.exact = true;
        }
        if reading.step || seen.lags.is_empty() {
            if seen.lags.len() == TREND_LENGTH {
                seen.lags.pop_front();
            }
            seen.lags.push_back(match object.lag {
                Lag::Millis(lag) => Some(u32::try_from(lag).unwrap_or(u32::MAX)),
                Lag::Unknown => None,
            });
        }
    }

    fn count(&mut self, side: &SideReadiness, time: LogicalTime) {
        for cluster in &side.clusters {
            let Some(id) = &cluster.id else { continue };
            let counts = self.clusters.entry(*id).or_default();
            if counts.back().map(|(_, hydrated)| *hydrated) != Some(cluster.hydrated) {
                if counts.len() == TREND_LENGTH {
                    counts.pop_front();
                }
                counts.push_back((time, cluster.hydrated));
            }
        }
    }

    /// How long an object has been in its state at `time`.
    #[must_use]
    pub fn in_state(&self, object: &ObjectId, time: LogicalTime) -> Option<HeldFor> {
        let seen = self.objects.get(object)?;
        Some(HeldFor {
            millis: time.millis_since(seen.since),
            exact: seen.exact,
        })
    }

    /// The last lags of an object, oldest first, at most `count`.
    pub fn lags(
        &self,
        object: &ObjectId,
        count: usize,
    ) -> impl Iterator<Item = Option<u32>> + use<'_> {
        let lags = self.objects.get(object).map(|seen| &seen.lags);
        let skip = lags.map_or(0, |lags| lags.len().saturating_sub(count));
        lags.into_iter().flatten().copied().skip(skip)
    }

    /// Milliseconds by which the lag grew over the last ten readings; `None` without two known ones.
    #[must_use]
    pub fn slope(&self, object: &ObjectId) -> Option<i64> {
        let mut known = self.lags(object, 10).flatten();
        let first = known.next()?;
        let last = known.last()?;
        Some(i64::from(last) - i64::from(first))
    }

    /// When the count of hydrated objects of a cluster changed, oldest first.
    #[must_use]
    pub fn hydration_steps(&self, cluster: &ClusterId) -> Vec<(LogicalTime, usize)> {
        self.clusters
            .get(cluster)
            .map(|steps| steps.iter().copied().collect())
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::environment::Side;
    use std::collections::BTreeSet;

    fn object(readiness: Readiness, lag: Lag) -> ObjectReadiness {
        ObjectReadiness {
            id: ObjectId::user(1),
            side: Side::Deployment,
            cluster: None,
            readiness,
            reason: String::new(),
            hydrated_on: BTreeSet::new(),
            replicas: 1,
            lag,
            materialization_lag: Lag::Unknown,
            counts: true,
        }
    }

    fn look(observed: &mut Observed, millis: u64, readiness: Readiness, lag: Lag) {
        let reading = TrendReading {
            time: LogicalTime(millis),
            first: millis == 0,
            step: true,
        };
        observed.look_at(&object(readiness, lag), reading);
    }

    #[test]
    fn time_in_state_is_a_least_one_until_a_change_was_seen() {
        let mut observed = Observed::default();
        let id = ObjectId::user(1);
        look(&mut observed, 0, Readiness::Hydrating, Lag::Unknown);
        look(&mut observed, 5_000, Readiness::Hydrating, Lag::Unknown);
        let before = observed.in_state(&id, LogicalTime(5_000)).unwrap();
        assert_eq!((before.millis, before.exact), (5_000, false));
        look(&mut observed, 7_000, Readiness::Ready, Lag::Millis(100));
        let after = observed.in_state(&id, LogicalTime(9_000)).unwrap();
        assert_eq!((after.millis, after.exact), (2_000, true));
    }

    #[test]
    fn what_the_server_kept_comes_before_what_was_seen() {
        let mut observed = Observed::default();
        let id = ObjectId::user(1);
        look(&mut observed, 0, Readiness::Ready, Lag::Millis(100));
        let sample = |seconds| LagSample {
            at: LogicalTime(0),
            seconds,
        };
        let past = BTreeMap::from([(id, vec![sample(Some(2.0)), sample(None)])]);
        observed.remember(&past);
        let lags = &observed.objects[&id].lags;
        assert_eq!((lags[0], lags[1], lags[2]), (Some(2000), None, Some(100)));
    }

    #[test]
    fn a_trend_keeps_the_newest_readings_and_says_where_it_goes() {
        let mut observed = Observed::default();
        let id = ObjectId::user(1);
        for second in 0..200u64 {
            let lag = Lag::Millis(second * 10);
            look(&mut observed, second * 1000, Readiness::Ready, lag);
        }
        let lags: Vec<_> = observed.lags(&id, 1_000).collect();
        assert_eq!(lags.len(), TREND_LENGTH);
        assert_eq!(lags.last(), Some(&Some(1_990)));
        assert_eq!(observed.slope(&id), Some(90));
        look(&mut observed, 201_000, Readiness::Unknown, Lag::Unknown);
        assert_eq!(observed.lags(&id, 1).next(), Some(None));
    }
}
