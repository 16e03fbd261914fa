//! When a cluster will be hydrated: from this run's rate and from how long production's twins took. Always with its doubt in words.

use crate::domain::board::Board;
use crate::domain::name::ObjectId;
use crate::domain::readiness::{ClusterReadiness, Readiness};
use crate::domain::snapshot::Snapshot;
use crate::tui::observed::Observed;
use std::fmt;

/// An estimate in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Estimate {
    /// The rate of this run and production's past agree within a factor of two.
    About(u64),
    /// They do not: the smaller and the larger.
    Between(u64, u64),
    /// Only production's past is known.
    FromProduction(u64),
    /// It takes longer than either foretold.
    Overdue,
    Unclear,
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::About(seconds) => write!(f, "in about {}", rounded(*seconds)),
            Self::Between(least, most) => {
                write!(f, "in {} to {}", rounded(*least), rounded(*most))
            }
            Self::FromProduction(seconds) => {
                write!(f, "perhaps in {}, as blue took", rounded(*seconds))
            }
            Self::Overdue => f.write_str("later than foreseen"),
            Self::Unclear => f.write_str("when: unclear yet"),
        }
    }
}

/// Seconds rounded to what an estimate is worth: `8 s`, `40 s`, `3 min`, `2 h`.
fn rounded(seconds: u64) -> String {
    match seconds {
        0..10 => format!("{} s", seconds.max(1)),
        10..90 => format!("{} s", seconds.div_ceil(5) * 5),
        90..5400 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h", seconds.div_ceil(3600)),
    }
}

/// The estimate for a deployment cluster; `None` unless it is hydrating.
#[must_use]
pub fn estimate(
    board: &Board,
    cluster: &ClusterReadiness,
    observed: &Observed,
) -> Option<Estimate> {
    if cluster.readiness != Readiness::Hydrating {
        return None;
    }
    let id = cluster.id.as_ref()?;
    let left = cluster.total.saturating_sub(cluster.hydrated);
    let now = board.snapshot.time;
    let steps = observed.hydration_steps(id);
    let by_rate = match (steps.first(), steps.last()) {
        (Some((start, from)), Some((_, to))) if to > from => {
            let per_object = now.millis_since(*start) / (to - from).max(1) as u64;
            Some(per_object.saturating_mul(left as u64) / 1000)
        }
        _ => None,
    };
    let elapsed = steps
        .first()
        .map_or(0, |(start, _)| now.millis_since(*start) / 1000);
    let by_past = slowest_twin(board, cluster).map(|seconds| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "seconds of a hydration; `as` saturates"
        )]
        let total = seconds.ceil() as u64;
        total.saturating_sub(elapsed)
    });
    Some(match (by_rate, by_past) {
        (None, None) => Estimate::Unclear,
        (None, Some(0)) | (Some(0), Some(0)) => Estimate::Overdue,
        (None, Some(past)) => Estimate::FromProduction(past),
        (Some(rate), None | Some(0)) => Estimate::About(rate),
        (Some(rate), Some(past)) => {
            let (least, most) = (rate.min(past), rate.max(past));
            if most <= least.saturating_mul(2) {
                Estimate::About(rate.midpoint(past))
            } else {
                Estimate::Between(least, most)
            }
        }
    })
}

/// How long the slowest of production's twins of what is not hydrated yet took, in seconds.
fn slowest_twin(board: &Board, cluster: &ClusterReadiness) -> Option<f64> {
    board
        .rows
        .iter()
        .filter(|row| {
            row.deployment.as_ref().is_some_and(|object| {
                object.cluster == cluster.id && object.readiness == Readiness::Hydrating
            })
        })
        .filter_map(|row| row.production.as_ref())
        .filter_map(|twin| hydration_seconds(&board.snapshot, &twin.id))
        .max_by(f64::total_cmp)
}

/// How long an object took to hydrate, on its slowest replica, where the server tells.
#[must_use]
pub fn hydration_seconds(snapshot: &Snapshot, object: &ObjectId) -> Option<f64> {
    snapshot
        .readings
        .hydration
        .get(object)?
        .iter()
        .filter_map(|status| status.hydration_seconds)
        .max_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_says_its_doubt() {
        assert_eq!(Estimate::About(42).to_string(), "in about 45 s");
        assert_eq!(Estimate::About(7).to_string(), "in about 7 s");
        assert_eq!(Estimate::Between(30, 200).to_string(), "in 30 s to 4 min");
        assert_eq!(Estimate::Unclear.to_string(), "when: unclear yet");
        assert_eq!(
            Estimate::FromProduction(12).to_string(),
            "perhaps in 15 s, as blue took"
        );
    }
}
