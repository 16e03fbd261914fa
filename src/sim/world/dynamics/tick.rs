//! When the world is told: dataflows run all the time, but what a server says of them steps once a second.
//!
//! On a healthy, quiet server with sources that tick once a second (recorded: v26.39/23), every object behind them has the same
//! frontier in one reading, and a reading at a random moment finds it 0.7 to 1.7 s behind. The moment of the tick within its second
//! stays for a while and then moves.

use super::super::clock::Timestamp;
use super::super::pace::Model;

/// From tick to tick of a source, and of a table, in milliseconds: the default of every server.
pub(super) const SECOND: u64 = 1_000;
/// How many ticks keep their moment within the second, before it moves.
const STEADY_TICKS: u64 = 8;
/// How long a source's tick takes until frontiers show it: readings 684 ms after a full second still had the one before, readings from
/// 685 ms on had it.
const SHOWN_AFTER: u64 = 685;

/// The farthest that a healthy object is found behind the time of a reading.
pub(super) const HEALTHY_LAG: u64 = SECOND + SHOWN_AFTER;

/// How far all that is healthy has got, as it is told at that time: every tick that has been shown is complete.
pub(super) fn healthy_frontier(at: Timestamp) -> u64 {
    at.millis().saturating_sub(SHOWN_AFTER) / SECOND * SECOND + 1
}

impl Model {
    /// There is one tick in each second.
    fn tick_of(&self, second: u64) -> Timestamp {
        let phase = self.hash(&["tick", &(second / STEADY_TICKS).to_string()]) % SECOND;
        Timestamp(second * SECOND + phase)
    }

    /// The newest tick at that time.
    pub(super) fn last_tick(&self, at: Timestamp) -> Timestamp {
        let second = at.millis() / SECOND;
        let this = self.tick_of(second);
        if this <= at {
            this
        } else {
            self.tick_of(second.saturating_sub(1))
        }
    }

    /// The first tick after that time.
    pub(super) fn next_tick(&self, after: Timestamp) -> Timestamp {
        let second = after.millis() / SECOND;
        let this = self.tick_of(second);
        if this > after {
            this
        } else {
            self.tick_of(second + 1)
        }
    }
}
